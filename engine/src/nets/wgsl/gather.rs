//! Writers of steps whose values are gathered from a few places, and of steps over rows.

use super::{kernel::Body, text, windowed::over};
use crate::nets::{
    graph::{Alignment, Op, Range, Reduce},
    plan::{Filter, Plan, Step},
};

/// The body of `step`, whose operator neither slides a window nor concatenates.
pub(super) fn body(plan: &Plan, step: &Step) -> Body {
    let from = plan.values[step.inputs[0]].shape.as_slice();
    let to = plan.values[step.output].shape.as_slice();
    let values = plan.values[step.output].values();
    let gather = |value: String| (format!("    {}\n    store(i, {value});\n", text::cell(to)), values);
    let (text, invocations) = match (&step.op, &step.filter) {
        (Op::Unary(unary), _) => {
            (format!("    let x = read0(i);\n    store(i, {});\n", text::unary(*unary, "x")), values)
        }
        (Op::Binary(binary), _) => {
            let operand = |input: usize| broadcast(input, &plan.values[step.inputs[input]].shape, to.len());
            let value = text::binary(*binary, "a", "b");
            let text = format!(
                "    {}\n    let a = {}; let b = {};\n    store(i, {value});\n",
                text::cell(to),
                operand(0),
                operand(1)
            );
            (text, values)
        }
        (Op::Pad { amounts, value }, _) => (pad(from, to, amounts, *value), values),
        (Op::ResizeBilinear { alignment, .. }, _) => (resize(from, to, *alignment), values),
        (Op::DepthToSpace(block), _) => gather(format!("read0({})", depth_to_space(from, to, *block))),
        (Op::Transpose(perm), _) => gather(format!("read0({})", transpose(from, perm))),
        (Op::Slice(ranges), _) => gather(format!("read0({})", slice(from, ranges))),
        (Op::Reduce { kind, axes, .. }, _) => (reduce(from, *kind, axes), values),
        (Op::Softmax { beta }, _) => rows(values, from, &softmax(*beta)),
        (Op::Normalize { epsilon }, Some(filter)) => rows(values, from, &normalize(filter, *epsilon)),
        // Reshape and Dequantize: the same values.
        _ => ("    store(i, read0(i));\n".into(), values),
    };
    let weights = match (&step.op, &step.filter) {
        (Op::Normalize { .. }, Some(filter)) => [&filter.weights[..], &filter.bias[..]].concat(),
        _ => Vec::new(),
    };
    Body { inputs: step.inputs.clone(), text, weights, invocations }
}

/// One body for each operand, which brings its values to their places in the result.
pub(super) fn concat(plan: &Plan, step: &Step, axis: usize) -> Vec<Body> {
    let to = plan.values[step.output].shape.as_slice();
    let mut start = 0;
    let body = |&id: &usize| {
        let from = plan.values[id].shape.as_slice();
        let mut places = text::names(to.len());
        places[axis] = format!("c{axis} + {start}u");
        start += from[axis];
        let text = format!("    {}\n    store({}, read0(i));\n", text::cell(from), text::flat(&places, to));
        Body { inputs: vec![id], text, weights: Vec::new(), invocations: from.iter().product() }
    };
    step.inputs.iter().map(body).collect()
}

/// The value of an operand of `shape` at the cell of a result of `rank` axes.
fn broadcast(input: usize, shape: &[usize], rank: usize) -> String {
    let places = text::names(rank)[rank - shape.len()..].to_vec();
    let places: Vec<String> = places
        .into_iter()
        .zip(shape)
        .map(|(place, &size)| if size == 1 { "0u".into() } else { place })
        .collect();
    format!("read{input}({})", text::flat(&places, shape))
}

fn pad(from: &[usize], to: &[usize], amounts: &[[usize; 2]], value: f32) -> String {
    let inside: Vec<String> = (0..from.len())
        .map(|axis| {
            let before = amounts[axis][0];
            format!("c{axis} >= {before}u && c{axis} < {}u", before + from[axis])
        })
        .collect();
    let places: Vec<String> =
        (0..from.len()).map(|axis| format!("c{axis} - {}u", amounts[axis][0])).collect();
    format!(
        "    {}\n    var value = {};\n    if {} {{ value = read0({}); }}\n    store(i, value);\n",
        text::cell(to),
        text::literal(value),
        if inside.is_empty() { "true".into() } else { inside.join(" && ") },
        text::flat(&places, from)
    )
}

/// As `resample::between`.
fn resize(from: &[usize], to: &[usize], alignment: Alignment) -> String {
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
            "    let {name} = {place}; let {name}_low = min(u32({name}), {last}u); \
             let {name}_high = min({name}_low + 1u, {last}u); let {name}_part = {name} - f32({name}_low);\n",
            last = size - 1
        )
    };
    let at = |row: &str, col: &str| {
        let places = ["c0".to_owned(), row.to_owned(), col.to_owned(), "c3".to_owned()];
        format!("read0({})", text::flat(&places, from))
    };
    format!(
        "    {}\n{}{}    let upper = {} * (1.0 - x_part) + {} * x_part;\n    \
         let lower = {} * (1.0 - x_part) + {} * x_part;\n    store(i, upper * (1.0 - y_part) + lower * y_part);\n",
        text::cell(to),
        along(1, "y"),
        along(2, "x"),
        at("y_low", "x_low"),
        at("y_low", "x_high"),
        at("y_high", "x_low"),
        at("y_high", "x_high"),
    )
}

fn depth_to_space(from: &[usize], to: &[usize], block: usize) -> String {
    let depth = format!("(c1 % {block}u * {block}u + c2 % {block}u) * {}u + c3", to[3]);
    text::flat(&["c0".into(), format!("c1 / {block}u"), format!("c2 / {block}u"), depth], from)
}

fn transpose(from: &[usize], perm: &[usize]) -> String {
    let mut places = vec![String::new(); perm.len()];
    perm.iter().enumerate().for_each(|(axis, &source)| places[source] = format!("c{axis}"));
    text::flat(&places, from)
}

fn slice(from: &[usize], ranges: &[Range]) -> String {
    let place =
        |(axis, range): (usize, &Range)| format!("u32({}i + {}i * i32(c{axis}))", range.begin, range.step);
    let places: Vec<String> = ranges.iter().enumerate().map(place).collect();
    text::flat(&places, from)
}

fn reduce(from: &[usize], kind: Reduce, axes: &[usize]) -> String {
    let kept: Vec<usize> = (0..from.len()).filter(|axis| !axes.contains(axis)).collect();
    let kept_shape: Vec<usize> = kept.iter().map(|&axis| from[axis]).collect();
    let mut places: Vec<String> = (0..from.len()).map(|axis| format!("r{axis}")).collect();
    kept.iter().enumerate().for_each(|(place, &axis)| places[axis] = format!("c{place}"));
    let (start, meet, end) = over(kind);
    let open: String = axes
        .iter()
        .map(|&axis| format!("for (var r{axis} = 0u; r{axis} < {}u; r{axis}++) {{ ", from[axis]))
        .collect();
    format!(
        "    {}\n    var value = {start}; var count = 0.0;\n    {open}let x = read0({}); {meet} count += 1.0;{}\n    \
         store(i, {end});\n",
        text::cell(&kept_shape),
        text::flat(&places, from),
        " }".repeat(axes.len())
    )
}

/// One invocation for each row along the last axis, of `width` values from `first` on.
fn rows(values: usize, shape: &[usize], text: &str) -> (String, usize) {
    let width = shape.last().copied().unwrap_or(1).max(1);
    (format!("    let first = i * {width}u; let width = {width}u;\n{text}"), values / width)
}

fn softmax(beta: f32) -> String {
    let beta = text::literal(beta);
    format!(
        "    var most = read0(first);\n    for (var k = 1u; k < width; k++) {{ most = max(most, read0(first + k)); }}\n    \
         var sum = 0.0;\n    for (var k = 0u; k < width; k++) {{ sum += exp({beta} * (read0(first + k) - most)); }}\n    \
         for (var k = 0u; k < width; k++) {{ store(first + k, exp({beta} * (read0(first + k) - most)) / sum); }}\n"
    )
}

fn normalize(filter: &Filter, epsilon: f32) -> String {
    format!(
        "    var sum = 0.0;\n    for (var k = 0u; k < width; k++) {{ sum += read0(first + k); }}\n    \
         let mean = sum / f32(width);\n    var squares = 0.0;\n    \
         for (var k = 0u; k < width; k++) {{ let x = read0(first + k) - mean; squares += x * x; }}\n    \
         let scale = inverseSqrt(squares / f32(width) + {});\n    \
         for (var k = 0u; k < width; k++) {{ \
         store(first + k, (read0(first + k) - mean) * scale * weight(k) + weight({}u + k)); }}\n",
        text::literal(epsilon),
        filter.weights.len()
    )
}
