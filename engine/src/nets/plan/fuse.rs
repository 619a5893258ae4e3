//! Takes padding, bias, residual additions and activations into the steps that make the values.

use super::{Activation, Plan, Step, ValueId};
use crate::nets::graph::{Binary, Op};

/// Runs all fusions. Steps that nobody reads any more are left to [`super::memory`].
pub(super) fn fuse(plan: &mut Plan) {
    pads_into_windows(plan);
    let mut fuser = Fuser::new(plan);
    for step in std::mem::take(&mut plan.steps) {
        fuser.take(plan, step);
    }
    plan.steps = fuser.done.into_iter().flatten().collect();
}

/// A convolution pads its input itself.
fn pads_into_windows(plan: &mut Plan) {
    let pads: Vec<(ValueId, ValueId, Op)> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.op, Op::Pad { .. }))
        .map(|step| (step.output, step.inputs[0], step.op.clone()))
        .collect();
    for step in &mut plan.steps {
        let (Op::Conv2d(window) | Op::DepthwiseConv2d(window)) = &mut step.op else { continue };
        let Some((_, source, pad)) = pads.iter().find(|(padded, ..)| *padded == step.inputs[0]) else {
            continue;
        };
        let Op::Pad { amounts, value: 0.0 } = pad else { continue };
        if let &[[0, 0], rows, cols, [0, 0]] = amounts.as_slice() {
            for (padding, more) in window.padding.iter_mut().zip([rows, cols]) {
                *padding = [padding[0] + more[0], padding[1] + more[1]];
            }
            step.inputs[0] = *source;
        }
    }
}

/// Goes through the steps in order and merges each into the one that makes its operand, where it can.
struct Fuser {
    /// Steps so far; `None` where one was merged into a later one.
    done: Vec<Option<Step>>,
    /// For each value: the place of its step.
    makers: Vec<Option<usize>>,
    /// For each value: how often it is read, by steps and as an output.
    uses: Vec<usize>,
}

impl Fuser {
    fn new(plan: &Plan) -> Self {
        let mut uses = vec![0; plan.values.len()];
        let reads = plan.steps.iter().flat_map(Step::reads);
        reads.chain(plan.outputs.iter().copied()).for_each(|id| uses[id] += 1);
        Self { done: Vec::new(), makers: vec![None; plan.values.len()], uses }
    }

    fn take(&mut self, plan: &Plan, step: Step) {
        let merged = self
            .with_bias(plan, &step)
            .or_else(|| self.with_residual(plan, &step))
            .or_else(|| self.with_activation(plan, &step))
            .unwrap_or(step);
        self.makers[merged.output] = Some(self.done.len());
        self.done.push(Some(merged));
    }

    /// The step that makes `id`, if nobody else reads that value and nothing is done to it yet.
    fn sole_maker(&self, id: ValueId) -> Option<(usize, &Step)> {
        let place = self.makers[id].filter(|_| self.uses[id] == 1)?;
        let step = self.done[place].as_ref()?;
        (step.activation == Activation::None).then_some((place, step))
    }

    /// Takes the step at `place` out, to be merged into a later one that writes `output`.
    fn extract(&mut self, place: usize, output: ValueId) -> Option<Step> {
        self.done[place].take().map(|step| Step { output, ..step })
    }

    /// filtered + a constant for each channel
    fn with_bias(&mut self, plan: &Plan, step: &Step) -> Option<Step> {
        let (a, b) = sum_operands(step)?;
        let (value, constant) = if plan.values[b].constant.is_some() { (a, b) } else { (b, a) };
        let (place, maker) = self.sole_maker(value)?;
        let channels = maker.filter.as_ref()?.bias.len();
        let more = per_channel(plan, constant, channels)?;
        let unmixed = maker.residual.is_none() && same_shape(plan, value, step.output);
        if !unmixed {
            return None;
        }
        let mut merged = self.extract(place, step.output)?;
        if let Some(filter) = &mut merged.filter {
            filter.bias = filter.bias.iter().zip(&more).map(|(bias, more)| bias + more).collect();
        }
        Some(merged)
    }

    /// filtered + another value of the same shape, or of fewer channels where zeros were appended
    fn with_residual(&mut self, plan: &Plan, step: &Step) -> Option<Step> {
        let (a, b) = sum_operands(step)?;
        // Where both could take in the other, the later one does: its other operands are all there.
        let later_first = if self.makers[a] > self.makers[b] { [(a, b), (b, a)] } else { [(b, a), (a, b)] };
        let fits = |&(value, other): &(ValueId, ValueId)| {
            let maker = self.sole_maker(value).filter(|(_, maker)| takes_residual(plan, maker));
            let shapes = same_shape(plan, value, step.output) && same_shape(plan, other, step.output);
            (value != other && shapes).then_some(maker?.0)
        };
        let (place, other) = later_first.iter().find_map(|pair| Some((fits(pair)?, pair.1)))?;
        let residual = self.before_channel_padding(other).unwrap_or(other);
        let merged = self.extract(place, step.output)?;
        Some(Step { residual: Some(residual), ..merged })
    }

    /// What zeros were appended to along the channels, to give `id`.
    fn before_channel_padding(&self, id: ValueId) -> Option<ValueId> {
        let step = self.done[self.makers[id]?].as_ref()?;
        match &step.op {
            Op::Pad { amounts, value: 0.0 } if step.activation == Activation::None => {
                let (channels, others) = amounts.split_last()?;
                let appended = channels[0] == 0 && others.iter().all(|amount| *amount == [0, 0]);
                appended.then_some(step.inputs[0])
            }
            _ => None,
        }
    }

    /// A function of what was just computed.
    fn with_activation(&mut self, plan: &Plan, step: &Step) -> Option<Step> {
        let &value = step.inputs.first()?;
        let (place, maker) = self.sole_maker(value)?;
        if !(maker.filter.is_some()
            || matches!(maker.op, Op::Binary(_) | Op::Pool(..) | Op::ResizeBilinear { .. }))
        {
            return None;
        }
        let activation = match step.op {
            Op::Unary(unary) => Activation::Unary(unary),
            Op::Binary(Binary::Prelu) => {
                let channels = *plan.values[value].shape.last()?;
                let slopes = per_channel(plan, step.inputs[1], channels)?;
                same_shape(plan, value, step.output).then(|| Activation::Prelu(slopes.into()))?
            }
            _ => return None,
        };
        let merged = self.extract(place, step.output)?;
        Some(Step { activation, ..merged })
    }
}

fn sum_operands(step: &Step) -> Option<(ValueId, ValueId)> {
    match (&step.op, step.inputs.as_slice()) {
        (Op::Binary(Binary::Add), &[a, b]) => Some((a, b)),
        _ => None,
    }
}

fn takes_residual(plan: &Plan, step: &Step) -> bool {
    let kind = match step.op {
        Op::Conv2d(_) | Op::DepthwiseConv2d(_) => true,
        // A scaled tensor plus another, row by row.
        Op::Binary(Binary::Mul) => plan.rows(step).is_some(),
        _ => false,
    };
    step.residual.is_none() && kind
}

fn same_shape(plan: &Plan, a: ValueId, b: ValueId) -> bool {
    plan.values[a].shape == plan.values[b].shape
}

/// A constant that has one value for each of the last axis' `channels`, or one for all.
fn per_channel(plan: &Plan, id: ValueId, channels: usize) -> Option<Vec<f32>> {
    let value = &plan.values[id];
    let constant = value.constant.as_ref()?;
    match constant.len() {
        1 => Some(vec![constant[0]; channels]),
        len if len == channels && value.shape.last() == Some(&channels) => Some(constant.to_vec()),
        _ => None,
    }
}
