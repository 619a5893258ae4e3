//! Phases: a step's region of values, item by item.

use super::{
    dense, gather,
    region::{Span, groups, shape_of},
    text, windowed,
    writer::Writer,
};
use crate::nets::{
    graph::{Binary, Op, Reduce},
    plan::{Step, ValueId},
};

/// Values that are reduced to one by a single invocation, at most, where others stand idle.
const ALONE: usize = 32;
/// Values that an invocation reads before it adds up the first.
const AHEAD: usize = 8;

/// Writes the phase of `step`, whose `put` has number `index`.
pub(super) fn write(writer: &mut Writer<'_>, step: &Step, index: usize, region: &[Span]) {
    match (&step.op, &step.filter) {
        (Op::Conv2d(_) | Op::TransposeConv2d { .. }, Some(filter)) => {
            return dense::dense(writer, step, filter, index, region);
        }
        (Op::FullyConnected { .. }, Some(filter)) if aligned(writer, step) => {
            return dense::dense(writer, step, filter, index, region);
        }
        (Op::DepthwiseConv2d(window), Some(filter)) => {
            let columns = windowed::columns(writer, step, window, region);
            if columns > 1 {
                let what = (filter, window);
                return windowed::depthwise_by_columns(writer, step, what, index, region, columns);
            }
        }
        (Op::Reduce { kind, axes, keep_dims }, _) => {
            if let Some(reduced) = Reduced::of(writer, step, axes, *keep_dims) {
                return reduced.write(writer, step, *kind, index, region);
            }
        }
        _ => {}
    }
    let value = match (&step.op, &step.filter) {
        (Op::DepthwiseConv2d(window), Some(filter)) => windowed::depthwise(writer, step, filter, window),
        (Op::Pool(kind, window), _) => windowed::pool(writer, step, *kind, window),
        (Op::ResizeBilinear { alignment, .. }, _) => windowed::resize(writer, step, *alignment),
        (Op::Normalize { epsilon }, Some(filter)) => normalize(writer, step, filter, *epsilon),
        (Op::Softmax { beta }, _) => softmax(writer, step, *beta),
        (Op::Unary(unary), _) => {
            let x = read(writer, step, 0);
            format!("let y = {x}; let x = {};", text::unary(*unary, "y"))
        }
        (Op::Binary(binary), _) => combine(writer, step, *binary),
        (Op::Dequantize, _) => format!("let x = {};", read(writer, step, 0)),
        _ => gather::lanes(writer, step, index),
    };
    let head = format!("{}\n        {}", cells(region, "i", ""), writer.ahead(index, ""));
    let put = put(writer, step, index, "", "x");
    writer.each(groups(region), &format!("        {head}\n        {value}\n        {put}\n"));
}

/// Items of the only step of a kernel.
pub(super) fn items(writer: &Writer<'_>, step: &Step, region: &[Span]) -> usize {
    let dense = match &step.op {
        Op::DepthwiseConv2d(window) => {
            return groups(region) / windowed::columns(writer, step, window, region);
        }
        Op::Conv2d(_) | Op::TransposeConv2d { .. } => true,
        Op::FullyConnected { .. } => aligned(writer, step),
        _ => false,
    };
    match dense {
        true => groups(region) / dense::Split::of_step(writer.plan, step, region, writer.crew()).cells,
        false => groups(region),
    }
}

/// Whether a fully connected step keeps all axes but the last.
fn aligned(writer: &Writer<'_>, step: &Step) -> bool {
    let (from, to) = (shape_of(writer.plan, step.inputs[0]), shape_of(writer.plan, step.output));
    let depth = step.filter.as_ref().map_or(0, |filter| filter.shape[1]);
    from.len() == to.len() && from[..from.len() - 1] == to[..to.len() - 1] && from[from.len() - 1] == depth
}

/// Declares `c0`, `c1`, ..., `g` of item `item` of a region, each with `suffix`.
pub(super) fn cells(region: &[Span], item: &str, suffix: &str) -> String {
    let mut stride = region[region.len() - 1].len / 4;
    let mut lines = vec![place(&format!("g{suffix}"), item, 1, stride, &fours(&region[region.len() - 1]))];
    for (axis, span) in region.iter().enumerate().rev().skip(1) {
        lines.push(place(&format!("c{axis}{suffix}"), item, stride, span.len, &span.start()));
        stride *= span.len;
    }
    lines.join(" ")
}

/// As [`cells`], for an item whose channels are those of the item with suffix `same`.
pub(super) fn with_group(region: &[Span], item: &str, suffix: &str, same: &str) -> String {
    let text = cells(region, item, suffix);
    let rest = text.split_once(';').map_or("", |(_, rest)| rest);
    format!("let g{suffix} = g{same};{rest}")
}

/// The first group of a span of channels.
fn fours(span: &Span) -> String {
    match span.start().as_str() {
        "0" => "0".into(),
        start => format!("{start} / 4"),
    }
}

fn place(name: &str, item: &str, stride: usize, size: usize, start: &str) -> String {
    let at = match (size, stride) {
        (1, _) => "0".to_owned(),
        (_, 1) => format!("i32({item} % {size}u)"),
        _ => format!("i32({item} / {stride}u % {size}u)"),
    };
    let at = if start == "0" { at } else { format!("{at} + {start}") };
    format!("let {name} = {at};")
}

/// Hands `value` on, at the cell with `suffix`.
pub(super) fn put(writer: &Writer<'_>, step: &Step, index: usize, suffix: &str, value: &str) -> String {
    let rank = writer.known(step.output).shape.len();
    let cells: String = (0..rank - 1).map(|axis| format!("c{axis}{suffix}, ")).collect();
    format!("put{index}({cells}g{suffix}, {value}{});", writer.handed_on(index, suffix))
}

/// Operand `input` at the item's own place, broadcast.
fn read(writer: &Writer<'_>, step: &Step, input: usize) -> String {
    let id = step.inputs[input];
    let (shape, to) = (writer.known(id).shape.clone(), &writer.known(step.output).shape);
    let first = to.len() - shape.len();
    let mut cells: Vec<String> = (0..shape.len() - 1)
        .map(|axis| if shape[axis] == 1 { "0".to_owned() } else { format!("c{}", first + axis) })
        .collect();
    if shape[shape.len() - 1] == 1 && to[to.len() - 1] != 1 {
        cells.push("0".into());
        return format!("vec4<f32>({})", writer.one(id, &cells));
    }
    writer.fours(id, &cells, "g")
}

fn combine(writer: &Writer<'_>, step: &Step, binary: Binary) -> String {
    let (a, b) = (read(writer, step, 0), read(writer, step, 1));
    format!("let a = {a}; let b = {b}; let x = {};", text::binary(binary, "a", "b"))
}

/// Adds up over the last axis of the operand: `text` for each group `k` of channels, whose value is `v`.
fn over_row(writer: &Writer<'_>, id: ValueId, text: &str) -> String {
    let known = writer.known(id);
    let v = writer.fours(id, &text::names(known.shape.len() - 1), "k");
    format!("for (var k = 0; k < {}; k++) {{ let v = {v}; {text} }}", known.groups())
}

/// Ones for the channels of group `k` that are there.
fn there(channels: usize) -> String {
    match channels % 4 {
        0 => "vec4<f32>(1.0)".into(),
        _ => format!(
            "select(vec4<f32>(), vec4<f32>(1.0), vec4<i32>(k * 4) + vec4<i32>(0, 1, 2, 3) < vec4<i32>({channels}))"
        ),
    }
}

fn normalize(
    writer: &mut Writer<'_>,
    step: &Step,
    filter: &crate::nets::plan::Filter,
    epsilon: f32,
) -> String {
    let id = step.inputs[0];
    let width = writer.known(id).channels();
    let scales = writer.keep(filter.weights.iter().copied());
    let shifts = writer.keep(filter.bias.iter().copied());
    let own = read(writer, step, 0);
    format!(
        "var sum = 0.0; {} let mean = sum / {width}.0; var squares = 0.0; {} \
         let scale = inverseSqrt(squares / {width}.0 + {}); \
         let x = ({own} - mean) * scale * weights4({scales} + g) + weights4({shifts} + g);",
        over_row(writer, id, "sum += v.x + v.y + v.z + v.w;"),
        over_row(writer, id, &format!("let far = (v - mean) * {}; squares += dot(far, far);", there(width))),
        text::literal(epsilon),
    )
}

fn softmax(writer: &mut Writer<'_>, step: &Step, beta: f32) -> String {
    let id = step.inputs[0];
    let width = writer.known(id).channels();
    let beta = text::literal(beta);
    let least = format!("select(vec4<f32>({}), v, {} > vec4<f32>())", text::literal(f32::MIN), there(width));
    let own = read(writer, step, 0);
    format!(
        "var most = {}; {} var sum = 0.0; {} let x = exp({beta} * ({own} - most)) / sum;",
        text::literal(f32::MIN),
        over_row(
            writer,
            id,
            &format!("let m = {least}; most = max(most, max(max(m.x, m.y), max(m.z, m.w)));")
        ),
        // What fills up the last group must not overflow, or infinity times zero would be NaN.
        over_row(
            writer,
            id,
            &format!(
                "let t = {}; let m = select(vec4<f32>(most), v, t > vec4<f32>()); sum += dot(exp({beta} * (m - most)), t);",
                there(width)
            )
        ),
    )
}

/// A reduction that keeps the channels.
struct Reduced {
    /// Cells of the operand; `r0`, `r1`, ... along reduced axes.
    cells: Vec<String>,
    /// Reduced axes, with their sizes.
    axes: Vec<(usize, usize)>,
}

impl Reduced {
    fn of(writer: &Writer<'_>, step: &Step, axes: &[usize], keep_dims: bool) -> Option<Self> {
        let from = &writer.known(step.inputs[0]).shape;
        if axes.contains(&(from.len() - 1)) {
            return None;
        }
        let cells = text::reduced(from.len() - 1, axes, keep_dims);
        Some(Self { cells, axes: axes.iter().map(|&axis| (axis, from[axis])).collect() })
    }

    /// Declares `r{axis}` of reduced cell `r`.
    fn places(&self) -> String {
        let mut stride = 1;
        let mut text = String::new();
        for &(axis, size) in self.axes.iter().rev() {
            text += &format!("let r{axis} = r / {stride} % {size}; ");
            stride *= size;
        }
        text
    }

    /// Reads several values before it adds up the first.
    fn ahead(&self, v: &str, meet: &str, parts: usize) -> String {
        let near = |near: usize| {
            let places = self.places().replace("r / ", &format!("(r + {}) / ", near * parts));
            format!("            var v{near} = vec4<f32>(); {{ {places}v{near} = {v}; }}\n")
        };
        let reads: String = (0..AHEAD).map(near).collect();
        let adds: String =
            (0..AHEAD).map(|near| format!("            {{ let v = v{near}; {meet} }}\n")).collect();
        reads + &adds
    }

    fn write(&self, writer: &mut Writer<'_>, step: &Step, kind: Reduce, index: usize, region: &[Span]) {
        let items = groups(region);
        let count: usize = self.axes.iter().map(|(_, size)| size).product();
        let (start, meet, end) = text::over(kind, &format!("{}.0", count.max(1)));
        let v = writer.fours(step.inputs[0], &self.cells, "g");
        let put = put(writer, step, index, "", "x");
        let parts = writer.threads().map_or(0, |threads| threads / items.max(1));
        if parts < 2 || count <= ALONE {
            let text = format!(
                "        {}\n        var x = {start}; for (var r = 0; r < {count}; r++) {{ {}let v = {v}; {meet} }}\n        {end}\n        {put}\n",
                cells(region, "i", ""),
                self.places()
            );
            return writer.each(items, &text);
        }
        // Several invocations add up parts, one the parts.
        writer.add_in_parts(parts * items);
        writer.each(
            parts * items,
            &format!(
                "        let part = i32(i / {items}u);\n        {}\n        var x = {start}; var r = part;\n        \
                 for (; r < {}; r += {}) {{\n{}        }}\n        \
                 for (; r < {count}; r += {parts}) {{ {}let v = {v}; {meet} }}\n        parts[i] = x;\n",
                cells(region, &format!("(i % {items}u)"), ""),
                count.saturating_sub(parts * (AHEAD - 1)),
                parts * AHEAD,
                self.ahead(&v, meet, parts),
                self.places()
            ),
        );
        writer.wait();
        writer.each(
            items,
            &format!(
                "        {}\n        var x = {start}; for (var p = 0u; p < {parts}u; p++) {{ let v = parts[i + p * {items}u]; {meet} }}\n        {end}\n        {}\n        {put}\n",
                cells(region, "i", ""),
                writer.ahead(index, "")
            ),
        );
    }
}
