//! Steps that are too wide for a kernel become several, one after the other: concatenations of many operands, and
//! reductions of large maps, of which each workgroup that needs the result would read all.

use std::sync::Arc;

use crate::nets::{
    graph::Op,
    plan::{Plan, Step, Value, ValueId},
};

/// Operands of a concatenation, at most.
const MOST: usize = 6;
/// Values that are reduced to one at once, at most, where they lie in rows and columns.
const LARGE: usize = 2048;

/// `plan` with no step that reads too much.
pub(super) fn narrowed(plan: &Arc<Plan>) -> Arc<Plan> {
    if plan.steps.iter().all(|step| !joins_many(step) && !is_large(plan, step)) {
        return Arc::clone(plan);
    }
    let mut narrow = Plan::clone(plan);
    narrow.steps = Vec::new();
    for step in &plan.steps {
        let mut step = step.clone();
        while let (Op::Concat(axis), true) = (&step.op, joins_many(&step)) {
            let axis = *axis;
            let first: Vec<_> = step.inputs.drain(..MOST).collect();
            let mut shape = narrow.values[first[0]].shape.clone();
            shape[axis] = first.iter().map(|&id| narrow.values[id].shape[axis]).sum();
            let output = before(&mut narrow, &step, step.op.clone(), first, shape);
            step.inputs.insert(0, output);
        }
        if let (Op::Reduce { kind, .. }, true) = (&step.op, is_large(plan, &step)) {
            let mut shape = narrow.values[step.inputs[0]].shape.clone();
            shape[1] = 1;
            let rows = Op::Reduce { kind: *kind, axes: vec![1], keep_dims: true };
            step.inputs = vec![before(&mut narrow, &step, rows, step.inputs.clone(), shape)];
        }
        narrow.steps.push(step);
    }
    Arc::new(narrow)
}

fn joins_many(step: &Step) -> bool {
    matches!(step.op, Op::Concat(_)) && step.inputs.len() > MOST
}

/// Whether it reduces large maps to a value for each channel.
fn is_large(plan: &Plan, step: &Step) -> bool {
    let from = step.inputs.first().map(|&id| plan.values[id].shape.as_slice());
    match (&step.op, from) {
        (Op::Reduce { axes, .. }, Some(&[_, rows, columns, _])) => *axes == [1, 2] && rows * columns > LARGE,
        _ => false,
    }
}

/// Adds a step that does `op` with `inputs` before `step`; its output, of `shape`.
fn before(plan: &mut Plan, step: &Step, op: Op, inputs: Vec<ValueId>, shape: Vec<usize>) -> ValueId {
    let output = plan.values.len();
    plan.values.push(Value { shape, constant: None, ..plan.values[step.output].clone() });
    plan.steps.push(Step {
        op,
        inputs,
        filter: None,
        output,
        activation: Default::default(),
        residual: None,
    });
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Graph, graph::Reduce};

    #[test]
    fn large_maps_are_reduced_column_by_column_first() {
        for (sides, expected) in [([64, 33], &[[1, 1, 33, 8], [1, 1, 1, 8]][..]), ([64, 32], &[[1, 1, 1, 8]])]
        {
            let mut graph = Graph::default();
            let input = graph.tensor("input", vec![1, sides[0], sides[1], 8], None);
            let mean = Op::Reduce { kind: Reduce::Mean, axes: vec![1, 2], keep_dims: true };
            let mean = graph.append(mean, vec![input], "mean").expect("fits");
            graph.set_boundary(vec![input], vec![mean]);
            let plan = narrowed(&Arc::new(Plan::new(&graph).expect("a plan")));
            let shapes: Vec<&[usize]> =
                plan.steps.iter().map(|step| plan.values[step.output].shape.as_slice()).collect();
            assert_eq!(shapes, expected.iter().map(|shape| &shape[..]).collect::<Vec<_>>(), "{sides:?}");
        }
    }
}
