//! Steps that combine two tensors value by value, one of which may lie under all channels, or all pixels, of the other.

use std::ops::Range;

use super::{
    image::{Image, Shape},
    simd::{Simd, load_up_to, store_up_to},
};
use crate::nets::{graph::Binary, plan::rows::Cover};

/// How an operand lies under the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) cover: Cover,
    pub(super) shape: Shape,
}

/// The rows of an operand, and how they lie under the output's.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Value under value.
    Flat(&'a [f32]),
    /// Pixels at this pitch.
    Pixels(&'a [f32], usize),
    Channels(&'a [f32]),
    /// One value for each pixel.
    Pixel(&'a [f32]),
    One(f32),
}

impl Operand {
    fn source<'a>(&self, output: &Shape, rows: &Range<usize>, image: Image<'a>) -> Source<'a> {
        match self.cover {
            Cover::Same if self.shape.pitch == output.pitch => {
                Source::Flat(image.rows(rows, self.shape.row()))
            }
            Cover::Same => Source::Pixels(image.rows(rows, self.shape.row()), self.shape.pitch),
            Cover::Channels if output.channels == 1 => Source::One(image.values[0]),
            Cover::Channels => Source::Channels(image.values),
            Cover::Pixels => Source::Pixel(image.rows(rows, self.shape.row())),
        }
    }
}

impl Source<'_> {
    #[inline(always)]
    fn load<S: Simd>(self, simd: S, pixel: usize, channel: usize, at: usize, width: usize) -> S::V {
        match self {
            Self::Flat(values) => load_up_to(simd, &values[at..][..width]),
            Self::Pixels(values, pitch) => {
                let place = pixel * pitch + channel;
                load_up_to(simd, &values[place..][..width.min(pitch - channel)])
            }
            Self::Channels(values) => {
                let values = &values[channel..];
                load_up_to(simd, &values[..width.min(values.len())])
            }
            Self::Pixel(values) => simd.splat(values[pixel]),
            Self::One(value) => simd.splat(value),
        }
    }
}

/// Rows of the output, from two operands and what is added to them.
#[inline(always)]
pub(super) fn binary<S: Simd>(
    simd: S,
    binary: Binary,
    (shapes, images): (&[Operand; 2], [Image<'_>; 2]),
    residual: Option<(Image<'_>, Shape)>,
    (output, rows): (&Shape, &Range<usize>),
    out: &mut [f32],
) {
    let a = shapes[0].source(output, rows, images[0]);
    let b = shapes[1].source(output, rows, images[1]);
    let residual = residual.map(|(image, shape)| (image.rows(rows, shape.row()), shape));
    match (a, b, residual) {
        (Source::Flat(a), Source::Flat(b), None) => {
            let vectors = a.chunks(S::LANES).zip(b.chunks(S::LANES));
            for ((a, b), out) in vectors.zip(out.chunks_mut(S::LANES)) {
                let (a, b) = (load_up_to(simd, a), load_up_to(simd, b));
                store_up_to(simd, combined(simd, binary, a, b), out);
            }
        }
        (Source::Flat(a), Source::Channels(b), None) if output.pitch == b.len() => {
            for (a, out) in a.chunks_exact(b.len()).zip(out.chunks_exact_mut(b.len())) {
                let vectors = a.chunks(S::LANES).zip(b.chunks(S::LANES));
                for ((a, b), out) in vectors.zip(out.chunks_mut(S::LANES)) {
                    let (a, b) = (load_up_to(simd, a), load_up_to(simd, b));
                    store_up_to(simd, combined(simd, binary, a, b), out);
                }
            }
        }
        (Source::Flat(a), Source::Channels(b), Some((more, shape)))
            if output.pitch == b.len() && shape == *output =>
        {
            let pixels = a.chunks_exact(b.len()).zip(more.chunks_exact(b.len()));
            for ((a, more), out) in pixels.zip(out.chunks_exact_mut(b.len())) {
                let vectors = a.chunks(S::LANES).zip(b.chunks(S::LANES)).zip(more.chunks(S::LANES));
                for (((a, b), more), out) in vectors.zip(out.chunks_mut(S::LANES)) {
                    let value = combined(simd, binary, load_up_to(simd, a), load_up_to(simd, b));
                    store_up_to(simd, simd.add(value, load_up_to(simd, more)), out);
                }
            }
        }
        _ => by_pixels(simd, binary, [a, b], residual, output, out),
    }
}

/// Whatever the operands are.
#[inline(always)]
fn by_pixels<S: Simd>(
    simd: S,
    binary: Binary,
    [a, b]: [Source<'_>; 2],
    residual: Option<(&[f32], Shape)>,
    output: &Shape,
    out: &mut [f32],
) {
    for (pixel, out) in out.chunks_exact_mut(output.pitch).enumerate() {
        for channel in (0..output.channels).step_by(S::LANES) {
            let (at, width) = (pixel * output.pitch + channel, S::LANES.min(output.pitch - channel));
            let a = a.load(simd, pixel, channel, at, width);
            let b = b.load(simd, pixel, channel, at, width);
            let mut value = combined(simd, binary, a, b);
            if let Some((more, shape)) = residual
                && channel < shape.channels
            {
                let more = &more[pixel * shape.pitch + channel..][..width.min(shape.channels - channel)];
                value = simd.add(value, load_up_to(simd, more));
            }
            store_up_to(simd, value, &mut out[channel..][..width]);
        }
    }
}

#[inline(always)]
fn combined<S: Simd>(simd: S, binary: Binary, a: S::V, b: S::V) -> S::V {
    match binary {
        Binary::Add => simd.add(a, b),
        Binary::Sub => simd.sub(a, b),
        Binary::Mul => simd.mul(a, b),
        Binary::Div => simd.div(a, b),
        Binary::Maximum => simd.max(a, b),
        Binary::Minimum => simd.min(a, b),
        Binary::SquaredDifference => {
            let difference = simd.sub(a, b);
            simd.mul(difference, difference)
        }
        Binary::Prelu => {
            let zero = simd.splat(0.0);
            simd.mul_add(simd.min(a, zero), b, simd.max(a, zero))
        }
    }
}
