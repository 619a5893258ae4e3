//! What a device was asked for, counted: in steady state a frame makes nothing, is one submission and waits for nothing, which
//! tests hold.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How often something was done on a device since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Textures that were made.
    pub textures: usize,
    /// Buffers that were made.
    pub buffers: usize,
    /// Bind groups that were made.
    pub bind_groups: usize,
    /// Levels of dispatches that follow each other: what is in one runs side by side.
    pub levels: usize,
    /// Submissions.
    pub submits: usize,
    /// Times that the caller waited until the device was done.
    pub waits: usize,
}

/// The counters behind [`Counts`]; textures are counted by their pool.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) buffers: AtomicUsize,
    pub(super) bind_groups: AtomicUsize,
    pub(super) levels: AtomicUsize,
    pub(super) submits: AtomicUsize,
    pub(super) waits: AtomicUsize,
}

impl Tally {
    pub(super) fn counts(&self, textures: usize) -> Counts {
        let read = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        Counts {
            textures,
            buffers: read(&self.buffers),
            bind_groups: read(&self.bind_groups),
            levels: read(&self.levels),
            submits: read(&self.submits),
            waits: read(&self.waits),
        }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicUsize) {
    count_all(counter, 1);
}

/// Counts so many more.
pub(super) fn count_all(counter: &AtomicUsize, more: usize) {
    counter.fetch_add(more, Ordering::Relaxed);
}
