//! Steps as kernels: the text of each, and what it reads.
//!
//! Shapes are baked in. An invocation makes one value, four channels of a pixel, or a row, as the writer of its operator
//! says; all end with [`finish`]: residual, activation, store.

use super::{gather, text, windowed};
use crate::nets::{
    Precision,
    graph::Op,
    plan::{Activation, Plan, Step, ValueId},
};

/// Invocations of a workgroup: two waves of most devices.
pub(super) const WORKGROUP: usize = 64;

/// Invocations along x of a dispatch, at most; what is beyond goes along y.
pub(super) const ROW: usize = WORKGROUP * (1 << 15);

/// What a writer makes: the middle of a shader.
pub(super) struct Body {
    /// What the kernel reads by `read0(at)`, `read1(at)`, ....
    pub(super) inputs: Vec<ValueId>,
    /// Statements for invocation `i`; they call `store(at, value)`.
    pub(super) text: String,
    /// What is read by `weight(at)`, and by fours by `weights4(at / 4)`.
    pub(super) weights: Vec<f32>,
    pub(super) invocations: usize,
}

/// A dispatch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// WGSL; its entry point is `main`.
    pub(super) text: String,
    /// What it reads, by the names there.
    pub(super) reads: Vec<(String, ValueId)>,
    pub(super) output: ValueId,
    /// A whole number of vectors of four.
    pub(super) weights: Vec<f32>,
    /// Weights are kept as f16.
    pub(super) half: bool,
    pub(super) invocations: usize,
}

/// The dispatches of `step`, which don't depend on each other: one, but for each operand of a concatenation one.
pub(super) fn kernels(plan: &Plan, step: &Step, precision: Precision) -> Vec<Kernel> {
    let bodies = match (&step.op, &step.filter) {
        (Op::Concat(axis), _) => gather::concat(plan, step, *axis),
        (Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::TransposeConv2d { .. }, Some(filter))
        | (Op::FullyConnected { .. }, Some(filter)) => vec![windowed::weighted(plan, step, filter)],
        (Op::Pool(kind, window), _) => vec![windowed::pool(plan, step, *kind, window)],
        _ => vec![gather::body(plan, step)],
    };
    bodies
        .into_iter()
        .filter(|body| body.invocations > 0)
        .map(|body| kernel(plan, step, precision, body))
        .collect()
}

/// How `id` is kept. What the caller gives and gets, and constants, stay as they are.
fn type_of(plan: &Plan, id: ValueId, precision: Precision) -> &'static str {
    let boundary = plan.inputs.contains(&id) || plan.outputs.contains(&id);
    let whole = boundary || plan.values[id].constant.is_some() || precision == Precision::F32;
    if whole { "f32" } else { "f16" }
}

fn kernel(plan: &Plan, step: &Step, precision: Precision, mut body: Body) -> Kernel {
    let slopes = body.weights.len();
    if let Activation::Prelu(values) = &step.activation {
        body.weights.extend_from_slice(values);
    }
    body.weights.resize(body.weights.len().next_multiple_of(4), 0.0);
    let half = precision == Precision::F16;
    let mut text = if half { "enable f16;\n\n".to_owned() } else { String::new() };
    let mut binding = 0;
    let mut declare = |name: &str, access: &str, of: &str| {
        binding += 1;
        format!("@group(0) @binding({}) var<storage, {access}> {name}: array<{of}>;\n", binding - 1)
    };
    let mut reads: Vec<(String, ValueId)> =
        body.inputs.iter().enumerate().map(|(input, &id)| (input.to_string(), id)).collect();
    reads.extend(step.residual.map(|id| ("_residual".to_owned(), id)));
    for (name, id) in &reads {
        text += &declare(&format!("in{name}"), "read", type_of(plan, *id, precision));
        text += &format!("fn read{name}(at: u32) -> f32 {{ return f32(in{name}[at]); }}\n");
    }
    let to = type_of(plan, step.output, precision);
    text += &declare("result", "read_write", to);
    if !body.weights.is_empty() {
        text += &declare("weights", "read", if half { "vec4<f16>" } else { "vec4<f32>" });
        text += "fn weights4(at: u32) -> vec4<f32> { return vec4<f32>(weights[at]); }\n";
        text += "fn weight(at: u32) -> f32 { return f32(weights[at / 4u][at % 4u]); }\n";
    }
    text += &finish(plan, step, slopes, to);
    text += &format!(
        "\n@compute @workgroup_size({WORKGROUP})\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n    \
         let i = id.x + id.y * {ROW}u;\n    if i >= {}u {{ return; }}\n{}}}\n",
        body.invocations, body.text
    );
    Kernel {
        text,
        reads: reads.into_iter().map(|(name, id)| (format!("in{name}"), id)).collect(),
        output: step.output,
        weights: body.weights,
        half,
        invocations: body.invocations,
    }
}

/// `store(at, value)`: adds the residual, applies the activation and writes.
fn finish(plan: &Plan, step: &Step, slopes: usize, to: &str) -> String {
    let channels = plan.values[step.output].shape.last().copied().unwrap_or(1).max(1);
    let mut text = "\nfn store(at: u32, value: f32) {\n    var x = value;\n".to_owned();
    if let Some(id) = step.residual {
        let depth = plan.values[id].shape.last().copied().unwrap_or(1);
        text += &format!(
            "    if at % {channels}u < {depth}u {{ x += read_residual(at / {channels}u * {depth}u + at % {channels}u); }}\n"
        );
    }
    match &step.activation {
        Activation::None => {}
        Activation::Unary(unary) => text += &format!("    x = {};\n", text::unary(*unary, "x")),
        Activation::Prelu(_) => {
            text += &format!("    x = select(x, x * weight({slopes}u + at % {channels}u), x < 0.0);\n");
        }
    }
    match to {
        // What f16 can't hold would become infinite, and then NaN.
        "f16" => text + "    result[at] = f16(clamp(x, -65504.0, 65504.0));\n}\n",
        _ => text + "    result[at] = x;\n}\n",
    }
}
