//! Finds layer normalizations, which models spell with ten operators:
//!
//! ```text
//! m = mean(x)    v = mean((x - m)^2)    g = rsqrt(v + epsilon) * weight
//! y = x * g + -m * g           or           y = x * g + (bias - m * g)
//! ```
//!
//! The step that gives y becomes one step on x; the others are left to nobody who reads them.

use std::sync::Arc;

use super::{Filter, Plan, Step, ValueId};
use crate::nets::graph::{Binary, Op, Reduce, Unary};

/// Replaces each normalization that is found by a single step.
pub(super) fn find(plan: &mut Plan) {
    let mut makers = vec![None; plan.values.len()];
    for (index, step) in plan.steps.iter().enumerate() {
        makers[step.output] = Some(index);
    }
    for index in 0..plan.steps.len() {
        if let Some(step) = (Finder { plan, makers: &makers }).normalization(&plan.steps[index]) {
            plan.steps[index] = step;
        }
    }
}

struct Finder<'a> {
    plan: &'a Plan,
    /// For each value: the step that makes it.
    makers: &'a [Option<usize>],
}

impl Finder<'_> {
    fn normalization(&self, step: &Step) -> Option<Step> {
        let sums = self.either(step, Binary::Add)?;
        sums.into_iter().find_map(|[scaled, shift]| self.normalized(step, scaled, shift))
    }

    /// The step for `step` = `scaled` + `shift`, if they are x * g and what belongs to it.
    fn normalized(&self, step: &Step, scaled: ValueId, shift: ValueId) -> Option<Step> {
        let products = self.either(self.maker(scaled)?, Binary::Mul)?;
        products.into_iter().find_map(|[x, gain]| {
            let (weights, epsilon) = self.gain(x, gain)?;
            let bias = self.shift(x, gain, shift, weights.len())?;
            let channels = weights.len();
            let fits =
                [x, step.output].iter().all(|&id| self.plan.values[id].shape.last() == Some(&channels))
                    && self.plan.values[x].shape == self.plan.values[step.output].shape;
            let filter = Filter { weights, shape: vec![channels], bias };
            let op = Op::Normalize { epsilon };
            fits.then(|| Step { op, inputs: vec![x], filter: Some(filter), ..step.clone() })
        })
    }

    /// Weight and epsilon of `gain` = rsqrt(variance of x + epsilon) * weight.
    fn gain(&self, x: ValueId, gain: ValueId) -> Option<(Arc<[f32]>, f32)> {
        self.either(self.maker(gain)?, Binary::Mul)?.into_iter().find_map(|[root, weight]| {
            let weights = self.by_channel(weight)?;
            let sum = self.unary(root, Unary::Rsqrt)?;
            let (variance, epsilon) =
                self.either(self.maker(sum)?, Binary::Add)?.into_iter().find_map(|[variance, epsilon]| {
                    match self.plan.values[epsilon].constant.as_deref() {
                        Some(&[epsilon]) => Some((variance, epsilon)),
                        _ => None,
                    }
                })?;
            let squares = self.mean_of(variance)?;
            let differences = self.either(self.maker(squares)?, Binary::SquaredDifference)?;
            let found = differences.into_iter().any(|[a, mean]| a == x && self.mean_of(mean) == Some(x));
            found.then_some((weights, epsilon))
        })
    }

    /// The bias of `shift` = -mean * gain (none, that is), or bias - mean * gain.
    fn shift(&self, x: ValueId, gain: ValueId, shift: ValueId, channels: usize) -> Option<Arc<[f32]>> {
        let maker = self.maker(shift)?;
        let is_mean = |id: ValueId| self.mean_of(id) == Some(x);
        if let Some(products) = self.either(maker, Binary::Mul) {
            let negated = |id: ValueId| self.unary(id, Unary::Neg).is_some_and(is_mean);
            let found = products.into_iter().any(|[mean, other]| other == gain && negated(mean));
            return found.then(|| vec![0.0; channels].into());
        }
        let (Op::Binary(Binary::Sub), &[bias, product]) = (&maker.op, maker.inputs.as_slice()) else {
            return None;
        };
        let products = self.either(self.maker(product)?, Binary::Mul)?;
        let found = products.into_iter().any(|[mean, other]| other == gain && is_mean(mean));
        self.by_channel(bias).filter(|bias| found && bias.len() == channels)
    }

    /// A constant along the last axis alone.
    fn by_channel(&self, id: ValueId) -> Option<Arc<[f32]>> {
        let value = &self.plan.values[id];
        value.constant.clone().filter(|constant| value.shape.last() == Some(&constant.len()))
    }

    fn maker(&self, id: ValueId) -> Option<&Step> {
        self.makers[id].map(|index| &self.plan.steps[index])
    }

    /// Both orders of the operands of `step`, if it is that operation.
    fn either(&self, step: &Step, binary: Binary) -> Option<[[ValueId; 2]; 2]> {
        match (&step.op, step.inputs.as_slice()) {
            (Op::Binary(own), &[a, b]) if *own == binary => Some([[a, b], [b, a]]),
            _ => None,
        }
    }

    fn unary(&self, id: ValueId, unary: Unary) -> Option<ValueId> {
        let step = self.maker(id)?;
        (step.op == Op::Unary(unary)).then_some(step.inputs[0])
    }

    /// What `id` is the mean of, over the last axis.
    fn mean_of(&self, id: ValueId) -> Option<ValueId> {
        let step = self.maker(id)?;
        let input = step.inputs[0];
        let last = self.plan.values[input].shape.len().checked_sub(1)?;
        match &step.op {
            Op::Reduce { kind: Reduce::Mean, axes, keep_dims: true } if axes == &[last] => Some(input),
            _ => None,
        }
    }
}
