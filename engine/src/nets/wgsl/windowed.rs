//! Phases of steps that slide a window over rows and columns.
//!
//! Dense ones make four channels of several cells in each item, so that a weight that is read serves them all; their
//! weights are packed by window cell, input channel and group of four.

use super::{
    kernel::{FLAT, TILED, Writer},
    phase::{cells, put},
    region::{Span, groups, shape_of},
    text,
};
use crate::nets::{
    graph::{Alignment, Op, Reduce, Window},
    plan::{Filter, Step},
};

/// Cells that an item of a dense step makes, at most.
const CELLS: usize = 4;
/// Invocations that keep a device busy: an item makes several cells only where so many are left.
const BUSY: usize = 16 << 10;

/// How many cells an item makes of a region of a dense step's output.
pub(super) fn pixels(writer: &Writer<'_>, region: &[Span]) -> usize {
    let items = groups(region);
    let cells = items / (region[region.len() - 1].len / 4);
    let least = if writer.flat { BUSY.max(FLAT) } else { TILED };
    let mut pixels = CELLS;
    while pixels > 1 && (!cells.is_multiple_of(pixels) || items / pixels < least) {
        pixels /= 2;
    }
    pixels
}

/// Where a window's cell finds its input row (or column), `near{axis}`, and whether that is inside, as WGSL.
fn near(step: &Step, axis: usize, suffix: &str, size: usize) -> (String, String) {
    let name = format!("near{axis}{suffix}");
    let c = format!("c{}{suffix}", axis + 1);
    match &step.op {
        Op::Conv2d(window) | Op::DepthwiseConv2d(window) | Op::Pool(_, window) => {
            let (stride, dilation, before) =
                (window.stride[axis], window.dilation[axis], window.padding[axis][0]);
            (
                format!("let {name} = {c} * {stride} + k{axis} * {dilation} - {before};"),
                format!("u32({name}) < {size}u"),
            )
        }
        // Output cell = input cell * stride + kernel cell - padding.
        Op::TransposeConv2d { window, .. } => {
            let (stride, before) = (window.stride[axis], window.padding[axis][0]);
            (
                format!(
                    "let far{axis}{suffix} = {c} + {before} - k{axis}; let {name} = far{axis}{suffix} / {stride};"
                ),
                format!("far{axis}{suffix} >= 0 && far{axis}{suffix} % {stride} == 0 && {name} < {size}"),
            )
        }
        _ => (format!("let {name} = {c};"), "true".into()),
    }
}

fn is_point(step: &Step) -> bool {
    match &step.op {
        Op::Conv2d(window) => {
            window.kernel == [1; 2] && window.stride == [1; 2] && window.padding.as_flattened() == [0; 4]
        }
        Op::FullyConnected { .. } => true,
        _ => false,
    }
}

/// Convolutions of all kinds, and fully connected steps.
pub(super) fn dense(writer: &mut Writer<'_>, step: &Step, filter: &Filter, index: usize, region: &[Span]) {
    let from = shape_of(writer.plan, step.inputs[0]);
    let rank = from.len();
    let (depth, channels) = (from[rank - 1].div_ceil(4), filter.bias.len().div_ceil(4));
    let kernel = match &step.op {
        Op::Conv2d(window) | Op::TransposeConv2d { window, .. } => window.kernel,
        _ => [1; 2],
    };
    let first = writer.keep(packed(filter, kernel[0] * kernel[1], from[rank - 1]));
    let bias = first + kernel[0] * kernel[1] * depth * 4 * channels;
    let pixels = pixels(writer, region);
    let suffixes: Vec<String> = match pixels {
        1 => vec![String::new()],
        _ => (0..pixels).map(|pixel| format!("_{pixel}")).collect(),
    };
    let items = groups(region) / pixels;
    let mut text = String::new();
    for (pixel, suffix) in suffixes.iter().enumerate() {
        let item = if pixel == 0 { "i".to_owned() } else { format!("(i + {}u)", pixel * items) };
        text += &format!("        {}\n", cells(region, &item, suffix));
        text += &format!("        var x{suffix} = weights4({bias} + g{suffix});\n");
    }
    let own = &suffixes[0];
    let sum = |reads: &[String], guarded: bool| {
        let adds: String = suffixes
            .iter()
            .zip(reads)
            .map(|(suffix, read)| {
                let value = match guarded {
                    true => format!("select(vec4<f32>(), {read}, is_in{suffix})"),
                    false => read.clone(),
                };
                format!(
                    "let v{suffix} = {value}; x{suffix} += w0 * v{suffix}.x + w1 * v{suffix}.y + w2 * v{suffix}.z + w3 * v{suffix}.w; "
                )
            })
            .collect();
        format!(
            "for (var d = 0; d < {depth}; d++) {{ let w0 = weights4(w); let w1 = weights4(w + {channels}); \
             let w2 = weights4(w + {}); let w3 = weights4(w + {}); w += {}; {adds}}}",
            channels * 2,
            channels * 3,
            channels * 4
        )
    };
    if is_point(step) {
        let read = |suffix: &String| {
            let cells: Vec<String> = (0..rank - 1).map(|axis| format!("c{axis}{suffix}")).collect();
            writer.vec(step.inputs[0], &cells, "d")
        };
        let reads: Vec<String> = suffixes.iter().map(read).collect();
        text += &format!("        var w = {first} + g{own};\n        {}\n", sum(&reads, false));
    } else {
        let mut inner = String::new();
        for suffix in &suffixes {
            let ((rows, row_in), (cols, col_in)) =
                (near(step, 0, suffix, from[1]), near(step, 1, suffix, from[2]));
            inner += &format!("{rows} {cols} let is_in{suffix} = {row_in} && {col_in}; ");
        }
        let read = |suffix: &String| {
            let cells = [format!("c0{suffix}"), format!("near0{suffix}"), format!("near1{suffix}")];
            writer.vec(step.inputs[0], &cells, "d")
        };
        let reads: Vec<String> = suffixes.iter().map(read).collect();
        let adds = sum(&reads, pixels > 1);
        let adds = if pixels == 1 { format!("if is_in {{ {adds} }}") } else { adds };
        text += &format!(
            "        for (var k0 = 0; k0 < {}; k0++) {{ for (var k1 = 0; k1 < {}; k1++) {{\n            {inner}\n            \
             var w = {first} + (k0 * {} + k1) * {} + g{own};\n            {adds}\n        }} }}\n",
            kernel[0],
            kernel[1],
            kernel[1],
            depth * 4 * channels
        );
    }
    for suffix in &suffixes {
        text += &format!("        {}\n", put(writer, step, index, suffix, &format!("x{suffix}")));
    }
    writer.each(items, &text);
}

/// Weights of shape [out, cells, in] as [cells, in, groups of four], then the bias.
fn packed(filter: &Filter, cells: usize, depth: usize) -> Vec<f32> {
    let (groups, padded) = (filter.bias.len().div_ceil(4), depth.next_multiple_of(4));
    let mut packed = vec![0.0; (cells * padded + 1) * groups * 4];
    let (weights, bias) = packed.split_at_mut(cells * padded * groups * 4);
    for (at, fours) in weights.chunks_exact_mut(groups * 4).enumerate() {
        let (cell, channel) = (at / padded, at % padded);
        for (out, weight) in fours.iter_mut().enumerate().take(filter.bias.len()).filter(|_| channel < depth)
        {
            *weight = filter.weights[(out * cells + cell) * depth + channel];
        }
    }
    bias[..filter.bias.len()].copy_from_slice(&filter.bias);
    packed
}

/// Does `text` for each cell under the window that is inside, at `near0` and `near1`.
fn slide(writer: &Writer<'_>, step: &Step, window: &Window, text: &str) -> String {
    let from = shape_of(writer.plan, step.inputs[0]);
    let ((rows, row_in), (cols, col_in)) = (near(step, 0, "", from[1]), near(step, 1, "", from[2]));
    format!(
        "for (var k0 = 0; k0 < {}; k0++) {{ {rows} if {row_in} {{ for (var k1 = 0; k1 < {}; k1++) {{ {cols} if {col_in} {{ {text} }} }} }} }}",
        window.kernel[0], window.kernel[1]
    )
}

/// Statements that make `x`.
pub(super) fn depthwise(writer: &mut Writer<'_>, step: &Step, filter: &Filter, window: &Window) -> String {
    let id = step.inputs[0];
    let (depth, channels) = (writer.known(id).channels(), filter.bias.len());
    let groups = channels.div_ceil(4);
    let mut weights = Vec::with_capacity((window.kernel[0] * window.kernel[1] + 1) * groups * 4);
    for row in filter.weights.chunks_exact(channels.max(1)).chain([&filter.bias[..]]) {
        weights.extend_from_slice(row);
        weights.resize(weights.len().next_multiple_of(4), 0.0);
    }
    let first = writer.keep(weights);
    let near = || ["c0", "near0", "near1"].map(str::to_owned).to_vec();
    let v = if depth == channels {
        writer.vec(id, &near(), "g")
    } else {
        // Each input channel makes several output channels.
        let lane = |lane: usize| {
            let channel = format!("min(g * 4 + {lane}, {}) / {}", channels - 1, channels / depth);
            writer.one(id, &[near(), vec![channel]].concat())
        };
        format!("vec4<f32>({}, {}, {}, {})", lane(0), lane(1), lane(2), lane(3))
    };
    let cell = format!("x += {v} * weights4({first} + (k0 * {} + k1) * {groups} + g);", window.kernel[1]);
    let bias = first + window.kernel[0] * window.kernel[1] * groups;
    format!("var x = weights4({bias} + g); {}", slide(writer, step, window, &cell))
}

/// Mean or extreme of the values under a window.
pub(super) fn pool(writer: &Writer<'_>, step: &Step, kind: Reduce, window: &Window) -> String {
    let (start, meet, end) = text::over(kind, "count");
    let v = writer.vec(step.inputs[0], &["c0", "near0", "near1"].map(str::to_owned), "g");
    let cell = format!("let v = {v}; {meet} count += 1.0;");
    format!("var x = {start}; var count = 0.0; {} {end}", slide(writer, step, window, &cell))
}

/// As `resample::between`.
pub(super) fn resize(writer: &Writer<'_>, step: &Step, alignment: Alignment) -> String {
    let (from, to) = (shape_of(writer.plan, step.inputs[0]), shape_of(writer.plan, step.output));
    let along = |axis: usize, name: &str| {
        let (size, target) = (from[axis], to[axis]);
        let ratio = text::literal(size as f32 / target as f32);
        let place = match alignment {
            Alignment::Corner => format!("f32(c{axis}) * {ratio}"),
            Alignment::OuterCentres if target > 1 => {
                format!("f32(c{axis}) * {}", text::literal((size - 1) as f32 / (target - 1) as f32))
            }
            Alignment::OuterCentres => "0.0".into(),
            Alignment::HalfPixel => format!("max((f32(c{axis}) + 0.5) * {ratio} - 0.5, 0.0)"),
        };
        format!(
            "let {name} = {place}; let {name}_low = min(i32({name}), {last}); \
             let {name}_high = min({name}_low + 1, {last}); let {name}_part = {name} - f32({name}_low); ",
            last = size - 1
        )
    };
    let at = |row: &str, col: &str| {
        let cells = ["c0".to_owned(), row.to_owned(), col.to_owned()];
        writer.vec(step.inputs[0], &cells, "g")
    };
    format!(
        "{}{}let upper = {} * (1.0 - across_part) + {} * across_part; \
         let lower = {} * (1.0 - across_part) + {} * across_part; \
         let x = upper * (1.0 - down_part) + lower * down_part;",
        along(1, "down"),
        along(2, "across"),
        at("down_low", "across_low"),
        at("down_low", "across_high"),
        at("down_high", "across_low"),
        at("down_high", "across_high"),
    )
}
