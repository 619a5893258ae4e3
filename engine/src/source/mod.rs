//! Where frames come from.

use crate::frame::Frame;

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

/// Why a source failed.
#[derive(Debug)]
pub struct SourceError;

/// Yields frames; a live source drops older unread ones and counts them.
pub trait Source: Send {
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
