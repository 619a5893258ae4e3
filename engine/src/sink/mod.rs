//! Where pictures go: a still, a folder of stills, a clip, or nowhere.
//!
//! Outputs are written under a temporary name beside the final one and renamed by [`Sink::finish`]; a sink that is
//! dropped before removes what it wrote. So nothing half-written ever stands under the final name.

mod encode;
mod error;
mod file;
mod image;
mod masks;
mod null;
mod partial;
#[cfg(feature = "video")]
mod video;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub use error::SinkError;
pub use masks::Masks;
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

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn present(&mut self, gpu: &Gpu, picture: Picture) -> Result<(), SinkError> {
        (**self).present(gpu, picture)
    }

    fn finish(&mut self, gpu: &Gpu) -> Result<(), SinkError> {
        (**self).finish(gpu)
    }
}

/// What a file needs to know before its first picture.
#[derive(Clone, Debug)]
pub struct SinkOptions {
    /// Width and height of the pictures, in pixels.
    pub size: [u32; 2],
    /// Frames a second, nominal: MP4 keeps the pictures' own times, AVI has this rate only.
    pub fps: f64,
    /// How long the last picture shows; one frame at `fps` where nobody knows.
    pub last: Option<Duration>,
    /// The sound that goes with the pictures, copied where the container can hold it.
    pub audio: Option<Arc<AudioTrack>>,
}

/// Stores pictures that are in host memory already, under the same promises as a [`Sink`]. It encodes on a thread of
/// its own.
pub struct Writer {
    worker: encode::Worker,
    /// Bytes of one picture.
    bytes: usize,
    path: PathBuf,
}

impl Writer {
    /// As [`create`].
    ///
    /// # Errors
    /// As [`create`].
    pub fn create(path: &Path, options: &SinkOptions) -> Result<Self, SinkError> {
        let [width, height] = options.size;
        if width == 0 || height == 0 {
            let what = format!("pictures of {width}x{height} pixels can't be written: a side is 1 or more");
            return Err(SinkError::unfit(path, what));
        }
        if !(options.fps > 0.0 && options.fps <= MAX_FPS) {
            let what = format!(
                "{} pictures a second can't be written; choose an --fps of up to {MAX_FPS}",
                options.fps
            );
            return Err(SinkError::unfit(path, what));
        }
        let worker = encode::Worker::start(encoder(path, options)?);
        Ok(Self { worker, bytes: width as usize * height as usize * 4, path: path.to_owned() })
    }

    /// Stores one picture: tight rows of RGBA, 8 bits each, sRGB, premultiplied. Waits while the encoder is behind.
    ///
    /// # Errors
    /// When it has another size, or can't be stored.
    pub fn write(&mut self, rgba: Vec<u8>, time: Duration) -> Result<(), SinkError> {
        if rgba.len() != self.bytes {
            return Err(SinkError::unfit(&self.path, "a picture has another size than the output"));
        }
        self.worker.encode(rgba, time)
    }

    fn wrong_size(&self, [width, height]: [u32; 2]) -> SinkError {
        SinkError::unfit(&self.path, format!("a picture of {width}x{height} pixels does not fit the output"))
    }

    /// Completes the output.
    ///
    /// # Errors
    /// When it can't be completed.
    pub fn finish(&mut self) -> Result<(), SinkError> {
        self.worker.finish()
    }
}

/// More pictures a second than any file format here is made for.
const MAX_FPS: f64 = 1000.0;

fn encoder(path: &Path, options: &SinkOptions) -> Result<Box<dyn encode::Encode>, SinkError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let slash = path.to_string_lossy().ends_with(['/', '\\']);
    Ok(match extension.as_str() {
        _ if slash || path.is_dir() => Box::new(image::Folder::create(path, options.size)?),
        "" => Box::new(image::Folder::create(path, options.size)?),
        "png" => Box::new(image::Still::create(path, options.size)?),
        #[cfg(feature = "video")]
        "mp4" => Box::new(video::mp4::Mp4::create(path, options)?),
        #[cfg(feature = "video")]
        "avi" => Box::new(video::avi::Avi::create(path, options)?),
        _ => return Err(SinkError::UnknownExtension { path: path.to_owned(), extension }),
    })
}

/// A sink for `path`, by its extension: `.png`, `.mp4`, `.avi`, or a folder of PNG files where there is none.
///
/// # Errors
/// When the extension is unknown, the place can't be written, or the container can't hold pictures of this size.
pub fn create(path: &Path, options: &SinkOptions) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(file::FileSink::create(path, options)?))
}
