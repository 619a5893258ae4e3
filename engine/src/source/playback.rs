//! A clip as if it were a camera: frames come at their own times, from a thread of its own, newest wins.

use std::{
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{Next, Source, SourceError, SourceInfo};
use crate::{
    frame::{Frame, FrameId},
    mailbox::Mailbox,
};

/// How long a still stands between two looks at it.
const STILL: Duration = Duration::from_millis(100);

/// Opens the source that is played; called again for each round.
pub type Reopen = Box<dyn FnMut() -> Result<Box<dyn Source>, SourceError> + Send>;

/// Plays a finite source in real time, over and over.
///
/// Ids and times go on from round to round, so that nothing that smooths over time sees a jump back.
#[derive(Debug)]
pub struct Playback {
    info: SourceInfo,
    frames: Frames,
    thread: Option<JoinHandle<()>>,
}

type Frames = Arc<Mailbox<Result<Frame, SourceError>>>;

impl Playback {
    /// Starts to play what `reopen` opens.
    ///
    /// # Errors
    /// When it can't be opened, or no thread can be started.
    pub fn start(mut reopen: Reopen) -> Result<Self, SourceError> {
        let first = reopen()?;
        let info = SourceInfo { live: true, frames: None, last: None, audio: None, ..first.info().clone() };
        let frames = Frames::default();
        let player = Player { frames: Arc::clone(&frames), started: Instant::now(), next: FrameId(0) };
        let thread = std::thread::Builder::new()
            .name("antifaz playback".into())
            .spawn(move || player.play(first, reopen))
            .map_err(|error| {
                SourceError::Value(format!("no thread could be started to play the clip: {error}"))
            })?;
        Ok(Self { info, frames, thread: Some(thread) })
    }
}

impl Source for Playback {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        Ok(self.frames.take().transpose()?.map_or(Next::Pending, Next::Frame))
    }

    fn dropped(&self) -> u64 {
        self.frames.replaced()
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.frames.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the playback thread ended with a panic");
        }
    }
}

/// The thread's side.
struct Player {
    frames: Frames,
    started: Instant,
    next: FrameId,
}

impl Player {
    fn play(mut self, first: Box<dyn Source>, mut reopen: Reopen) {
        let mut source = Some(first);
        loop {
            let round = source.take().map_or_else(&mut reopen, Ok).and_then(|source| self.round(source));
            match round {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.frames.put(Err(error)),
            }
        }
    }

    /// Plays `source` once; false when nobody watches any more.
    fn round(&mut self, mut source: Box<dyn Source>) -> Result<bool, SourceError> {
        let begun = self.started.elapsed();
        let pause =
            source.info().fps.map_or(STILL, |fps| Duration::from_secs_f64(1.0 / fps.clamp(1.0, 1000.0)));
        let mut end = begun;
        loop {
            match source.next()? {
                Next::Frame(frame) => {
                    let time = begun + frame.time;
                    if self.frames.closed_within(time.saturating_sub(self.started.elapsed())) {
                        return Ok(false);
                    }
                    self.frames.put(Ok(Frame { id: self.next, time, ..frame }));
                    self.next.0 += 1;
                    end = time;
                }
                Next::Pending => {
                    if self.frames.closed_within(Duration::from_millis(1)) {
                        return Ok(false);
                    }
                }
                Next::End => {
                    let rest = (end + pause).saturating_sub(self.started.elapsed());
                    return Ok(!self.frames.closed_within(rest));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Synthetic, SyntheticOptions};

    #[test]
    fn rounds_follow_each_other_with_rising_times_and_the_newest_wins() {
        let options =
            SyntheticOptions { size: [16, 8], fps: 500.0, frames: Some(3), ..SyntheticOptions::default() };
        let mut playback = Playback::start(Box::new(move || {
            Ok(Box::new(Synthetic::new(options.clone())?) as Box<dyn Source>)
        }))
        .expect("it opens");
        let mut seen: Vec<Frame> = Vec::new();
        while seen.len() < 12 {
            match playback.next().expect("the source is whole") {
                Next::Frame(frame) => seen.push(frame),
                Next::Pending => std::thread::yield_now(),
                Next::End => panic!("a playback has no end"),
            }
        }
        assert!(seen.is_sorted_by(|a, b| a.id < b.id && a.time < b.time));
        let last = seen.last().expect("twelve frames").id.0;
        assert!(last + 1 >= seen.len() as u64 + playback.dropped() - 1, "{last} {}", playback.dropped());
    }

    #[test]
    fn what_can_not_be_opened_is_said_at_once_and_what_breaks_later_is_said_then() {
        let broken = || Err(SourceError::Value("gone".into()));
        assert!(Playback::start(Box::new(broken)).is_err());
        let mut rounds = 0;
        let options =
            SyntheticOptions { size: [8, 8], frames: Some(1), fps: 500.0, ..SyntheticOptions::default() };
        let mut playback = Playback::start(Box::new(move || {
            rounds += 1;
            if rounds == 1 {
                Ok(Box::new(Synthetic::new(options.clone())?) as Box<dyn Source>)
            } else {
                broken()
            }
        }))
        .expect("the first round opens");
        let error = std::iter::from_fn(|| Some(playback.next())).find_map(Result::err);
        assert_eq!(error.map(|error| error.to_string()), Some("gone".into()));
    }
}
