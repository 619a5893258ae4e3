//! Dispatches on their way into one compute pass. A pass of its own takes a GPU several times as long as a wait within one,
//! so they are held back until something is recorded that no compute pass can hold. Writes to buffers that none of them
//! sees go before the pass meanwhile, and copies of buffers after it.

use super::{ComputePipeline, Levels, dispatch};

/// A pass, and copies after it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    steps: Vec<Step>,
    copies: Vec<Copy>,
}

/// What comes into the pass.
#[derive(Debug)]
pub(super) enum Step {
    /// A dispatch.
    One(One),
    /// All of these, under this name.
    Levels(String, Levels),
}

/// A dispatch that is bound, and all buffers that it sees.
#[derive(Debug)]
pub(super) struct One {
    label: String,
    pipeline: wgpu::ComputePipeline,
    groups: Vec<wgpu::BindGroup>,
    workgroups: [u32; 3],
    buffers: Vec<wgpu::Buffer>,
}

impl One {
    pub(super) fn new(
        pipeline: &ComputePipeline,
        groups: Vec<wgpu::BindGroup>,
        workgroups: [u32; 3],
        buffers: Vec<wgpu::Buffer>,
    ) -> Self {
        let label = pipeline.bindings().label().to_owned();
        Self { label, pipeline: pipeline.raw().clone(), groups, workgroups, buffers }
    }
}

/// The whole of a buffer, to the start of another.
#[derive(Debug)]
struct Copy {
    from: wgpu::Buffer,
    to: wgpu::Buffer,
}

impl Pending {
    /// Adds to the pass. What the step sees of copied buffers must be as it was when they were copied: see
    /// [`Pending::follows_copy`].
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Whether a step sees a buffer that is copied after the pass.
    pub(super) fn follows_copy(&self, step: &Step) -> bool {
        self.copies.iter().any(|copy| step.sees(&copy.from) || step.sees(&copy.to))
    }

    /// Copies the whole of `from` to the start of `to`, after the pass.
    pub(super) fn copy(&mut self, from: &wgpu::Buffer, to: &wgpu::Buffer) {
        self.copies.push(Copy { from: from.clone(), to: to.clone() });
    }

    /// Whether something pending sees `buffer`, which so can't be written before it.
    pub(super) fn sees(&self, buffer: &wgpu::Buffer) -> bool {
        self.steps.iter().any(|step| step.sees(buffer))
            || self.copies.iter().any(|copy| copy.from == *buffer || copy.to == *buffer)
    }

    /// Records all of it.
    pub(super) fn record(&mut self, raw: &mut wgpu::CommandEncoder) {
        if !self.steps.is_empty() {
            let desc = wgpu::ComputePassDescriptor { label: Some("dispatches"), timestamp_writes: None };
            let mut pass = raw.begin_compute_pass(&desc);
            self.steps.drain(..).for_each(|step| step.record(&mut pass));
        }
        for Copy { from, to } in self.copies.drain(..) {
            raw.copy_buffer_to_buffer(&from, 0, &to, 0, from.size());
        }
    }
}

impl Step {
    fn sees(&self, buffer: &wgpu::Buffer) -> bool {
        match self {
            Self::One(one) => one.buffers.contains(buffer),
            Self::Levels(_, levels) => levels.sees(buffer),
        }
    }

    fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        match self {
            Self::One(One { label, pipeline, groups, workgroups, .. }) => {
                pass.insert_debug_marker(label);
                dispatch::record(pass, pipeline, groups, *workgroups);
            }
            Self::Levels(label, levels) => {
                pass.insert_debug_marker(label);
                levels.record(pass);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::gpu::{
        Buffer, BufferUse, ComputePipeline, Dispatch, Encoder, Gpu, Levels, Resource, readback::Readback,
        shader::Library, tests::gpu,
    };

    const ADD: &str = "
@group(0) @binding(0) var<storage, read> one: array<u32>;
@group(0) @binding(1) var<storage, read_write> sum: array<u32>;
@compute @workgroup_size(1) fn add() { sum[0] += one[0]; }
";

    struct Adder {
        gpu: Gpu,
        add: Arc<ComputePipeline>,
    }

    impl Adder {
        fn new() -> Self {
            let gpu = gpu();
            let mut library = Library::for_gpu(&gpu);
            library.insert("test", "test.wgsl", ADD);
            let shader = library.resolve("test", &[]).expect("a shader");
            let add = Arc::new(ComputePipeline::new(&gpu, &shader, "add", "add").expect("a pipeline"));
            Self { gpu, add }
        }

        fn number(&self) -> Buffer {
            self.gpu.buffer("number", BufferUse::Storage, 4).expect("a buffer")
        }

        fn dispatch(&self, one: &Buffer, sum: &Buffer) -> Dispatch {
            let resources = [("one", Resource::Buffer(one)), ("sum", Resource::Buffer(sum))];
            Dispatch::new(&self.gpu, Arc::clone(&self.add), &resources, [1; 3]).expect("a dispatch")
        }

        /// Records a step in one of the ways that there are.
        fn record(&self, encoder: &mut Encoder, way: usize, one: &Buffer, sum: &Buffer) {
            match way {
                0 => encoder.compute(&[self.dispatch(one, sum)]),
                1 => encoder.compute_levels("level", &Levels::new([vec![self.dispatch(one, sum)]])),
                _ => {
                    let resources = [("one", Resource::Buffer(one)), ("sum", Resource::Buffer(sum))];
                    encoder.dispatch(&self.add, &resources, [1; 3]).expect("recorded");
                }
            }
        }
    }

    #[test]
    fn writes_and_copies_are_seen_in_the_order_of_recording() {
        let adder = Adder::new();
        for way in 0..3 {
            let [one, sum, copy] = std::array::from_fn(|_| adder.number());
            let readback = Readback::new();
            let mut encoder = adder.gpu.encoder("order");
            let mut tickets = Vec::new();
            for number in [3_u32, 40, 500] {
                encoder.write(&one, 0, &number.to_le_bytes());
                adder.record(&mut encoder, way, &one, &sum);
                tickets.push(readback.start_buffer(&mut encoder, &sum).expect("a ticket"));
            }
            encoder.copy_buffer(&sum, &copy);
            adder.record(&mut encoder, way, &copy, &sum);
            encoder.write(&copy, 0, &[1, 0, 0, 0]);
            adder.record(&mut encoder, way, &copy, &sum);
            tickets.push(readback.start_buffer(&mut encoder, &sum).expect("a ticket"));
            adder.gpu.submit(encoder).expect("submitted");
            let value = |ticket: crate::gpu::readback::Ticket| {
                let bytes = ticket.wait(&adder.gpu).expect("landed");
                u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
            };
            assert_eq!(tickets.into_iter().map(value).collect::<Vec<_>>(), [3, 43, 543, 1087], "{way}");
        }
    }

    #[test]
    fn what_others_do_does_not_end_the_pass() {
        let adder = Adder::new();
        let [one, other, sum, copy] = std::array::from_fn(|_| adder.number());
        let mut encoder = adder.gpu.encoder("one pass");
        adder.record(&mut encoder, 0, &one, &sum);
        encoder.write(&other, 0, &[7, 0, 0, 0]);
        encoder.copy_buffer(&sum, &copy);
        adder.record(&mut encoder, 1, &one, &other);
        assert_eq!(encoder.pending().steps.len(), 2);
        encoder.write(&other, 0, &[8, 0, 0, 0]);
        assert_eq!(encoder.pending().steps.len(), 0);
        adder.gpu.submit(encoder).expect("submitted");
    }
}
