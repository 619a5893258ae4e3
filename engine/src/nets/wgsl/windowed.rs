//! Phases of steps that slide a window over rows and columns, each channel by itself, and where windows look.

use super::{
    dense::{BUSY_SOFTWARE, CELLS, Crew},
    phase::put,
    region::{Span, groups, shape_of},
    text,
    writer::Writer,
};
use crate::nets::{
    graph::{Alignment, Op, Reduce, Window},
    plan::{Filter, Step},
};

/// Where a window's cell finds its input row (or column), `near{axis}`, and whether that is inside, as WGSL.
pub(super) fn near(step: &Step, axis: usize, suffix: &str, size: usize) -> (String, String) {
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

/// Does `text` for each cell under the window that is inside, at `near0` and `near1`; `cell` is its number.
fn slide(writer: &Writer<'_>, step: &Step, window: &Window, text: &str) -> String {
    let from = shape_of(writer.plan, step.inputs[0]);
    let ((rows, row_in), (cols, col_in)) = (near(step, 0, "", from[1]), near(step, 1, "", from[2]));
    let [high, wide] = window.kernel;
    format!(
        "for (var k0 = 0; k0 < {high}; k0++) {{ {rows} if {row_in} {{ for (var k1 = 0; k1 < {wide}; k1++) {{ \
         {cols} if {col_in} {{ let cell = k0 * {wide} + k1; {text} }} }} }} }}"
    )
}

/// Statements that read value `v` under each cell of the window before they do `text` for each, where `v` is zero
/// outside.
fn slide_ahead(writer: &Writer<'_>, step: &Step, window: &Window, v: &str, text: &str) -> String {
    let from = shape_of(writer.plan, step.inputs[0]);
    let ((rows, row_in), (cols, col_in)) = (near(step, 0, "", from[1]), near(step, 1, "", from[2]));
    let (mut reads, mut adds) = (String::new(), String::new());
    let [high, wide] = window.kernel;
    for cell in 0..high * wide {
        let here = |text: &str| {
            text.replace("k0", &(cell / wide).to_string()).replace("k1", &(cell % wide).to_string())
        };
        reads += &here(&format!(
            "var v{cell} = vec4<f32>(); {{ {rows} {cols} v{cell} = select(vec4<f32>(), {v}, {row_in} && {col_in}); }} "
        ));
        adds += &format!("{{ let v = v{cell}; const cell = {cell}; {text} }} ");
    }
    reads + &adds
}

/// Columns next to each other that an item of a depthwise step makes.
pub(super) fn columns(writer: &Writer<'_>, step: &Step, window: &Window, region: &[Span]) -> usize {
    let channels = |id| shape_of(writer.plan, id).last().copied();
    let whole = region.len() == 4 && channels(step.inputs[0]) == channels(step.output);
    match writer.crew() {
        Crew::Software if whole && window.dilation == [1; 2] => {
            let fits = |wanted: &usize| {
                region[2].len.is_multiple_of(*wanted) && groups(region) / wanted >= BUSY_SOFTWARE
            };
            (2..=CELLS).rev().find(fits).unwrap_or(1)
        }
        _ => 1,
    }
}

/// A depthwise step by items of several columns: what they read is the same for the most part.
pub(super) fn depthwise_by_columns(
    writer: &mut Writer<'_>,
    step: &Step,
    (filter, window): (&Filter, &Window),
    index: usize,
    region: &[Span],
    columns: usize,
) {
    let id = step.inputs[0];
    let from = shape_of(writer.plan, id);
    let (first, fours) = keep_depthwise(writer, filter, window);
    let [high, wide] = window.kernel;
    let (stride, before) = (window.stride, [window.padding[0][0], window.padding[1][0]]);
    let (across, down) = (region[2].len / columns, region[1].len);
    let mut text = format!(
        "        let g = i32(i % {fours}u); let q = i32(i / {fours}u % {across}u) * {columns}; \
         let c1 = i32(i / {}u % {down}u); let c0 = i32(i / {}u);\n        let bias = weights4({} + g);\n",
        fours * across,
        fours * across * down,
        first + high * wide * fours
    );
    for column in 0..columns {
        text += &format!(
            "        let g_{column} = g; let c0_{column} = c0; let c1_{column} = c1; let c2_{column} = q + {column}; "
        );
        text += &format!("{}\n        var x_{column} = bias;\n", writer.ahead(index, &format!("_{column}")));
    }
    let mut row = format!(
        "            let near0 = c1 * {} + k0 - {}; let in0 = u32(near0) < {}u;\n",
        stride[0], before[0], from[1]
    );
    for at in 0..(columns - 1) * stride[1] + wide {
        if (0..columns).all(|column| at < column * stride[1] || at >= column * stride[1] + wide) {
            continue;
        }
        let read = writer.fours(id, &["c0", "near0", "near1"].map(str::to_owned), "g");
        row += &format!(
            "            var v{at} = vec4<f32>(); {{ let near1 = q * {} + {at} - {}; \
             v{at} = select(vec4<f32>(), {read}, in0 && u32(near1) < {}u); }}\n",
            stride[1], before[1], from[2]
        );
    }
    for k1 in 0..wide {
        row += &format!("            {{ let w = weights4({first} + (k0 * {wide} + {k1}) * {fours} + g); ");
        for column in 0..columns {
            row += &format!("x_{column} += v{} * w; ", column * stride[1] + k1);
        }
        row += "}\n";
    }
    text += &format!("        for (var k0 = 0; k0 < {high}; k0++) {{\n{row}        }}\n");
    for column in 0..columns {
        let (suffix, x) = (format!("_{column}"), format!("x_{column}"));
        text += &format!("        {}\n", put(writer, step, index, &suffix, &x));
    }
    writer.each(groups(region) / columns, &text);
}

/// Keeps the weights of a depthwise step by cell of the window, then the bias; where they begin, and groups of channels.
fn keep_depthwise(writer: &mut Writer<'_>, filter: &Filter, window: &Window) -> (usize, usize) {
    let channels = filter.bias.len();
    let groups = channels.div_ceil(4);
    let mut weights = Vec::with_capacity((window.kernel[0] * window.kernel[1] + 1) * groups * 4);
    for row in filter.weights.chunks_exact(channels.max(1)).chain([&filter.bias[..]]) {
        weights.extend_from_slice(row);
        weights.resize(weights.len().next_multiple_of(4), 0.0);
    }
    (writer.keep(weights), groups)
}

/// Cells of a window that are read before the first is used, at most.
const AHEAD_CELLS: usize = 25;

/// Statements that make `x`.
pub(super) fn depthwise(writer: &mut Writer<'_>, step: &Step, filter: &Filter, window: &Window) -> String {
    let id = step.inputs[0];
    let (depth, channels) = (writer.known(id).channels(), filter.bias.len());
    let (first, groups) = keep_depthwise(writer, filter, window);
    let near = || ["c0", "near0", "near1"].map(str::to_owned).to_vec();
    let v = if depth == channels {
        writer.fours(id, &near(), "g")
    } else {
        // Each input channel makes several output channels.
        let lane = |lane: usize| {
            let channel = format!("min(g * 4 + {lane}, {}) / {}", channels - 1, channels / depth);
            writer.one(id, &[near(), vec![channel]].concat())
        };
        format!("vec4<f32>({}, {}, {}, {})", lane(0), lane(1), lane(2), lane(3))
    };
    let cells = window.kernel[0] * window.kernel[1];
    let sum = match writer.crew() {
        Crew::Group(_) if cells <= AHEAD_CELLS => slide_ahead(
            writer,
            step,
            window,
            &v,
            &format!("x += v * weights4({first} + cell * {groups} + g);"),
        ),
        _ => slide(writer, step, window, &format!("x += {v} * weights4({first} + cell * {groups} + g);")),
    };
    format!("var x = weights4({} + g); {sum}", first + cells * groups)
}

/// Mean or extreme of the values under a window.
pub(super) fn pool(writer: &Writer<'_>, step: &Step, kind: Reduce, window: &Window) -> String {
    let (start, meet, end) = text::over(kind, "count");
    let v = writer.fours(step.inputs[0], &["c0", "near0", "near1"].map(str::to_owned), "g");
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
        writer.fours(step.inputs[0], &cells, "g")
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
