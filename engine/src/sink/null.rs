//! Nowhere.

use super::{Sink, SinkError};
use crate::{gpu::Gpu, scene::Picture};

/// Lets go of every picture and counts them.
#[derive(Debug, Default)]
pub struct Null {
    /// Pictures so far.
    pub count: u64,
}

impl Sink for Null {
    fn present(&mut self, _: &Gpu, _: Picture) -> Result<(), SinkError> {
        self.count += 1;
        Ok(())
    }

    fn finish(&mut self, _: &Gpu) -> Result<(), SinkError> {
        Ok(())
    }
}
