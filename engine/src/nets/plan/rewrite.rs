//! Puts steps into an order, or a form, that gives the same for less work.
//!
//! - A 1x1 convolution of what was enlarged is the enlarged convolution: both are linear, and the weights of a bilinear
//!   mean sum to one. The convolution is done first, on fewer pixels.
//! - A mean of a sum that nobody else reads is the sum of two means: the sum itself is never made. Only where neither
//!   operand could take the sum in as its residual.

use super::{Activation, Plan, Step, Value, ValueId, rows::is_point};
use crate::nets::graph::{Binary, Op, Reduce};

/// Runs all rewrites. Steps that nobody reads any more are left to [`super::memory`].
pub(super) fn rewrite(plan: &mut Plan) {
    let mut uses = vec![0; plan.values.len()];
    let reads = plan.steps.iter().flat_map(Step::reads);
    reads.chain(plan.outputs.iter().copied()).for_each(|id| uses[id] += 1);
    let mut makers = vec![None; plan.values.len()];
    for (index, step) in plan.steps.iter().enumerate() {
        makers[step.output] = Some(index);
    }
    let maker = |id: ValueId| makers[id].map(|index: usize| &plan.steps[index]);
    let mut values = plan.values.clone();
    let mut steps = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let source = step.inputs.first().and_then(|&id| maker(id)).filter(|source| uses[source.output] == 1);
        let rewritten = source.and_then(|source| {
            convolve_first(source, step, &mut values).or_else(|| mean_first(source, step, &uses, &mut values))
        });
        match rewritten {
            Some(more) => steps.extend(more),
            None => steps.push(step.clone()),
        }
    }
    (plan.values, plan.steps) = (values, steps);
}

/// A value that no model names.
fn fresh(values: &mut Vec<Value>, name: String, shape: Vec<usize>) -> ValueId {
    values.push(Value { name, shape, constant: None, slot: None });
    values.len() - 1
}

/// `step` of what `source` enlarges.
fn convolve_first(source: &Step, step: &Step, values: &mut Vec<Value>) -> Option<Vec<Step>> {
    let (Op::ResizeBilinear { .. }, Op::Conv2d(window)) = (&source.op, &step.op) else { return None };
    let pixels = |id: ValueId| values[id].shape[..3].iter().product::<usize>();
    let small = source.inputs[0];
    if !is_point(window) || pixels(small) >= pixels(step.output) {
        return None;
    }
    let mut shape = values[small].shape.clone();
    shape[3] = values[step.output].shape[3];
    let name = format!("{} before {}", values[step.output].name, source.op.name());
    let convolved = fresh(values, name, shape);
    let first = Step { inputs: vec![small], output: convolved, ..step.clone() };
    let then = Step { inputs: vec![convolved], output: step.output, ..source.clone() };
    Some(vec![first, then])
}

/// `step`, the mean over pixels of the sum that `source` makes.
fn mean_first(source: &Step, step: &Step, uses: &[usize], values: &mut Vec<Value>) -> Option<Vec<Step>> {
    let (Op::Binary(Binary::Add), Op::Reduce { kind: Reduce::Mean, axes, keep_dims: true }) =
        (&source.op, &step.op)
    else {
        return None;
    };
    let all_alike = source.inputs.iter().all(|&id| values[id].shape == values[source.output].shape);
    let all_read_elsewhere = source.inputs.iter().all(|&id| uses[id] > 1 && values[id].constant.is_none());
    if axes != &[1, 2] || !all_alike || !all_read_elsewhere {
        return None;
    }
    let mut steps = Vec::new();
    let mut means = Vec::new();
    for &id in &source.inputs {
        let name = format!("mean of {}", values[id].name);
        let mean = fresh(values, name, values[step.output].shape.clone());
        steps.push(Step { inputs: vec![id], output: mean, ..step.clone() });
        means.push(mean);
    }
    steps.push(Step {
        op: Op::Binary(Binary::Add),
        inputs: means,
        filter: None,
        residual: None,
        activation: Activation::None,
        output: step.output,
    });
    Some(steps)
}
