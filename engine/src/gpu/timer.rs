//! How long the GPU takes for the parts of a frame: timestamps, read when they land.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Encoder, Gpu, GpuError};

/// Frames in flight whose times are kept apart; a frame that finds no free slot is not timed.
const RING: usize = 4;

/// Measures the spans between marks within a frame.
///
/// Frames: `begin`, `mark` at each boundary (the first one starts the first span), `end`, submit. The times come
/// some frames later from [`Timer::landed`].
#[derive(Debug)]
pub struct Timer {
    slots: Vec<Slot>,
    marks: u32,
    nanos_per_tick: f64,
    /// The slot and the marks set of the frame that is being recorded.
    current: Option<(usize, u32)>,
}

#[derive(Debug)]
struct Slot {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readable: wgpu::Buffer,
    landed: Arc<AtomicBool>,
    frame: Option<u64>,
    set: u32,
}

impl Timer {
    /// A timer for up to `marks` marks a frame. Where the device has no timestamps nothing is ever measured.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn new(gpu: &Gpu, marks: u32) -> Result<Self, GpuError> {
        let able = gpu.device().features().contains(FEATURES) && marks > 1;
        let slots = if able {
            super::health::scoped(gpu.device(), "makes a timer", || {
                (0..RING).map(|_| Slot::new(gpu.device(), marks)).collect()
            })?
        } else {
            Vec::new()
        };
        Ok(Self { slots, marks, nanos_per_tick: gpu.queue().get_timestamp_period().into(), current: None })
    }

    /// Whether the device can measure.
    pub fn works(&self) -> bool {
        !self.slots.is_empty()
    }

    /// Starts a frame, called `frame`.
    pub fn begin(&mut self, frame: u64) {
        // A frame that failed half-way was never ended.
        if let Some((index, _)) = self.current.take() {
            self.slots[index].frame = None;
        }
        self.current = self.slots.iter().position(|slot| slot.frame.is_none()).map(|index| (index, 0));
        if let Some((index, _)) = self.current {
            self.slots[index].frame = Some(frame);
            self.slots[index].landed.store(false, Ordering::Release);
        }
    }

    /// Ends a span and starts the next.
    pub fn mark(&mut self, encoder: &mut Encoder) {
        if let Some((index, set)) = &mut self.current
            && *set < self.marks
        {
            encoder.raw().write_timestamp(&self.slots[*index].queries, *set);
            *set += 1;
        }
    }

    /// Ends the frame.
    pub fn end(&mut self, encoder: &mut Encoder) {
        let Some((index, set)) = self.current.take() else { return };
        let slot = &mut self.slots[index];
        slot.set = set;
        let raw = encoder.raw();
        raw.resolve_query_set(&slot.queries, 0..set, &slot.resolved, 0);
        raw.copy_buffer_to_buffer(&slot.resolved, 0, &slot.readable, 0, u64::from(set) * 8);
        let landed = Arc::clone(&slot.landed);
        // A lost device answers too, so that the slot is not taken for ever.
        raw.map_buffer_on_submit(&slot.readable, wgpu::MapMode::Read, .., move |_| {
            landed.store(true, Ordering::Release);
        });
    }

    /// The spans of a frame whose times have landed since the last call, oldest first, with the frame's number.
    pub fn landed(&mut self) -> Option<(u64, Vec<Duration>)> {
        let done = |slot: &&mut Slot| slot.frame.is_some() && slot.landed.load(Ordering::Acquire);
        let slot = self.slots.iter_mut().filter(done).min_by_key(|slot| slot.frame)?;
        let frame = slot.frame.take()?;
        slot.landed.store(false, Ordering::Release);
        let ticks: Vec<u64> = match slot.readable.get_mapped_range(..) {
            Ok(range) => bytemuck::pod_collect_to_vec(&range[..slot.set as usize * 8]),
            Err(_) => return None,
        };
        slot.readable.unmap();
        // Timestamps may wrap or come out of order on a driver that resets its clock: such a span counts as zero.
        let span = |pair: &[u64]| pair[1].saturating_sub(pair[0]) as f64 * self.nanos_per_tick;
        Some((frame, ticks.windows(2).map(|pair| Duration::from_nanos(span(pair) as u64)).collect()))
    }
}

/// What timestamps between passes need.
pub(super) const FEATURES: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS);

impl Slot {
    fn new(device: &wgpu::Device, marks: u32) -> Self {
        let buffer = |label, usage| {
            let size = u64::from(marks) * 8;
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timer"),
                ty: wgpu::QueryType::Timestamp,
                count: marks,
            }),
            resolved: buffer("timer ticks", wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readable: buffer("timer read-back", wgpu::BufferUsages::MAP_READ),
            landed: Arc::default(),
            frame: None,
            set: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{GpuOptions, Load, Render, TextureDesc, TextureFormat};

    #[test]
    fn each_span_of_each_frame_lands_under_its_number() {
        let options = GpuOptions { timestamps: true, ..GpuOptions::default() };
        let gpu =
            pollster::block_on(Gpu::new(&options)).expect("an adapter (apt-get install mesa-vulkan-drivers)");
        let target = gpu.texture(&TextureDesc::new([64, 64], TextureFormat::Srgb8)).expect("a texture");
        let mut timer = Timer::new(&gpu, 3).expect("a timer");
        let mut landed = Vec::new();
        for frame in 0..6 {
            let mut encoder = gpu.encoder("timed");
            timer.begin(frame);
            timer.mark(&mut encoder);
            for _ in 0..2 {
                let clear = Render { load: Load::Clear([1.0; 4]), ..Render::new("clear", &target, &[]) };
                encoder.render(&clear).expect("a pass");
                timer.mark(&mut encoder);
            }
            timer.end(&mut encoder);
            gpu.submit(encoder).expect("submitted");
            gpu.wait().expect("done");
            landed.extend(std::iter::from_fn(|| timer.landed()));
        }
        let frames: Vec<u64> = landed.iter().map(|(frame, _)| *frame).collect();
        let want: Vec<u64> = if timer.works() { (0..6).collect() } else { Vec::new() };
        assert_eq!(frames, want);
        assert!(landed.iter().all(|(_, spans)| spans.len() == 2 && spans.iter().all(|s| s.as_secs() < 60)));
    }
}
