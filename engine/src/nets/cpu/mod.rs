//! Plans run by the project's own kernels.
//!
//! Tensors with rows and columns are kept channel by channel (NCHW): pixels lie along the vectors, so that no
//! number of channels needs padding, and adding or joining channels is copying. Everything that depends on
//! shapes alone is worked out at load: packed weights, strides, tables; `run` allocates nothing.

mod activation;
mod gemm;
pub(super) mod kernel;
mod phases;
pub(super) mod simd;
pub(super) mod view;
mod weighted;

use std::sync::Arc;

use super::{Executor, NetError, Plan, TensorInfo, check_inputs, plan::ValueId};
use kernel::{Kernel, Memory};
use simd::Isa;
use view::{View, Walk};

/// The executor.
pub(super) struct Cpu {
    plan: Arc<Plan>,
    isa: Isa,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// From the caller's order to ours, for each input; and back, for each output.
    input_walks: Vec<Walk>,
    output_walks: Vec<Walk>,
    /// One for each step.
    kernels: Vec<Kernel>,
    /// By value: constants in our order.
    constants: Vec<Vec<f32>>,
    /// By slot.
    buffers: Vec<Vec<f32>>,
    scratch: Vec<f32>,
    /// Row-major.
    results: Vec<Vec<f32>>,
}

impl Cpu {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self::with_isa(plan, Isa::best())
    }

    fn with_isa(plan: Arc<Plan>, isa: Isa) -> Self {
        let kernels: Vec<Kernel> = plan.steps.iter().map(|step| Kernel::new(&plan, step)).collect();
        let (inputs, outputs) = (plan.inputs(), plan.outputs());
        let planar = |info: &TensorInfo| View::planar(&info.shape);
        let plain = |info: &TensorInfo| View::plain(&info.shape);
        Self {
            isa,
            input_walks: inputs.iter().map(|info| Walk::new(&planar(info), &plain(info))).collect(),
            output_walks: outputs.iter().map(|info| Walk::new(&plain(info), &planar(info))).collect(),
            scratch: vec![0.0; kernels.iter().map(Kernel::scratch).max().unwrap_or(0)],
            kernels,
            constants: constants(&plan),
            buffers: plan.slots.iter().map(|&values| vec![0.0; values]).collect(),
            results: outputs.iter().map(|info| vec![0.0; info.values()]).collect(),
            inputs,
            outputs,
            plan,
        }
    }
}

/// The constants that steps and outputs read, in our order; empty for all other values.
pub(super) fn constants(plan: &Plan) -> Vec<Vec<f32>> {
    let mut constants = vec![Vec::new(); plan.values.len()];
    for id in plan.steps.iter().flat_map(|step| step.reads()).chain(plan.outputs.iter().copied()) {
        let value = &plan.values[id];
        if let (Some(constant), true) = (&value.constant, constants[id].is_empty()) {
            let mut ours = vec![0.0; constant.len()];
            Walk::new(&View::planar(&value.shape), &View::plain(&value.shape)).copy(&mut ours, constant);
            constants[id] = ours;
        }
    }
    constants
}

/// Where a value is at this moment.
struct Buffers<'a> {
    plan: &'a Plan,
    constants: &'a [Vec<f32>],
    buffers: &'a [Vec<f32>],
}

impl Memory for Buffers<'_> {
    fn read(&self, id: ValueId) -> &[f32] {
        match self.plan.values[id].slot {
            Some(slot) => &self.buffers[slot][..self.plan.values[id].values()],
            None => &self.constants[id],
        }
    }
}

impl Executor for Cpu {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError> {
        check_inputs(&self.inputs, inputs)?;
        let plan = &self.plan;
        for ((&id, input), walk) in plan.inputs.iter().zip(inputs).zip(&self.input_walks) {
            if let Some(slot) = plan.values[id].slot {
                walk.copy(&mut self.buffers[slot], input);
            }
        }
        for (step, kernel) in plan.steps.iter().zip(&self.kernels) {
            let Some(slot) = plan.values[step.output].slot else { continue };
            let mut out = std::mem::take(&mut self.buffers[slot]);
            let memory = Buffers { plan, constants: &self.constants, buffers: &self.buffers };
            let values = plan.values[step.output].values();
            kernel.run(self.isa, plan, step, &memory, &mut out[..values], &mut self.scratch);
            self.buffers[slot] = out;
        }
        let memory = Buffers { plan, constants: &self.constants, buffers: &self.buffers };
        for ((&id, walk), result) in plan.outputs.iter().zip(&self.output_walks).zip(&mut self.results) {
            walk.copy(result, memory.read(id));
        }
        Ok(())
    }

    fn output(&self, index: usize) -> &[f32] {
        &self.results[index]
    }
}

#[cfg(all(test, feature = "embedded-models"))]
mod tests {
    use super::*;
    use crate::nets::{Backend, ModelId, Models, load};

    /// Sums of f32 in another order than the scalar executor's.
    const TOLERANCE: f32 = 1e-3;

    #[test]
    fn all_instruction_sets_agree() {
        let models = Models::embedded();
        for id in [ModelId::FaceDetector, ModelId::Blendshapes] {
            let plan = models.plan(id).unwrap();
            let values = plan.inputs()[0].values();
            let input: Vec<f32> = (0..values).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut scalar = load(Arc::clone(&plan), Backend::Scalar, 1).unwrap();
            scalar.run(&[&input]).unwrap();
            for isa in Isa::all() {
                let mut cpu = Cpu::with_isa(Arc::clone(&plan), isa);
                cpu.run(&[&input]).unwrap();
                for (i, (got, want)) in cpu.output(0).iter().zip(scalar.output(0)).enumerate() {
                    let allowed = TOLERANCE * want.abs().max(1.0);
                    assert!((got - want).abs() <= allowed, "{isa:?} {id:?} {i}: {got}, not {want}");
                }
            }
        }
    }
}
