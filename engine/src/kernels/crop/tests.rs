//! The CPU twin against the definition.

use glam::Vec2;

use super::*;
use crate::{
    frame::{ColorSpec, PixelFormat},
    kernels::ycbcr::YcbcrToRgb,
};

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
    let byte =
        |plane: usize, row: usize, at: usize| pixels.plane(plane)[row * pixels.planes()[plane].stride + at];
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
fn naive(pixels: &Pixels, roi: &Roi, outside: Outside, [columns, rows]: [usize; 2]) -> Vec<f32> {
    let [width, height] = pixels.size().map(i64::from);
    let (sin, cos) = f64::from(roi.angle).sin_cos();
    let mut out = Vec::new();
    for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
        let u = (j as f64 / columns as f64 - 0.5) * f64::from(roi.size.x);
        let v = (i as f64 / rows as f64 - 0.5) * f64::from(roi.size.y);
        let snap = |place: f64| (place * 32.0).round_ties_even() / 32.0;
        let x = snap(f64::from(roi.center.x) + u * cos - v * sin);
        let y = snap(f64::from(roi.center.y) + u * sin + v * cos);
        let mut sum = [0.0; 3];
        for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            let (tx, ty) = (x.floor() + dx, y.floor() + dy);
            let weight = (1.0 - (x - tx).abs()) * (1.0 - (y - ty).abs());
            let inside = (0.0..width as f64).contains(&tx) && (0.0..height as f64).contains(&ty);
            if inside || outside == Outside::Edge {
                let near = |place: f64, side: i64| place.clamp(0.0, (side - 1) as f64) as usize;
                let tap = pixel(pixels, near(tx, width), near(ty, height));
                (0..3).for_each(|c| sum[c] += f64::from(tap[c]) * weight);
            }
        }
        out.extend(sum.map(|value| (value + 0.5).floor() as f32));
    }
    out
}

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
        let cells = [1 + round % 83, 1 + round % 17];
        let mut got = vec![f32::NAN; cells[0] * cells[1] * 3];
        for outside in [Outside::Black, Outside::Edge] {
            cpu(&pixels, &roi, outside, cells, 1.0, 0.0, &mut got);
            assert_eq!(got, naive(&pixels, &roi, outside, cells), "{format:?} {size:?} {roi:?}");
        }
    }
}

/// What `cv2.warpPerspective` 4.11 gives (bilinear, inverse map, zero border) for the picture
/// `(37 x + 91 y + 53 c + x y) % 256` of 40x30 pixels.
#[test]
#[rustfmt::skip]
fn opencv_gives_the_same_code_values() {
    let values = (0..30 * 40 * 3).map(|i| (i / 3 % 40, i / 120, i % 3));
    let bytes = values.map(|(x, y, c)| ((x * 37 + y * 91 + c * 53 + x * y) % 256) as u8).collect();
    let pixels = Pixels::new([40, 30], PixelFormat::Rgb8, ColorSpec::default(), bytes).unwrap();
    let inside = Roi { center: Vec2::new(18.3, 13.7), size: Vec2::new(30.0, 26.0), angle: 0.4 };
    let border = Roi { center: Vec2::new(2.0, 28.0), size: Vec2::new(21.0, 9.0), angle: -2.0 };
    let want: [(Roi, [u8; 60]); 2] = [
        (inside, [
            0, 0, 0, 0, 0, 0, 102, 110, 163, 51, 101, 133, 88, 72, 125, 187, 240, 69, 132, 156, 182, 101,
            154, 198, 111, 151, 204, 114, 118, 171, 146, 199, 151, 119, 172, 177, 118, 171, 151, 142, 181,
            24, 160, 190, 124, 81, 131, 184, 78, 131, 162, 104, 157, 74, 153, 206, 144, 169, 27, 80,
        ]),
        (border, [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 19, 1, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 4, 6, 11, 139, 171, 195, 61, 12, 32, 0, 0, 0, 0, 0, 0, 145, 197, 25, 176, 156,
            33, 146, 126, 84,
        ]),
    ];
    for (roi, want) in want {
        let mut got = [0.0; 60];
        cpu(&pixels, &roi, Outside::Black, [5, 4], 1.0, 0.0, &mut got);
        assert_eq!(got.map(|value| value as u8), want);
    }
}

#[test]
fn the_whole_picture_at_its_own_size_is_the_picture() {
    let pixels = Dice(3).pixels(PixelFormat::Rgb8, [9, 5]);
    let mut got = vec![0.0; 9 * 5 * 3];
    cpu(&pixels, &Roi::whole([9, 5]), Outside::Edge, [9, 5], 1.0, 0.0, &mut got);
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
            let outside = if dice.next().is_multiple_of(2) { Outside::Black } else { Outside::Edge };
            cpu(&pixels, &roi, outside, [4, 4], 1.0 / 127.5, -1.0, &mut got);
            assert!(got.iter().all(|value| (-1.001..=1.001).contains(value)), "{roi:?}");
        }
    }
}
