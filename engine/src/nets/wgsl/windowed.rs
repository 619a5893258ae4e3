//! Writers of steps that slide a window over rows and columns.
//!
//! Dense ones make four channels of a pixel in each invocation, so that a value that is read serves four sums; their
//! weights are packed by window cell, input channel and group of four.

use super::kernel::Body;
use crate::nets::{
    graph::{Op, Reduce, Window},
    plan::{Filter, Plan, Step},
};

/// Channels that an invocation of a dense step makes.
const LANES: usize = 4;

const POINT: Window = Window { kernel: [1; 2], stride: [1; 2], dilation: [1; 2], padding: [[0; 2]; 2] };

/// Convolutions of all kinds, and fully connected steps, which are convolutions of one pixel for each row of the input.
pub(super) fn weighted(plan: &Plan, step: &Step, filter: &Filter) -> Body {
    let from = plan.values[step.inputs[0]].shape.as_slice();
    let to = plan.values[step.output].shape.as_slice();
    match &step.op {
        Op::DepthwiseConv2d(window) => depthwise(step, filter, window, from, to),
        Op::TransposeConv2d { window, .. } => dense(step, filter, window, [from, to], transposed_row),
        Op::Conv2d(window) => dense(step, filter, window, [from, to], row),
        _ => {
            let (channels, depth) = (filter.shape[0], filter.shape[1]);
            let rows = plan.values[step.output].values() / channels.max(1);
            let shapes = [&[rows, 1, 1, depth][..], &[rows, 1, 1, channels][..]];
            dense(step, filter, &POINT, shapes, row)
        }
    }
}

/// Mean or extreme of the values under a window.
pub(super) fn pool(plan: &Plan, step: &Step, kind: Reduce, window: &Window) -> Body {
    let from = plan.values[step.inputs[0]].shape.as_slice();
    let to = plan.values[step.output].shape.as_slice();
    let (start, meet, end) = over(kind);
    let cell = format!(
        "let x = read0(((batch * {}u + at_row) * {}u + at_col) * {}u + channel); {meet} count += 1.0;",
        from[1], from[2], from[3]
    );
    let text = format!(
        "{}    var value = {start}; var count = 0.0;\n{}    store(i, {end});\n",
        place(to, to[3]),
        slide(window, from, &row, &cell)
    );
    Body { inputs: step.inputs.clone(), text, weights: Vec::new(), invocations: to.iter().product() }
}

/// Start, what meeting `x` does to `value`, and the result of a reduction of `count` values.
pub(super) fn over(kind: Reduce) -> (&'static str, &'static str, &'static str) {
    match kind {
        Reduce::Max => ("-3.4028235e38f", "value = max(value, x);", "value"),
        Reduce::Min => ("3.4028235e38f", "value = min(value, x);", "value"),
        Reduce::Sum => ("0.0", "value += x;", "value"),
        Reduce::Mean => ("0.0", "value += x;", "value / count"),
    }
}

/// Declares `channel` (or group), `pixel`, `col`, `row` and `batch` of invocation `i`.
fn place(shape: &[usize], channels: usize) -> String {
    format!(
        "    let channel = i % {channels}u; let pixel = i / {channels}u;\n    let col = pixel % {}u; \
         let row = pixel / {}u % {}u; let batch = pixel / {}u;\n",
        shape[2],
        shape[2],
        shape[1],
        shape[1] * shape[2]
    )
}

/// How a window's cell finds its input row or column: name, window, axis, input size.
type Find = dyn Fn(&str, &Window, usize, usize) -> String;

/// Of a convolution.
fn row(name: &str, window: &Window, axis: usize, size: usize) -> String {
    let (stride, dilation, before) = (window.stride[axis], window.dilation[axis], window.padding[axis][0]);
    format!(
        "let far_{name} = {name} * {stride}u + k_{name} * {dilation}u; \
         if far_{name} < {before}u || far_{name} >= {}u {{ continue; }} let at_{name} = far_{name} - {before}u;",
        before + size
    )
}

/// Of a transposed convolution: output cell = input cell * stride + kernel cell - padding.
fn transposed_row(name: &str, window: &Window, axis: usize, size: usize) -> String {
    let (stride, before) = (window.stride[axis], window.padding[axis][0]);
    format!(
        "if {name} + {before}u < k_{name} {{ continue; }} let far_{name} = {name} + {before}u - k_{name}; \
         if far_{name} % {stride}u != 0u || far_{name} / {stride}u >= {size}u {{ continue; }} \
         let at_{name} = far_{name} / {stride}u;"
    )
}

/// Does `cell` for each cell under the window, at `at_row` and `at_col` of the input.
fn slide(window: &Window, from: &[usize], find: &Find, cell: &str) -> String {
    let [rows, cols] = window.kernel;
    format!(
        "    for (var k_row = 0u; k_row < {rows}u; k_row++) {{\n        {}\n        \
         for (var k_col = 0u; k_col < {cols}u; k_col++) {{\n            {}\n            {cell}\n        }}\n    }}\n",
        find("row", window, 0, from[1]),
        find("col", window, 1, from[2])
    )
}

fn depthwise(step: &Step, filter: &Filter, window: &Window, from: &[usize], to: &[usize]) -> Body {
    let (depth, channels) = (from[3], to[3]);
    let cell = format!(
        "value += read0(((batch * {}u + at_row) * {}u + at_col) * {depth}u + channel / {}u) * \
         weight((k_row * {}u + k_col) * {channels}u + channel);",
        from[1],
        from[2],
        channels / depth,
        window.kernel[1]
    );
    let weights = [&filter.weights[..], &filter.bias[..]].concat();
    let text = format!(
        "{}    var value = weight({}u + channel);\n{}    store(i, value);\n",
        place(to, channels),
        filter.weights.len(),
        slide(window, from, &row, &cell)
    );
    Body { inputs: step.inputs.clone(), text, weights, invocations: to.iter().product() }
}

fn dense(
    step: &Step,
    filter: &Filter,
    window: &Window,
    [from, to]: [&[usize]; 2],
    find: impl Fn(&str, &Window, usize, usize) -> String + 'static,
) -> Body {
    let (depth, channels) = (from[3], to[3]);
    let groups = channels.div_ceil(LANES);
    let cells = window.kernel[0] * window.kernel[1];
    let cell = format!(
        "let first = ((batch * {}u + at_row) * {}u + at_col) * {depth}u; \
         var w = (k_row * {}u + k_col) * {}u + channel;\n            \
         for (var d = 0u; d < {depth}u; d++) {{ sum += read0(first + d) * weights4(w); w += {groups}u; }}",
        from[1],
        from[2],
        window.kernel[1],
        depth * groups
    );
    let text = format!(
        "{}    var sum = weights4({}u + channel);\n{}    let at = pixel * {channels}u + channel * {LANES}u;\n    \
         for (var lane = 0u; lane < min({LANES}u, {channels}u - channel * {LANES}u); lane++) {{ \
         store(at + lane, sum[lane]); }}\n",
        place(to, groups),
        cells * depth * groups,
        slide(window, from, &find, &cell)
    );
    let weights = packed(filter, cells, depth, groups);
    Body {
        inputs: step.inputs.clone(),
        text,
        weights,
        invocations: to[..3].iter().product::<usize>() * groups,
    }
}

/// Weights of shape [out, cells, in] as [cells, in, groups of four], then the bias.
fn packed(filter: &Filter, cells: usize, depth: usize, groups: usize) -> Vec<f32> {
    let mut packed = vec![0.0; (cells * depth + 1) * groups * LANES];
    let (weights, bias) = packed.split_at_mut(cells * depth * groups * LANES);
    for (at, pair) in weights.chunks_exact_mut(groups * LANES).enumerate() {
        for (channel, weight) in pair.iter_mut().enumerate().take(filter.bias.len()) {
            *weight = filter.weights[channel * cells * depth + at];
        }
    }
    bias[..filter.bias.len()].copy_from_slice(&filter.bias);
    packed
}
