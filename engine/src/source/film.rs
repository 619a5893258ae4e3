//! Clips in the place of filters' pictures: frames by the time at which they are asked for.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use super::{HEAD_BYTES, Next, Reopen, Source, SourceError, adapt::Repeated, image};
use crate::{
    filter::{Content, Film, FilterError, Shot},
    frame::Frame,
};

/// Frames that are decoded before they are asked for.
const AHEAD: usize = 3;
/// A step of time that is no playing any more but a pause or a jump: the film stands still meanwhile.
const JUMP: Duration = Duration::from_secs(5);
/// How long a source that has nothing yet is left alone.
const PENDING: Duration = Duration::from_millis(1);

/// A clip, over and over, decoded on a thread of its own. A frame that is not ready when it is asked for is waited for, so
/// that a clip is rendered the same each time.
#[derive(Debug)]
pub struct Reel(Mutex<State>);

#[derive(Debug)]
struct State {
    frames: Receiver<Frame>,
    shown: Frame,
    next: Option<Frame>,
    /// By the clock of who asks: when it began, and when it was asked last.
    asked: Option<(Duration, Duration)>,
}

impl Reel {
    /// Opens a clip and begins to decode.
    ///
    /// # Errors
    /// When it can't be opened, has no frame, or no thread can be started.
    pub fn start(reopen: Reopen) -> Result<Self, SourceError> {
        let mut source = Repeated::new(reopen)?;
        let shown = loop {
            match source.next()? {
                Next::Frame(frame) => break frame,
                Next::Pending => std::thread::sleep(PENDING),
                Next::End => {
                    return Err(SourceError::Value(format!(
                        "{}: there is no frame in it",
                        source.info().name
                    )));
                }
            }
        };
        let (send, frames) = sync_channel(AHEAD);
        std::thread::Builder::new()
            .name("antifaz film".into())
            .spawn(move || decode(source, &send))
            .map_err(|error| SourceError::Value(format!("no thread could be started for a clip: {error}")))?;
        Ok(Self(Mutex::new(State { frames, shown, next: None, asked: None })))
    }
}

impl Film for Reel {
    fn at(&self, time: Duration) -> Shot {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut begun, asked) = state.asked.unwrap_or((time, time));
        if time > asked + JUMP {
            begun += time - asked;
        }
        state.asked = Some((begun, time.max(asked)));
        let now = time.saturating_sub(begun);
        loop {
            // After an error there are no more: what is shown stays.
            let next = state.next.take().or_else(|| state.frames.recv().ok());
            match next {
                Some(next) if next.time <= now => state.shown = next,
                next => {
                    state.next = next;
                    break;
                }
            }
        }
        Shot { number: state.shown.id.0, pixels: Arc::clone(&state.shown.pixels) }
    }
}

/// The thread's side: until nobody wants frames any more.
fn decode(mut source: Repeated, frames: &SyncSender<Frame>) {
    loop {
        match source.next() {
            Ok(Next::Frame(frame)) => {
                if frames.send(frame).is_err() {
                    return;
                }
            }
            Ok(Next::Pending) => std::thread::sleep(PENDING),
            Ok(Next::End) => return,
            Err(error) => return log::error!("{error}; the filter's clip stands still now"),
        }
    }
}

/// What is in a file that is given for a filter's picture: a picture, or a clip.
///
/// # Errors
/// When it can't be read, or is neither.
pub fn content(path: &Path) -> Result<Content, FilterError> {
    let unread = |source| FilterError::Read { path: path.to_owned(), source };
    let facts = fs::metadata(path).map_err(unread)?;
    let mut head = Vec::new();
    if facts.is_file() {
        File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).map_err(unread)?;
    }
    if image::is_picture(&head) {
        return fs::read(path).map(Content::Picture).map_err(unread);
    }
    let owned = path.to_owned();
    let reel = Reel::start(Box::new(move || super::open(&owned)));
    let reel = reel.map_err(|error| FilterError::Given { message: error.to_string() })?;
    Ok(Content::Film(Arc::new(reel)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Synthetic, SyntheticOptions};

    fn reel(frames: u64) -> Reel {
        let options =
            SyntheticOptions { size: [8, 4], fps: 10.0, frames: Some(frames), ..SyntheticOptions::default() };
        let reopen = move || Ok(Box::new(Synthetic::new(options.clone())?) as Box<dyn Source>);
        Reel::start(Box::new(reopen)).expect("it opens")
    }

    fn numbers<const N: usize>(reel: &Reel, millis: [u64; N]) -> [u64; N] {
        millis.map(|time| reel.at(Duration::from_millis(time)).number)
    }

    #[test]
    fn it_begins_when_it_is_first_asked_and_goes_round() {
        // Frames are there for 100 ms each, four of them a round.
        let reel = reel(4);
        assert_eq!(numbers(&reel, [7000, 7099, 7100, 7350, 7400, 7950]), [0, 0, 1, 3, 4, 9]);
    }

    #[test]
    fn it_stands_still_while_nobody_looks_and_never_goes_back() {
        let reel = reel(100);
        assert_eq!(numbers(&reel, [0, 500, 90_000, 90_100]), [0, 5, 5, 6]);
        assert_eq!(numbers(&reel, [0, 90_200]), [6, 7]);
    }

    #[test]
    fn what_breaks_later_stands_still() {
        let mut rounds = 0;
        let options =
            SyntheticOptions { size: [8, 4], fps: 10.0, frames: Some(2), ..SyntheticOptions::default() };
        let reopen = move || {
            rounds += 1;
            if rounds > 1 {
                return Err(SourceError::Value("gone".into()));
            }
            Ok(Box::new(Synthetic::new(options.clone())?) as Box<dyn Source>)
        };
        let reel = Reel::start(Box::new(reopen)).expect("it opens");
        assert_eq!(numbers(&reel, [0, 100, 2000]), [0, 1, 1]);
    }
}
