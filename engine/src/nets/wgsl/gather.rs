//! Phases of steps whose values are gathered from single places: each lane of an item by itself.

use super::{region::shape_of, text, writer::Writer};
use crate::nets::{
    graph::{Op, Range, Reduce},
    plan::{Filter, Step},
};

/// Statements that make `x` of the item at `c0`, ..., `g`; the function `cell{index}` gives each lane.
pub(super) fn lanes(writer: &mut Writer<'_>, step: &Step, index: usize) -> String {
    let to = shape_of(writer.plan, step.output);
    if let (Op::Concat(axis), true) = (&step.op, concat_by_fours(writer, step)) {
        return format!("var x = vec4<f32>(); {}", concat(writer, step, *axis, &to, true));
    }
    let last = to.len() - 1;
    let parameters: Vec<String> = (0..=last).map(|axis| format!("c{axis}: i32")).collect();
    let body = body(writer, step, &to);
    writer.function(&format!("fn cell{index}({}) -> f32 {{\n    {body}\n}}\n", parameters.join(", ")));
    let others: String = (0..last).map(|axis| format!("c{axis}, ")).collect();
    let lane = |lane: usize| match to[last] % 4 {
        rest if to[last] < 4 && lane >= rest => "0.0".to_owned(),
        _ => format!("cell{index}({others}g * 4 + {lane})"),
    };
    format!("let x = vec4<f32>({}, {}, {}, {});", lane(0), lane(1), lane(2), lane(3))
}

/// Statements that return the value at `c0`, `c1`, ....
fn body(writer: &mut Writer<'_>, step: &Step, to: &[usize]) -> String {
    let id = step.inputs[0];
    let from = shape_of(writer.plan, id);
    let names = || text::names(to.len());
    let read = |cells: Vec<String>| format!("return {};", writer.one(id, &cells));
    match (&step.op, &step.filter) {
        (Op::Pad { amounts, value }, _) => pad(writer, step, &from, amounts, *value),
        (Op::DepthToSpace(block), _) => {
            let depth = format!("(c1 % {block} * {block} + c2 % {block}) * {} + c3", to[3]);
            read(vec!["c0".into(), format!("c1 / {block}"), format!("c2 / {block}"), depth])
        }
        (Op::Transpose(perm), _) => {
            let mut places = vec![String::new(); perm.len()];
            perm.iter().enumerate().for_each(|(axis, &source)| places[source] = format!("c{axis}"));
            read(places)
        }
        (Op::Slice(ranges), _) => {
            let place =
                |(axis, range): (usize, &Range)| format!("{} + {} * c{axis}", range.begin, range.step);
            read(ranges.iter().enumerate().map(place).collect())
        }
        (Op::Concat(axis), _) => concat(writer, step, *axis, to, false),
        (Op::Reduce { kind, axes, keep_dims }, _) => reduce(writer, step, &from, *kind, axes, *keep_dims),
        (Op::FullyConnected { .. }, Some(filter)) => connected(writer, step, filter, &from, to),
        // Reshape: the same values.
        _ => format!("let i = {}; {}", text::flat(&names(), to), read(text::places("i", &from))),
    }
}

/// Whether each operand of a concatenation begins and ends at whole groups of channels.
fn concat_by_fours(writer: &Writer<'_>, step: &Step) -> bool {
    let last = shape_of(writer.plan, step.output).len() - 1;
    let fits = |&id: &usize| shape_of(writer.plan, id)[last].is_multiple_of(4);
    matches!(step.op, Op::Concat(axis) if axis < last || step.inputs.iter().all(fits))
}

/// Statements that return the value, or set the group `x`, at its place among the operands.
fn concat(writer: &Writer<'_>, step: &Step, axis: usize, to: &[usize], by_fours: bool) -> String {
    let last = to.len() - 1;
    let mut start = 0;
    let mut text = String::new();
    for (number, &id) in step.inputs.iter().enumerate() {
        let scale = if by_fours && axis == last { 4 } else { 1 };
        let name = if by_fours && axis == last { "g".to_owned() } else { format!("c{axis}") };
        let end = (start + shape_of(writer.plan, id)[axis]) / scale;
        let first = start / scale;
        let mut cells = text::names(if by_fours { last } else { last + 1 });
        if let Some(cell) = cells.get_mut(axis) {
            *cell = format!("{name} - {first}");
        }
        let read = match (by_fours, axis == last) {
            (false, _) => format!("return {};", writer.one(id, &cells)),
            (true, true) => format!("x = {};", writer.fours(id, &cells, &format!("g - {first}"))),
            (true, false) => format!("x = {};", writer.fours(id, &cells, "g")),
        };
        text += &match (number + 1 == step.inputs.len(), by_fours) {
            (true, false) => read,
            (true, true) => format!("if {name} >= {first} {{ {read} }}"),
            (false, _) => format!("if {name} >= {first} && {name} < {end} {{ {read} }} "),
        };
        start += shape_of(writer.plan, id)[axis];
    }
    text
}

fn pad(writer: &Writer<'_>, step: &Step, from: &[usize], amounts: &[[usize; 2]], value: f32) -> String {
    let inside: Vec<String> = (0..from.len())
        .filter(|&axis| amounts.get(axis).is_some_and(|amount| *amount != [0, 0]))
        .map(|axis| format!("u32(c{axis} - {}) < {}u", amounts[axis][0], from[axis]))
        .collect();
    let places: Vec<String> = (0..from.len())
        .map(|axis| format!("c{axis} - {}", amounts.get(axis).map_or(0, |amount| amount[0])))
        .collect();
    let read = writer.one(step.inputs[0], &places);
    let inside = if inside.is_empty() { "true".into() } else { inside.join(" && ") };
    format!("if {inside} {{ return {read}; }} return {};", text::literal(value))
}

fn reduce(
    writer: &Writer<'_>,
    step: &Step,
    from: &[usize],
    kind: Reduce,
    axes: &[usize],
    keep_dims: bool,
) -> String {
    let cells = text::reduced(from.len(), axes, keep_dims);
    let count: usize = axes.iter().map(|&axis| from[axis]).product();
    let (start, meet, end) = text::over(kind, &format!("{}.0", count.max(1)));
    let open: String = axes
        .iter()
        .map(|&axis| format!("for (var r{axis} = 0; r{axis} < {}; r{axis}++) {{ ", from[axis]))
        .collect();
    format!(
        "var x = {start}; {open}let v = vec4<f32>({}); {meet}{} {end} return x.x;",
        writer.one(step.inputs[0], &cells),
        " }".repeat(axes.len())
    )
}

/// A fully connected step whose rows lie across the axes of its operand.
fn connected(writer: &mut Writer<'_>, step: &Step, filter: &Filter, from: &[usize], to: &[usize]) -> String {
    let (channels, depth) = (filter.shape[0], filter.shape[1]);
    let first = writer.keep(filter.weights.iter().copied());
    let bias = writer.keep(filter.bias.iter().copied());
    let names = text::names(to.len());
    let row = text::flat(&names[..to.len() - 1], &to[..to.len() - 1]);
    let read = writer.one(step.inputs[0], &text::places("i", from));
    format!(
        "let o = min(c{}, {}); var x = weights4({bias} + o / 4)[u32(o % 4)]; for (var d = 0; d < {depth}; d++) {{ \
         let i = ({row}) * {depth} + d; let w = o * {depth} + d; \
         x += {read} * weights4({first} + w / 4)[u32(w % 4)]; }} return x;",
        to.len() - 1,
        channels - 1
    )
}
