//! Steps without weights that are computed row by row.

use std::ops::Range;

use super::{
    activation::{self, Finish},
    aligned::Aligned,
    combine::{self, Operand},
    image::{Image, Shape},
    pool::Pool,
    simd::{Isa, Simd, Task, load_up_to, store_up_to},
    spans::{Span, span_of, spans},
    view::fold,
};
use crate::nets::{
    graph::{Binary, Op, Reduce, Unary, Window},
    plan::{Plan, Step, rows::cover},
    resample,
};

/// A step that is computed row by row.
#[derive(Debug)]
pub(super) struct Rowwise {
    kind: Kind,
    input: Shape,
    output: Shape,
    /// How many pictures there are.
    batch: usize,
    residual: Option<Shape>,
    finish: Finish,
}

#[derive(Debug)]
enum Kind {
    Unary(Unary),
    Binary(Binary, [Operand; 2]),
    /// Over the channels of each pixel.
    Reduce(Reduce),
    /// Each pixel for itself: epsilon, weights and bias.
    Normalize(f32, [Aligned; 2]),
    Pool {
        kind: Reduce,
        window: Window,
        rows: Vec<Span>,
        cols: Vec<Span>,
    },
    /// The neighbours of each output row and column, and the weight of the second.
    Resize {
        rows: Vec<(usize, usize, f32)>,
        cols: Vec<(usize, usize, f32)>,
    },
}

impl Rowwise {
    pub(super) fn new(plan: &Plan, step: &Step) -> Option<Self> {
        let shape = |id| Shape::of(plan, step, id);
        let (input, output) = (shape(step.inputs[0]), shape(step.output));
        let batch = match step.op {
            Op::Pool(..) | Op::ResizeBilinear { .. } => plan.value(step.output).shape[0],
            _ => 1,
        };
        let (from, to) = (input.rows / batch, output.rows / batch);
        let kind = match &step.op {
            Op::Unary(unary) => Kind::Unary(*unary),
            Op::Binary(binary) => {
                let operand = |i: usize| {
                    let id = step.inputs[i];
                    cover(plan, id, step.output).map(|cover| Operand { cover, shape: shape(id) })
                };
                Kind::Binary(*binary, [operand(0)?, operand(1)?])
            }
            Op::Normalize { epsilon } => {
                let filter = step.filter.as_ref()?;
                let padded = [&filter.weights, &filter.bias].map(|values| Aligned::padded(values));
                Kind::Normalize(*epsilon, padded)
            }
            Op::Reduce { kind, .. } if step.is_pixelwise() => Kind::Reduce(*kind),
            Op::Pool(kind, window) => Kind::Pool {
                kind: *kind,
                window: *window,
                rows: spans(window, 0, from, to),
                cols: spans(window, 1, input.cols, output.cols),
            },
            Op::ResizeBilinear { alignment, .. } => {
                let table = |from: usize, to: usize| {
                    (0..to).map(|i| resample::between(i, from, to, *alignment)).collect()
                };
                Kind::Resize { rows: table(from, to), cols: table(input.cols, output.cols) }
            }
            _ => return None,
        };
        let residual = step.residual.map(shape);
        Some(Self { kind, input, output, batch, residual, finish: Finish::new(&step.activation) })
    }

    /// How many operands it has.
    pub(super) fn operands(&self) -> usize {
        if matches!(self.kind, Kind::Binary(..)) { 2 } else { 1 }
    }

    /// Makes `rows` of the output from the operands.
    pub(super) fn run(
        &self,
        isa: Isa,
        rows: Range<usize>,
        (operands, residual): ([Image<'_>; 2], Option<Image<'_>>),
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let residual = residual.zip(self.residual);
        isa.run(Rows { step: self, rows, operands, residual, out, scratch });
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        if matches!(self.kind, Kind::Resize { .. }) { self.input.row() } else { 0 }
    }
}

struct Rows<'a> {
    step: &'a Rowwise,
    rows: Range<usize>,
    operands: [Image<'a>; 2],
    residual: Option<(Image<'a>, Shape)>,
    out: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl Task for Rows<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { step, rows, operands, residual, out, scratch } = self;
        let Rowwise { kind, input, output, batch, finish, .. } = step;
        // The row in its picture, and the first row of the picture's input.
        let in_batch = |row: usize| {
            let rows = output.rows / batch;
            (row % rows, row / rows * (input.rows / batch))
        };
        match kind {
            Kind::Unary(unary) => {
                let values = operands[0].rows(&rows, input.row());
                if input.pitch == output.pitch {
                    out.copy_from_slice(values);
                } else {
                    let pixels = out.chunks_exact_mut(output.pitch).zip(values.chunks_exact(input.pitch));
                    pixels
                        .for_each(|(to, from)| to[..input.channels].copy_from_slice(&from[..input.channels]));
                }
                activation::each(simd, *unary, out);
            }
            Kind::Binary(binary, shapes) => {
                combine::binary(simd, *binary, (shapes, operands), residual, (output, &rows), out)
            }
            Kind::Reduce(kind) => {
                let pixels = operands[0].rows(&rows, input.row()).chunks_exact(input.pitch);
                for (out, pixel) in out.iter_mut().zip(pixels) {
                    *out = over_channels(*kind, &pixel[..input.channels]);
                }
            }
            Kind::Normalize(epsilon, filter) => {
                let pixels = operands[0].rows(&rows, input.row()).chunks_exact(input.pitch);
                for (out, pixel) in out.chunks_exact_mut(output.pitch).zip(pixels) {
                    normalize(simd, *epsilon, filter, &pixel[..input.channels], &mut out[..input.channels]);
                }
            }
            Kind::Pool { kind, window, rows: row_spans, cols } => {
                for (row, out) in rows.clone().zip(out.chunks_exact_mut(output.row())) {
                    let (row, picture) = in_batch(row);
                    let span = span_of(row_spans, row);
                    let top = picture + span.input + (row - span.outputs.start) * window.stride[0];
                    let pool = Pool { kind: *kind, window, down: span.kernel.len(), cols };
                    pool.run(simd, [input, output], operands[0].from(top, input.row()), out);
                }
            }
            Kind::Resize { rows: table, cols } => {
                for (row, out) in rows.zip(out.chunks_exact_mut(output.row())) {
                    let (row, picture) = in_batch(row);
                    let (upper, lower, down) = table[row];
                    let [upper, lower] = [upper, lower]
                        .map(|row| &operands[0].from(picture + row, input.row())[..input.row()]);
                    mix_rows(simd, upper, lower, down, scratch);
                    spread(simd, cols, [input.pitch, output.pitch, input.channels], scratch, out);
                }
            }
        }
        activation::finish(simd, finish, [output.channels, output.pitch], out);
    }
}

fn over_channels(kind: Reduce, pixel: &[f32]) -> f32 {
    let (&first, rest) = pixel.split_first().unwrap_or((&0.0, &[]));
    match kind {
        Reduce::Sum => fold(first, rest, &|a, b| a + b),
        Reduce::Mean => fold(first, rest, &|a, b| a + b) / pixel.len() as f32,
        Reduce::Max => fold(first, rest, &f32::max),
        Reduce::Min => fold(first, rest, &f32::min),
    }
}

/// One pixel, normalized over its channels.
#[inline(always)]
fn normalize<S: Simd>(simd: S, epsilon: f32, filter: &[Aligned; 2], pixel: &[f32], out: &mut [f32]) {
    let share = 1.0 / pixel.len() as f32;
    let mut sum = simd.splat(0.0);
    for values in pixel.chunks(S::LANES) {
        sum = simd.add(sum, load_up_to(simd, values));
    }
    let mean = total(simd, sum) * share;
    let mut squares = simd.splat(0.0);
    for (values, out) in pixel.chunks(S::LANES).zip(out.chunks_mut(S::LANES)) {
        let centred = simd.sub(load_up_to(simd, values), simd.splat(mean));
        store_up_to(simd, centred, out);
        // What lies beyond the channels is no value.
        let centred = load_up_to(simd, out);
        squares = simd.mul_add(centred, centred, squares);
    }
    let scale = simd.splat(1.0 / (total(simd, squares) * share + epsilon).sqrt());
    let weights = filter[0].chunks_exact(S::LANES).zip(filter[1].chunks_exact(S::LANES));
    for (out, (weights, bias)) in out.chunks_mut(S::LANES).zip(weights) {
        let scaled = simd.mul(load_up_to(simd, out), scale);
        store_up_to(simd, simd.mul_add(scaled, simd.load(weights), simd.load(bias)), out);
    }
}

/// The sum of all lanes.
#[inline(always)]
fn total<S: Simd>(simd: S, v: S::V) -> f32 {
    let mut lanes = [0.0; 16];
    simd.store(v, &mut lanes);
    lanes[..S::LANES].iter().sum()
}

/// From one row to the other, into a third.
#[inline(always)]
fn mix_rows<S: Simd>(simd: S, upper: &[f32], lower: &[f32], share: f32, mixed: &mut [f32]) {
    let share = simd.splat(share);
    let rows = upper.chunks(S::LANES).zip(lower.chunks(S::LANES));
    for ((upper, lower), mixed) in rows.zip(mixed.chunks_mut(S::LANES)) {
        let (upper, lower) = (load_up_to(simd, upper), load_up_to(simd, lower));
        store_up_to(simd, mix(simd, upper, lower, share), mixed);
    }
}

/// Each output pixel from its two neighbours in `row`.
#[inline(always)]
fn spread<S: Simd>(
    simd: S,
    cols: &[(usize, usize, f32)],
    [input_pitch, pitch, channels]: [usize; 3],
    row: &[f32],
    out: &mut [f32],
) {
    let width = channels.next_multiple_of(S::LANES).min(pitch).min(input_pitch);
    for (&(left, right, share), out) in cols.iter().zip(out.chunks_exact_mut(pitch)) {
        let share = simd.splat(share);
        let left = row[left * input_pitch..][..width].chunks(S::LANES);
        let right = row[right * input_pitch..][..width].chunks(S::LANES);
        for ((left, right), out) in left.zip(right).zip(out[..width].chunks_mut(S::LANES)) {
            let (left, right) = (load_up_to(simd, left), load_up_to(simd, right));
            store_up_to(simd, mix(simd, left, right, share), out);
        }
    }
}

/// From `a` to `b`.
#[inline(always)]
fn mix<S: Simd>(simd: S, a: S::V, b: S::V, share: S::V) -> S::V {
    simd.mul_add(simd.sub(b, a), share, a)
}
