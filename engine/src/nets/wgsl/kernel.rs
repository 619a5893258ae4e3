//! Steps as kernels: the text of each, and what it reads.
//!
//! Shapes are baked in. An invocation makes one value, four channels of a pixel, or a row, as the writer of its operator
//! says; all end with [`finish`]: residual, activation, store.

use super::{gather, text, windowed};
use crate::nets::{
    graph::Op,
    plan::{Activation, Plan, Step, ValueId},
};

/// Invocations of a workgroup: two waves of most devices.
pub(super) const WORKGROUP: usize = 64;

/// Invocations along x of a dispatch, at most; what is beyond goes along y.
pub(super) const ROW: usize = WORKGROUP * (1 << 15);

/// What a writer makes: the middle of a shader.
pub(super) struct Body {
    /// What the kernel reads as `in0`, `in1`, ....
    pub(super) inputs: Vec<ValueId>,
    /// Statements for invocation `i`; they call `store(at, value)`.
    pub(super) text: String,
    /// What `weights`, vectors of four, starts with. Its scalars are read by `weight(at)`.
    pub(super) weights: Vec<f32>,
    pub(super) invocations: usize,
}

/// A dispatch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// WGSL; its entry point is `main`.
    pub(super) text: String,
    pub(super) inputs: Vec<ValueId>,
    pub(super) residual: Option<ValueId>,
    pub(super) output: ValueId,
    /// A whole number of vectors of four.
    pub(super) weights: Vec<f32>,
    pub(super) invocations: usize,
}

/// The dispatches of `step`, which don't depend on each other: one, but for each operand of a concatenation one.
pub(super) fn kernels(plan: &Plan, step: &Step) -> Vec<Kernel> {
    let bodies = match (&step.op, &step.filter) {
        (Op::Concat(axis), _) => gather::concat(plan, step, *axis),
        (Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::TransposeConv2d { .. }, Some(filter))
        | (Op::FullyConnected { .. }, Some(filter)) => vec![windowed::weighted(plan, step, filter)],
        (Op::Pool(kind, window), _) => vec![windowed::pool(plan, step, *kind, window)],
        _ => vec![gather::body(plan, step)],
    };
    bodies.into_iter().filter(|body| body.invocations > 0).map(|body| kernel(plan, step, body)).collect()
}

fn kernel(plan: &Plan, step: &Step, mut body: Body) -> Kernel {
    let slopes = body.weights.len();
    if let Activation::Prelu(values) = &step.activation {
        body.weights.extend_from_slice(values);
    }
    body.weights.resize(body.weights.len().next_multiple_of(4), 0.0);
    let mut text = String::new();
    let mut reads: Vec<String> = (0..body.inputs.len()).map(|input| format!("in{input}")).collect();
    reads.extend(step.residual.map(|_| "residual".to_owned()));
    for (binding, name) in reads.iter().enumerate() {
        text += &format!("@group(0) @binding({binding}) var<storage, read> {name}: array<f32>;\n");
    }
    let binding = reads.len();
    text += &format!("@group(0) @binding({binding}) var<storage, read_write> result: array<f32>;\n");
    if !body.weights.is_empty() {
        let binding = binding + 1;
        text += &format!("@group(0) @binding({binding}) var<storage, read> weights: array<vec4<f32>>;\n\n");
        text += "fn weight(at: u32) -> f32 { return weights[at / 4u][at % 4u]; }\n";
    }
    text += &finish(plan, step, slopes);
    text += &format!(
        "\n@compute @workgroup_size({WORKGROUP})\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n    \
         let i = id.x + id.y * {ROW}u;\n    if i >= {}u {{ return; }}\n{}}}\n",
        body.invocations, body.text
    );
    Kernel {
        text,
        inputs: body.inputs,
        residual: step.residual,
        output: step.output,
        weights: body.weights,
        invocations: body.invocations,
    }
}

/// `store(at, value)`: adds the residual, applies the activation and writes.
fn finish(plan: &Plan, step: &Step, slopes: usize) -> String {
    let channels = plan.values[step.output].shape.last().copied().unwrap_or(1).max(1);
    let mut text = "\nfn store(at: u32, value: f32) {\n    var x = value;\n".to_owned();
    if let Some(id) = step.residual {
        let depth = plan.values[id].shape.last().copied().unwrap_or(1);
        text += &format!(
            "    if at % {channels}u < {depth}u {{ x += residual[at / {channels}u * {depth}u + at % {channels}u]; }}\n"
        );
    }
    match &step.activation {
        Activation::None => {}
        Activation::Unary(unary) => text += &format!("    x = {};\n", text::unary(*unary, "x")),
        Activation::Prelu(_) => {
            text += &format!("    x = select(x, x * weight({slopes}u + at % {channels}u), x < 0.0);\n");
        }
    }
    text + "    result[at] = x;\n}\n"
}
