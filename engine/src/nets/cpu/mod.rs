//! Plans run by the project's own kernels.
//!
//! Tensors are kept as their makers mean them, channels last, with each pixel padded to whole vectors: channels lie along the
//! vectors. Steps run in groups, band by band, so that what lies between them stays in the caches; several threads
//! share a group by rows. Everything that depends on shapes alone is worked out at load: packed weights, places, calls,
//! tables; `run` allocates nothing. Each output value is summed in one order, whatever the number of threads.

mod activation;
mod aligned;
mod combine;
mod conv;
mod deconv;
mod dense;
mod depthwise;
mod image;
mod kernel;
mod memory;
mod pool;
mod product;
mod program;
mod rowwise;
mod simd;
mod spans;
mod thin;
mod view;
mod whole;

use std::sync::Arc;

use super::{Executor, NetError, Plan, SimdLevel, TensorInfo, check_inputs};
use crate::workers::{Pace, Workers};
use aligned::Aligned;
use kernel::Kernel;
use memory::Memory;
use program::{Act, Place, Program, Region};
use simd::Isa;
use view::{View, Walk};

/// The executor.
pub(super) struct Cpu {
    plan: Arc<Plan>,
    isa: Isa,
    workers: Arc<Workers>,
    pace: Pace,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// One for each step.
    kernels: Vec<Kernel>,
    program: Program,
    /// By value.
    constants: Vec<Aligned>,
    arena: Aligned,
    /// Of all parts.
    scratch: Aligned,
    /// From our order to the caller's, for each output.
    walks: Vec<Walk>,
    /// Row-major.
    results: Vec<Vec<f32>>,
}

impl Cpu {
    /// An error where a step would need absurd tables.
    pub(super) fn new(plan: Arc<Plan>, workers: Arc<Workers>) -> Result<Self, NetError> {
        Self::with_isa(plan, workers, Isa::best())
    }

    /// As [`Cpu::new`]; `None` where the machine lacks the level.
    pub(super) fn at(
        plan: Arc<Plan>,
        workers: Arc<Workers>,
        level: SimdLevel,
    ) -> Option<Result<Self, NetError>> {
        let isa = Isa::all().into_iter().find(|isa| isa.level() == level)?;
        Some(Self::with_isa(plan, workers, isa))
    }

    fn with_isa(plan: Arc<Plan>, workers: Arc<Workers>, isa: Isa) -> Result<Self, NetError> {
        plan.steps.iter().try_for_each(|step| conv::check(&plan, step))?;
        let kernels: Vec<Kernel> = plan.steps.iter().map(|step| Kernel::new(isa, &plan, step)).collect();
        let program = Program::new(&plan, &kernels, workers.threads());
        let parts = program.units.iter().map(Vec::len).max().unwrap_or(1);
        let outputs = plan.outputs();
        let walk = |(&id, info): (&usize, &TensorInfo)| {
            let ours = View::padded(&info.shape, plan.cpu_pitch(id));
            Walk::new(&View::plain(&info.shape), &ours)
        };
        Ok(Self {
            isa,
            pace: Pace::default(),
            arena: Aligned::zeros(program.arena),
            scratch: Aligned::zeros(program.scratch.next_multiple_of(16) * parts),
            walks: plan.outputs.iter().zip(&outputs).map(walk).collect(),
            results: outputs.iter().map(|info| vec![0.0; info.values()]).collect(),
            constants: constants(&plan),
            inputs: plan.inputs(),
            kernels,
            program,
            outputs,
            workers,
            plan,
        })
    }
}

/// What this machine has, the fastest last.
pub(super) fn levels() -> Vec<SimdLevel> {
    Isa::all().into_iter().map(Isa::level).collect()
}

/// The constants that steps and outputs read, padded; empty for all other values.
fn constants(plan: &Plan) -> Vec<Aligned> {
    let mut constants = vec![Aligned::default(); plan.values.len()];
    for id in plan.steps.iter().flat_map(|step| step.reads()).chain(plan.outputs.iter().copied()) {
        let value = &plan.values[id];
        if let (Some(constant), true) = (&value.constant, constants[id].is_empty()) {
            let pitch = plan.cpu_pitch(id);
            let pixels = value.values() / value.shape.last().copied().unwrap_or(1).max(1);
            let mut ours = Aligned::zeros(pixels * pitch);
            Walk::new(&View::padded(&value.shape, pitch), &View::plain(&value.shape))
                .copy(&mut ours, constant);
            constants[id] = ours;
        }
    }
    constants
}

/// What all parts of a unit need.
struct Running<'a> {
    plan: &'a Plan,
    kernels: &'a [Kernel],
    isa: Isa,
    memory: Memory<'a>,
}

impl Running<'_> {
    #[expect(unsafe_code, reason = "parts share memory; the program keeps their places apart")]
    fn act(&self, part: usize, act: &Act) {
        match act {
            Act::Call { step, span, operands, out, scratch } => {
                let room = Place { region: Region::Scratch, values: scratch.clone(), first: 0 };
                // SAFETY: what a call writes belongs to its part alone while its unit runs, and none of the operands of the
                // unit lies there; see `Program`.
                let (out, room) = unsafe { (self.memory.write(part, out), self.memory.write(part, &room)) };
                let operand = |i: usize| {
                    let place = &operands[i];
                    // SAFETY: as above.
                    place.image(unsafe { self.memory.read(part, place) })
                };
                let residual = self.plan.steps[*step].residual.map(|_| operands.len() - 1);
                self.kernels[*step].run(self.isa, span.clone(), operand, residual, out, room);
            }
            Act::Shift { from, to } => {
                let place = |start: usize, end: usize| Place {
                    region: Region::Scratch,
                    values: start..end,
                    first: 0,
                };
                // SAFETY: scratch memory belongs to its part alone.
                let window = unsafe { self.memory.write(part, &place(*to, from.end)) };
                window.copy_within(from.start - to.., 0);
            }
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
        let parts = self.program.units.iter().map(Vec::len).max().unwrap_or(1);
        let memory = Memory::new(&mut self.arena, &mut self.scratch, parts, &self.constants, inputs);
        let running = Running { plan: &self.plan, kernels: &self.kernels, isa: self.isa, memory };
        let session = self.workers.session();
        for unit in &self.program.units {
            self.workers.run(unit.len(), &|part| unit[part].iter().for_each(|act| running.act(part, act)));
        }
        self.pace.end(session);
        for ((&id, walk), result) in self.plan.outputs.iter().zip(&self.walks).zip(&mut self.results) {
            let Some(place) = &self.program.places[id] else { continue };
            let values = match place.region {
                Region::Constant(id) => &self.constants[id],
                Region::Input(input) => inputs[input],
                Region::Arena | Region::Scratch => &self.arena[place.values.clone()],
            };
            walk.copy(result, values);
        }
        Ok(())
    }

    fn output(&self, index: usize) -> &[f32] {
        &self.results[index]
    }
}
