//! The product that all convolutions come down to: `out[o][p] = activation(bias[o] + sum_k weight[o][k] *
//! source[offset[k] + p] + residual[o][p])`.
//!
//! Pixels p lie along the vectors and weights are broadcast, so ragged numbers of channels need no padding. A tile
//! of up to six outputs by two or four vectors stays in registers. Row k of the source is wherever `offset[k]`
//! says: a channel for a 1x1 convolution, a shifted view of a padded channel for a larger window.

use super::{
    activation,
    simd::{Simd, Task},
};
use crate::nets::plan::Activation;

/// Outputs in a tile, at most.
const TILE: usize = 6;

/// Weights in the order in which tiles read them.
#[derive(Debug)]
pub(super) struct Packed {
    /// For each block of outputs: all its weights of k = 0, then of k = 1, ...
    values: Vec<f32>,
    /// (first output, outputs, place of their weights)
    blocks: Vec<(usize, usize, usize)>,
}

impl Packed {
    /// Packs `outputs` x `depth` weights, where `weight(o, k)` gives them.
    pub(super) fn new(outputs: usize, depth: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let (mut values, mut blocks) = (Vec::with_capacity(outputs * depth), Vec::new());
        // Blocks of nearly the same size: 8 outputs are 4 + 4, not 6 + 2.
        let count = outputs.div_ceil(TILE);
        for block in 0..count {
            let (first, end) = (outputs * block / count, outputs * (block + 1) / count);
            blocks.push((first, end - first, values.len()));
            for k in 0..depth {
                values.extend((first..end).map(|o| weight(o, k)));
            }
        }
        Self { values, blocks }
    }
}

/// One product. `out` and `residual` hold planes of `pixels`.
pub(super) struct Product<'a> {
    pub(super) source: &'a [f32],
    pub(super) offsets: &'a [usize],
    pub(super) weights: &'a Packed,
    pub(super) bias: &'a [f32],
    /// It may have fewer planes than `out`.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) activation: &'a Activation,
    pub(super) out: &'a mut [f32],
    pub(super) pixels: usize,
}

impl Task for Product<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let mut pixel = 0;
        // A single output has registers to spare for more pixels.
        let wide = if self.bias.len() == 1 {
            8
        } else if S::MANY {
            4
        } else {
            2
        };
        while pixel + wide * S::LANES <= self.pixels {
            match wide {
                8 => self.tile::<S, 1, 8, false>(simd, pixel, self.weights.blocks[0]),
                4 => self.column::<S, 4, false>(simd, pixel),
                _ => self.column::<S, 2, false>(simd, pixel),
            }
            pixel += wide * S::LANES;
        }
        while pixel + S::LANES <= self.pixels {
            self.column::<S, 1, false>(simd, pixel);
            pixel += S::LANES;
        }
        if pixel < self.pixels {
            self.column::<S, 1, true>(simd, pixel);
        }
    }
}

impl Product<'_> {
    /// All outputs of `N` vectors from `pixel` on; `PART`: of the rest, which is less than a vector.
    #[inline(always)]
    fn column<S: Simd, const N: usize, const PART: bool>(&mut self, simd: S, pixel: usize) {
        for block in 0..self.weights.blocks.len() {
            let block = self.weights.blocks[block];
            match block.1 {
                1 => self.tile::<S, 1, N, PART>(simd, pixel, block),
                2 => self.tile::<S, 2, N, PART>(simd, pixel, block),
                3 => self.tile::<S, 3, N, PART>(simd, pixel, block),
                4 => self.tile::<S, 4, N, PART>(simd, pixel, block),
                5 => self.tile::<S, 5, N, PART>(simd, pixel, block),
                _ => self.tile::<S, TILE, N, PART>(simd, pixel, block),
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const M: usize, const N: usize, const PART: bool>(
        &mut self,
        simd: S,
        pixel: usize,
        (first, _, place): (usize, usize, usize),
    ) {
        let width = if PART { self.pixels - pixel } else { N * S::LANES };
        let mut sums = [[simd.splat(0.0); N]; M];
        for (sums, &bias) in sums.iter_mut().zip(&self.bias[first..first + M]) {
            *sums = [simd.splat(bias); N];
        }
        let (weights, _) = self.weights.values[place..].as_chunks::<M>();
        for (&offset, weights) in self.offsets.iter().zip(weights) {
            let row = &self.source[offset + pixel..][..width];
            let mut x = [simd.splat(0.0); N];
            for (n, x) in x.iter_mut().enumerate() {
                *x = load::<S, PART>(simd, &row[n * S::LANES..]);
            }
            for (sums, &weight) in sums.iter_mut().zip(weights) {
                let weight = simd.splat(weight);
                for (sum, &x) in sums.iter_mut().zip(&x) {
                    *sum = simd.mul_add(weight, x, *sum);
                }
            }
        }
        // The sums are stored before anything else is done to them: whatever is not unrolled would keep them out of
        // registers in the loop above.
        for (m, sums) in sums.iter().enumerate() {
            let out = &mut self.out[(first + m) * self.pixels + pixel..][..width];
            for (n, &sum) in sums.iter().enumerate() {
                store::<S, PART>(simd, sum, &mut out[n * S::LANES..]);
            }
        }
        if self.residual.is_some() || *self.activation != Activation::None {
            for channel in first..first + M {
                let place = channel * self.pixels + pixel..channel * self.pixels + pixel + width;
                let residual = self.residual.and_then(|residual| residual.get(place.clone()));
                finish(simd, self.activation, channel, residual, &mut self.out[place]);
            }
        }
    }
}

/// Adds the residual, if there is one, and applies the activation, to values of one channel.
#[inline(always)]
pub(super) fn finish<S: Simd>(
    simd: S,
    activation: &Activation,
    channel: usize,
    residual: Option<&[f32]>,
    out: &mut [f32],
) {
    let whole = out.len() - out.len() % S::LANES;
    for at in (0..whole).step_by(S::LANES) {
        let mut x = simd.load(&out[at..]);
        if let Some(residual) = residual {
            x = simd.add(x, simd.load(&residual[at..]));
        }
        simd.store(activation::apply(simd, activation, channel, x), &mut out[at..]);
    }
    if whole < out.len() {
        let mut x = simd.load_part(&out[whole..]);
        if let Some(residual) = residual {
            x = simd.add(x, simd.load_part(&residual[whole..]));
        }
        simd.store_part(activation::apply(simd, activation, channel, x), &mut out[whole..]);
    }
}

#[inline(always)]
fn load<S: Simd, const PART: bool>(simd: S, from: &[f32]) -> S::V {
    if PART { simd.load_part(from) } else { simd.load(from) }
}

#[inline(always)]
fn store<S: Simd, const PART: bool>(simd: S, v: S::V, to: &mut [f32]) {
    if PART {
        simd.store_part(v, to);
    } else {
        simd.store(v, to);
    }
}

/// Weights on vectors of outputs, for a single pixel.
#[derive(Debug)]
pub(super) struct PackedDense {
    /// For each group of [`GROUP`] outputs: its weights of k = 0, then of k = 1, ...; zero beyond the last output.
    values: Vec<f32>,
    depth: usize,
}

/// Outputs that are summed at once: two to eight vectors.
const GROUP: usize = 32;

impl PackedDense {
    /// Packs `outputs` x `depth` weights, where `weight(o, k)` gives them.
    pub(super) fn new(outputs: usize, depth: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(outputs.next_multiple_of(GROUP) * depth);
        for first in (0..outputs).step_by(GROUP) {
            for k in 0..depth {
                values.extend((first..first + GROUP).map(|o| if o < outputs { weight(o, k) } else { 0.0 }));
            }
        }
        Self { values, depth }
    }
}

/// `out[o] = activation(bias[o] + sum_k weight[o][k] * source[k] + residual[o])`
pub(super) struct DenseProduct<'a> {
    pub(super) source: &'a [f32],
    pub(super) weights: &'a PackedDense,
    pub(super) bias: &'a [f32],
    /// It may be shorter than `out`.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) activation: &'a Activation,
    pub(super) out: &'a mut [f32],
}

impl Task for DenseProduct<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let groups = self.weights.values.chunks_exact(GROUP * self.weights.depth);
        for (group, (weights, out)) in groups.zip(self.out.chunks_mut(GROUP)).enumerate() {
            let mut sums = [simd.splat(0.0); 8];
            let sums = &mut sums[..GROUP / S::LANES];
            for (&x, weights) in self.source.iter().zip(weights.chunks_exact(GROUP)) {
                let x = simd.splat(x);
                for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(S::LANES)) {
                    *sum = simd.mul_add(x, simd.load(weights), *sum);
                }
            }
            let mut values = [0.0; GROUP];
            for (&sum, values) in sums.iter().zip(values.chunks_exact_mut(S::LANES)) {
                simd.store(sum, values);
            }
            for (i, (out, value)) in out.iter_mut().zip(values).enumerate() {
                let channel = group * GROUP + i;
                let residual = self.residual.and_then(|residual| residual.get(channel)).unwrap_or(&0.0);
                *out = activate(self.activation, channel, value + self.bias[channel] + residual);
            }
        }
    }
}

/// `activation` of one value.
#[inline(always)]
pub(super) fn activate(activation: &Activation, channel: usize, x: f32) -> f32 {
    match activation {
        Activation::None => x,
        Activation::Unary(unary) => unary.apply(x),
        Activation::Prelu(slopes) => x.max(0.0) + slopes[channel] * x.min(0.0),
    }
}
