//! A captured frame: pixels in host memory, an id and a time.

pub mod audio;
pub mod geometry;
pub mod pixels;

use std::{sync::Arc, time::Duration};

pub use pixels::{ColorSpec, Matrix, PixelFormat, Pixels, PixelsError, Range};

/// Counts captured frames from zero, dropped ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub u64);

/// One captured image on its way to the GPU.
///
/// Its planes are shared, not copied: nets on the CPU sample their regions straight from them.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which frame this is.
    pub id: FrameId,
    /// Since the start of its source: the file's own time stamp, or the capture time of a camera.
    pub time: Duration,
    /// Upright pixels: the source has already applied orientation tags.
    pub pixels: Arc<Pixels>,
}
