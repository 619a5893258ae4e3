//! The door out: texels come back to host memory when the GPU is done with them, never waited for in a live frame.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU8, Ordering},
};

use super::{Buffer, Encoder, Gpu, GpuError, Texture};

/// Free buffers kept: as many as read-backs are in flight at a time.
const KEPT: usize = 8;

/// Waits of a thread until a read-back counts as never submitted: each takes microseconds where nothing is under way.
const TURNS: usize = 10_000;

/// A mapping that is under way, done, or refused.
const PENDING: u8 = 0;
const LANDED: u8 = 1;
const FAILED: u8 = 2;

type Free = Arc<Mutex<Vec<wgpu::Buffer>>>;

/// Starts read-backs and keeps their buffers, so that in steady state none is made. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Readback {
    free: Free,
}

/// A read-back under way. Dropped, it is forgotten.
#[derive(Debug)]
pub struct Ticket {
    buffer: wgpu::Buffer,
    /// Bytes of a row of texels, and from row to row in the buffer.
    row: [usize; 2],
    state: Arc<AtomicU8>,
    home: Free,
}

impl Readback {
    /// A door without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies the first level of `texture`, as it is at this point of `encoder`; the copy lands some time after
    /// the encoder is submitted.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn start(&self, encoder: &mut Encoder, texture: &Texture) -> Result<Ticket, GpuError> {
        let [width, height] = texture.size();
        let row = (width * texture.format().bytes()) as usize;
        let stride = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize);
        let buffer = self.buffer(encoder.gpu(), (stride * height as usize) as u64)?;
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(stride as u32),
            rows_per_image: Some(height),
        };
        encoder.raw().copy_texture_to_buffer(
            texture.raw().as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
            texture.desc().extent(0),
        );
        Ok(self.land(encoder, buffer, [row, stride]))
    }

    /// Copies the whole of `source`, as it is at this point of `encoder`.
    ///
    /// # Errors
    /// As [`Readback::start`].
    pub fn start_buffer(&self, encoder: &mut Encoder, source: &Buffer) -> Result<Ticket, GpuError> {
        let buffer = self.buffer(encoder.gpu(), source.bytes())?;
        encoder.bring(source, &buffer);
        Ok(self.land(encoder, buffer, [source.bytes() as usize; 2]))
    }

    /// Has `buffer` mapped once what was recorded so far is done.
    fn land(&self, encoder: &mut Encoder, buffer: wgpu::Buffer, row: [usize; 2]) -> Ticket {
        let state = Arc::new(AtomicU8::new(PENDING));
        let theirs = Arc::clone(&state);
        encoder.map_when_done(&buffer, wgpu::MapMode::Read, move |mapped| {
            theirs.store(if mapped.is_ok() { LANDED } else { FAILED }, Ordering::Release);
        });
        Ticket { buffer, row, state, home: Arc::clone(&self.free) }
    }

    fn buffer(&self, gpu: &Gpu, bytes: u64) -> Result<wgpu::Buffer, GpuError> {
        let mut free = lock(&self.free);
        if let Some(index) = free.iter().position(|buffer| buffer.size() == bytes) {
            return Ok(free.swap_remove(index));
        }
        gpu.count_buffer();
        super::health::scoped(gpu.device(), "reads a picture back", || {
            gpu.device().create_buffer(&wgpu::BufferDescriptor {
                label: Some("read-back"),
                size: bytes,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }
}

impl Ticket {
    /// Whether [`Ticket::wait`] would not have to wait. Needs [`Gpu::poll`] or a submit to make progress.
    pub fn landed(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING
    }

    /// The texels, tight rows, waiting for the GPU where it is not done yet. For programs that work offline, or
    /// after [`Ticket::landed`].
    ///
    /// # Errors
    /// [`GpuError::DeviceLost`] when the texels are gone with their device, [`GpuError::Validation`] when the
    /// encoder was never submitted.
    pub fn wait(self, gpu: &Gpu) -> Result<Vec<u8>, GpuError> {
        // Where several threads wait, one of them is told of what others wait for, and takes its time to say so.
        for _ in 0..TURNS {
            if self.landed() {
                break;
            }
            gpu.wait()?;
        }
        let unread = || GpuError::Validation { message: "a read-back was not submitted".to_owned() };
        if self.state.load(Ordering::Acquire) != LANDED {
            gpu.poll()?;
            return Err(unread());
        }
        let range = self.buffer.get_mapped_range(..).map_err(|_| unread())?;
        let [row, stride] = self.row;
        let texels = range.chunks(stride).flat_map(|line| &line[..row]).copied().collect();
        drop(range);
        self.buffer.unmap();
        let mut free = lock(&self.home);
        free.push(self.buffer);
        if free.len() > KEPT {
            free.remove(0);
        }
        Ok(texels)
    }
}

/// The list is whole after every statement, so a panic elsewhere does not spoil it.
fn lock(free: &Free) -> MutexGuard<'_, Vec<wgpu::Buffer>> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{GpuOptions, TextureDesc, TextureFormat};

    #[test]
    fn odd_rows_come_back_as_they_went_up_and_buffers_are_used_again() {
        let gpu = pollster::block_on(Gpu::new(&GpuOptions::default()))
            .expect("an adapter (apt-get install mesa-vulkan-drivers)");
        let texels: Vec<u8> = (0..5 * 3 * 4).collect();
        let desc = TextureDesc::new([5, 3], TextureFormat::Srgb8);
        let texture = gpu.texture_with(&desc, &texels).expect("a texture");
        let readback = Readback::new();
        let mut created = Vec::new();
        for _ in 0..4 {
            let mut encoder = gpu.encoder("read");
            let ticket = readback.start(&mut encoder, &texture).expect("a ticket");
            gpu.submit(encoder).expect("submitted");
            assert_eq!(ticket.wait(&gpu).expect("landed"), texels);
            created.push(gpu.counts().buffers);
        }
        assert_eq!(created[0], created[3]);
    }

    #[test]
    fn what_was_never_submitted_is_an_error() {
        let gpu = pollster::block_on(Gpu::new(&GpuOptions::default()))
            .expect("an adapter (apt-get install mesa-vulkan-drivers)");
        let texture = gpu.texture(&TextureDesc::new([4, 4], TextureFormat::Rgba8)).expect("a texture");
        let ticket = Readback::new().start(&mut gpu.encoder("lost"), &texture).expect("a ticket");
        assert!(matches!(ticket.wait(&gpu), Err(GpuError::Validation { .. })));
    }
}
