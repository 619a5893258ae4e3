//! A still under a known motion: a source with ground truth that needs no file.

use std::{sync::Arc, time::Duration};

use glam::{Affine2, Mat2, Vec2};

use super::{Next, Source, SourceError, SourceInfo, image};
use crate::frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels};

/// NASA's portrait of Eileen Collins, 512x512, public domain.
const PORTRAIT: &[u8] = include_bytes!("../../../assets/stills/pd_astronaut.png");

/// How the portrait moves and what spoils it.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticOptions {
    /// Width and height of the frames, in pixels.
    pub size: [u32; 2],
    /// Frames a second.
    pub fps: f64,
    /// How many frames; endless without.
    pub frames: Option<u64>,
    /// Largest shift from the middle, as a part of the frame's shorter side.
    pub sway: f32,
    /// Largest turn to either side, in radians.
    pub turn: f32,
    /// Largest relative change of scale.
    pub zoom: f32,
    /// Standard deviation of the noise, in code values of 0..255.
    pub noise: f32,
    /// Radius of the box blur, in pixels.
    pub blur: u32,
    /// What is left of the code values: 1 is bright, 0 black.
    pub brightness: f32,
    /// The same seed gives the same noise.
    pub seed: u64,
}

impl Default for SyntheticOptions {
    fn default() -> Self {
        Self {
            size: [640, 480],
            fps: 30.0,
            frames: None,
            sway: 0.1,
            turn: 0.2,
            zoom: 0.15,
            noise: 0.0,
            blur: 0,
            brightness: 1.0,
            seed: 0,
        }
    }
}

/// The portrait, moving. The same options give the same frames, byte for byte.
#[derive(Debug)]
pub struct Synthetic {
    options: SyntheticOptions,
    info: SourceInfo,
    portrait: Pixels,
    at: u64,
}

impl Synthetic {
    /// A source that moves as `options` say.
    ///
    /// # Errors
    /// When a value makes no sense: an empty size, or a frame rate or brightness that is not a positive number.
    pub fn new(options: SyntheticOptions) -> Result<Self, SourceError> {
        let [width, height] = options.size;
        let sizes = 1..=Pixels::MAX_SIDE;
        if !sizes.contains(&width) || !sizes.contains(&height) {
            return Err(SourceError::Value(format!(
                "the synthetic source can't be {width}x{height} pixels: each side takes 1 to {}",
                Pixels::MAX_SIDE
            )));
        }
        if !(options.fps.is_finite() && options.fps > 0.0) {
            return Err(SourceError::Value(format!(
                "the synthetic source can't give {} frames a second",
                options.fps
            )));
        }
        let levels = [options.sway, options.turn, options.zoom, options.noise, options.brightness];
        if levels.iter().any(|level| !level.is_finite() || *level < 0.0) || options.zoom >= 1.0 {
            return Err(SourceError::Value(
                "the synthetic source takes levels from 0 up, and a zoom under 1".to_owned(),
            ));
        }
        let portrait = image::decode(PORTRAIT).map_err(SourceError::Value)?;
        let info = SourceInfo {
            name: "synthetic".to_owned(),
            size: options.size,
            fps: Some(options.fps),
            frames: options.frames,
            last: None,
            live: false,
            audio: None,
        };
        Ok(Self { options, info, portrait, at: 0 })
    }

    /// The truth: takes a place in the portrait to its place in frame `index`, both in pixels (a pixel's middle is
    /// at half).
    pub fn frame_from_portrait(&self, index: u64) -> Affine2 {
        let options = &self.options;
        let phase = index as f32 / options.fps as f32 * std::f32::consts::TAU / 4.0;
        let frame = Vec2::new(options.size[0] as f32, options.size[1] as f32);
        let portrait = self.portrait.size().map(|side| side as f32);
        let portrait = Vec2::from(portrait);
        let short = frame.min_element();
        let scale = short / portrait.min_element() * (1.0 + options.zoom * (phase * 0.7).sin());
        let shift = short * options.sway * Vec2::new(phase.sin(), (phase * 1.3).sin());
        let turn = Mat2::from_angle(options.turn * (phase * 0.9).sin());
        Affine2::from_mat2_translation(turn * scale, frame / 2.0 + shift)
            * Affine2::from_translation(-portrait / 2.0)
    }

    fn draw(&self, index: u64) -> Vec<u8> {
        let options = &self.options;
        let [width, height] = options.size.map(|side| side as usize);
        let portrait_from_frame = self.frame_from_portrait(index).inverse();
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let at = portrait_from_frame.transform_point2(Vec2::new(x as f32 + 0.5, y as f32 + 0.5));
                rgb.extend(sample(&self.portrait, at - 0.5));
            }
        }
        for _ in 0..2 {
            blur_rows(&mut rgb, [width, height], options.blur as usize);
            blur_columns(&mut rgb, [width, height], options.blur as usize);
        }
        let mut random = Random(options.seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let spoiled = rgb.iter().map(|value| {
            let noise = if options.noise > 0.0 { options.noise * random.normal() } else { 0.0 };
            (value * options.brightness + noise + 0.5) as u8
        });
        spoiled.collect()
    }
}

impl Source for Synthetic {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        if self.options.frames.is_some_and(|frames| self.at >= frames) {
            return Ok(Next::End);
        }
        let rgb = self.draw(self.at);
        let pixels = Pixels::new(self.options.size, PixelFormat::Rgb8, ColorSpec::default(), rgb)
            .map_err(|error| SourceError::Value(error.to_string()))?;
        let time = Duration::from_secs_f64(self.at as f64 / self.options.fps);
        let frame = Frame { id: FrameId(self.at), time, pixels: Arc::new(pixels) };
        self.at += 1;
        Ok(Next::Frame(frame))
    }
}

/// Bilinear, edges repeated; `at` counts from the middle of the first pixel.
fn sample(pixels: &Pixels, at: Vec2) -> [f32; 3] {
    let [width, height] = pixels.size().map(|side| side as usize);
    let bytes = pixels.bytes();
    let at = at.clamp(Vec2::ZERO, Vec2::new(width as f32 - 1.0, height as f32 - 1.0));
    let (x, y) = (at.x as usize, at.y as usize);
    let (right, below) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
    let part = at.fract();
    let tap = |x: usize, y: usize, channel: usize| f32::from(bytes[(y * width + x) * 3 + channel]);
    [0, 1, 2].map(|channel| {
        let top = tap(x, y, channel) * (1.0 - part.x) + tap(right, y, channel) * part.x;
        let bottom = tap(x, below, channel) * (1.0 - part.x) + tap(right, below, channel) * part.x;
        top * (1.0 - part.y) + bottom * part.y
    })
}

fn blur_rows(rgb: &mut [f32], [width, _]: [usize; 2], radius: usize) {
    if radius > 0 {
        rgb.chunks_exact_mut(width * 3).for_each(|row| blur_line(row, 0, 3, width, radius));
    }
}

fn blur_columns(rgb: &mut [f32], [width, height]: [usize; 2], radius: usize) {
    if radius > 0 {
        (0..width).for_each(|x| blur_line(rgb, x * 3, width * 3, height, radius));
    }
}

/// Box blur of `count` RGB pixels that lie `step` apart, edges repeated.
fn blur_line(rgb: &mut [f32], start: usize, step: usize, count: usize, radius: usize) {
    for channel in 0..3 {
        let line: Vec<f32> = (0..count).map(|i| rgb[start + i * step + channel]).collect();
        let tap = |i: isize| line[i.clamp(0, count as isize - 1) as usize];
        let reach = radius as isize;
        let mut sum: f32 = (-reach..=reach).map(tap).sum();
        for i in 0..count as isize {
            rgb[start + i as usize * step + channel] = sum / (2 * reach + 1) as f32;
            sum += tap(i + reach + 1) - tap(i - reach);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Mean 0, deviation 1: the sum of four even parts, which is close enough to a bell.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: f32 = (0..4).map(|i| ((bits >> (16 * i)) & 0xffff) as f32 / 65_535.0 - 0.5).sum();
        sum * 3.0_f32.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(options: SyntheticOptions, count: usize) -> Vec<Vec<u8>> {
        let mut source = Synthetic::new(options).unwrap();
        let mut take = || match source.next().unwrap() {
            Next::Frame(frame) => frame.pixels.bytes().to_vec(),
            other => panic!("{other:?}"),
        };
        (0..count).map(|_| take()).collect()
    }

    #[test]
    fn at_rest_the_portrait_is_given_unchanged() {
        let still = SyntheticOptions { size: [512, 512], ..SyntheticOptions::default() };
        let got = &frames(still, 1)[0];
        assert_eq!(got, image::decode(PORTRAIT).unwrap().bytes());
    }

    #[test]
    fn the_picture_is_where_the_truth_says() {
        let source = Synthetic::new(SyntheticOptions::default()).unwrap();
        let pixels = &frames(SyntheticOptions::default(), 41)[40];
        let mut error = 0.0;
        let places = [(180, 120), (256, 256), (300, 200), (220, 350)];
        for (x, y) in places {
            let place = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let at = source.frame_from_portrait(40).transform_point2(place).as_uvec2();
            let want = sample(&source.portrait, place - 0.5)[1];
            error += (f32::from(pixels[((at.y * 640 + at.x) * 3 + 1) as usize]) - want).abs();
        }
        assert!(error / (places.len() as f32) < 8.0, "{error}");
        assert!(
            source.frame_from_portrait(40).translation.distance(source.frame_from_portrait(0).translation)
                > 5.0
        );
    }

    #[test]
    fn noise_follows_the_seed_and_its_level() {
        let noisy =
            |seed| SyntheticOptions { noise: 8.0, brightness: 0.5, seed, ..SyntheticOptions::default() };
        let clean = &frames(SyntheticOptions { brightness: 0.5, ..SyntheticOptions::default() }, 1)[0];
        let (a, b) = (frames(noisy(1), 1), frames(noisy(1), 1));
        assert_eq!(a, b);
        assert_ne!(a, frames(noisy(2), 1));
        // Only where neither black nor white cuts the noise off.
        let differences = a[0].iter().zip(clean).filter(|(_, clean)| (60..200).contains(*clean));
        let squares: Vec<f32> = differences.map(|(a, b)| (f32::from(*a) - f32::from(*b)).powi(2)).collect();
        let deviation = (squares.iter().sum::<f32>() / squares.len() as f32).sqrt();
        assert!((7.0..9.0).contains(&deviation), "{deviation}");
    }

    #[test]
    fn blur_keeps_the_mean_and_takes_the_detail() {
        let roughness = |rgb: &[u8]| -> f64 {
            rgb.windows(4).map(|w| f64::from(w[0].abs_diff(w[3]))).sum::<f64>() / rgb.len() as f64
        };
        let sharp = &frames(SyntheticOptions::default(), 1)[0];
        let soft = &frames(SyntheticOptions { blur: 4, ..SyntheticOptions::default() }, 1)[0];
        let mean = |rgb: &[u8]| rgb.iter().map(|v| f64::from(*v)).sum::<f64>() / rgb.len() as f64;
        assert!((mean(sharp) - mean(soft)).abs() < 1.5);
        assert!(roughness(soft) < roughness(sharp) * 0.6);
    }

    #[test]
    fn senseless_values_are_refused() {
        let bad = [
            SyntheticOptions { size: [0, 480], ..SyntheticOptions::default() },
            SyntheticOptions { fps: f64::NAN, ..SyntheticOptions::default() },
            SyntheticOptions { noise: -1.0, ..SyntheticOptions::default() },
        ];
        for options in bad {
            assert!(Synthetic::new(options).is_err());
        }
    }
}
