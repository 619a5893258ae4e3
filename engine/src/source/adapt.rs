//! Sources around other sources: fewer frames, another size, another rate, over and over. For work that goes
//! through every frame; what plays in real time is [`Playback`](super::Playback).

use std::{sync::Arc, time::Duration};

use image::{RgbImage, imageops};

use super::{Next, Reopen, Source, SourceError, SourceInfo};
use crate::{
    frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels},
    kernels::convert,
};

/// Passes on at most so many frames.
#[derive(Debug)]
pub struct First<S> {
    source: S,
    info: SourceInfo,
    left: u64,
}

impl<S: Source> First<S> {
    /// At most `frames` frames of `source`. Its sound stays whole: a sink ends it with the pictures.
    pub fn new(source: S, frames: u64) -> Self {
        let whole = source.info().frames.filter(|known| *known <= frames);
        let last = source.info().last.filter(|_| whole.is_some());
        let info = SourceInfo { frames: Some(whole.unwrap_or(frames)), last, ..source.info().clone() };
        Self { source, info, left: frames }
    }
}

impl<S: Source> Source for First<S> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        let next = self.source.next()?;
        self.left -= u64::from(matches!(next, Next::Frame(_)));
        Ok(next)
    }

    fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

/// Stretches every frame to one size, in host memory.
#[derive(Debug)]
pub struct Resized<S> {
    source: S,
    info: SourceInfo,
}

impl<S: Source> Resized<S> {
    /// The frames of `source`, `size` pixels large: bilinear, with an average of what lies under each new pixel.
    ///
    /// # Errors
    /// When a side is zero or larger than [`Pixels`] takes.
    pub fn new(source: S, size: [u32; 2]) -> Result<Self, SourceError> {
        if size.iter().any(|side| !(1..=Pixels::MAX_SIDE).contains(side)) {
            let [width, height] = size;
            let most = Pixels::MAX_SIDE;
            return Err(SourceError::Value(format!(
                "frames of {width}x{height} pixels: a side is 1 to {most}"
            )));
        }
        let info = SourceInfo { size, ..source.info().clone() };
        Ok(Self { source, info })
    }

    fn resize(&self, pixels: Arc<Pixels>) -> Result<Arc<Pixels>, SourceError> {
        let ([width, height], size) = (pixels.size(), self.info.size);
        if [width, height] == size {
            return Ok(pixels);
        }
        let wrong =
            |error: &dyn ToString| SourceError::Value(format!("{}: {}", self.info.name, error.to_string()));
        let picture = RgbImage::from_raw(width, height, convert::to_rgb8(&pixels))
            .ok_or_else(|| wrong(&"a frame has too few bytes"))?;
        let picture = imageops::resize(&picture, size[0], size[1], imageops::FilterType::Triangle);
        let pixels = Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), picture.into_raw());
        Ok(Arc::new(pixels.map_err(|error| wrong(&error))?))
    }
}

impl<S: Source> Source for Resized<S> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        Ok(match self.source.next()? {
            Next::Frame(frame) => Next::Frame(Frame { pixels: self.resize(frame.pixels)?, ..frame }),
            other => other,
        })
    }

    fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

/// Frames at a steady rate: each is the latest that the source has for its time, so that some come twice and
/// some not at all.
#[derive(Debug)]
pub struct Retimed<S> {
    source: S,
    info: SourceInfo,
    /// The frame that is shown now.
    shown: Option<Frame>,
    /// The one after it.
    coming: Option<Frame>,
    ended: bool,
    next: u64,
}

impl<S: Source> Retimed<S> {
    /// The frames of `source`, `fps` of them a second.
    ///
    /// # Errors
    /// When `fps` is not a number above 0.
    pub fn new(source: S, fps: f64) -> Result<Self, SourceError> {
        if !(fps.is_finite() && fps > 0.0) {
            return Err(SourceError::Value(format!("{fps} frames a second: the rate must be above 0")));
        }
        let from = source.info();
        // A still stays one frame, whatever its rate.
        let frames = match (from.frames, from.fps) {
            (Some(frames), Some(old)) => Some(((frames as f64 * fps / old).round() as u64).max(1)),
            (frames, _) => frames,
        };
        let info = SourceInfo { fps: Some(fps), frames, last: None, ..from.clone() };
        Ok(Self { source, info, shown: None, coming: None, ended: false, next: 0 })
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.next as f64 / self.info.fps.unwrap_or(1.0))
    }

    /// How long the last frame stays.
    fn last_stays(&self) -> Duration {
        let from = self.source.info();
        let usual = from.fps.map_or(Duration::ZERO, |fps| Duration::from_secs_f64(1.0 / fps));
        from.last.unwrap_or(usual)
    }
}

/// Times of files are whole ticks: a frame counts as there when it is this close.
const CLOSE: Duration = Duration::from_micros(500);

impl<S: Source> Source for Retimed<S> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let time = self.time();
        loop {
            if let Some(frame) =
                self.coming.take_if(|frame| self.shown.is_none() || frame.time <= time + CLOSE)
            {
                self.shown = Some(frame);
            }
            if self.coming.is_some() {
                break;
            }
            if self.ended {
                let over = self.shown.as_ref().map(|frame| frame.time + self.last_stays());
                if over.is_none_or(|over| time + CLOSE >= over) && self.next > 0 || self.shown.is_none() {
                    return Ok(Next::End);
                }
                break;
            }
            match self.source.next()? {
                Next::Frame(frame) => self.coming = Some(frame),
                Next::Pending => return Ok(Next::Pending),
                Next::End => self.ended = true,
            }
        }
        let Some(shown) = &self.shown else { return Ok(Next::End) };
        let frame = Frame { id: FrameId(self.next), time, pixels: Arc::clone(&shown.pixels) };
        self.next += 1;
        Ok(Next::Frame(frame))
    }

    fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

/// Frames that were read before the first is given: nobody waits for a file then.
#[derive(Clone)]
pub struct Remembered {
    info: SourceInfo,
    frames: Arc<[Frame]>,
    next: usize,
}

impl Remembered {
    /// Reads all frames of `source`, which is not live; or the first ones, as many as together have `most` bytes.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(mut source: impl Source, most: usize) -> Result<Self, SourceError> {
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while let Next::Frame(frame) = source.next()? {
            bytes += frame.pixels.bytes().len();
            if bytes > most && !frames.is_empty() {
                break;
            }
            frames.push(frame);
        }
        let info = SourceInfo { frames: Some(frames.len() as u64), last: None, ..source.info().clone() };
        Ok(Self { info, frames: frames.into(), next: 0 })
    }
}

impl Source for Remembered {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let frame = self.frames.get(self.next).cloned();
        self.next += 1;
        Ok(frame.map_or(Next::End, Next::Frame))
    }

    fn dropped(&self) -> u64 {
        0
    }
}

/// Starts again at the end, with ids and times that go on.
pub struct Repeated {
    source: Box<dyn Source>,
    reopen: Reopen,
    info: SourceInfo,
    next: FrameId,
    begun: Duration,
    end: Duration,
}

impl Repeated {
    /// What `reopen` opens, over and over.
    ///
    /// # Errors
    /// As `reopen`.
    pub fn new(mut reopen: Reopen) -> Result<Self, SourceError> {
        let source = reopen()?;
        let info = SourceInfo { frames: None, last: None, audio: None, ..source.info().clone() };
        Ok(Self { source, reopen, info, next: FrameId(0), begun: Duration::ZERO, end: Duration::ZERO })
    }
}

/// Between rounds of a still.
const STILL: Duration = Duration::from_millis(33);

impl Source for Repeated {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        // A source without any frame is not asked for ever.
        for _ in 0..2 {
            match self.source.next()? {
                Next::Frame(frame) => {
                    let pause = self.info.fps.map_or(STILL, |fps| Duration::from_secs_f64(1.0 / fps));
                    let frame = Frame { id: self.next, time: self.begun + frame.time, ..frame };
                    self.next.0 += 1;
                    self.end = frame.time + pause;
                    return Ok(Next::Frame(frame));
                }
                Next::Pending => return Ok(Next::Pending),
                Next::End => {
                    self.source = (self.reopen)()?;
                    self.begun = self.end;
                }
            }
        }
        Ok(Next::End)
    }

    fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Synthetic, SyntheticOptions};

    fn synthetic(fps: f64, frames: u64) -> Synthetic {
        let options =
            SyntheticOptions { size: [16, 8], fps, frames: Some(frames), ..SyntheticOptions::default() };
        Synthetic::new(options).expect("sound options")
    }

    fn all(mut source: impl Source) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Next::Frame(frame) = source.next().expect("a sound source") {
            frames.push(frame);
        }
        frames
    }

    /// Which frame of `synthetic` each of `frames` is.
    fn origins(frames: &[Frame], of: &[Frame]) -> Vec<usize> {
        frames
            .iter()
            .map(|frame| of.iter().position(|o| o.pixels == frame.pixels).expect("one of them"))
            .collect()
    }

    #[test]
    fn the_first_frames() {
        let source = First::new(synthetic(10.0, 5), 3);
        assert_eq!(source.info().frames, Some(3));
        assert_eq!(all(source).len(), 3);
        assert_eq!(all(First::new(synthetic(10.0, 5), 9)).len(), 5);
    }

    #[test]
    fn another_size() {
        let frames = all(Resized::new(synthetic(10.0, 2), [33, 7]).expect("a sound size"));
        assert_eq!(frames.iter().map(|frame| frame.pixels.size()).collect::<Vec<_>>(), [[33, 7]; 2]);
        assert!(Resized::new(synthetic(10.0, 2), [0, 7]).is_err());
    }

    #[test]
    fn another_rate_repeats_and_leaves_out() {
        let frames = all(synthetic(10.0, 6));
        let at = |fps| {
            let source = Retimed::new(synthetic(10.0, 6), fps).expect("a sound rate");
            let known = source.info().frames;
            let retimed = all(source);
            assert_eq!(known, Some(retimed.len() as u64));
            let step = Duration::from_secs_f64(1.0 / fps);
            assert!(retimed.windows(2).all(|pair| (pair[1].time - pair[0].time).abs_diff(step) < CLOSE));
            origins(&retimed, &frames)
        };
        assert_eq!(at(10.0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(at(5.0), [0, 2, 4]);
        assert_eq!(at(20.0), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert!(Retimed::new(synthetic(10.0, 6), 0.0).is_err());
    }

    #[test]
    fn what_is_remembered_comes_again_as_far_as_it_has_room() {
        let frames = all(synthetic(10.0, 5));
        let bytes = frames[0].pixels.bytes().len();
        for (most, count) in [(usize::MAX, 5), (3 * bytes, 3), (0, 1)] {
            let source = Remembered::new(synthetic(10.0, 5), most).expect("it reads");
            assert_eq!(source.info().frames, Some(count));
            for again in [all(source.clone()), all(source)] {
                assert_eq!(again.len() as u64, count);
                let same =
                    |(a, b): (&Frame, &Frame)| (a.time, a.pixels.bytes()) == (b.time, b.pixels.bytes());
                assert!(again.iter().zip(&frames).all(same));
            }
        }
    }

    #[test]
    fn rounds_go_on_in_time() {
        let reopen = || Ok(Box::new(synthetic(10.0, 3)) as Box<dyn Source>);
        let frames = all(First::new(Repeated::new(Box::new(reopen)).expect("it opens"), 8));
        assert!(frames.iter().zip(0..).all(|(frame, id)| frame.id.0 == id));
        assert!(frames.is_sorted_by(|a, b| a.time < b.time));
        assert_eq!(frames[3].time, Duration::from_millis(300));
    }
}
