//! Where frames come from: stills, folders of stills, clips, cameras, and a synthetic source with a known truth.
//!
//! A source hands out upright pixels with the time stamps of its own file or device. Files that are damaged, cut
//! or empty end in a [`SourceError`] that says where; nothing is padded or guessed.

pub mod adapt;
#[cfg(feature = "camera")]
pub mod camera;
mod error;
mod film;
pub mod image;
mod jpeg;
mod playback;
pub mod synthetic;
#[cfg(feature = "video")]
pub mod video;

use std::{fs::File, io::Read, path::Path, sync::Arc, time::Duration};

#[cfg(feature = "camera")]
pub use camera::{Camera, CameraName, CameraOptions};
pub use error::SourceError;
pub use film::{Reel, content};
pub use playback::{Playback, Reopen};
pub use synthetic::{Synthetic, SyntheticOptions};

use crate::frame::{Frame, audio::AudioTrack};

/// What a source has to give right now.
#[derive(Debug)]
pub enum Next {
    /// The newest frame of a live source, the next one of a file.
    Frame(Frame),
    /// A live source has nothing new yet.
    Pending,
    /// A finite source has ended.
    End,
}

/// What is known about a source before its first frame.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// For people: the file's path, or the camera's name.
    pub name: String,
    /// Width and height of the upright frames, in pixels. A folder of stills may change it on the way.
    pub size: [u32; 2],
    /// Frames a second on average; `None` for stills.
    pub fps: Option<f64>,
    /// How many frames will come, where that is known.
    pub frames: Option<u64>,
    /// How long the last frame shows, where the file says so: frames of clips may come unevenly.
    pub last: Option<Duration>,
    /// Whether frames come when they like and older ones are dropped.
    pub live: bool,
    /// The clip's sound.
    pub audio: Option<Arc<AudioTrack>>,
}

/// Yields frames; a live source drops older unread ones and counts them.
pub trait Source: Send {
    /// What is known before the first frame.
    fn info(&self) -> &SourceInfo;

    /// The next frame.
    ///
    /// # Errors
    /// When the file is broken or the camera is gone.
    fn next(&mut self) -> Result<Next, SourceError>;

    /// Frames dropped so far because a newer one came.
    fn dropped(&self) -> u64 {
        0
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn info(&self) -> &SourceInfo {
        (**self).info()
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        (**self).next()
    }

    fn dropped(&self) -> u64 {
        (**self).dropped()
    }
}

/// A still, a folder of stills or a clip, told apart by how the file begins.
///
/// # Errors
/// When nothing is there, when it can't be read, and when it is none of those.
pub fn open(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    if path.is_dir() {
        return Ok(Box::new(image::Folder::open(path)?));
    }
    let facts = std::fs::metadata(path).map_err(|error| SourceError::unreadable(path, error))?;
    if !facts.is_file() {
        let what =
            "it is no regular file; copy what comes from it into one, and open webcams by their number";
        return Err(SourceError::unfit(path, what));
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head))
        .map_err(|error| SourceError::unreadable(path, error))?;
    if head.is_empty() {
        return Err(SourceError::broken(path, "the file is empty"));
    }
    if image::is_picture(&head) {
        return Ok(Box::new(image::Still::open(path)?));
    }
    #[cfg(feature = "video")]
    return video::open(path, &head);
    #[cfg(not(feature = "video"))]
    Err(SourceError::UnknownFormat { path: path.to_owned() })
}

/// What tells pictures and containers apart lies in the first bytes.
const HEAD_BYTES: u64 = 64;
