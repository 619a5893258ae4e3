//! What is done about a graph: steps in order, what is fused into each, and which buffer each value lives in.
//!
//! A plan is plain data, printed by `antifaz net plan` and asserted on by tests. The passes, in order:
//! [`lower`] folds what is constant (f16 weights among it) and gives weighted steps their weights; [`normalize`]
//! finds normalizations; [`rewrite`] puts steps into a cheaper order; [`fuse`] takes padding, bias, residual additions and activations into the steps that make the values; [`memory`]
//! drops what nobody reads and shares buffers between values that don't live at the same time; [`group`] says which
//! steps are run together, band by band.

mod display;
mod fuse;
pub(super) mod group;
mod lower;
mod memory;
mod normalize;
mod rewrite;
pub(super) mod rows;

use std::{ops::Range, sync::Arc};

use super::{
    Graph, NetError, TensorInfo,
    graph::{Op, Unary},
};

/// Index of a value in its plan.
pub type ValueId = usize;

/// A tensor that steps read or write.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// As its maker named it.
    pub name: String,
    /// Row-major; NHWC where rows and columns matter.
    pub shape: Vec<usize>,
    /// Its values, where they are known before the run.
    pub constant: Option<Arc<[f32]>>,
    /// The buffer it lives in; constants have none.
    pub slot: Option<usize>,
}

impl Value {
    /// Number of values.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Weights and bias of a convolution, transposed convolution, fully connected or normalizing step.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// In the order of the operator's weights; see [`Op`].
    pub weights: Arc<[f32]>,
    /// Shape of the weights.
    pub shape: Vec<usize>,
    /// One for each output channel.
    pub bias: Arc<[f32]>,
}

/// What is done to a value before it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// A function of it.
    Unary(Unary),
    /// Negative values are multiplied by the slope of their channel.
    Prelu(Arc<[f32]>),
}

/// `output = activation(op(inputs) + residual)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is computed.
    pub op: Op,
    /// Operands, without weights and bias.
    pub inputs: Vec<ValueId>,
    /// Weights and bias, for operators that have them.
    pub filter: Option<Filter>,
    /// Added to the result. It may have fewer channels than the result, whose other channels stay as they are.
    pub residual: Option<ValueId>,
    /// Applied last.
    pub activation: Activation,
    /// What is written.
    pub output: ValueId,
}

impl Step {
    /// All values that the step reads.
    pub fn reads(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.inputs.iter().copied().chain(self.residual)
    }
}

/// A net, ready for an executor.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub(super) values: Vec<Value>,
    pub(super) steps: Vec<Step>,
    pub(super) inputs: Vec<ValueId>,
    pub(super) outputs: Vec<ValueId>,
    /// Values that each buffer has room for.
    pub(super) slots: Vec<usize>,
    /// Steps that are run together, in order.
    pub(super) groups: Vec<Range<usize>>,
    operators: usize,
}

impl Plan {
    /// Plans `graph`.
    ///
    /// # Errors
    /// [`NetError::Unsupported`] where weights are not constant, or the net needs more memory than is allowed.
    pub fn new(graph: &Graph) -> Result<Self, NetError> {
        let mut plan = lower::lower(graph)?;
        normalize::find(&mut plan);
        rewrite::rewrite(&mut plan);
        fuse::fuse(&mut plan);
        memory::assign(&mut plan)?;
        plan.groups = group::groups(&plan);
        Ok(plan)
    }

    /// Plans `graph` one step for each operator: what fusing is tested against.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn unfused(graph: &Graph) -> Result<Self, NetError> {
        let mut plan = lower::lower(graph)?;
        memory::assign(&mut plan)?;
        plan.groups = (0..plan.steps.len()).map(|step| step..step + 1).collect();
        Ok(plan)
    }

    /// A plan of `step` alone, whose inputs are the step's operands, in order.
    #[cfg(feature = "candle")]
    pub(super) fn alone(&self, step: &Step) -> Self {
        let operand = |id: ValueId| Value { constant: None, slot: None, ..self.values[id].clone() };
        let mut values: Vec<Value> = step.reads().map(operand).collect();
        let reads = values.len();
        values.push(operand(step.output));
        let inputs = (0..step.inputs.len()).collect();
        let residual = step.residual.map(|_| step.inputs.len());
        let step = Step { inputs, residual, output: reads, ..step.clone() };
        Self {
            values,
            steps: vec![step],
            inputs: (0..reads).collect(),
            outputs: vec![reads],
            slots: Vec::new(),
            groups: std::iter::once(0..1).collect(),
            operators: 1,
        }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Which steps are run together, band by band; all steps are in one of them, in order.
    pub fn groups(&self) -> &[Range<usize>] {
        &self.groups
    }

    /// A value by its index.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id]
    }

    /// What the caller gives, in the model's own order.
    pub fn inputs(&self) -> Vec<TensorInfo> {
        self.infos(&self.inputs)
    }

    /// What the caller gets, in the model's own order.
    pub fn outputs(&self) -> Vec<TensorInfo> {
        self.infos(&self.outputs)
    }

    /// Multiply-accumulates of one run, in the weighted steps.
    pub fn macs(&self) -> u64 {
        self.steps.iter().map(|step| self.step_macs(step)).sum()
    }

    /// Number of weights and biases.
    pub fn parameters(&self) -> usize {
        let filters = self.steps.iter().filter_map(|step| step.filter.as_ref());
        filters.map(|filter| filter.weights.len() + filter.bias.len()).sum()
    }

    /// Values that all buffers together have room for.
    pub fn buffer_values(&self) -> usize {
        self.slots.iter().sum()
    }

    /// A measure of what a step costs, in multiply-accumulates: its own, where few output channels cost as much as a
    /// vector of them, and what writing a value costs.
    pub(super) fn step_work(&self, step: &Step) -> u64 {
        const VECTOR: usize = 16;
        let values = self.values[step.output].values() as u64;
        let channels = self.values[step.output].shape.last().copied().unwrap_or(1).max(1);
        let padded = channels.next_multiple_of(VECTOR) as u64;
        (self.step_macs(step) + values * VECTOR as u64) * padded / channels as u64
    }

    /// Multiply-accumulates of one of the steps.
    pub fn step_macs(&self, step: &Step) -> u64 {
        let Some(filter) = &step.filter else { return 0 };
        let output = self.values[step.output].values() as u64;
        let input = self.values[step.inputs[0]].values() as u64;
        let channels = filter.bias.len().max(1) as u64;
        match step.op {
            Op::DepthwiseConv2d(window) => output * (window.kernel[0] * window.kernel[1]) as u64,
            // Each input value meets the whole window, for each output channel.
            Op::TransposeConv2d { window, .. } => {
                input * (window.kernel[0] * window.kernel[1]) as u64 * channels
            }
            _ => output * filter.weights.len() as u64 / channels,
        }
    }

    fn infos(&self, ids: &[ValueId]) -> Vec<TensorInfo> {
        let info = |&id: &ValueId| TensorInfo {
            name: self.values[id].name.clone(),
            shape: self.values[id].shape.clone(),
        };
        ids.iter().map(info).collect()
    }
}
