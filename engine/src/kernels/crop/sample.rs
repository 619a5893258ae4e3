//! The CPU twin: runs of cells, whose four pixels are gathered, made red, green and blue, and blended, in lanes.

#![allow(
    unsafe_code,
    reason = "the same code is compiled for wider instructions, where the machine has them"
)]

use super::{Outside, STEPS, Walk};
use crate::{
    frame::{PixelFormat, Pixels},
    kernels::ycbcr::YcbcrToRgb,
};

/// How a format keeps its pixels. Methods are `inline(always)`, to be compiled for the caller's instructions.
trait Texels: Copy {
    /// Three code values of the pixel at (x, y), which lies in the picture.
    fn texel(self, x: usize, y: usize) -> [u8; 3];
    /// Makes the code values of a run red, green and blue.
    fn finish(self, run: &mut Run);
}

#[derive(Clone, Copy)]
struct Plane<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl Plane<'_> {
    /// The `N` bytes at byte `at` of row `row`.
    #[inline(always)]
    fn read<const N: usize>(self, row: usize, at: usize) -> [u8; N] {
        let bytes = &self.bytes[row * self.stride + at..];
        *bytes.first_chunk().expect("planes are whole")
    }
}

/// `SIZE` bytes a pixel, with red and blue at these places.
#[derive(Clone, Copy)]
struct Packed<'a, const SIZE: usize, const RED: usize, const BLUE: usize>(Plane<'a>);

impl<const SIZE: usize, const RED: usize, const BLUE: usize> Texels for Packed<'_, SIZE, RED, BLUE> {
    #[inline(always)]
    fn texel(self, x: usize, y: usize) -> [u8; 3] {
        let pixel: [u8; 3] = self.0.read(y, x * SIZE);
        [pixel[RED], pixel[1], pixel[BLUE]]
    }
    #[inline(always)]
    fn finish(self, _: &mut Run) {}
}

#[derive(Clone, Copy)]
struct Nv12<'a> {
    luma: Plane<'a>,
    chroma: Plane<'a>,
    ycbcr: &'a YcbcrToRgb,
}

impl Texels for Nv12<'_> {
    #[inline(always)]
    fn texel(self, x: usize, y: usize) -> [u8; 3] {
        let ([luma], [cb, cr]) = (self.luma.read(y, x), self.chroma.read(y / 2, x & !1));
        [luma, cb, cr]
    }
    #[inline(always)]
    fn finish(self, run: &mut Run) {
        run.convert(self.ycbcr);
    }
}

#[derive(Clone, Copy)]
struct I420<'a> {
    planes: [Plane<'a>; 3],
    ycbcr: &'a YcbcrToRgb,
}

impl Texels for I420<'_> {
    #[inline(always)]
    fn texel(self, x: usize, y: usize) -> [u8; 3] {
        let [luma, cb, cr] = self.planes;
        let ([luma], [cb], [cr]) = (luma.read(y, x), cb.read(y / 2, x / 2), cr.read(y / 2, x / 2));
        [luma, cb, cr]
    }
    #[inline(always)]
    fn finish(self, run: &mut Run) {
        run.convert(self.ycbcr);
    }
}

/// Two pixels in four bytes, the first luma at this place.
#[derive(Clone, Copy)]
struct Pairs<'a, const LUMA: usize> {
    plane: Plane<'a>,
    ycbcr: &'a YcbcrToRgb,
}

impl<const LUMA: usize> Texels for Pairs<'_, LUMA> {
    #[inline(always)]
    fn texel(self, x: usize, y: usize) -> [u8; 3] {
        let pair: [u8; 4] = self.plane.read(y, x / 2 * 4);
        [pair[LUMA + x % 2 * 2], pair[1 - LUMA], pair[3 - LUMA]]
    }
    #[inline(always)]
    fn finish(self, run: &mut Run) {
        run.convert(self.ycbcr);
    }
}

/// Cells that are worked on together, in lanes.
const LANES: usize = 32;

/// Four pixels for each of some cells, channel by channel, and their weights.
pub(super) struct Run {
    taps: [[[i16; LANES]; 3]; 4],
    weights: [[i16; LANES]; 4],
}

impl Run {
    /// Luma and chroma to red, green and blue.
    #[inline(always)]
    fn convert(&mut self, ycbcr: &YcbcrToRgb) {
        for [y, cb, cr] in &mut self.taps {
            for lane in 0..LANES {
                let rgb = ycbcr.rgb(y[lane] as u8, cb[lane] as u8, cr[lane] as u8);
                [y[lane], cb[lane], cr[lane]] = rgb.map(|value| value as i16);
            }
        }
    }

    /// The weighted means, rounded.
    #[inline(always)]
    fn blend(&self) -> [[f32; LANES]; 3] {
        const TOTAL: i32 = STEPS * STEPS;
        let mut means = [[0.0; LANES]; 3];
        for (channel, means) in means.iter_mut().enumerate() {
            for (lane, mean) in means.iter_mut().enumerate() {
                let tap = |tap: usize| {
                    i32::from(self.taps[tap][channel][lane]) * i32::from(self.weights[tap][lane])
                };
                *mean = ((tap(0) + tap(1) + tap(2) + tap(3) + TOTAL / 2) / TOTAL) as f32;
            }
        }
        means
    }
}

/// One crop of one picture.
pub(super) struct View {
    /// Of the picture.
    pub(super) size: [usize; 2],
    pub(super) outside: Outside,
    pub(super) walk: Walk,
    pub(super) columns: usize,
    pub(super) scale: f32,
    pub(super) bias: f32,
    /// The first row that is made.
    pub(super) first: usize,
}

impl View {
    /// Fills `out` from the planes of `pixels`.
    pub(super) fn read(&self, pixels: &Pixels, out: &mut [f32]) {
        let plane =
            |index: usize| Plane { bytes: pixels.plane(index), stride: pixels.planes()[index].stride };
        let ycbcr = &YcbcrToRgb::new(pixels.color());
        match pixels.format() {
            PixelFormat::Rgb8 => self.run(Packed::<3, 0, 2>(plane(0)), out),
            PixelFormat::Rgba8 => self.run(Packed::<4, 0, 2>(plane(0)), out),
            PixelFormat::Bgra8 => self.run(Packed::<4, 2, 0>(plane(0)), out),
            PixelFormat::Nv12 => self.run(Nv12 { luma: plane(0), chroma: plane(1), ycbcr }, out),
            PixelFormat::I420 => self.run(I420 { planes: [plane(0), plane(1), plane(2)], ycbcr }, out),
            PixelFormat::Yuyv => self.run(Pairs::<0> { plane: plane(0), ycbcr }, out),
            PixelFormat::Uyvy => self.run(Pairs::<1> { plane: plane(0), ycbcr }, out),
        }
    }

    /// With the widest instructions that the compiler can make use of.
    fn run(&self, texels: impl Texels, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,bmi1,bmi2")]
            fn with_avx2(view: &View, texels: impl Texels, out: &mut [f32]) {
                view.sample(texels, out);
            }
            let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1");
            if has && is_x86_feature_detected!("bmi2") {
                // SAFETY: the machine has these instructions.
                return unsafe { with_avx2(self, texels, out) };
            }
        }
        self.sample(texels, out);
    }

    #[inline(always)]
    fn sample(&self, texels: impl Texels, out: &mut [f32]) {
        let mut run = Run { taps: [[[0; LANES]; 3]; 4], weights: [[0; LANES]; 4] };
        for (row, cells) in out.chunks_exact_mut(self.columns * 3).enumerate() {
            let start = self.walk.origin + self.walk.down * (self.first + row) as f64;
            for (part, cells) in cells.chunks_mut(LANES * 3).enumerate() {
                let cells = cells.as_chunks_mut::<3>().0;
                let mut places = [[0; 2]; LANES];
                for (lane, place) in places.iter_mut().enumerate() {
                    *place = self.walk.at(part * LANES + lane, start);
                }
                run.weigh(&places);
                let places = &places[..cells.len()];
                // They lie on a line: where both ends are inside the picture, all are.
                if self.inside(places[0]) && self.inside(places[places.len() - 1]) {
                    run.gather(places, texels);
                } else {
                    run.gather_at_border(places, self.size, self.outside, texels);
                }
                texels.finish(&mut run);
                let means = run.blend();
                for (lane, cell) in cells.iter_mut().enumerate() {
                    *cell = [0, 1, 2].map(|channel| means[channel][lane] * self.scale + self.bias);
                }
            }
        }
    }

    /// Whether the four pixels around `place` are in the picture.
    #[inline(always)]
    fn inside(&self, place: [i32; 2]) -> bool {
        let [x, y] = place.map(|steps| steps.div_euclid(STEPS));
        x >= 0 && y >= 0 && x < self.size[0] as i32 - 1 && y < self.size[1] as i32 - 1
    }
}

impl Run {
    /// Sets the weights of the four pixels around each of `places`.
    #[inline(always)]
    fn weigh(&mut self, places: &[[i32; 2]; LANES]) {
        for (lane, place) in places.iter().enumerate() {
            let [fx, fy] = place.map(|steps| steps.rem_euclid(STEPS) as i16);
            let (gx, gy) = (STEPS as i16 - fx, STEPS as i16 - fy);
            for (weights, weight) in self.weights.iter_mut().zip([gx * gy, fx * gy, gx * fy, fx * fy]) {
                weights[lane] = weight;
            }
        }
    }

    /// Reads the four pixels around each of `places`, which all are in the picture.
    #[inline(always)]
    fn gather(&mut self, places: &[[i32; 2]], texels: impl Texels) {
        for (lane, place) in places.iter().enumerate().take(LANES) {
            let [x, y] = place.map(|steps| steps.div_euclid(STEPS) as usize);
            let values = [
                texels.texel(x, y),
                texels.texel(x + 1, y),
                texels.texel(x, y + 1),
                texels.texel(x + 1, y + 1),
            ];
            for (taps, values) in self.taps.iter_mut().zip(values) {
                for (channel, value) in taps.iter_mut().zip(values) {
                    channel[lane] = i16::from(value);
                }
            }
        }
    }

    /// As [`Run::gather`], where some pixels are not in the picture of `size`.
    #[inline(never)]
    fn gather_at_border(
        &mut self,
        places: &[[i32; 2]],
        size: [usize; 2],
        outside: Outside,
        texels: impl Texels,
    ) {
        let last = size.map(|side| side as i32 - 1);
        for (lane, place) in places.iter().enumerate().take(LANES) {
            let [x, y] = place.map(|steps| steps.div_euclid(STEPS));
            for (tap, [dx, dy]) in [[0, 0], [1, 0], [0, 1], [1, 1]].into_iter().enumerate() {
                let (near_x, near_y) = ((x + dx).clamp(0, last[0]), (y + dy).clamp(0, last[1]));
                if outside == Outside::Black && (near_x, near_y) != (x + dx, y + dy) {
                    self.weights[tap][lane] = 0;
                    continue;
                }
                let values = texels.texel(near_x as usize, near_y as usize);
                for (channel, value) in self.taps[tap].iter_mut().zip(values) {
                    channel[lane] = i16::from(value);
                }
            }
        }
    }
}
