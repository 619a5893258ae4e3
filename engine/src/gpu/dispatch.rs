//! Dispatches bound beforehand, and levels of them that don't wait for each other.
//!
//! wgpu puts a barrier before each dispatch that touches what an earlier one of the pass wrote, so of many small
//! dispatches each waits for the one before, even where they have nothing to do with each other. [`Levels`] moves
//! what a whole level reads to its readable state at once; then nothing stands between the dispatches of a level.

use std::sync::Arc;

use super::{
    ComputePipeline, Gpu, GpuError, Resource,
    bindings::Traffic,
    pending::One,
    uses::{How, Id, Use, Uses},
};
use crate::telemetry::Work;

/// A dispatch whose resources are bound once and for all.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pipeline: Arc<ComputePipeline>,
    groups: Vec<wgpu::BindGroup>,
    workgroups: [u32; 3],
    /// All that it sees.
    uses: Vec<Use>,
    traffic: Traffic,
    /// Bytes of what it reads that all workgroups along z share.
    shared: u64,
}

impl Dispatch {
    /// Binds `resources`, which live as long as the dispatch.
    ///
    /// # Errors
    /// [`GpuError::Binding`] when a resource is missing or of another kind.
    pub fn new(
        gpu: &Gpu,
        pipeline: Arc<ComputePipeline>,
        resources: &[(&str, Resource<'_>)],
        workgroups: [u32; 3],
    ) -> Result<Self, GpuError> {
        let groups = pipeline.bindings().groups(gpu, resources)?;
        let traffic = pipeline.bindings().traffic(resources);
        let uses = pipeline.bindings().uses_of(resources);
        Ok(Self { pipeline, groups, workgroups, uses, traffic, shared: traffic.read })
    }

    /// The same, counted as one whose workgroups along z each have a part of the buffers, but for `shared` bytes of
    /// those that it reads.
    pub fn with_parts(self, shared: u64) -> Self {
        Self { shared: shared.min(self.traffic.read), ..self }
    }

    /// The same with `depth` workgroups along z.
    pub fn deep(&self, depth: u32) -> Self {
        let [x, y, z] = self.workgroups;
        let part = |bytes: u64| bytes * u64::from(depth) / u64::from(z.max(1));
        let traffic = Traffic {
            read: self.shared + part(self.traffic.read - self.shared),
            written: part(self.traffic.written),
        };
        Self { workgroups: [x, y, depth], traffic, ..self.clone() }
    }

    /// What it asks of the GPU.
    pub(super) fn work(&self) -> Work {
        let Traffic { read, written } = self.traffic;
        Work { dispatches: 1, read, written, ..Work::default() }
    }

    /// Whether it does the same with the same resources.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pipeline, &other.pipeline)
            && self.groups == other.groups
            && self.workgroups == other.workgroups
    }

    /// The storage buffers that the shader declares as `read`, or as `read_write`.
    fn buffers(&self, how: How) -> impl Iterator<Item = &wgpu::Buffer> {
        self.uses.iter().filter(move |used| used.how == how).filter_map(|used| match &used.id {
            Id::Buffer(buffer) => Some(buffer),
            Id::Texture(_) => None,
        })
    }

    /// The same, to be recorded with what barriers wgpu finds necessary.
    pub(super) fn pending(&self) -> One {
        One::new(&self.pipeline, self.groups.clone(), self.workgroups, self.uses.clone())
    }
}

/// Records a dispatch.
pub(super) fn record(
    pass: &mut wgpu::ComputePass<'_>,
    pipeline: &wgpu::ComputePipeline,
    groups: &[wgpu::BindGroup],
    [x, y, z]: [u32; 3],
) {
    pass.set_pipeline(pipeline);
    for (index, group) in groups.iter().enumerate() {
        pass.set_bind_group(index as u32, group, &[]);
    }
    pass.dispatch_workgroups(x, y, z);
}

/// Dispatches in levels, made once and recorded by [`Encoder::compute_levels`] each frame. Those of a level may run
/// at the same time; each level waits for the one before.
///
/// The result is always that of all dispatches one after the other. They overlap only where, of the storage buffers
/// of a level,
///
/// - none is written twice, or written by one dispatch and read by another;
/// - those written were not touched by earlier levels. wgpu holds back whoever writes a buffer that was read or
///   written earlier in the pass, and that can't be done for a whole level beforehand. So give each value a buffer of
///   its own instead of using buffers again; from one pass to the next that doesn't matter.
///
/// [`Levels::barriers`] tells whether this was kept. Barriers are for whole buffers: parts of one gain nothing.
/// Textures keep the barriers that wgpu finds necessary, a dispatch at a time.
///
/// Nets that don't depend on each other are merged level by level into one `Levels`.
///
/// [`Encoder::compute_levels`]: super::Encoder::compute_levels
#[derive(Clone, Debug, Default)]
pub struct Levels {
    levels: Arc<Vec<Level>>,
    uses: Arc<Uses>,
    barriers: usize,
    work: Work,
}

#[derive(Clone, Debug)]
struct Level {
    /// What an earlier level wrote last and this one reads, where it is better to wait for that at once.
    settles: Vec<wgpu::Buffer>,
    dispatches: Vec<Dispatch>,
}

/// How a dispatch of the pass touched a buffer last.
#[derive(Clone, Copy, PartialEq)]
enum Touch {
    Read,
    Written,
}

/// The buffers of a pass that were touched so far.
#[derive(Clone, Default)]
struct Touched(Vec<(wgpu::Buffer, Touch)>);

impl Levels {
    /// Finds out what each level waits for.
    pub fn new(levels: impl IntoIterator<Item = Vec<Dispatch>>) -> Self {
        let mut touched = Touched::default();
        let mut made = Self::default();
        let (mut all, mut uses) = (Vec::new(), Uses::default());
        for (level, dispatches) in levels.into_iter().enumerate() {
            let mut settled = touched.clone();
            let settles = settled.settle(dispatches.iter().flat_map(|dispatch| dispatch.buffers(How::Reads)));
            // Both ways lead to the same last touches.
            let (together, each) = (1 + settled.waits(&dispatches), touched.waits(&dispatches));
            let settles = if together < each { settles } else { Vec::new() };
            made.barriers += together.min(each);
            for dispatch in &dispatches {
                made.work += dispatch.work();
                dispatch.uses.iter().for_each(|one| uses.note(one, level));
            }
            all.push(Level { settles, dispatches });
        }
        Self { levels: Arc::new(all), uses: Arc::new(uses), ..made }
    }

    /// How often the GPU waits within the pass, as far as buffers are concerned: one less than there are levels
    /// where nothing is held back without need.
    pub fn barriers(&self) -> usize {
        self.barriers
    }

    /// How many levels there are.
    pub fn count(&self) -> usize {
        self.levels.len()
    }

    /// What they ask of the GPU.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Whether a dispatch sees `buffer`.
    pub(super) fn sees(&self, buffer: &wgpu::Buffer) -> bool {
        self.uses.of(&Id::Buffer(buffer.clone())).is_some()
    }

    /// What they use, by level.
    pub(super) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Buffers that level `index` reads and is better made to wait for at once.
    pub(super) fn settles(&self, index: usize) -> &[wgpu::Buffer] {
        self.levels.get(index).map_or(&[], |level| &level.settles)
    }

    /// Records the dispatches of level `index`.
    pub(super) fn record(&self, index: usize, pass: &mut wgpu::ComputePass<'_>) {
        for dispatch in self.levels.get(index).into_iter().flat_map(|level| &level.dispatches) {
            record(pass, dispatch.pipeline.raw(), &dispatch.groups, dispatch.workgroups);
        }
    }
}

impl Touched {
    /// Makes what was written and is among `reads` readable, and tells what that is.
    fn settle<'a>(&mut self, reads: impl Iterator<Item = &'a wgpu::Buffer>) -> Vec<wgpu::Buffer> {
        let mut settles = Vec::new();
        for buffer in reads {
            let written =
                self.0.iter_mut().find(|(known, touch)| known == buffer && *touch == Touch::Written);
            if let Some((_, touch)) = written {
                *touch = Touch::Read;
                settles.push(buffer.clone());
            }
        }
        settles
    }

    /// Before how many of `dispatches` wgpu puts a barrier.
    fn waits(&mut self, dispatches: &[Dispatch]) -> usize {
        let mut waits = |dispatch: &&Dispatch| {
            let mut waits = false;
            for buffer in dispatch.buffers(How::Reads) {
                waits |= self.note(buffer, Touch::Read) == Some(Touch::Written);
            }
            for buffer in dispatch.buffers(How::Writes) {
                waits |= self.note(buffer, Touch::Written).is_some();
            }
            waits
        };
        dispatches.iter().filter(|dispatch| waits(dispatch)).count()
    }

    /// Notes how `buffer` is touched now, and tells how it was before.
    fn note(&mut self, buffer: &wgpu::Buffer, touch: Touch) -> Option<Touch> {
        if let Some((_, last)) = self.0.iter_mut().find(|(known, _)| known == buffer) {
            return Some(std::mem::replace(last, touch));
        }
        self.0.push((buffer.clone(), touch));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{Buffer, BufferUse, GpuOptions, readback::Readback, shader::Library};

    const STEP: &str = "
@group(0) @binding(0) var<storage, read> before: array<u32>;
@group(0) @binding(1) var<storage, read_write> after: array<u32>;
@compute @workgroup_size(64) fn step(@builtin(global_invocation_id) at: vec3u) {
    after[at.x] = 3u * before[(at.x + 1u) % arrayLength(&before)] + 1u;
}
";
    const LENGTH: u32 = 256;
    const STEPS: usize = 9;

    struct Chains {
        gpu: Gpu,
        step: Arc<ComputePipeline>,
    }

    impl Chains {
        fn new() -> Self {
            let gpu = pollster::block_on(Gpu::new(&GpuOptions::default()))
                .expect("an adapter (apt-get install mesa-vulkan-drivers)");
            let mut library = Library::for_gpu(&gpu);
            library.insert("test", "test.wgsl", STEP);
            let shader = library.resolve("test", &[]).expect("a shader");
            let step = Arc::new(ComputePipeline::new(&gpu, &shader, "step", "step").expect("a pipeline"));
            Self { gpu, step }
        }

        fn buffers(&self, count: usize, seed: u32) -> Vec<Buffer> {
            let values: Vec<u32> = (0..LENGTH).map(|i| i ^ seed).collect();
            let buffer = |_| self.gpu.buffer_with("chain", BufferUse::Storage, bytemuck::cast_slice(&values));
            (0..count).map(buffer).collect::<Result<_, _>>().expect("buffers")
        }

        /// A chain through `buffers`, round and round.
        fn chain(&self, buffers: &[Buffer]) -> Vec<Dispatch> {
            let place = |at: usize| Resource::Buffer(&buffers[at % buffers.len()]);
            let dispatch = |at| {
                let resources = [("before", place(at)), ("after", place(at + 1))];
                Dispatch::new(&self.gpu, Arc::clone(&self.step), &resources, [LENGTH / 64, 1, 1])
            };
            (0..STEPS).map(dispatch).collect::<Result<_, _>>().expect("dispatches")
        }

        fn values(&self, levels: &Levels, buffer: &Buffer) -> Vec<u32> {
            let mut encoder = self.gpu.encoder("levels");
            encoder.compute_levels("levels", levels);
            let ticket = Readback::new().start_buffer(&mut encoder, buffer).expect("a ticket");
            self.gpu.submit(encoder).expect("submitted");
            bytemuck::pod_collect_to_vec(&ticket.wait(&self.gpu).expect("landed"))
        }
    }

    /// What [`STEPS`] steps make of the values of [`Chains::buffers`].
    fn expected(seed: u32) -> Vec<u32> {
        let mut values: Vec<u32> = (0..LENGTH).map(|i| i ^ seed).collect();
        for _ in 0..STEPS {
            values.rotate_left(1);
            values.iter_mut().for_each(|value| *value = value.wrapping_mul(3).wrapping_add(1));
        }
        values
    }

    fn side_by_side(one: Vec<Dispatch>, two: Vec<Dispatch>) -> Levels {
        Levels::new(one.into_iter().zip(two).map(|(one, two)| vec![one, two]))
    }

    #[test]
    fn a_level_waits_once_for_all_that_it_reads() {
        let chains = Chains::new();
        let [one, two] = [7, 100].map(|seed| chains.buffers(STEPS + 1, seed));
        let levels = side_by_side(chains.chain(&one), chains.chain(&two));
        assert_eq!(levels.barriers(), STEPS - 1);
        let (dispatches, bytes) = (2 * STEPS as u32, 2 * STEPS as u64 * u64::from(LENGTH) * 4);
        let work = Work { dispatches, read: bytes, written: bytes, ..Work::default() };
        assert_eq!(levels.work(), work);
        assert_eq!(chains.values(&levels, &one[STEPS]), expected(7));
        assert_eq!(chains.values(&levels, &two[STEPS]), expected(100));
        let pairs = chains.chain(&one).into_iter().zip(chains.chain(&two));
        let naive = Levels::new(pairs.flat_map(|(one, two)| [vec![one], vec![two]]));
        assert_eq!(naive.barriers(), 2 * (STEPS - 1));
    }

    #[test]
    fn workgroups_along_z_are_counted_with_their_part() {
        let chains = Chains::new();
        let buffers = chains.buffers(2, 3);
        let first = chains.chain(&buffers).swap_remove(0).deep(8);
        let read = |dispatch: &Dispatch| Levels::new([vec![dispatch.clone()]]).work().read;
        let eight = Dispatch { traffic: Traffic { read: 1024, written: 1024 }, ..first };
        assert_eq!([8, 2].map(|depth| read(&eight.clone().with_parts(224).deep(depth))), [1024, 424]);
        assert_eq!(read(&eight.clone().with_parts(1024).deep(2)), 1024);
        assert_eq!(Levels::new([vec![eight.deep(2)]]).work().written, 256);
    }

    #[test]
    fn buffers_that_are_used_again_cost_barriers_and_nothing_else() {
        let chains = Chains::new();
        let [one, two] = [7, 100].map(|seed| chains.buffers(2, seed));
        let levels = side_by_side(chains.chain(&one), chains.chain(&two));
        assert_eq!(levels.barriers(), 2 * (STEPS - 1));
        assert_eq!(chains.values(&levels, &two[STEPS % 2]), expected(100));
    }

    #[test]
    fn what_depends_within_a_level_is_done_in_order() {
        let chains = Chains::new();
        let one = chains.buffers(STEPS + 1, 5);
        let levels = Levels::new([chains.chain(&one)]);
        assert_eq!(levels.barriers(), STEPS - 1);
        assert_eq!(chains.values(&levels, &one[STEPS]), expected(5));
        assert_eq!(Levels::new([]).barriers(), 0);
    }
}
