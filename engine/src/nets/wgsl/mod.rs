//! Plans as WGSL compute kernels, on the device that draws.
//!
//! ```text
//! Plan --fusing--> runs of steps, tiles --kernel--> WGSL, weights --program--> buffers, dispatches by level
//! ```
//!
//! [`fusing`] decides which steps share a kernel, [`region`] which part of each value a workgroup needs for that, [`place`]
//! where values are and how they are read; [`kernel`] and [`writer`] put the text together from phases, which [`phase`], [`dense`],
//! [`windowed`] and [`gather`] write. Shapes are constants, and naga judges the result. Weights are kept as f16, two in a word
//! that every device can unpack, where that loses nothing or [`Precision::F16`](super::Precision) asks for it; values and
//! sums are f32. A [`Program`] stays on the device; [`Wgsl`] is the executor for tensors in host memory: it waits for its
//! results, which a live frame never does.

mod dense;
mod fusing;
mod gather;
mod kernel;
mod phase;
mod place;
mod prefetch;
mod program;
mod region;
mod sharing;
mod text;
mod wide;
mod windowed;
mod writer;

use std::sync::Arc;

use super::{Executor, GpuNet, NetError, Plan, TensorInfo, check_inputs};
use crate::gpu::{
    Gpu, GpuError, Levels,
    readback::{Readback, Ticket},
};
use crate::workers::Workers;
pub use program::{Described, Program, described};

/// The executor. All is made and bound at load; a run records writes, one compute pass and copies of the outputs.
pub(super) struct Wgsl {
    gpu: Gpu,
    program: Program,
    levels: Levels,
    readback: Readback,
    results: Vec<Vec<f32>>,
}

impl Wgsl {
    /// Compiles all kernels of `plan` and brings its weights to the device.
    pub(super) fn new(plan: &Arc<Plan>, gpu: &Gpu, how: GpuNet, workers: &Workers) -> Result<Self, GpuError> {
        let program = Program::new(plan, gpu, how, 1, workers)?;
        Ok(Self {
            gpu: gpu.clone(),
            levels: Levels::new(program.levels(1)),
            readback: Readback::new(),
            results: program.outputs().iter().map(|info| vec![0.0; info.values()]).collect(),
            program,
        })
    }

    fn compute(&mut self, inputs: &[&[f32]]) -> Result<(), GpuError> {
        let mut encoder = self.gpu.encoder("net");
        for (index, input) in inputs.iter().enumerate() {
            encoder.write(self.program.input(index), 0, bytemuck::cast_slice(input));
        }
        encoder.compute_levels("net", &self.levels);
        let mut tickets: Vec<Ticket> = Vec::with_capacity(self.results.len());
        for index in 0..self.results.len() {
            tickets.push(self.readback.start_buffer(&mut encoder, self.program.output(index))?);
        }
        self.gpu.submit(encoder)?;
        for (result, ticket) in self.results.iter_mut().zip(tickets) {
            let bytes = ticket.wait(&self.gpu)?;
            for (value, bytes) in result.iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        Ok(())
    }
}

impl Executor for Wgsl {
    fn inputs(&self) -> &[TensorInfo] {
        self.program.inputs()
    }

    fn outputs(&self) -> &[TensorInfo] {
        self.program.outputs()
    }

    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError> {
        check_inputs(self.program.inputs(), inputs)?;
        self.compute(inputs).map_err(|error| NetError::Gpu(error.to_string()))
    }

    fn output(&self, index: usize) -> &[f32] {
        &self.results[index]
    }
}
