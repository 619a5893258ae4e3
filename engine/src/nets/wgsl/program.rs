//! A net that stays on the device: its buffers, and its dispatches by level.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use super::{
    fusing::{self, Device, Run},
    kernel::{self, Halving, Kernel},
    place::{Layout, fours},
    prefetch,
    region::shape_of,
    wide,
};
use crate::{
    gpu::{Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, shader::Library},
    nets::{Fusing, GpuNet, Plan, Precision, TensorInfo, plan::ValueId},
    workers::Workers,
};

/// Invocations of a workgroup, at most. More hide more of what reading takes, but each has fewer registers.
const MOST_THREADS: usize = 512;

/// A net whose inputs and outputs are buffers on the device.
///
/// It looks at several faces (or pictures) at a time: each buffer begins with that many tensors, `f32`, row-major in the
/// model's own order. What a dispatch reads was written by dispatches of earlier levels, so those of one level need not
/// wait for each other, and levels of several nets can run together.
#[derive(Debug)]
pub struct Program {
    plan: Arc<Plan>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    input_buffers: Vec<Buffer>,
    output_buffers: Vec<Buffer>,
    levels: Vec<Vec<Dispatch>>,
    kernels: Vec<Vec<Described>>,
    prefetch: Vec<Dispatch>,
}

/// What a dispatch does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Names of the steps, in order.
    pub steps: Vec<String>,
    /// Workgroups for each face.
    pub workgroups: u32,
    /// What the model by which steps were put together thinks that it takes on desktop hardware.
    pub expected: Duration,
    /// Whether it is also run beforehand, see [`Program::prefetch`].
    pub prefetched: bool,
}

impl Program {
    /// Compiles all kernels of `plan` for up to `faces` tensors at a time, and brings its weights to the device.
    pub(in crate::nets) fn new(
        plan: &Arc<Plan>,
        gpu: &Gpu,
        how: GpuNet,
        faces: usize,
        workers: &Workers,
    ) -> Result<Self, GpuError> {
        let plan = wide::narrowed(plan);
        let device = Device::of(gpu, how);
        let made = Made::of(&plan, device);
        let pipelines = compiled(gpu, &plan, &made.kernels, workers)?;
        let mut loading =
            Loading { gpu, plan: &plan, layouts: &made.layouts, faces, values: HashMap::new(), pipelines };
        let mut levels = vec![Vec::new(); made.described.len()];
        let mut prefetch = Vec::new();
        let prefetches = device.meets && (prefetch::helps(gpu) || how.fusing == Fusing::Fused);
        for (kernel, &depth) in made.kernels.iter().zip(&made.depths) {
            let weights = loading.weights(kernel)?;
            levels[depth].push(loading.dispatch(kernel, weights.as_ref())?);
            if prefetches && prefetch::is_due(kernel) {
                prefetch.push(loading.prefetch(kernel, weights.as_ref())?);
            }
        }
        let mut boundary =
            |ids: &[ValueId]| ids.iter().map(|&id| loading.repeated(id)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            input_buffers: boundary(&plan.inputs)?,
            output_buffers: boundary(&plan.outputs)?,
            inputs: plan.inputs(),
            outputs: plan.outputs(),
            levels,
            kernels: made.described,
            prefetch,
            plan,
        })
    }

    /// What it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the caller gives, in the model's own order.
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// What the caller gets, in the model's own order.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    /// Where input `index` is expected: a tensor for each face.
    ///
    /// # Panics
    /// Where there is no such input.
    pub fn input(&self, index: usize) -> &Buffer {
        &self.input_buffers[index]
    }

    /// Where output `index` is found: a tensor for each face.
    ///
    /// # Panics
    /// Where there is no such output.
    pub fn output(&self, index: usize) -> &Buffer {
        &self.output_buffers[index]
    }

    /// The dispatches for the first `faces` tensors, by level.
    pub fn levels(&self, faces: usize) -> Vec<Vec<Dispatch>> {
        let deep = |level: &Vec<Dispatch>| level.iter().map(|dispatch| dispatch.deep(faces as u32)).collect();
        self.levels.iter().map(deep).collect()
    }

    /// Dispatches that bring weights and the text of kernels into the device's cache, to be recorded some time before the
    /// levels. They change nothing and wait for nothing; where nothing is gained by them there are none.
    pub fn prefetch(&self) -> &[Dispatch] {
        &self.prefetch
    }

    /// What the dispatches of each level do.
    pub fn described(&self) -> &[Vec<Described>] {
        &self.kernels
    }
}

/// The kernels that a net becomes on a device, else on a desktop GPU, by level; none is compiled.
pub fn described(plan: &Arc<Plan>, on: Option<(&Gpu, GpuNet)>) -> Vec<Vec<Described>> {
    let device = on.map_or(Device::DESKTOP, |(gpu, how)| Device::of(gpu, how));
    Made::of(&wide::narrowed(plan), device).described
}

impl Device {
    const DESKTOP: Self = Self {
        meets: true,
        threads: MOST_THREADS,
        memory: 48 << 10,
        halving: Halving::Lossless,
        software: false,
    };

    fn of(gpu: &Gpu, how: GpuNet) -> Self {
        let software = gpu.adapter().software;
        Self {
            meets: match how.fusing {
                Fusing::Auto => !software,
                Fusing::Fused => true,
                Fusing::Single => false,
            },
            threads: gpu.workgroup_invocations().min(MOST_THREADS),
            memory: gpu.workgroup_bytes(),
            halving: match how.precision {
                Precision::F16 => Halving::All,
                // There the time goes into unpacking.
                Precision::F32 if software => Halving::None,
                Precision::F32 => Halving::Lossless,
            },
            software,
        }
    }
}

/// A net's kernels.
struct Made {
    /// By value.
    layouts: Vec<Layout>,
    kernels: Vec<Kernel>,
    /// The level of each.
    depths: Vec<usize>,
    /// By level.
    described: Vec<Vec<Described>>,
}

impl Made {
    fn of(plan: &Plan, device: Device) -> Self {
        let layouts = layouts(plan);
        let mut runs = fusing::divide(plan, device);
        runs.retain(|run| plan.values[plan.steps[run.steps.end - 1].output].values() > 0);
        let kernel = |run: &Run| kernel::kernel(plan, run.steps.clone(), &run.share, &layouts, device);
        let kernels: Vec<Kernel> = runs.iter().map(kernel).collect();
        let depths = depths(plan, &kernels);
        let mut described = vec![Vec::new(); depths.iter().max().map_or(0, |last| last + 1)];
        for ((kernel, run), &depth) in kernels.iter().zip(&runs).zip(&depths) {
            described[depth].push(Described {
                steps: plan.steps[kernel.steps.clone()]
                    .iter()
                    .map(|step| step.op.name().to_owned())
                    .collect(),
                workgroups: kernel.workgroups[0] * kernel.workgroups[1],
                expected: Duration::from_nanos(run.cost as u64),
                prefetched: device.meets && prefetch::is_due(kernel),
            });
        }
        Self { layouts, kernels, depths, described }
    }
}

/// How each value that is no constant lies in its buffer, by id.
fn layouts(plan: &Plan) -> Vec<Layout> {
    let mut layouts = vec![Layout::Fours; plan.values.len()];
    for &id in plan.inputs.iter().chain(&plan.outputs) {
        layouts[id] = Layout::Plain;
    }
    layouts
}

/// For each kernel, how many others wait for each other before it.
fn depths(plan: &Plan, kernels: &[Kernel]) -> Vec<usize> {
    let mut made: HashMap<ValueId, usize> = HashMap::with_capacity(plan.values.len());
    let mut depths = Vec::with_capacity(kernels.len());
    for kernel in kernels {
        let depth =
            kernel.reads.iter().filter_map(|(_, id)| made.get(id)).map(|depth| depth + 1).max().unwrap_or(0);
        made.insert(kernel.output, depth);
        depths.push(depth);
    }
    depths
}

/// What is made while a net is loaded.
struct Loading<'a> {
    gpu: &'a Gpu,
    plan: &'a Plan,
    layouts: &'a [Layout],
    faces: usize,
    /// A buffer for each value: where two shared one, their steps could not run at a time.
    values: HashMap<ValueId, Buffer>,
    /// By their text: kernels of the same text share one.
    pipelines: HashMap<String, Arc<ComputePipeline>>,
}

impl Loading<'_> {
    fn weights(&self, kernel: &Kernel) -> Result<Option<Buffer>, GpuError> {
        let bytes = Some(&kernel.weights.bytes).filter(|bytes| !bytes.is_empty());
        bytes.map(|bytes| self.gpu.buffer_with("weights", BufferUse::Storage, bytes)).transpose()
    }

    fn dispatch(&mut self, kernel: &Kernel, weights: Option<&Buffer>) -> Result<Dispatch, GpuError> {
        let mut values = Vec::with_capacity(kernel.reads.len() + 1);
        for id in kernel.reads.iter().map(|(_, id)| *id).chain([kernel.output]) {
            values.push(self.value(id)?);
        }
        let [across, down] = kernel.workgroups;
        let constant = |id: &ValueId| self.plan.values[*id].constant.is_some();
        let shared = kernel.reads.iter().filter(|(_, id)| constant(id)).map(|(_, id)| &self.values[id]);
        let shared = shared.map(Buffer::bytes).sum::<u64>() + kernel.weights.bytes.len() as u64;
        let dispatch = self.bound(kernel, &values, weights, [across, down, self.faces as u32])?;
        Ok(dispatch.with_parts(shared))
    }

    /// The kernel, run beforehand.
    fn prefetch(&self, kernel: &Kernel, weights: Option<&Buffer>) -> Result<Dispatch, GpuError> {
        let nothing = || self.gpu.buffer("nothing", BufferUse::Storage, prefetch::NOTHING);
        let mut values = vec![nothing()?; kernel.reads.len()];
        values.push(nothing()?);
        self.bound(kernel, &values, weights, prefetch::workgroups(kernel))
    }

    /// The kernel with `values` for all that it reads and, last, what it writes.
    fn bound(
        &self,
        kernel: &Kernel,
        values: &[Buffer],
        weights: Option<&Buffer>,
        workgroups: [u32; 3],
    ) -> Result<Dispatch, GpuError> {
        let output = format!("buffer{}", kernel.reads.len() + kernel.steps.len() - 1);
        let names = kernel.reads.iter().map(|(name, _)| name.as_str()).chain([output.as_str()]);
        let buffers = names.zip(values).chain(weights.map(|weights| ("weights", weights)));
        let resources: Vec<_> = buffers.map(|(name, buffer)| (name, Resource::Buffer(buffer))).collect();
        let pipeline = self.pipelines.get(&kernel.text).cloned();
        let pipeline = pipeline.unwrap_or_else(|| unreachable!("all kernels were compiled"));
        Dispatch::new(self.gpu, pipeline, &resources, workgroups)
    }

    /// Where a value is.
    fn value(&mut self, id: ValueId) -> Result<Buffer, GpuError> {
        let value = &self.plan.values[id];
        let shape = shape_of(self.plan, id);
        Ok(match self.values.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => place
                .insert(match &value.constant {
                    Some(values) => {
                        let mut bytes = bytemuck::cast_slice(values).to_vec();
                        bytes.resize(fours(&shape) * 16, 0);
                        self.gpu.buffer_with("constant", BufferUse::Storage, &bytes)?
                    }
                    None => {
                        let bytes = self.layouts[id].bytes(&shape) * self.faces;
                        self.gpu.buffer(
                            "values",
                            BufferUse::Storage,
                            (bytes as u64).next_multiple_of(16).max(16),
                        )?
                    }
                })
                .clone(),
        })
    }

    /// Where an input or output is: constants once for each face.
    fn repeated(&mut self, id: ValueId) -> Result<Buffer, GpuError> {
        match &self.plan.values[id].constant {
            Some(values) => {
                let bytes = bytemuck::cast_slice::<f32, u8>(values).repeat(self.faces);
                self.gpu.buffer_with("constant", BufferUse::Storage, &bytes)
            }
            None => self.value(id),
        }
    }
}

/// Compiles the kernels, `workers` side by side; those of the same text share a pipeline.
fn compiled(
    gpu: &Gpu,
    plan: &Plan,
    kernels: &[Kernel],
    workers: &Workers,
) -> Result<HashMap<String, Arc<ComputePipeline>>, GpuError> {
    struct Job<'a> {
        kernel: &'a Kernel,
        pipeline: Option<Result<ComputePipeline, GpuError>>,
    }
    let mut texts = HashSet::with_capacity(kernels.len());
    let mut jobs: Vec<Job<'_>> = kernels
        .iter()
        .filter(|kernel| texts.insert(kernel.text.as_str()))
        .map(|kernel| Job { kernel, pipeline: None })
        .collect();
    workers.run_chunks(&mut jobs, 1, &|_, jobs| {
        for Job { kernel, pipeline } in jobs {
            let name = plan.steps[kernel.steps.end - 1].op.name();
            *pipeline = Some(compile(gpu, name, &kernel.text));
        }
    });
    let done = jobs.into_iter().filter_map(|job| Some((job.kernel.text.clone(), job.pipeline?)));
    done.map(|(text, pipeline)| Ok((text, Arc::new(pipeline?)))).collect()
}

fn compile(gpu: &Gpu, name: &str, text: &str) -> Result<ComputePipeline, GpuError> {
    let mut library = Library::for_gpu(gpu);
    library.insert("nets::kernel", name, text);
    ComputePipeline::counted(gpu, &library.resolve("nets::kernel", &[])?, name, "main")
}
