//! Functions of a value, on vectors.

use super::simd::Simd;
use crate::nets::{graph::Unary, plan::Activation};

/// exp(x) with a relative error of some 1e-7, without branches. Cephes' polynomial.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it leaves a whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    /// Natural logarithm of 2, in two parts.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let power = f32::from_bits(shifted.to_bits().wrapping_shl(23).wrapping_add(1.0_f32.to_bits()));
    let r = x - whole * LN_2[0] - whole * LN_2[1];
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = p * r + coefficient;
    }
    (p * r * r + r + 1.0) * power
}

/// `activation` on one vector of values of `channel`.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, activation: &Activation, channel: usize, x: S::V) -> S::V {
    let zero = simd.splat(0.0);
    match activation {
        Activation::None => x,
        Activation::Unary(unary) => self::unary(simd, *unary, x),
        Activation::Prelu(slopes) => {
            simd.mul_add(simd.min(x, zero), simd.splat(slopes[channel]), simd.max(x, zero))
        }
    }
}

/// `unary` on one vector.
#[inline(always)]
pub(super) fn unary<S: Simd>(simd: S, unary: Unary, x: S::V) -> S::V {
    let zero = simd.splat(0.0);
    match unary {
        Unary::Relu => simd.max(x, zero),
        Unary::Relu6 => simd.min(simd.max(x, zero), simd.splat(6.0)),
        Unary::HardSwish => {
            let gate = simd.min(simd.max(simd.add(x, simd.splat(3.0)), zero), simd.splat(6.0));
            simd.mul(simd.mul(x, gate), simd.splat(1.0 / 6.0))
        }
        Unary::Logistic => simd.map(x, |x| 1.0 / (1.0 + exp(-x))),
        Unary::Exp => simd.map(x, exp),
        other => simd.map(x, |x| other.apply(x)),
    }
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exp_is_close_over_its_whole_range() {
        for i in -8600..8700 {
            let x = i as f32 / 100.0;
            let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got - want).abs() <= 3e-7 * want, "exp({x}) = {got}, not {want}");
        }
    }
}
