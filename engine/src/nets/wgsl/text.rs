//! Pieces of WGSL: literals, cells of tensors and functions of values.

use crate::nets::graph::{Binary, Reduce, Unary};

/// `x` as WGSL spells it. What is not finite has no literal; the nearest number takes its place.
pub(super) fn literal(x: f32) -> String {
    let x = if x.is_nan() { 0.0 } else { x.clamp(f32::MIN, f32::MAX) };
    format!("{x:?}f")
}

/// The cell of a value: along each axis.
pub(super) fn names(rank: usize) -> Vec<String> {
    (0..rank).map(|axis| format!("c{axis}")).collect()
}

/// Flat index of the cell at `places` in a tensor of `shape`.
pub(super) fn flat(places: &[String], shape: &[usize]) -> String {
    let mut index = String::new();
    for (place, &size) in places.iter().zip(shape) {
        index = if index.is_empty() { format!("({place})") } else { format!("({index} * {size} + {place})") };
    }
    if index.is_empty() { "0".into() } else { index }
}

/// The cell of a tensor of `shape` at flat index `i`.
pub(super) fn places(i: &str, shape: &[usize]) -> Vec<String> {
    let mut stride = 1;
    let mut places = Vec::with_capacity(shape.len());
    for &size in shape.iter().rev() {
        places.push(format!("{i} / {stride} % {}", size.max(1)));
        stride *= size.max(1);
    }
    places.reverse();
    places
}

/// The cell of a reduction's operand, along its first `rank` axes: `r{axis}` along those that are reduced.
pub(super) fn reduced(rank: usize, axes: &[usize], keep_dims: bool) -> Vec<String> {
    let mut place = 0;
    let mut cell = |axis: usize| {
        if axes.contains(&axis) {
            return format!("r{axis}");
        }
        place += 1;
        format!("c{}", if keep_dims { axis } else { place - 1 })
    };
    (0..rank).map(&mut cell).collect()
}

/// What a reduction of `v` to `x` begins with, does for each value, and does in the end. `count` is how many there are.
pub(super) fn over(kind: Reduce, count: &str) -> (String, &'static str, String) {
    let start = |value: f32| format!("vec4<f32>({})", literal(value));
    match kind {
        Reduce::Max => (start(f32::MIN), "x = max(x, v);", String::new()),
        Reduce::Min => (start(f32::MAX), "x = min(x, v);", String::new()),
        Reduce::Sum => (start(0.0), "x += v;", String::new()),
        Reduce::Mean => (start(0.0), "x += v;", format!("x /= {count};")),
    }
}

/// The function of `x`, a `vec4`.
pub(super) fn unary(unary: Unary, x: &str) -> String {
    let all = |value: f32| format!("vec4<f32>({value:?})");
    match unary {
        Unary::Relu => format!("max({x}, {})", all(0.0)),
        Unary::Relu6 => format!("clamp({x}, {}, {})", all(0.0), all(6.0)),
        Unary::ReluN1To1 => format!("clamp({x}, {}, {})", all(-1.0), all(1.0)),
        Unary::LeakyRelu(slope) => format!("select({x}, {x} * {}, {x} < {})", literal(slope), all(0.0)),
        Unary::HardSwish => format!("{x} * clamp({x} + 3.0, {}, {}) / 6.0", all(0.0), all(6.0)),
        // Beyond these places both are flat, and some drivers make NaN of the exponential's overflow.
        Unary::Logistic => format!("1.0 / (1.0 + exp(-clamp({x}, {}, {})))", all(-80.0), all(80.0)),
        Unary::Tanh => format!("tanh(clamp({x}, {}, {}))", all(-20.0), all(20.0)),
        Unary::Neg => format!("-{x}"),
        Unary::Abs => format!("abs({x})"),
        Unary::Square => format!("{x} * {x}"),
        Unary::Sqrt => format!("sqrt({x})"),
        Unary::Rsqrt => format!("inverseSqrt({x})"),
        Unary::Exp => format!("exp({x})"),
    }
}

/// The function of `a` and `b`, both `vec4`.
pub(super) fn binary(binary: Binary, a: &str, b: &str) -> String {
    match binary {
        Binary::Add => format!("{a} + {b}"),
        Binary::Sub => format!("{a} - {b}"),
        Binary::Mul => format!("{a} * {b}"),
        Binary::Div => format!("{a} / {b}"),
        Binary::SquaredDifference => format!("({a} - {b}) * ({a} - {b})"),
        Binary::Maximum => format!("max({a}, {b})"),
        Binary::Minimum => format!("min({a}, {b})"),
        Binary::Prelu => format!("select({a}, {a} * {b}, {a} < vec4<f32>())"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_wgsl_for_every_number() {
        for (x, text) in [(1.0, "1.0f"), (-1e-7, "-1e-7f"), (f32::NEG_INFINITY, "-3.4028235e38f")] {
            assert_eq!(literal(x), text);
        }
        assert_eq!(literal(f32::NAN), "0.0f");
    }

    #[test]
    fn a_cell_is_taken_apart_and_put_together() {
        assert_eq!(places("i", &[2, 3]), ["i / 3 % 2", "i / 1 % 3"]);
        assert_eq!(flat(&names(3), &[2, 3, 4]), "(((c0) * 3 + c1) * 4 + c2)");
        assert_eq!(flat(&[], &[]), "0");
    }
}
