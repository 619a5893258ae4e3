//! Formats of webcams: which to choose, and what their bytes mean.

use nokhwa::utils::{CameraFormat, FrameFormat, Resolution};

use super::CameraOptions;
use crate::{
    frame::{ColorSpec, PixelFormat, Pixels},
    source::jpeg,
};

/// What is understood, the cheapest first.
pub(super) const FORMATS: [FrameFormat; 6] = [
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::GRAY,
];

/// Asked for one after the other where a camera lists nothing.
pub(super) fn common() -> [CameraFormat; 2] {
    [FrameFormat::YUYV, FrameFormat::MJPEG]
        .map(|format| CameraFormat::new(Resolution::new(640, 480), format, 30))
}

/// More than any camera gives: drivers name odd fractions so.
const MOST_FPS: u32 = 480;

/// `offered` with the best first: enough frames a second, then the closest size, then the cheapest format.
pub(super) fn ranked(offered: Vec<CameraFormat>, options: &CameraOptions) -> Vec<CameraFormat> {
    let mut known: Vec<CameraFormat> = offered
        .into_iter()
        .filter(|offer| FORMATS.contains(&offer.format()) && (1..=MOST_FPS).contains(&offer.frame_rate()))
        .collect();
    let key = |offer: &CameraFormat| {
        let fps = f64::from(offer.frame_rate());
        // Three quarters of the wish still look smooth; what is over the wish costs light.
        let slow = fps < options.fps * 0.75;
        let area = |[width, height]: [u32; 2]| f64::from(width) * f64::from(height);
        let size = (area([offer.width(), offer.height()]) / area(options.size)).ln().abs();
        let shape = (f64::from(offer.width())
            / f64::from(offer.height())
            / (f64::from(options.size[0]) / f64::from(options.size[1])))
        .ln()
        .abs();
        let cost = FORMATS.iter().position(|format| *format == offer.format());
        (slow, ((size + shape / 4.0) * 1000.0) as u64, (fps - options.fps).abs() as u64, cost)
    };
    known.sort_by_key(key);
    known
}

/// The pixels of one captured buffer. It may be longer than the picture: drivers hand out whole memory pages.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub(super) fn pixels(bytes: &[u8], format: CameraFormat) -> Result<Pixels, String> {
    let size = [format.width(), format.height()];
    let tight = |kind: PixelFormat| {
        let planes = kind.planes(size);
        let length = planes.iter().map(|(row, rows)| row * rows).sum::<usize>();
        let bytes = bytes.get(..length).unwrap_or(bytes).to_vec();
        Pixels::new(size, kind, ColorSpec::default(), bytes).map_err(|error| error.to_string())
    };
    match format.format() {
        FrameFormat::NV12 => tight(PixelFormat::Nv12),
        FrameFormat::YUYV => tight(PixelFormat::Yuyv),
        FrameFormat::RAWRGB => tight(PixelFormat::Rgb8),
        FrameFormat::RAWBGR => {
            let rgb = bytes.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]);
            rgb_pixels(size, rgb)
        }
        FrameFormat::GRAY => rgb_pixels(size, bytes.iter().flat_map(|value| [*value; 3])),
        FrameFormat::MJPEG => {
            let (size, rgb) = jpeg::decode(bytes)?;
            Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), rgb).map_err(|error| error.to_string())
        }
    }
}

fn rgb_pixels(size: [u32; 2], rgb: impl Iterator<Item = u8>) -> Result<Pixels, String> {
    let rgb = rgb.take(size[0] as usize * size[1] as usize * 3).collect();
    Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), rgb).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, fps: u32) -> CameraFormat {
        CameraFormat::new(Resolution::new(width, height), format, fps)
    }

    #[test]
    fn a_common_webcam_gives_720p_in_mjpeg_for_raw_is_too_slow() {
        let offered = vec![
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1920, 1080, FrameFormat::MJPEG, 30),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(1280, 720, FrameFormat::MJPEG, 30_000),
        ];
        let best = ranked(offered.clone(), &CameraOptions::default());
        assert_eq!(best[0], offer(1280, 720, FrameFormat::MJPEG, 30));
        let small = CameraOptions { size: [640, 480], fps: 30.0 };
        assert_eq!(ranked(offered, &small)[0], offer(640, 480, FrameFormat::YUYV, 30));
    }

    #[test]
    fn of_equal_offers_the_cheapest_to_read_wins() {
        let offered = FORMATS.iter().rev().map(|format| offer(1280, 720, *format, 30)).collect::<Vec<_>>();
        assert_eq!(ranked(offered, &CameraOptions::default())[0].format(), FrameFormat::NV12);
        assert!(ranked(Vec::new(), &CameraOptions::default()).is_empty());
    }

    #[test]
    fn buffers_may_be_longer_but_not_shorter() {
        let format = offer(4, 2, FrameFormat::YUYV, 30);
        assert_eq!(pixels(&[7; 4096], format).map(|pixels| pixels.bytes().len()), Ok(16));
        assert!(pixels(&[7; 15], format).is_err());
        let bgr = pixels(&[1, 2, 3, 4, 5, 6, 0], offer(2, 1, FrameFormat::RAWBGR, 30));
        assert_eq!(bgr.map(|pixels| pixels.bytes().to_vec()), Ok(vec![3, 2, 1, 6, 5, 4]));
        assert!(pixels(b"no jpeg", offer(2, 1, FrameFormat::MJPEG, 30)).is_err());
    }
}
