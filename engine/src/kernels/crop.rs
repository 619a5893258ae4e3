//! Cuts a rotated rectangle out of a picture, as the input tensor of a net.
//!
//! Pixels are taken by *index*, as OpenCV's `warpPerspective` does and so MediaPipe: cell `i` of `n` lies at
//! `corner + i / n * size`, without a half pixel on either side, and what lies outside the picture is zero. With
//! half-pixel sampling the landmarks move by almost a hundredth of the distance between the eyes.
//!
//! The CPU twin reads the frame's own planes, whatever their format, and converts only the four pixels around
//! each cell. Chroma is replicated, not interpolated.

use glam::Vec2;

use super::ycbcr::YcbcrToRgb;
use crate::frame::{PixelFormat, Pixels, geometry::Roi};

/// Fills `out` with `size` = width x height cells of three values (red, green, blue), row by row: each is the
/// bilinear mean of four pixels (0..=255) times `scale` plus `bias`.
///
/// A region that is not finite, or so far away that it misses the picture, gives `bias` everywhere.
///
/// # Panics
/// When `out` is not `width * height * 3` values long.
pub fn cpu(pixels: &Pixels, roi: &Roi, size: [usize; 2], scale: f32, bias: f32, out: &mut [f32]) {
    assert_eq!(out.len(), size[0] * size[1] * 3, "a crop of {size:?} cells has three values a cell");
    let convert = YcbcrToRgb::new(pixels.color());
    let [width, height] = pixels.size().map(|side| side as usize);
    let view = View { width, height, walk: Walk::new(roi, size), size, scale, bias };
    let plane = |index: usize| (pixels.plane(index), pixels.planes()[index].stride);
    match pixels.format() {
        PixelFormat::Rgb8 => {
            let (bytes, stride) = plane(0);
            view.sample(out, |x, y| rgb_at::<0, 1, 2>(bytes, y * stride + x * 3));
        }
        PixelFormat::Rgba8 => {
            let (bytes, stride) = plane(0);
            view.sample(out, |x, y| rgb_at::<0, 1, 2>(bytes, y * stride + x * 4));
        }
        PixelFormat::Bgra8 => {
            let (bytes, stride) = plane(0);
            view.sample(out, |x, y| rgb_at::<2, 1, 0>(bytes, y * stride + x * 4));
        }
        PixelFormat::Nv12 => {
            let ((luma, stride), (chroma, chroma_stride)) = (plane(0), plane(1));
            view.sample(out, |x, y| {
                let at = (y / 2) * chroma_stride + (x & !1);
                convert.rgb(luma[y * stride + x], chroma[at], chroma[at + 1])
            });
        }
        PixelFormat::I420 => {
            let ((luma, stride), (cb, cb_stride), (cr, cr_stride)) = (plane(0), plane(1), plane(2));
            view.sample(out, |x, y| {
                let (column, row) = (x / 2, y / 2);
                convert.rgb(luma[y * stride + x], cb[row * cb_stride + column], cr[row * cr_stride + column])
            });
        }
        PixelFormat::Yuyv => {
            let (bytes, stride) = plane(0);
            view.sample(out, |x, y| {
                let pair = &bytes[y * stride + (x / 2) * 4..][..4];
                convert.rgb(pair[(x & 1) * 2], pair[1], pair[3])
            });
        }
        PixelFormat::Uyvy => {
            let (bytes, stride) = plane(0);
            view.sample(out, |x, y| {
                let pair = &bytes[y * stride + (x / 2) * 4..][..4];
                convert.rgb(pair[1 + (x & 1) * 2], pair[0], pair[2])
            });
        }
    }
}

#[inline(always)]
fn rgb_at<const R: usize, const G: usize, const B: usize>(bytes: &[u8], at: usize) -> [i32; 3] {
    let pixel = &bytes[at..][..3];
    [pixel[R], pixel[G], pixel[B]].map(i32::from)
}

/// From a cell to a place in the picture, in pixels.
#[derive(Clone, Copy, Debug)]
struct Walk {
    origin: Vec2,
    right: Vec2,
    down: Vec2,
}

impl Walk {
    fn new(roi: &Roi, [columns, rows]: [usize; 2]) -> Self {
        let turn = Vec2::from_angle(roi.angle);
        Self {
            origin: roi.picture_from_unit(Vec2::ZERO),
            right: turn.rotate(Vec2::new(roi.size.x / columns as f32, 0.0)),
            down: turn.rotate(Vec2::new(0.0, roi.size.y / rows as f32)),
        }
    }

    #[inline(always)]
    fn at(&self, column: usize, row: usize) -> Vec2 {
        self.origin + self.right * column as f32 + self.down * row as f32
    }
}

/// One crop of one picture.
struct View {
    width: usize,
    height: usize,
    walk: Walk,
    size: [usize; 2],
    scale: f32,
    bias: f32,
}

impl View {
    /// `texel` reads the pixel at (x, y) inside the picture: red, green, blue, 0..=255.
    #[inline(always)]
    fn sample(&self, out: &mut [f32], texel: impl Fn(usize, usize) -> [i32; 3]) {
        for (row, cells) in out.chunks_exact_mut(self.size[0] * 3).enumerate() {
            for (column, cell) in cells.chunks_exact_mut(3).enumerate() {
                let place = self.walk.at(column, row);
                let value = self.mix(place, &texel);
                for (to, value) in cell.iter_mut().zip(value) {
                    *to = value * self.scale + self.bias;
                }
            }
        }
    }

    #[inline(always)]
    fn mix(&self, place: Vec2, texel: &impl Fn(usize, usize) -> [i32; 3]) -> [f32; 3] {
        let base = place.floor();
        let [fx, fy] = (place - base).to_array();
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let (right, bottom) = ((self.width - 1) as f32, (self.height - 1) as f32);
        if base.x >= 0.0 && base.y >= 0.0 && base.x < right && base.y < bottom {
            let (x, y) = (base.x as usize, base.y as usize);
            let taps = [texel(x, y), texel(x + 1, y), texel(x, y + 1), texel(x + 1, y + 1)];
            return blend(&taps, &weights);
        }
        // Not-a-number fails both comparisons and counts as outside.
        if !(base.x >= -1.0 && base.y >= -1.0 && base.x <= right && base.y <= bottom) {
            return [0.0; 3];
        }
        let (x, y) = (base.x as i32, base.y as i32);
        let taps = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| {
            let (x, y) = (usize::try_from(x + dx), usize::try_from(y + dy));
            match (x, y) {
                (Ok(x), Ok(y)) if x < self.width && y < self.height => texel(x, y),
                _ => [0; 3],
            }
        });
        blend(&taps, &weights)
    }
}

#[inline(always)]
fn blend(taps: &[[i32; 3]; 4], weights: &[f32; 4]) -> [f32; 3] {
    std::array::from_fn(|channel| (0..4).map(|tap| taps[tap][channel] as f32 * weights[tap]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ColorSpec;

    const FORMATS: [PixelFormat; 7] = [
        PixelFormat::Rgb8,
        PixelFormat::Rgba8,
        PixelFormat::Bgra8,
        PixelFormat::Nv12,
        PixelFormat::I420,
        PixelFormat::Yuyv,
        PixelFormat::Uyvy,
    ];

    /// A small deterministic source of numbers (xorshift).
    struct Dice(u64);

    impl Dice {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn unit(&mut self) -> f32 {
            (self.next() >> 40) as f32 / (1 << 24) as f32
        }

        fn pixels(&mut self, format: PixelFormat, size: [u32; 2]) -> Pixels {
            let strides: Vec<usize> =
                format.planes(size).iter().map(|p| p.0 + self.next() as usize % 9).collect();
            let bytes = format.planes(size).iter().zip(&strides).map(|(p, s)| p.1 * s).sum();
            let bytes = (0..bytes).map(|_| self.next() as u8).collect();
            Pixels::with_strides(size, format, ColorSpec::default(), bytes, &strides).unwrap()
        }
    }

    /// One pixel, straight from the definition of each format.
    fn pixel(pixels: &Pixels, x: usize, y: usize) -> [f32; 3] {
        let byte = |plane: usize, row: usize, at: usize| {
            pixels.plane(plane)[row * pixels.planes()[plane].stride + at]
        };
        let yuv = |y: u8, cb: u8, cr: u8| YcbcrToRgb::new(pixels.color()).rgb(y, cb, cr).map(|v| v as f32);
        match pixels.format() {
            PixelFormat::Rgb8 => [0, 1, 2].map(|c| f32::from(byte(0, y, x * 3 + c))),
            PixelFormat::Rgba8 => [0, 1, 2].map(|c| f32::from(byte(0, y, x * 4 + c))),
            PixelFormat::Bgra8 => [2, 1, 0].map(|c| f32::from(byte(0, y, x * 4 + c))),
            PixelFormat::Nv12 => yuv(byte(0, y, x), byte(1, y / 2, x / 2 * 2), byte(1, y / 2, x / 2 * 2 + 1)),
            PixelFormat::I420 => yuv(byte(0, y, x), byte(1, y / 2, x / 2), byte(2, y / 2, x / 2)),
            PixelFormat::Yuyv => yuv(byte(0, y, x * 2), byte(0, y, x / 2 * 4 + 1), byte(0, y, x / 2 * 4 + 3)),
            PixelFormat::Uyvy => yuv(byte(0, y, x * 2 + 1), byte(0, y, x / 2 * 4), byte(0, y, x / 2 * 4 + 2)),
        }
    }

    /// The definition, in double precision and without any thought of speed.
    fn naive(pixels: &Pixels, roi: &Roi, [columns, rows]: [usize; 2], scale: f32, bias: f32) -> Vec<f32> {
        let [width, height] = pixels.size().map(i64::from);
        let (sin, cos) = f64::from(roi.angle).sin_cos();
        let mut out = Vec::new();
        for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
            let u = (j as f64 / columns as f64 - 0.5) * f64::from(roi.size.x);
            let v = (i as f64 / rows as f64 - 0.5) * f64::from(roi.size.y);
            let x = f64::from(roi.center.x) + u * cos - v * sin;
            let y = f64::from(roi.center.y) + u * sin + v * cos;
            let mut sum = [0.0; 3];
            for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
                let (tx, ty) = (x.floor() + dx, y.floor() + dy);
                let weight = (1.0 - (x - tx).abs()) * (1.0 - (y - ty).abs());
                if (0.0..width as f64).contains(&tx) && (0.0..height as f64).contains(&ty) {
                    let tap = pixel(pixels, tx as usize, ty as usize);
                    (0..3).for_each(|c| sum[c] += f64::from(tap[c]) * weight);
                }
            }
            out.extend(sum.map(|value| value as f32 * scale + bias));
        }
        out
    }

    /// Places are single precision: a thousandth of a pixel between neighbours as far apart as black and white.
    const TOLERANCE: f32 = 255.0 * 2e-3;

    #[test]
    fn every_format_agrees_with_the_definition() {
        let mut dice = Dice(7);
        for round in 0..210 {
            let format = FORMATS[round % FORMATS.len()];
            let size = [1 + dice.next() as u32 % 70, 1 + dice.next() as u32 % 50];
            let pixels = dice.pixels(format, size);
            let mut between = |low: f32, high: f32| low + (high - low) * dice.unit();
            let roi = Roi {
                center: Vec2::new(between(-20.0, 90.0), between(-20.0, 70.0)),
                size: Vec2::new(between(0.5, 120.0), between(0.5, 120.0)),
                angle: between(-4.0, 4.0),
            };
            let cells = [1 + round % 13, 1 + round % 17];
            let mut got = vec![f32::NAN; cells[0] * cells[1] * 3];
            cpu(&pixels, &roi, cells, 1.0, 0.0, &mut got);
            for (got, want) in got.iter().zip(naive(&pixels, &roi, cells, 1.0, 0.0)) {
                assert!((got - want).abs() < TOLERANCE, "{format:?} {size:?} {roi:?}: {got} for {want}");
            }
        }
    }

    #[test]
    fn the_whole_picture_at_its_own_size_is_the_picture() {
        let pixels = Dice(3).pixels(PixelFormat::Rgb8, [9, 5]);
        let mut got = vec![0.0; 9 * 5 * 3];
        cpu(&pixels, &Roi::whole([9, 5]), [9, 5], 1.0, 0.0, &mut got);
        let want: Vec<f32> = (0..45).flat_map(|i| pixel(&pixels, i % 9, i / 9)).collect();
        assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-3));
    }

    #[test]
    fn hostile_regions_are_empty_and_never_panic() {
        let mut dice = Dice(5);
        let odd =
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, f32::MAX, f32::MIN_POSITIVE, 0.0, 3.0];
        for format in FORMATS {
            let pixels = dice.pixels(format, [5, 7]);
            for _ in 0..300 {
                let mut pick = || odd[dice.next() as usize % odd.len()];
                let roi =
                    Roi { center: Vec2::new(pick(), pick()), size: Vec2::new(pick(), pick()), angle: pick() };
                let mut got = [f32::NAN; 4 * 4 * 3];
                cpu(&pixels, &roi, [4, 4], 1.0 / 127.5, -1.0, &mut got);
                assert!(got.iter().all(|value| (-1.001..=1.001).contains(value)), "{roi:?}");
            }
        }
    }
}
