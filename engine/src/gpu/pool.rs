//! Textures between two leases.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use super::texture::{Stored, Texture, TextureDesc};

/// Submits after which a texture that nobody leased is freed: a window's size changed, a look went away.
const KEPT_SUBMITS: u64 = 120;

/// Free textures, by shape.
#[derive(Debug, Default)]
pub(super) struct Pool {
    shelf: Mutex<Shelf>,
    created: AtomicUsize,
}

#[derive(Debug, Default)]
struct Shelf {
    /// With the submit at which each came back.
    free: Vec<(u64, Stored)>,
    submits: u64,
}

impl Pool {
    /// Leases a free texture of that shape, or makes one. Its content is whatever it was.
    pub(super) fn lease(
        self: &Arc<Self>,
        device: &wgpu::Device,
        desc: &TextureDesc,
        writable: bool,
    ) -> Texture {
        let found = {
            let mut shelf = self.shelf();
            // The newest first, so that what is not needed grows old.
            let place = shelf.free.iter().rposition(|(_, stored)| stored.desc == *desc);
            place.map(|place| shelf.free.remove(place).1)
        };
        let stored = found.unwrap_or_else(|| {
            self.created.fetch_add(1, Ordering::Relaxed);
            desc.create(device, writable)
        });
        Texture::leased(stored, Arc::clone(self))
    }

    pub(super) fn give_back(&self, stored: Stored) {
        let mut shelf = self.shelf();
        let now = shelf.submits;
        shelf.free.push((now, stored));
    }

    /// Counts a submit and frees what has long been of no use.
    pub(super) fn age(&self) {
        let mut shelf = self.shelf();
        shelf.submits += 1;
        let now = shelf.submits;
        shelf.free.retain(|(since, _)| now - since <= KEPT_SUBMITS);
    }

    pub(super) fn created(&self) -> usize {
        self.created.load(Ordering::Relaxed)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
