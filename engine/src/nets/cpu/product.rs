//! The product that convolutions come down to: `out[p][o] = activation(bias[o] + sum_k source[p][k] * weight[k][o] +
//! residual[p][o])` for pixels p at even distances.
//!
//! Outputs lie along the vectors and values of the source are broadcast. A tile of pixels by one to three vectors of
//! outputs stays in registers, through the residual and the common activations, until it is stored. The source of a
//! pixel is a list of segments: one for a 1x1 convolution, one for each row of a larger window.

#![allow(unsafe_code, reason = "pointers into slices whose bounds are checked once for a whole product")]

use super::{
    activation::Finish,
    aligned::Aligned,
    simd::{Simd, Task},
};

/// Weights in the order in which tiles read them.
#[derive(Debug)]
pub(super) struct Packed {
    values: Aligned,
    blocks: Vec<Block>,
    pub(super) depth: usize,
    pub(super) outputs: usize,
}

/// Outputs that a tile computes together.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// The first.
    first: usize,
    vectors: usize,
    /// Whether the rows of the output end within the last vector.
    part: bool,
    /// Where its weights are: all of k = 0, then of k = 1, ...
    place: usize,
}

impl Packed {
    /// Packs `depth` x `outputs` weights for vectors of `lanes`, where `weight(k, o)` gives them and the output's
    /// pixels are `pitch` values apart.
    pub(super) fn new(
        lanes: usize,
        [depth, outputs, pitch]: [usize; 3],
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let vectors = outputs.div_ceil(lanes);
        let whole = if pitch >= vectors * lanes { vectors } else { vectors - 1 };
        let mut blocks = Vec::new();
        let mut first = 0;
        while first < whole {
            // Tiles of two and three vectors are the fastest: 4 are 2 + 2.
            let vectors = match whole - first {
                left @ (1 | 2) => left,
                4 => 2,
                _ => 3,
            };
            blocks.push((first, vectors, false));
            first += vectors;
        }
        if whole < vectors {
            blocks.push((whole, 1, true));
        }
        let mut values = Aligned::zeros(depth * vectors * lanes);
        let mut place = 0;
        let mut packed = Vec::new();
        for (first, vectors, part) in blocks {
            let (first, width) = (first * lanes, vectors * lanes);
            packed.push(Block { first, vectors, part, place });
            for k in 0..depth {
                for o in (first..first + width).filter(|&o| o < outputs) {
                    values[place + k * width + o - first] = weight(k, o);
                }
            }
            place += depth * width;
        }
        Self { values, blocks: packed, depth, outputs }
    }

    /// How many blocks of outputs there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The first output of block `index`; the end of all outputs for the one after the last.
    pub(super) fn first(&self, index: usize) -> usize {
        self.blocks.get(index).map_or(self.outputs, |block| block.first)
    }
}

/// A run of values of the source, beneath a run of weights.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    /// Where it begins for the first pixel.
    pub(super) source: usize,
    /// The k of its first weight.
    pub(super) k: usize,
    pub(super) depth: usize,
}

/// What is added to the outputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residual<'a> {
    pub(super) values: &'a [f32],
    pub(super) pitch: usize,
    /// No more than the outputs; the others stay as they are.
    pub(super) channels: usize,
}

/// One product.
pub(super) struct Product<'a> {
    pub(super) source: &'a [f32],
    pub(super) segments: &'a [Segment],
    /// From pixel to pixel of the source.
    pub(super) step: usize,
    pub(super) weights: &'a Packed,
    /// The blocks of outputs that are computed, of all pixels.
    pub(super) blocks: std::ops::Range<usize>,
    /// At least as long as the outputs rounded up to whole vectors.
    pub(super) bias: &'a [f32],
    pub(super) residual: Option<Residual<'a>>,
    pub(super) finish: &'a Finish,
    pub(super) out: &'a mut [f32],
    /// From pixel to pixel of the output.
    pub(super) pitch: usize,
    /// The output that is first in `out`.
    pub(super) first: usize,
    pub(super) pixels: usize,
}

impl Task for Product<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        self.check(S::LANES);
        let (one, more) = if S::MANY { (16, 8) } else { (8, 4) };
        let narrow = self.weights.blocks[self.blocks.clone()].iter().all(|block| block.vectors == 1);
        let widest = if narrow { one } else { more };
        let mut pixel = 0;
        while pixel < self.pixels {
            let left = self.pixels - pixel;
            // What is left takes one tile where it can make some pixels again: narrow tiles wait for their sums.
            let count = left.next_power_of_two().min(widest);
            let count = if count <= self.pixels { count } else { count / 2 };
            pixel = pixel.min(self.pixels - count);
            for block in self.blocks.clone() {
                let block = self.weights.blocks[block];
                // SAFETY: `check` has seen that all pixels and blocks are in bounds.
                unsafe { self.tiles(simd, pixel, count, block) }
            }
            pixel += count;
        }
        let outputs = self.weights.first(self.blocks.end).min(self.weights.outputs) - self.first;
        let end = (self.pixels * self.pitch).min(self.out.len());
        self.finish.rest(simd, outputs.next_multiple_of(S::LANES), self.pitch, &mut self.out[..end]);
    }
}

impl Product<'_> {
    /// Panics where anything is out of bounds.
    fn check(&self, lanes: usize) {
        let Self { weights, residual, pixels, .. } = self;
        let end = |pitch: usize, width: usize| (pixels - 1) * pitch + width;
        assert!(*pixels > 0 && self.blocks.end <= weights.blocks.len());
        for segment in self.segments {
            assert!(end(self.step, segment.source + segment.depth) <= self.source.len());
            assert!(segment.k + segment.depth <= weights.depth);
        }
        for block in &weights.blocks[self.blocks.clone()] {
            let width = block.first + block.vectors * lanes;
            assert!(block.first >= self.first && width <= self.bias.len());
            assert!(block.place + weights.depth * block.vectors * lanes <= weights.values.len());
            let stored = if block.part { weights.outputs } else { width };
            assert!(end(self.pitch, stored - self.first) <= self.out.len());
            self.finish.check(width);
        }
        if let Some(residual) = residual {
            assert!(end(residual.pitch, residual.channels) <= residual.values.len());
        }
    }

    /// One block of `count` pixels from `pixel` on.
    #[inline(always)]
    unsafe fn tiles<S: Simd>(&mut self, simd: S, pixel: usize, count: usize, block: Block) {
        // SAFETY: the caller's.
        unsafe {
            match (block.vectors, count) {
                (1, _) if block.part => self.counted::<S, 1, true>(simd, pixel, count, block),
                (1, _) => self.counted::<S, 1, false>(simd, pixel, count, block),
                (2, _) => self.counted::<S, 2, false>(simd, pixel, count, block),
                _ => self.counted::<S, 3, false>(simd, pixel, count, block),
            }
        }
    }

    #[inline(always)]
    unsafe fn counted<S: Simd, const N: usize, const PART: bool>(
        &mut self,
        simd: S,
        pixel: usize,
        count: usize,
        block: Block,
    ) {
        // SAFETY: the caller's.
        unsafe {
            match count {
                16 if S::MANY && N == 1 => self.tile::<S, 16, N, PART>(simd, pixel, block),
                16 => {
                    self.tile::<S, 8, N, PART>(simd, pixel, block);
                    self.tile::<S, 8, N, PART>(simd, pixel + 8, block);
                }
                8 if S::MANY || N == 1 => self.tile::<S, 8, N, PART>(simd, pixel, block),
                8 => {
                    self.tile::<S, 4, N, PART>(simd, pixel, block);
                    self.tile::<S, 4, N, PART>(simd, pixel + 4, block);
                }
                4 => self.tile::<S, 4, N, PART>(simd, pixel, block),
                2 => self.tile::<S, 2, N, PART>(simd, pixel, block),
                _ => self.tile::<S, 1, N, PART>(simd, pixel, block),
            }
        }
    }

    /// `M` pixels by `N` vectors.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize, const PART: bool>(
        &mut self,
        simd: S,
        pixel: usize,
        block: Block,
    ) {
        // SAFETY: the caller has checked that the pixels and the block are in bounds.
        unsafe {
            let bias = self.bias.as_ptr().add(block.first);
            let mut sums = [vectors::<S, N>(simd, bias); M];
            for segment in self.segments {
                let source = self.source.as_ptr().add(segment.source + pixel * self.step);
                let weights = self.weights.values.as_ptr().add(block.place + segment.k * N * S::LANES);
                add_products(simd, source, self.step, weights, segment.depth, &mut sums);
            }
            if let Some(residual) = self.residual {
                for n in 0..N {
                    let channel = block.first + n * S::LANES;
                    let values = residual.values.as_ptr().add(pixel * residual.pitch + channel);
                    if channel + S::LANES <= residual.channels {
                        for (m, sums) in sums.iter_mut().enumerate() {
                            sums[n] = simd.add(sums[n], simd.read(values.add(m * residual.pitch)));
                        }
                    } else if channel < residual.channels {
                        for (m, sums) in sums.iter_mut().enumerate() {
                            let rest = residual.channels - channel;
                            let values = std::slice::from_raw_parts(values.add(m * residual.pitch), rest);
                            sums[n] = simd.add(sums[n], simd.load_part(values));
                        }
                    }
                }
            }
            self.finish.tile(simd, block.first, &mut sums);
            let out = self.out.as_mut_ptr().add(pixel * self.pitch + block.first - self.first);
            if PART {
                // Whole vectors first: any loop that is not unrolled would keep the sums out of registers.
                let mut whole = [0.0; 16 * 16];
                for (m, sums) in sums.iter().enumerate() {
                    simd.write(sums[0], whole.as_mut_ptr().add(m * S::LANES));
                }
                let rest = self.weights.outputs - block.first;
                for (m, whole) in whole.chunks_exact(S::LANES).enumerate().take(M) {
                    copy_part(&whole[..rest], std::slice::from_raw_parts_mut(out.add(m * self.pitch), rest));
                }
                return;
            }
            for (m, sums) in sums.iter().enumerate() {
                for (n, &sum) in sums.iter().enumerate() {
                    simd.write(sum, out.add(m * self.pitch + n * S::LANES));
                }
            }
        }
    }
}

/// Copies a few values, without a call for the usual numbers of them.
#[inline(always)]
fn copy_part(from: &[f32], to: &mut [f32]) {
    match (from.as_array::<8>(), from.as_array::<4>(), to) {
        (Some(from), _, to) if to.len() == 8 => to.copy_from_slice(from),
        (_, Some(from), to) if to.len() == 4 => to.copy_from_slice(from),
        (.., to) => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
    }
}

/// `sums[m][n] += source[m * step + k] * weights[k][n]`, over k.
#[inline(always)]
unsafe fn add_products<S: Simd, const M: usize, const N: usize>(
    simd: S,
    source: *const f32,
    step: usize,
    weights: *const f32,
    depth: usize,
    sums: &mut [[S::V; N]; M],
) {
    // SAFETY: the caller's: `depth` values of each pixel, and as many vectors of weights for each n.
    unsafe {
        let width = N * S::LANES;
        let mut k = 0;
        // Several k at once where registers allow it: a pixel's place is worked out once for all of them.
        if N == 1 && S::MANY {
            while k + 4 <= depth {
                add_some::<S, M, N, 4>(simd, source.add(k), step, weights.add(k * width), sums);
                k += 4;
            }
        } else if N == 2 && S::MANY {
            while k + 2 <= depth {
                add_some::<S, M, N, 2>(simd, source.add(k), step, weights.add(k * width), sums);
                k += 2;
            }
        }
        while k < depth {
            add_some::<S, M, N, 1>(simd, source.add(k), step, weights.add(k * width), sums);
            k += 1;
        }
    }
}

/// As [`add_products`], over `K` values of k.
#[inline(always)]
unsafe fn add_some<S: Simd, const M: usize, const N: usize, const K: usize>(
    simd: S,
    source: *const f32,
    step: usize,
    weights: *const f32,
    sums: &mut [[S::V; N]; M],
) {
    // SAFETY: the caller's.
    unsafe {
        let mut rows = [[simd.splat(0.0); N]; K];
        for (k, row) in rows.iter_mut().enumerate() {
            *row = vectors::<S, N>(simd, weights.add(k * N * S::LANES));
        }
        for (group, sums) in sums.chunks_mut(8).enumerate() {
            let eight = source.wrapping_add(group * 8 * step);
            for (k, row) in rows.iter().enumerate() {
                for (m, sums) in sums.iter_mut().enumerate() {
                    let x = simd.splat(*eight.wrapping_add(m * step + k));
                    for (sum, &weight) in sums.iter_mut().zip(row) {
                        *sum = simd.mul_add(x, weight, *sum);
                    }
                }
            }
        }
    }
}

/// `N` vectors that follow each other.
#[inline(always)]
unsafe fn vectors<S: Simd, const N: usize>(simd: S, from: *const f32) -> [S::V; N] {
    let mut vectors = [simd.splat(0.0); N];
    for (n, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller's.
        *vector = unsafe { simd.read(from.add(n * S::LANES)) };
    }
    vectors
}
