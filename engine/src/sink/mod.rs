//! Where pictures go.

use crate::{gpu::Gpu, scene::Picture};

/// Why a sink failed.
#[derive(Debug)]
pub struct SinkError;

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
