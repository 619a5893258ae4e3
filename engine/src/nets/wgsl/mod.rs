//! Plans as WGSL compute kernels, on the device that draws.
//!
//! Each step becomes a kernel whose shapes are constants, written by small functions and judged by naga: [`kernel`] puts
//! it together, [`windowed`] and [`gather`] write what differs. Values are kept in storage buffers, one for each slot of the
//! plan; with [`Precision::F16`] those within the net, and all weights, are f16, while sums are f32. [`Wgsl`] is the executor for tensors in host memory: it waits for its results, which a live frame never
//! does.

mod gather;
mod kernel;
mod text;
mod windowed;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{Executor, NetError, Plan, Precision, TensorInfo, check_inputs, plan::ValueId};
use crate::gpu::{
    Buffer, BufferUse, ComputePipeline, Gpu, GpuError, Resource,
    readback::{Readback, Ticket},
    shader::Library,
};
use kernel::{Kernel, ROW, WORKGROUP};

/// The executor.
pub(super) struct Wgsl {
    gpu: Gpu,
    plan: Arc<Plan>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// By slot.
    slots: Vec<Buffer>,
    /// Of the values that steps read.
    constants: HashMap<ValueId, Buffer>,
    calls: Vec<Call>,
    readback: Readback,
    results: Vec<Vec<f32>>,
}

/// A kernel that is ready to run.
struct Call {
    pipeline: Arc<ComputePipeline>,
    /// Their names in the shader.
    reads: Vec<(String, ValueId)>,
    output: ValueId,
    weights: Option<Buffer>,
    workgroups: [u32; 3],
}

impl Wgsl {
    /// Compiles all kernels of `plan` and brings its weights to the device.
    pub(super) fn new(plan: Arc<Plan>, gpu: &Gpu, precision: Precision) -> Result<Self, GpuError> {
        let precision = if gpu.has_f16() { precision } else { Precision::F32 };
        let storage = |values: usize| gpu.buffer("values", BufferUse::Storage, values as u64 * 4);
        let slots = plan.slots.iter().map(|&values| storage(values)).collect::<Result<_, _>>()?;
        let mut constants = HashMap::new();
        for id in plan.steps.iter().flat_map(|step| step.reads()) {
            if let (Some(values), Entry::Vacant(place)) = (&plan.values[id].constant, constants.entry(id)) {
                place.insert(gpu.buffer_with(
                    "constant",
                    BufferUse::Storage,
                    bytemuck::cast_slice(values),
                )?);
            }
        }
        let mut pipelines = HashMap::new();
        let kernels = plan.steps.iter().filter(|step| plan.values[step.output].slot.is_some());
        let kernels = kernels.flat_map(|step| {
            kernel::kernels(&plan, step, precision).into_iter().map(|kernel| (step.op.name(), kernel))
        });
        let calls = kernels
            .map(|(name, kernel)| Call::new(gpu, name, kernel, &mut pipelines))
            .collect::<Result<_, _>>()?;
        let outputs = plan.outputs();
        let result = |(&id, info): (&ValueId, &TensorInfo)| match &plan.values[id].constant {
            Some(values) => values.to_vec(),
            None => vec![0.0; info.values()],
        };
        Ok(Self {
            gpu: gpu.clone(),
            inputs: plan.inputs(),
            slots,
            constants,
            calls,
            readback: Readback::new(),
            results: plan.outputs.iter().zip(&outputs).map(result).collect(),
            outputs,
            plan,
        })
    }

    fn slot(&self, id: ValueId) -> Option<&Buffer> {
        self.plan.values[id].slot.map(|slot| &self.slots[slot])
    }

    /// What `call` binds, by name.
    fn resources<'a>(&'a self, call: &'a Call) -> Vec<(&'a str, Resource<'a>)> {
        let buffer = |id: ValueId| self.constants.get(&id).or_else(|| self.slot(id));
        let reads = call.reads.iter().filter_map(|(name, id)| Some((name.as_str(), buffer(*id)?)));
        let others = [("result", self.slot(call.output)), ("weights", call.weights.as_ref())];
        let others = others.into_iter().filter_map(|(name, buffer)| Some((name, buffer?)));
        reads.chain(others).map(|(name, buffer)| (name, Resource::Buffer(buffer))).collect()
    }

    fn compute(&mut self, inputs: &[&[f32]]) -> Result<(), GpuError> {
        let mut encoder = self.gpu.encoder("net");
        for (&id, input) in self.plan.inputs.iter().zip(inputs) {
            if let Some(buffer) = self.slot(id) {
                encoder.write(buffer, 0, bytemuck::cast_slice(input));
            }
        }
        for call in &self.calls {
            encoder.dispatch(&call.pipeline, &self.resources(call), call.workgroups)?;
        }
        let mut tickets: Vec<(usize, Ticket)> = Vec::with_capacity(self.results.len());
        for (index, &id) in self.plan.outputs.iter().enumerate() {
            if let Some(buffer) = self.slot(id) {
                tickets.push((index, self.readback.start_buffer(&mut encoder, buffer)?));
            }
        }
        self.gpu.submit(encoder)?;
        for (index, ticket) in tickets {
            let bytes = ticket.wait(&self.gpu)?;
            for (value, bytes) in self.results[index].iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        Ok(())
    }
}

impl Call {
    /// Kernels of the same text share a pipeline.
    fn new(
        gpu: &Gpu,
        name: &str,
        kernel: Kernel,
        pipelines: &mut HashMap<String, Arc<ComputePipeline>>,
    ) -> Result<Self, GpuError> {
        let half: Vec<half::f16>;
        let weights: &[u8] = if kernel.half {
            half = kernel.weights.iter().map(|&weight| half::f16::from_f32(weight)).collect();
            bytemuck::cast_slice(&half)
        } else {
            bytemuck::cast_slice(&kernel.weights)
        };
        let weights = (!weights.is_empty())
            .then(|| gpu.buffer_with("weights", BufferUse::Storage, weights))
            .transpose()?;
        let pipeline = match pipelines.entry(kernel.text) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(place) => {
                let mut library = Library::for_gpu(gpu);
                library.insert("nets::kernel", name, place.key());
                let shader = library.resolve("nets::kernel", &[])?;
                let pipeline = ComputePipeline::new(gpu, &shader, name, "main")?;
                Arc::clone(place.insert(Arc::new(pipeline)))
            }
        };
        let (across, down) = (kernel.invocations.min(ROW), kernel.invocations.div_ceil(ROW));
        let workgroups = [across.div_ceil(WORKGROUP) as u32, down as u32, 1];
        Ok(Self { pipeline, reads: kernel.reads, output: kernel.output, weights, workgroups })
    }
}

impl Executor for Wgsl {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError> {
        check_inputs(&self.inputs, inputs)?;
        self.compute(inputs).map_err(|error| NetError::Gpu(error.to_string()))
    }

    fn output(&self, index: usize) -> &[f32] {
        &self.results[index]
    }
}
