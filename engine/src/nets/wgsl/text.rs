//! Pieces of WGSL: literals, cells of tensors and functions of values.

use crate::nets::graph::{Binary, Unary};

/// `x` as WGSL spells it. What is not finite has no literal; the nearest number takes its place.
pub(super) fn literal(x: f32) -> String {
    let x = if x.is_nan() { 0.0 } else { x.clamp(f32::MIN, f32::MAX) };
    format!("{x:?}f")
}

/// Declares `c0`, `c1`, ...: the cell of a tensor of `shape` at flat index `i`.
pub(super) fn cell(shape: &[usize]) -> String {
    let mut stride = 1;
    let mut lines = Vec::with_capacity(shape.len());
    for (axis, &size) in shape.iter().enumerate().rev() {
        lines.push(format!("let c{axis} = i / {stride}u % {}u;", size.max(1)));
        stride *= size.max(1);
    }
    lines.join(" ")
}

/// The names that [`cell`] declares.
pub(super) fn names(rank: usize) -> Vec<String> {
    (0..rank).map(|axis| format!("c{axis}")).collect()
}

/// Flat index of the cell at `places` in a tensor of `shape`.
pub(super) fn flat(places: &[String], shape: &[usize]) -> String {
    let mut stride = 1;
    let mut terms = Vec::with_capacity(shape.len());
    for (place, &size) in places.iter().zip(shape).rev() {
        terms.push(format!("({place}) * {stride}u"));
        stride *= size;
    }
    if terms.is_empty() { "0u".into() } else { terms.join(" + ") }
}

/// The function of `x`.
pub(super) fn unary(unary: Unary, x: &str) -> String {
    match unary {
        Unary::Relu => format!("max({x}, 0.0)"),
        Unary::Relu6 => format!("clamp({x}, 0.0, 6.0)"),
        Unary::ReluN1To1 => format!("clamp({x}, -1.0, 1.0)"),
        Unary::LeakyRelu(slope) => format!("select({x}, {x} * {}, {x} < 0.0)", literal(slope)),
        Unary::HardSwish => format!("{x} * clamp({x} + 3.0, 0.0, 6.0) / 6.0"),
        // Beyond these places both are flat, and some drivers make NaN of the exponential's overflow.
        Unary::Logistic => format!("1.0 / (1.0 + exp(-clamp({x}, -80.0, 80.0)))"),
        Unary::Tanh => format!("tanh(clamp({x}, -20.0, 20.0))"),
        Unary::Neg => format!("-{x}"),
        Unary::Abs => format!("abs({x})"),
        Unary::Square => format!("{x} * {x}"),
        Unary::Sqrt => format!("sqrt({x})"),
        Unary::Rsqrt => format!("inverseSqrt({x})"),
        Unary::Exp => format!("exp({x})"),
    }
}

/// The function of `a` and `b`.
pub(super) fn binary(binary: Binary, a: &str, b: &str) -> String {
    match binary {
        Binary::Add => format!("{a} + {b}"),
        Binary::Sub => format!("{a} - {b}"),
        Binary::Mul => format!("{a} * {b}"),
        Binary::Div => format!("{a} / {b}"),
        Binary::SquaredDifference => format!("({a} - {b}) * ({a} - {b})"),
        Binary::Maximum => format!("max({a}, {b})"),
        Binary::Minimum => format!("min({a}, {b})"),
        Binary::Prelu => format!("select({a}, {a} * {b}, {a} < 0.0)"),
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
        assert_eq!(cell(&[2, 3]), "let c1 = i / 1u % 3u; let c0 = i / 3u % 2u;");
        assert_eq!(flat(&names(2), &[2, 3]), "(c1) * 1u + (c0) * 3u");
        assert_eq!(flat(&[], &[]), "0u");
    }
}
