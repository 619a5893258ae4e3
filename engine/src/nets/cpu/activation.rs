//! Functions of a value, on vectors of channels.

use super::{aligned::Aligned, simd::Simd};
use crate::nets::{graph::Unary, plan::Activation};

/// exp(x) with a relative error of some 1e-7, without branches. Cephes' polynomial.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::V) -> S::V {
    /// Adding it leaves a whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    /// Natural logarithm of 2, in two parts.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = simd.min(simd.max(x, simd.splat(-87.0)), simd.splat(88.0));
    let round = simd.splat(ROUND);
    let shifted = simd.mul_add(x, simd.splat(std::f32::consts::LOG2_E), round);
    let whole = simd.sub(shifted, round);
    let r = simd.mul_add(whole, simd.splat(-LN_2[0]), x);
    let r = simd.mul_add(whole, simd.splat(-LN_2[1]), r);
    let mut p = simd.splat(1.987_569_1e-4);
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = simd.mul_add(p, r, simd.splat(coefficient));
    }
    let p = simd.add(simd.mul_add(simd.mul(p, r), r, r), simd.splat(1.0));
    simd.mul(p, simd.power_of_two(shifted))
}

/// `unary` on one vector.
#[inline(always)]
pub(super) fn unary<S: Simd>(simd: S, unary: Unary, x: S::V) -> S::V {
    let (zero, one) = (simd.splat(0.0), simd.splat(1.0));
    match unary {
        Unary::Relu => simd.max(x, zero),
        Unary::Relu6 => simd.min(simd.max(x, zero), simd.splat(6.0)),
        Unary::HardSwish => {
            let gate = simd.min(simd.max(simd.add(x, simd.splat(3.0)), zero), simd.splat(6.0));
            simd.mul(simd.mul(x, gate), simd.splat(1.0 / 6.0))
        }
        Unary::Logistic => {
            // Beyond that the quotient is no normal number, which takes processors ten times as long.
            let x = simd.max(x, simd.splat(-86.0));
            simd.div(one, simd.add(one, exp(simd, simd.sub(zero, x))))
        }
        Unary::Exp => exp(simd, x),
        Unary::Neg => simd.sub(zero, x),
        Unary::Square => simd.mul(x, x),
        other => lane_by_lane(simd, other, x),
    }
}

/// What is too rare to be worth vectors.
#[inline(always)]
fn lane_by_lane<S: Simd>(simd: S, unary: Unary, x: S::V) -> S::V {
    let mut lanes = [0.0; 16];
    simd.store(x, &mut lanes);
    for lane in &mut lanes[..S::LANES] {
        *lane = unary.apply(*lane);
    }
    simd.load(&lanes)
}

/// An activation, made ready for vectors of channels.
#[derive(Debug)]
pub(super) enum Finish {
    None,
    Relu,
    /// Slopes by channel, up to a whole vector.
    Prelu(Aligned),
    /// Whatever is applied after storing.
    Unary(Unary),
}

impl Finish {
    pub(super) fn new(activation: &Activation) -> Self {
        match activation {
            Activation::None => Self::None,
            Activation::Unary(Unary::Relu) => Self::Relu,
            Activation::Unary(unary) => Self::Unary(*unary),
            Activation::Prelu(slopes) => Self::Prelu(Aligned::padded(slopes)),
        }
    }

    /// Panics where there are fewer than `channels`.
    pub(super) fn check(&self, channels: usize) {
        if let Self::Prelu(slopes) = self {
            assert!(channels <= slopes.len());
        }
    }

    /// What can be done before storing, to `M` pixels of the channels from `first` on.
    #[inline(always)]
    pub(super) fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        simd: S,
        first: usize,
        sums: &mut [[S::V; N]; M],
    ) {
        let zero = simd.splat(0.0);
        match self {
            Self::Relu => {
                for sum in sums.as_flattened_mut() {
                    *sum = simd.max(*sum, zero);
                }
            }
            Self::Prelu(slopes) => {
                for n in 0..N {
                    let slopes = simd.load(&slopes[first + n * S::LANES..]);
                    for sums in sums.iter_mut() {
                        sums[n] = simd.mul_add(simd.min(sums[n], zero), slopes, simd.max(sums[n], zero));
                    }
                }
            }
            Self::None | Self::Unary(_) => {}
        }
    }

    /// What is left to be done after storing, to `width` values of pixels that are `pitch` values apart.
    #[inline(always)]
    pub(super) fn rest<S: Simd>(&self, simd: S, width: usize, pitch: usize, values: &mut [f32]) {
        match self {
            Self::Unary(unary) if width >= pitch => each(simd, *unary, values),
            Self::Unary(unary) => {
                for pixel in values.chunks_mut(pitch) {
                    let width = width.min(pixel.len());
                    each(simd, *unary, &mut pixel[..width]);
                }
            }
            _ => {}
        }
    }
}

/// All of `finish`, on pixels of `channels` that are `pitch` values apart.
#[inline(always)]
pub(super) fn finish<S: Simd>(simd: S, finish: &Finish, [channels, pitch]: [usize; 2], values: &mut [f32]) {
    match finish {
        Finish::None => {}
        Finish::Relu => each(simd, Unary::Relu, values),
        Finish::Unary(unary) => each(simd, *unary, values),
        Finish::Prelu(slopes) => {
            for pixel in values.chunks_exact_mut(pitch) {
                for (x, slope) in pixel[..channels].iter_mut().zip(slopes.iter()) {
                    *x = x.max(0.0) + slope * x.min(0.0);
                }
            }
        }
    }
}

/// `unary` of all values.
#[inline(always)]
pub(super) fn each<S: Simd>(simd: S, unary: Unary, values: &mut [f32]) {
    let whole = values.len() - values.len() % S::LANES;
    let (values, rest) = values.split_at_mut(whole);
    for values in values.chunks_exact_mut(S::LANES) {
        simd.store(self::unary(simd, unary, simd.load(values)), values);
    }
    if !rest.is_empty() {
        simd.store_part(self::unary(simd, unary, simd.load_part(rest)), rest);
    }
}

#[cfg(test)]
mod tests {
    use super::{each, exp};
    use crate::nets::{
        cpu::simd::{Isa, Simd, Task},
        graph::Unary,
    };

    struct Exponentials<'a>(&'a mut [f32]);

    impl Task for Exponentials<'_> {
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            each(simd, Unary::Exp, self.0);
            let zero = exp(simd, simd.splat(0.0));
            simd.store(zero, self.0);
        }
    }

    #[test]
    fn exp_is_close_over_its_whole_range() {
        for isa in Isa::all() {
            let places: Vec<f32> = (-8600..8700).map(|i| i as f32 / 100.0).collect();
            let mut values = places.clone();
            isa.run(Exponentials(&mut values));
            assert!(
                values[..isa.lanes()].iter().all(|&value| value == 1.0),
                "{isa:?}: exp(0) = {}",
                values[0]
            );
            for (x, got) in places.iter().zip(values).skip(16) {
                let (got, want) = (f64::from(got), f64::from(*x).exp());
                assert!((got - want).abs() <= 3e-7 * want, "{isa:?}: exp({x}) = {got}, not {want}");
            }
        }
    }
}
