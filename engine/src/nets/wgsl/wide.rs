//! Concatenations of more operands than a kernel may read become several, one after the other.

use std::sync::Arc;

use crate::nets::{
    graph::Op,
    plan::{Plan, Step, Value},
};

/// Operands of a concatenation, at most.
const MOST: usize = 6;

/// `plan` with no step of more operands than a kernel may read.
pub(super) fn narrowed(plan: &Arc<Plan>) -> Arc<Plan> {
    if plan.steps.iter().all(|step| step.inputs.len() <= MOST) {
        return Arc::clone(plan);
    }
    let mut narrow = Plan::clone(plan);
    narrow.steps = Vec::new();
    for step in &plan.steps {
        let mut step = step.clone();
        while let (Op::Concat(axis), true) = (&step.op, step.inputs.len() > MOST) {
            let axis = *axis;
            let first: Vec<_> = step.inputs.drain(..MOST).collect();
            let mut shape = narrow.values[first[0]].shape.clone();
            shape[axis] = first.iter().map(|&id| narrow.values[id].shape[axis]).sum();
            let output = narrow.values.len();
            narrow.values.push(Value { shape, constant: None, ..narrow.values[step.output].clone() });
            narrow.steps.push(Step {
                inputs: first,
                output,
                activation: Default::default(),
                residual: None,
                ..step.clone()
            });
            step.inputs.insert(0, output);
        }
        narrow.steps.push(step);
    }
    Arc::new(narrow)
}
