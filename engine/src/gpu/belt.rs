//! Staging memory for data that go up every frame. Its pieces are mapped again when the GPU is done with them,
//! so that in steady state none is made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::counts::{Tally, count};

/// Smallest piece: many small writes share one.
const PIECE_BYTES: u64 = 64 << 10;
/// Free pieces kept; more than frames in flight ever need.
const KEPT: usize = 12;
/// What wgpu asks of the place and length of a copy between buffers.
const ALIGN: u64 = wgpu::COPY_BUFFER_ALIGNMENT;

/// The free pieces.
#[derive(Debug)]
pub(super) struct Belt {
    free: Mutex<Vec<wgpu::Buffer>>,
    tally: Arc<Tally>,
}

/// A mapped piece that one encoder fills.
#[derive(Debug)]
struct Piece {
    buffer: wgpu::Buffer,
    filled: u64,
}

/// The pieces that one encoder fills.
#[derive(Debug, Default)]
pub(super) struct Load(Vec<Piece>);

impl Belt {
    pub(super) fn new(tally: Arc<Tally>) -> Self {
        Self { free: Mutex::default(), tally }
    }

    /// The smallest free piece of at least `bytes`, or a new one.
    fn take(&self, device: &wgpu::Device, bytes: u64) -> wgpu::Buffer {
        let mut free = self.free();
        let fitting = free.iter().enumerate().filter(|(_, piece)| piece.size() >= bytes);
        if let Some((index, _)) = fitting.min_by_key(|(_, piece)| piece.size()) {
            return free.swap_remove(index);
        }
        count(&self.tally.buffers);
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: bytes.max(PIECE_BYTES).next_multiple_of(PIECE_BYTES),
            usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: true,
        })
    }

    fn give_back(&self, piece: wgpu::Buffer) {
        let mut free = self.free();
        free.push(piece);
        if free.len() > KEPT {
            free.remove(0);
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<wgpu::Buffer>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Load {
    /// Copies `bytes` into staging memory and returns the place: buffer and offset. The copy is padded with
    /// zeros to a multiple of 4 bytes. `None` when the memory can't be reached: the device is lost.
    pub(super) fn stage(
        &mut self,
        belt: &Belt,
        device: &wgpu::Device,
        bytes: &[u8],
    ) -> Option<(&wgpu::Buffer, u64)> {
        let length = (bytes.len() as u64).next_multiple_of(ALIGN);
        let fits = |piece: &Piece| piece.filled + length <= piece.buffer.size();
        let index = self.0.iter().position(fits).unwrap_or_else(|| {
            self.0.push(Piece { buffer: belt.take(device, length), filled: 0 });
            self.0.len() - 1
        });
        let piece = &mut self.0[index];
        let offset = piece.filled;
        // Mapped ranges start at multiples of 8.
        piece.filled = (offset + length).next_multiple_of(wgpu::MAP_ALIGNMENT);
        let mut range = piece.buffer.get_mapped_range_mut(offset..offset + length).ok()?;
        let (whole, rest) = bytes.split_at(bytes.len() & !3);
        range.slice(..whole.len()).copy_from_slice(whole);
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            range.slice(whole.len()..).copy_from_slice(&last);
        }
        drop(range);
        Some((&piece.buffer, offset))
    }

    /// Ends the filling; the pieces come back to `belt` when the GPU has read them.
    pub(super) fn close(self, belt: &Arc<Belt>, encoder: &wgpu::CommandEncoder) {
        for Piece { buffer, .. } in self.0 {
            buffer.unmap();
            let (belt, piece) = (Arc::clone(belt), buffer.clone());
            encoder.map_buffer_on_submit(&buffer, wgpu::MapMode::Write, .., move |mapped| {
                if mapped.is_ok() {
                    belt.give_back(piece);
                }
            });
        }
    }
}
