//! What is asked of the GPU.

use std::ops::{AddAssign, Sub};

/// What was recorded for the GPU, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Render passes.
    pub passes: u32,
    /// Draws in them.
    pub draws: u32,
    /// Dispatches of compute shaders.
    pub dispatches: u32,
    /// Bytes that come from the host.
    pub uploaded: u64,
    /// Bytes that are copied on the device.
    pub copied: u64,
    /// Bytes of what draws and dispatches may read: all of a texture or buffer each time, however little of it is
    /// looked up.
    pub read: u64,
    /// Bytes of what they may write, likewise.
    pub written: u64,
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.passes += more.passes;
        self.draws += more.draws;
        self.dispatches += more.dispatches;
        self.uploaded += more.uploaded;
        self.copied += more.copied;
        self.read += more.read;
        self.written += more.written;
    }
}

impl Sub for Work {
    type Output = Self;

    /// What was added to `before`.
    fn sub(self, before: Self) -> Self {
        Self {
            passes: self.passes - before.passes,
            draws: self.draws - before.draws,
            dispatches: self.dispatches - before.dispatches,
            uploaded: self.uploaded - before.uploaded,
            copied: self.copied - before.copied,
            read: self.read - before.read,
            written: self.written - before.written,
        }
    }
}
