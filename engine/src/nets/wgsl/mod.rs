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

use half::f16;

use super::{Executor, NetError, Plan, Precision, TensorInfo, check_inputs, plan::ValueId};
use crate::gpu::{
    Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource,
    readback::{Readback, Ticket},
    shader::Library,
};
use kernel::{Kernel, ROW, WORKGROUP};

/// The executor. All is made and bound at load; a run records writes, one compute pass and copies of the outputs.
pub(super) struct Wgsl {
    gpu: Gpu,
    plan: Arc<Plan>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// By slot.
    slots: Vec<Buffer>,
    dispatches: Vec<Dispatch>,
    readback: Readback,
    results: Vec<Vec<f32>>,
}

impl Wgsl {
    /// Compiles all kernels of `plan` and brings its weights to the device.
    pub(super) fn new(plan: Arc<Plan>, gpu: &Gpu, precision: Precision) -> Result<Self, GpuError> {
        let precision = if gpu.has_f16() { precision } else { Precision::F32 };
        let storage = |values: usize| gpu.buffer("values", BufferUse::Storage, values as u64 * 4);
        let slots = plan.slots.iter().map(|&values| storage(values)).collect::<Result<_, _>>()?;
        let mut loading =
            Loading { gpu, plan: &plan, slots, constants: HashMap::new(), pipelines: HashMap::new() };
        let mut dispatches = Vec::new();
        for step in plan.steps.iter().filter(|step| plan.values[step.output].slot.is_some()) {
            for kernel in kernel::kernels(&plan, step, precision) {
                dispatches.push(loading.dispatch(step.op.name(), kernel)?);
            }
        }
        let slots = loading.slots;
        let outputs = plan.outputs();
        let result = |(&id, info): (&ValueId, &TensorInfo)| match &plan.values[id].constant {
            Some(values) => values.to_vec(),
            None => vec![0.0; info.values()],
        };
        Ok(Self {
            gpu: gpu.clone(),
            inputs: plan.inputs(),
            slots,
            dispatches,
            readback: Readback::new(),
            results: plan.outputs.iter().zip(&outputs).map(result).collect(),
            outputs,
            plan,
        })
    }

    fn slot(&self, id: ValueId) -> Option<&Buffer> {
        self.plan.values[id].slot.map(|slot| &self.slots[slot])
    }

    fn compute(&mut self, inputs: &[&[f32]]) -> Result<(), GpuError> {
        let mut encoder = self.gpu.encoder("net");
        for (&id, input) in self.plan.inputs.iter().zip(inputs) {
            if let Some(buffer) = self.slot(id) {
                encoder.write(buffer, 0, bytemuck::cast_slice(input));
            }
        }
        encoder.compute("net", &self.dispatches);
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

/// What is made while a net is loaded.
struct Loading<'a> {
    gpu: &'a Gpu,
    plan: &'a Plan,
    slots: Vec<Buffer>,
    constants: HashMap<ValueId, Buffer>,
    /// By their text: kernels of the same text share one.
    pipelines: HashMap<String, Arc<ComputePipeline>>,
}

impl Loading<'_> {
    fn dispatch(&mut self, name: &str, kernel: Kernel) -> Result<Dispatch, GpuError> {
        let mut buffers: Vec<(&str, Buffer)> = Vec::with_capacity(kernel.reads.len() + 2);
        for (read, id) in &kernel.reads {
            buffers.extend(self.buffer(*id)?.map(|buffer| (read.as_str(), buffer)));
        }
        buffers.extend(self.buffer(kernel.output)?.map(|buffer| ("result", buffer)));
        buffers.extend(self.weights(&kernel)?.map(|buffer| ("weights", buffer)));
        let resources: Vec<_> =
            buffers.iter().map(|(name, buffer)| (*name, Resource::Buffer(buffer))).collect();
        let (across, down) = (kernel.invocations.min(ROW), kernel.invocations.div_ceil(ROW));
        let workgroups = [across.div_ceil(WORKGROUP) as u32, down as u32, 1];
        Dispatch::new(self.gpu, self.pipeline(name, &kernel.text)?, &resources, workgroups)
    }

    /// Where a value is.
    fn buffer(&mut self, id: ValueId) -> Result<Option<Buffer>, GpuError> {
        let value = &self.plan.values[id];
        let Some(values) = &value.constant else {
            return Ok(value.slot.map(|slot| self.slots[slot].clone()));
        };
        Ok(Some(match self.constants.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => {
                let bytes = bytemuck::cast_slice(values);
                place.insert(self.gpu.buffer_with("constant", BufferUse::Storage, bytes)?).clone()
            }
        }))
    }

    fn weights(&self, kernel: &Kernel) -> Result<Option<Buffer>, GpuError> {
        let buffer = |bytes: &[u8]| self.gpu.buffer_with("weights", BufferUse::Storage, bytes);
        match kernel.half {
            _ if kernel.weights.is_empty() => Ok(None),
            true => {
                let nearest =
                    |&weight: &f32| f16::from_f32(weight.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()));
                let half: Vec<f16> = kernel.weights.iter().map(nearest).collect();
                buffer(bytemuck::cast_slice(&half)).map(Some)
            }
            false => buffer(bytemuck::cast_slice(&kernel.weights)).map(Some),
        }
    }

    fn pipeline(&mut self, name: &str, text: &str) -> Result<Arc<ComputePipeline>, GpuError> {
        if let Some(known) = self.pipelines.get(text) {
            return Ok(Arc::clone(known));
        }
        let mut library = Library::for_gpu(self.gpu);
        library.insert("nets::kernel", name, text);
        let shader = library.resolve("nets::kernel", &[])?;
        let pipeline = Arc::new(ComputePipeline::new(self.gpu, &shader, name, "main")?);
        self.pipelines.insert(text.to_owned(), Arc::clone(&pipeline));
        Ok(pipeline)
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
