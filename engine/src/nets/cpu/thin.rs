//! Products for a single pixel: heads that see all of a small map, and fully connected layers.
//!
//! Every weight is used once, so the time goes into fetching weights. They are kept as f16 where that loses nothing,
//! as with models whose makers store them so, and widened on the way.

#![allow(unsafe_code, reason = "pointers into slices whose bounds are checked once for a block")]

use std::ops::Range;

use half::f16;

use super::{
    activation::Finish,
    aligned::Aligned,
    image::Shape,
    product::Segment,
    simd::{Isa, Simd, Task},
};
use crate::nets::{
    graph::Op,
    plan::{Filter, Plan, Step},
};

/// Vectors of outputs that are summed at once.
const MOST: usize = 8;

/// A step that gives one pixel.
#[derive(Debug)]
pub(super) struct Thin {
    /// For each block: the halves of all its weights of k = 0, then of k = 1, ..., two to a value.
    weights: Aligned,
    /// First output, vectors, and the place of the weights in halves.
    blocks: Vec<(usize, usize, usize)>,
    segments: Vec<Segment>,
    bias: Aligned,
    finish: Finish,
    outputs: usize,
}

impl Thin {
    /// `None` where `step` gives more than one pixel, adds a residual, or has weights that are no halves; or where
    /// widening them is slow.
    pub(super) fn new(isa: Isa, plan: &Plan, step: &Step, filter: &Filter) -> Option<Self> {
        let input = Shape::of(plan, step, step.inputs[0]);
        let output = Shape::of(plan, step, step.output);
        let exact = |weight: &f32| f16::from_f32(*weight).to_f32().to_bits() == weight.to_bits();
        let fits = isa.widens_halves()
            && output.rows * output.cols == 1
            && step.residual.is_none()
            && filter.weights.iter().all(exact);
        let sees_all = match &step.op {
            Op::Conv2d(window) => window.kernel == [input.rows, input.cols] && window.padding == [[0; 2]; 2],
            Op::FullyConnected { .. } => filter.shape[1] == input.rows * input.cols * input.channels,
            _ => false,
        };
        if !fits || !sees_all {
            return None;
        }
        let segments = (0..input.rows * input.cols).map(|pixel| Segment {
            source: pixel * input.pitch,
            k: pixel * input.channels,
            depth: input.channels,
        });
        let (weights, blocks) = packed(isa.lanes(), filter);
        Some(Self {
            weights,
            blocks,
            segments: segments.collect(),
            bias: Aligned::padded(&filter.bias),
            finish: Finish::new(&step.activation),
            outputs: filter.bias.len(),
        })
    }

    /// How many blocks of outputs there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The first output of block `index`.
    pub(super) fn first(&self, index: usize) -> usize {
        self.blocks.get(index).map_or(self.outputs, |(first, ..)| *first)
    }

    /// Makes the outputs of `blocks`.
    pub(super) fn run(&self, isa: Isa, blocks: Range<usize>, input: &[f32], out: &mut [f32]) {
        isa.run(Blocks { thin: self, blocks, input, out });
    }
}

/// Weights of `filter` as pairs of halves in the order in which blocks read them; and the blocks.
fn packed(lanes: usize, filter: &Filter) -> (Aligned, Vec<(usize, usize, usize)>) {
    let outputs = filter.bias.len();
    let depth = filter.weights.len() / outputs;
    let (vectors, mut first) = (outputs.div_ceil(lanes), 0);
    let mut weights = Aligned::zeros((depth * vectors * lanes).div_ceil(2));
    let halves: &mut [u16] = bytemuck::cast_slice_mut(&mut weights);
    let (mut blocks, mut place) = (Vec::new(), 0);
    while first < vectors {
        let count = if vectors - first >= MOST { MOST } else { 1 << (vectors - first).ilog2() };
        blocks.push((first * lanes, count, place));
        for k in 0..depth {
            for o in (first * lanes..(first + count) * lanes).filter(|&o| o < outputs) {
                halves[place + k * count * lanes + o - first * lanes] =
                    f16::from_f32(filter.weights[o * depth + k]).to_bits();
            }
        }
        place += depth * count * lanes;
        first += count;
    }
    (weights, blocks)
}

/// Some blocks of outputs.
struct Blocks<'a> {
    thin: &'a Thin,
    blocks: Range<usize>,
    input: &'a [f32],
    out: &'a mut [f32],
}

impl Task for Blocks<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { thin, blocks, input, out } = self;
        let start = thin.first(blocks.start);
        for &(first, vectors, place) in &thin.blocks[blocks] {
            let place = (first, place);
            let out = &mut out[first - start..];
            match vectors {
                MOST => block::<S, MOST>(simd, thin, place, input, out),
                4 => block::<S, 4>(simd, thin, place, input, out),
                2 => block::<S, 2>(simd, thin, place, input, out),
                _ => block::<S, 1>(simd, thin, place, input, out),
            }
        }
    }
}

/// `N` vectors of outputs.
#[inline(always)]
fn block<S: Simd, const N: usize>(
    simd: S,
    thin: &Thin,
    (first, place): (usize, usize),
    input: &[f32],
    out: &mut [f32],
) {
    let halves: &[u16] = &bytemuck::cast_slice(&thin.weights)[place..];
    let width = N * S::LANES;
    let mut sums = [[simd.splat(0.0); N]; 1];
    for (n, sum) in sums[0].iter_mut().enumerate() {
        *sum = simd.load(&thin.bias[first + n * S::LANES..]);
    }
    for segment in &thin.segments {
        let halves = &halves[segment.k * width..][..segment.depth * width];
        for (k, &x) in input[segment.source..][..segment.depth].iter().enumerate() {
            let x = simd.splat(x);
            for (n, sum) in sums[0].iter_mut().enumerate() {
                // SAFETY: `depth` times `N` vectors of halves lie there.
                let weights = unsafe { simd.read_halves(halves.as_ptr().add(k * width + n * S::LANES)) };
                *sum = simd.mul_add(x, weights, *sum);
            }
        }
    }
    thin.finish.tile(simd, first, &mut sums);
    let mut whole = [0.0; MOST * 16];
    for (n, &sum) in sums[0].iter().enumerate() {
        simd.store(sum, &mut whole[n * S::LANES..]);
    }
    let count = width.min(thin.outputs - first).min(out.len());
    out[..count].copy_from_slice(&whole[..count]);
    thin.finish.rest(simd, count, count, &mut out[..count]);
}
