//! Dispatches on their way into one compute pass. A pass of its own takes a GPU several times as long as a wait within one,
//! so they are held back until something is recorded that no compute pass can hold. Writes to buffers that none of them
//! sees go before the pass meanwhile, and copies of buffers after it. In the pass each runs as soon as it can: see
//! [`order`].

use super::{
    ComputePipeline, Levels, dispatch, order,
    uses::{Id, Use},
};

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

/// A dispatch that is bound, and all that it uses.
#[derive(Debug)]
pub(super) struct One {
    label: String,
    pipeline: wgpu::ComputePipeline,
    groups: Vec<wgpu::BindGroup>,
    workgroups: [u32; 3],
    uses: Vec<Use>,
}

impl One {
    pub(super) fn new(
        pipeline: &ComputePipeline,
        groups: Vec<wgpu::BindGroup>,
        workgroups: [u32; 3],
        uses: Vec<Use>,
    ) -> Self {
        let label = pipeline.bindings().label().to_owned();
        Self { label, pipeline: pipeline.raw().clone(), groups, workgroups, uses }
    }

    pub(super) fn uses(&self) -> &[Use] {
        &self.uses
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

    /// Records all of it, and tells how many levels that are.
    pub(super) fn record(&mut self, raw: &mut wgpu::CommandEncoder) -> usize {
        let mut levels = 0;
        if !self.steps.is_empty() {
            let desc = wgpu::ComputePassDescriptor { label: Some("dispatches"), timestamp_writes: None };
            levels = record(&self.steps, &mut raw.begin_compute_pass(&desc));
            self.steps.clear();
        }
        for Copy { from, to } in self.copies.drain(..) {
            raw.copy_buffer_to_buffer(&from, 0, &to, 0, from.size());
        }
        levels
    }
}

impl Step {
    fn sees(&self, buffer: &wgpu::Buffer) -> bool {
        match self {
            Self::One(one) => one.uses.iter().any(|used| used.id == Id::Buffer(buffer.clone())),
            Self::Levels(_, levels) => levels.sees(buffer),
        }
    }

    /// How many levels it has.
    fn levels(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Levels(_, levels) => levels.count(),
        }
    }
}

/// Records `steps`, level by level. What a level reads is made readable at once, so that nothing stands between its
/// dispatches; nets come first, since others wait for them longest. Tells how many levels there are.
fn record(steps: &[Step], pass: &mut wgpu::ComputePass<'_>) -> usize {
    let places = order::places(steps);
    let placed = || steps.iter().zip(&places);
    let count = placed().map(|(step, place)| place.level + step.levels()).max().unwrap_or(0);
    for level in 0..count {
        let (mut buffers, mut textures) = (Vec::new(), Vec::new());
        for (step, place) in placed() {
            match step {
                Step::Levels(_, levels) if level >= place.level => {
                    buffers.extend(levels.settles(level - place.level));
                }
                Step::One(one) if level == place.level => settle(one, place, &mut buffers, &mut textures),
                Step::Levels(..) | Step::One(_) => {}
            }
        }
        if !(buffers.is_empty() && textures.is_empty()) {
            let readable =
                |buffer| wgpu::BufferTransition { buffer, state: wgpu::BufferUses::STORAGE_READ_ONLY };
            let sampled = |texture| wgpu::TextureTransition {
                texture,
                selector: None,
                state: wgpu::TextureUses::RESOURCE,
            };
            pass.transition_resources(buffers.into_iter().map(readable), textures.into_iter().map(sampled));
        }
        for (step, place) in placed() {
            if let Step::Levels(label, levels) = step
                && level >= place.level
            {
                if level == place.level {
                    pass.insert_debug_marker(label);
                }
                levels.record(level - place.level, pass);
            }
        }
        for (step, place) in placed() {
            if let Step::One(One { label, pipeline, groups, workgroups, .. }) = step
                && level == place.level
            {
                pass.insert_debug_marker(label);
                dispatch::record(pass, pipeline, groups, *workgroups);
            }
        }
    }
    count
}

/// Adds what `one` reads and was written before in the pass.
fn settle<'a>(
    one: &'a One,
    place: &order::Place,
    buffers: &mut Vec<&'a wgpu::Buffer>,
    textures: &mut Vec<&'a wgpu::TextureView>,
) {
    for used in place.settles.iter().map(|&index| &one.uses[index]) {
        match (&used.id, &used.view) {
            (Id::Buffer(buffer), _) if !buffers.contains(&buffer) => buffers.push(buffer),
            (Id::Texture(_), Some(view)) if !textures.contains(&view) => textures.push(view),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::gpu::{
        Buffer, BufferUse, ComputePipeline, Dispatch, Encoder, Gpu, Levels, Resource, order,
        readback::Readback, shader::Library, tests::gpu,
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
            encoder.bring(&sum, copy.raw());
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
    fn whatever_the_order_results_are_those_of_one_after_the_other() {
        let adder = Adder::new();
        let mut seed = 11_u64;
        let mut below = |limit: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % limit
        };
        for _ in 0..100 {
            let count = 3 + below(20);
            // Pairs of what is read and what is written, alone or in levels.
            let mut pair = || (below(count), below(count - 1));
            let pairs: Vec<_> = std::iter::repeat_with(&mut pair)
                .map(|(one, sum)| (one, (one + 1 + sum) % count))
                .take(40)
                .collect();
            let groups: Vec<_> = (0..5).map(|_| (below(3), 1 + below(4))).collect();
            let run = |waits: bool| {
                let numbers: Vec<Buffer> = (0..count).map(|_| adder.number()).collect();
                let mut encoder = adder.gpu.encoder("random");
                for (index, number) in numbers.iter().enumerate() {
                    encoder.write(number, 0, &(index as u32 + 1).to_le_bytes());
                }
                for (pairs, (way, width)) in pairs.chunks(8).zip(&groups) {
                    let dispatches =
                        pairs.iter().map(|&(one, sum)| adder.dispatch(&numbers[one], &numbers[sum]));
                    let dispatches: Vec<Dispatch> = dispatches.collect();
                    match way {
                        0 => encoder.compute(&dispatches),
                        _ => {
                            let levels = Levels::new(dispatches.chunks(*width).map(<[_]>::to_vec));
                            encoder.compute_levels("levels", &levels);
                        }
                    }
                    if waits {
                        encoder.end_pass();
                    }
                }
                let readback = Readback::new();
                let start = |number| readback.start_buffer(&mut encoder, number).expect("a ticket");
                let tickets: Vec<_> = numbers.iter().map(start).collect();
                adder.gpu.submit(encoder).expect("submitted");
                tickets.into_iter().map(|ticket| ticket.wait(&adder.gpu).expect("landed")).collect::<Vec<_>>()
            };
            assert_eq!(run(false), run(true), "{pairs:?} {groups:?}");
        }
    }

    #[test]
    fn each_step_runs_as_soon_as_what_it_needs_is_there() {
        let adder = Adder::new();
        let [one, sum, other, third] = std::array::from_fn(|_| adder.number());
        let mut encoder = adder.gpu.encoder("order");
        let chain = [(&one, &sum), (&sum, &other), (&other, &third)];
        let levels = Levels::new(chain.map(|(one, sum)| vec![adder.dispatch(one, sum)]));
        encoder.compute(&[adder.dispatch(&one, &sum)]);
        encoder.compute_levels("chain", &levels);
        let apart = adder.number();
        for (one, sum) in [(&one, &apart), (&sum, &apart), (&apart, &one), (&other, &apart), (&apart, &third)]
        {
            encoder.compute(&[adder.dispatch(one, sum)]);
        }
        let placed: Vec<usize> =
            order::places(&encoder.pending().steps).into_iter().map(|place| place.level).collect();
        // The chain is at 1, 2 and 3: whoever comes after waits for that part of it that it sees.
        assert_eq!(placed, [0, 1, 0, 2, 3, 4, 5]);
        adder.gpu.submit(encoder).expect("submitted");
    }

    #[test]
    fn levels_come_after_others_that_began_late() {
        let adder = Adder::new();
        let numbers: [Buffer; 7] = std::array::from_fn(|_| adder.number());
        let dispatch = |[one, sum]: [usize; 2]| adder.dispatch(&numbers[one], &numbers[sum]);
        let levels = |pairs: &[[usize; 2]]| Levels::new(pairs.iter().map(|pair| vec![dispatch(*pair)]));
        let mut encoder = adder.gpu.encoder("levels");
        encoder.compute(&[[0, 1], [1, 2], [2, 3]].map(dispatch));
        encoder.compute_levels("late", &levels(&[[3, 4]]));
        encoder.compute_levels("later", &levels(&[[0, 5], [5, 6], [4, 6]]));
        let placed = order::places(&encoder.pending().steps);
        assert_eq!(placed.iter().map(|place| place.level).collect::<Vec<_>>(), [0, 1, 2, 3, 2]);
        adder.gpu.submit(encoder).expect("submitted");
    }

    #[test]
    fn what_others_do_does_not_end_the_pass() {
        let adder = Adder::new();
        let [one, other, sum, copy] = std::array::from_fn(|_| adder.number());
        let mut encoder = adder.gpu.encoder("one pass");
        adder.record(&mut encoder, 0, &one, &sum);
        encoder.write(&other, 0, &[7, 0, 0, 0]);
        encoder.bring(&sum, copy.raw());
        adder.record(&mut encoder, 1, &one, &other);
        assert_eq!(encoder.pending().steps.len(), 2);
        encoder.write(&other, 0, &[8, 0, 0, 0]);
        assert_eq!(encoder.pending().steps.len(), 0);
        adder.gpu.submit(encoder).expect("submitted");
    }
}
