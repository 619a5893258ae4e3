//! From graph to steps: constants are folded, weights go into their steps.

use std::sync::Arc;

use super::{Activation, Filter, Plan, Step, Value};
use crate::nets::{
    Graph, NetError,
    graph::{Constant, Node, Op, Tensor, Window},
    scalar,
};

/// One step for each node that depends on the inputs.
pub(super) fn lower(graph: &Graph) -> Result<Plan, NetError> {
    let value = |tensor: &Tensor| Value {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        constant: match &tensor.constant {
            Some(Constant::F32(values)) => Some(Arc::clone(values)),
            _ => None,
        },
        slot: None,
    };
    let mut plan = Plan {
        values: graph.tensors.iter().map(value).collect(),
        steps: Vec::new(),
        inputs: graph.inputs.clone(),
        outputs: graph.outputs.clone(),
        slots: Vec::new(),
        groups: Vec::new(),
        operators: graph.nodes.len(),
    };
    // What folding may add: no more than a few times what the model brings along.
    let constants = graph.tensors.iter().filter(|tensor| tensor.constant.is_some());
    let mut budget: usize = constants.map(|tensor| tensor.shape.iter().product::<usize>() * 4).sum();
    for node in &graph.nodes {
        let values = plan.values[node.output].values();
        if let Some(Constant::F16(halves)) = half_operand(graph, node) {
            plan.values[node.output].constant = Some(halves.iter().map(|half| half.to_f32()).collect());
            continue;
        }
        let step = step(&plan, graph, node)?;
        if values <= budget && step.reads().all(|id| plan.values[id].constant.is_some()) {
            budget -= values;
            let mut folded = vec![0.0; values];
            scalar::compute(&plan, &step, &scalar::operands(&plan, &step, &[]), &mut folded);
            plan.values[step.output].constant = Some(folded.into());
        } else {
            plan.steps.push(step);
        }
    }
    Ok(plan)
}

/// The constant that a DEQUANTIZE makes f32 of.
fn half_operand<'a>(graph: &'a Graph, node: &Node) -> Option<&'a Constant> {
    let &[id] = node.inputs.as_slice() else { return None };
    if node.op == Op::Dequantize { graph.tensors[id].constant.as_ref() } else { None }
}

fn step(plan: &Plan, graph: &Graph, node: &Node) -> Result<Step, NetError> {
    let unsupported = |reason: String| NetError::Unsupported {
        operator: node.op.name().to_owned(),
        tensor: graph.tensors[node.output].name.clone(),
        reason,
    };
    if let Some(&half) = node.inputs.iter().find(|&&id| is_half(graph, id)) {
        let name = &graph.tensors[half].name;
        return Err(unsupported(format!("its operand {name:?} is f16; only DEQUANTIZE takes that")));
    }
    let constant = |id: usize| {
        let value = &plan.values[id];
        let values = value.constant.clone();
        values.ok_or_else(|| unsupported(format!("its weights {:?} are not constant", value.name)))
    };
    let mut inputs = node.inputs.clone();
    let mut filter = None;
    if is_weighted(&node.op) {
        let operands = inputs.split_off(1);
        let shape = plan.values[operands[0]].shape.clone();
        let channels = match node.op {
            Op::DepthwiseConv2d(_) => shape[3],
            _ => shape[0],
        };
        let bias = match operands.get(1) {
            Some(&bias) => constant(bias)?,
            None => vec![0.0; channels].into(),
        };
        filter = Some(Filter { weights: constant(operands[0])?, shape, bias });
    }
    let (mut op, output) = (node.op.clone(), node.output);
    if let (Op::FullyConnected { keep_dims: true }, Some(filter), 4) =
        (&op, &mut filter, plan.values[output].shape.len())
    {
        // Every pixel for itself: a 1x1 convolution.
        filter.shape = vec![filter.shape[0], 1, 1, filter.shape[1]];
        op = Op::Conv2d(Window { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [[0; 2]; 2] });
    }
    if let Op::Pool(kind, window) = &op
        && is_whole(window, &plan.values[inputs[0]].shape)
    {
        op = Op::Reduce { kind: *kind, axes: vec![1, 2], keep_dims: true };
    }
    Ok(Step { op, inputs, filter, residual: None, activation: Activation::None, output })
}

/// Whether a pool has a single window, over all of a picture.
fn is_whole(window: &Window, shape: &[usize]) -> bool {
    window.kernel == [shape[1], shape[2]] && window.padding == [[0; 2]; 2]
}

fn is_half(graph: &Graph, id: usize) -> bool {
    matches!(graph.tensors[id].constant, Some(Constant::F16(_)))
}

fn is_weighted(op: &Op) -> bool {
    matches!(
        op,
        Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::TransposeConv2d { .. } | Op::FullyConnected { .. }
    )
}
