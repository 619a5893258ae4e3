//! Pools: channels along the vectors.

use std::ops::Range;

use super::{
    image::Shape,
    simd::{Simd, load_up_to, store_up_to},
    spans::Span,
};
use crate::nets::graph::{Reduce, Window};

/// One output row of a pool.
pub(super) struct Pool<'a> {
    pub(super) kind: Reduce,
    pub(super) window: &'a Window,
    /// Rows of the window that lie on the picture.
    pub(super) down: usize,
    pub(super) cols: &'a [Span],
}

impl Pool<'_> {
    #[inline(always)]
    pub(super) fn run<S: Simd>(
        &self,
        simd: S,
        [input, output]: [&Shape; 2],
        values: &[f32],
        out: &mut [f32],
    ) {
        let Self { kind, window, down, cols } = self;
        let halves = (*kind, window.kernel, window.stride, *down) == (Reduce::Max, [2, 2], [2, 2], 2);
        if let ([Span { kernel: Range { start: 0, end: 2 }, .. }], true) = (cols, halves)
            && input.pitch == output.pitch
        {
            return halve(simd, values, input.row(), input.pitch, out);
        }
        for col in *cols {
            let share = 1.0 / (down * col.kernel.len()) as f32;
            for at in col.outputs.clone() {
                let left = col.input + (at - col.outputs.start) * window.stride[1];
                let out = &mut out[at * output.pitch..][..output.pitch];
                for (index, out) in out.chunks_mut(S::LANES).enumerate() {
                    let channel = index * S::LANES;
                    if channel >= input.channels {
                        break;
                    }
                    let width = out.len().min(input.pitch - channel);
                    let mut pooled = simd.splat(if *kind == Reduce::Max { f32::NEG_INFINITY } else { 0.0 });
                    for down in 0..*down {
                        for across in 0..col.kernel.len() {
                            let place = down * input.row() + (left + across) * input.pitch + channel;
                            let x = load_up_to(simd, &values[place..][..width]);
                            pooled = match kind {
                                Reduce::Max => simd.max(x, pooled),
                                _ => simd.add(pooled, x),
                            };
                        }
                    }
                    if *kind == Reduce::Mean {
                        pooled = simd.mul(pooled, simd.splat(share));
                    }
                    store_up_to(simd, pooled, &mut out[..width]);
                }
            }
        }
    }
}

/// The greatest of each 2x2 pixels of two rows that are `row` values apart.
#[inline(always)]
fn halve<S: Simd>(simd: S, values: &[f32], row: usize, pitch: usize, out: &mut [f32]) {
    let pixels = values.chunks_exact(2 * pitch).zip(values[row..].chunks_exact(2 * pitch));
    for ((upper, lower), out) in pixels.zip(out.chunks_exact_mut(pitch)) {
        for channel in (0..pitch).step_by(S::LANES) {
            let width = S::LANES.min(pitch - channel);
            let [a, b] = [channel, pitch + channel];
            let left =
                simd.max(load_up_to(simd, &upper[a..][..width]), load_up_to(simd, &lower[a..][..width]));
            let right =
                simd.max(load_up_to(simd, &upper[b..][..width]), load_up_to(simd, &lower[b..][..width]));
            store_up_to(simd, simd.max(left, right), &mut out[channel..][..width]);
        }
    }
}
