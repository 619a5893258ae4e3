//! Clips. Built in: H.264 in MP4 and QuickTime files, and MJPEG in AVI. Everything else goes through an `ffmpeg`
//! on the PATH.
//!
//! Times are the file's own, edit lists applied; rotation tags are applied to the planes, and pictures of pixels that
//! are not square are stretched until they are, as players show them. Colours mean what the
//! file says; one that says nothing is taken for BT.601 of limited range, as swscale does.

mod avi;
mod bytes;
mod ffmpeg;
mod h264;
mod mp3;
mod mp4;
mod samples;
mod sps;
mod turn;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{Next, Source, SourceError, SourceInfo, adapt::Resized};
use crate::frame::{Frame, FrameId, Pixels, audio::AudioTrack};

/// Gives upright pictures in showing order.
trait Decode: Send {
    /// The next picture and when it shows, since the start of the clip; `None` after the last.
    fn next(&mut self) -> Result<Option<(Duration, Pixels)>, SourceError>;
}

/// What a container says about its pictures.
struct Facts {
    fps: Option<f64>,
    frames: Option<u64>,
    /// How long the last picture shows.
    last: Option<Duration>,
    audio: Option<AudioTrack>,
    /// Width to height of an upright pixel, where it is not square.
    pixel_aspect: Option<f64>,
}

/// A clip at `path`, whose file begins with `head`, in square pixels.
///
/// # Errors
/// As [`Clip::open`].
pub(super) fn open(path: &Path, head: &[u8]) -> Result<Box<dyn Source>, SourceError> {
    let clip = Clip::open(path, head)?;
    let size = square_pixels(clip.info.size, clip.pixel_aspect);
    Ok(if size == clip.info.size { Box::new(clip) } else { Box::new(Resized::new(clip, size)?) })
}

/// Pixels are taken for square up to this difference from it. A tool that scales a picture to whole pixels notes what
/// it rounded as an aspect; those that cameras and discs use differ by more than thrice as much.
const HARDLY: f64 = 0.02;
/// An aspect beyond this, or below its inverse, is explained by damage only.
const MOST: f64 = 8.0;

/// What a picture of `size` measures in square pixels; no side becomes shorter.
fn square_pixels([width, height]: [u32; 2], pixel_aspect: Option<f64>) -> [u32; 2] {
    let aspect = pixel_aspect.unwrap_or(1.0);
    let stretched = |side: u32, by: f64| ((f64::from(side) * by).round() as u32).clamp(1, Pixels::MAX_SIDE);
    match aspect {
        aspect if aspect.is_nan() || (aspect - 1.0).abs() < HARDLY => [width, height],
        aspect if !(1.0 / MOST..=MOST).contains(&aspect) => [width, height],
        aspect if aspect > 1.0 => [stretched(width, aspect), height],
        aspect => [width, stretched(height, 1.0 / aspect)],
    }
}

/// A clip.
pub struct Clip {
    path: PathBuf,
    info: SourceInfo,
    /// As of [`Facts`].
    pixel_aspect: Option<f64>,
    decoder: Box<dyn Decode>,
    /// Decoded when the clip was opened, for its size.
    first: Option<(Duration, Pixels)>,
    given: u64,
}

impl Clip {
    /// Opens the clip at `path` and decodes its first picture. `head` is how the file begins.
    ///
    /// # Errors
    /// When it is damaged, cut, empty, or needs an ffmpeg that is not there.
    pub(super) fn open(path: &Path, head: &[u8]) -> Result<Self, SourceError> {
        let (facts, mut decoder) = if avi::is_avi(head) {
            open_avi(path)?
        } else if head.get(4..8).is_some_and(|name| TOP_BOXES.iter().any(|known| *known == name)) {
            open_mp4(path)?
        } else {
            ffmpeg::open(path, None)?
        };
        let first = decoder.next()?.ok_or_else(|| SourceError::broken(path, "the clip has no frames"))?;
        let info = SourceInfo {
            name: path.display().to_string(),
            size: first.1.size(),
            fps: facts.fps,
            frames: facts.frames,
            last: facts.last,
            live: false,
            audio: facts.audio.map(Arc::new),
        };
        let (path, pixel_aspect) = (path.to_owned(), facts.pixel_aspect);
        Ok(Self { path, info, pixel_aspect, decoder, first: Some(first), given: 0 })
    }
}

/// What an MP4 or QuickTime file begins with.
const TOP_BOXES: [&[u8; 4]; 6] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"];

type Opened = (Facts, Box<dyn Decode>);

fn open_mp4(path: &Path) -> Result<Opened, SourceError> {
    let movie = match mp4::read(path) {
        Ok(movie) => movie,
        Err(mp4::IndexError::Io(error)) => return Err(SourceError::unreadable(path, error)),
        Err(mp4::IndexError::Broken(what)) => return Err(SourceError::broken(path, what)),
        Err(mp4::IndexError::Unsupported(what)) => return ffmpeg::open(path, Some(what)),
    };
    if !h264::is_built_in(&movie.video) {
        let (mut facts, decoder) = ffmpeg::open(path, Some(codec_name(&movie.video.codec)))?;
        // Packets that are known can be copied.
        facts.audio = movie.audio.or(facts.audio);
        return Ok((facts, decoder));
    }
    let timing = movie.video.timing;
    let shown = movie.video.samples.iter().filter(|sample| timing.time(sample).is_some());
    let times: Vec<i64> = shown.map(|sample| sample.shows_at).collect();
    let fps = average_rate(&times, timing.timescale);
    let facts = Facts {
        fps,
        frames: Some(times.len() as u64),
        last: timing.last(&movie.video.samples),
        pixel_aspect: h264::pixel_aspect(&movie.video),
        audio: movie.audio,
    };
    Ok((facts, Box::new(h264::H264::open(path, movie.video)?)))
}

fn open_avi(path: &Path) -> Result<Opened, SourceError> {
    let index = avi::read(path)?;
    if !index.is_mjpeg() {
        return ffmpeg::open(path, Some(&format!("{} in AVI", index.codec)));
    }
    let facts = Facts {
        fps: Some(index.fps()),
        frames: Some(index.frames()),
        last: None,
        audio: index.audio.clone(),
        pixel_aspect: index.pixel_aspect,
    };
    Ok((facts, Box::new(avi::Mjpeg::open(path, index)?)))
}

/// Frames a second over all, from times in units of the track.
fn average_rate(times: &[i64], timescale: u32) -> Option<f64> {
    let units = times.iter().max()?.checked_sub(*times.iter().min()?)?;
    (units > 0).then(|| (times.len() - 1) as f64 * f64::from(timescale) / units as f64)
}

/// What people call the codec of a QuickTime four-letter name.
fn codec_name(letters: &str) -> &str {
    match letters {
        "avc1" | "avc3" => "H.264 of a kind (interlaced, 10-bit or 4:2:2)",
        "hvc1" | "hev1" => "HEVC (H.265)",
        "av01" => "AV1",
        "vp08" => "VP8",
        "vp09" => "VP9",
        "mp4v" => "MPEG-4 Part 2",
        "jpeg" | "mjpa" | "mjpb" => "MJPEG in QuickTime",
        "apcn" | "apch" | "apcs" | "apco" | "ap4h" | "ap4x" => "ProRes",
        letters => letters,
    }
}

impl Source for Clip {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let picture = self.first.take().map_or_else(|| self.decoder.next(), |first| Ok(Some(first)))?;
        let Some((time, pixels)) = picture else { return Ok(Next::End) };
        if pixels.size() != self.info.size {
            let (path, was, now) = (self.path.clone(), self.info.size, pixels.size());
            return Err(SourceError::SizeChanged { path, frame: self.given, was, now });
        }
        let frame = Frame { id: FrameId(self.given), time, pixels: Arc::new(pixels) };
        self.given += 1;
        Ok(Next::Frame(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_square_by_growing() {
        assert_eq!(square_pixels([720, 576], Some(64.0 / 45.0)), [1024, 576]);
        assert_eq!(square_pixels([720, 576], Some(0.5)), [720, 1152]);
        for passed_over in [None, Some(1.0), Some(1.019), Some(0.0), Some(-1.0), Some(1e9), Some(f64::NAN)] {
            assert_eq!(square_pixels([720, 576], passed_over), [720, 576], "{passed_over:?}");
        }
    }
}
