//! Transposed convolutions: a product gives all window cells of each input pixel, which are then laid, or added where
//! windows overlap, onto the output.

use std::ops::Range;

use super::{
    activation::{self, Finish},
    aligned::Aligned,
    image::{Image, Shape, pitch},
    product::{Packed, Product, Segment},
    simd::{Isa, Simd, Task},
};
use crate::nets::{
    graph::Window,
    plan::{Filter, Plan, Step, rows::tiles},
};

/// Pixels whose windows are made at once where they overlap: all windows of a picture may take far more memory than the
/// picture.
const MOST_PIXELS: usize = 64;

/// A transposed convolution with its weights packed.
#[derive(Debug)]
pub(super) struct Deconv {
    window: Window,
    input: Shape,
    output: Shape,
    batch: usize,
    residual: Option<Shape>,
    weights: Packed,
    segments: [Segment; 1],
    /// Of the product: the output's own where windows don't overlap, else zero.
    bias: Aligned,
    output_bias: Aligned,
    finish: Finish,
    /// From pixel to pixel of the product.
    pitch: usize,
}

impl Deconv {
    pub(super) fn new(lanes: usize, plan: &Plan, step: &Step, window: Window, filter: &Filter) -> Self {
        let shape = |id| Shape::of(plan, step, id);
        let (input, output) = (shape(step.inputs[0]), shape(step.output));
        let (cells, depth) = (window.kernel[0] * window.kernel[1], input.channels);
        let columns = cells * output.channels;
        let pitch = pitch(columns);
        // Column cell * outputs + output; weights are [out, kernel rows, kernel columns, in].
        let weight = |k: usize, column: usize| {
            let (cell, o) = (column / output.channels, column % output.channels);
            filter.weights[(o * cells + cell) * depth + k]
        };
        let bias: Vec<f32> = (0..columns).map(|column| filter.bias[column % output.channels]).collect();
        Self {
            weights: Packed::new(lanes, [depth, columns, pitch], weight),
            bias: if tiles(&window) { Aligned::padded(&bias) } else { Aligned::zeros(columns) },
            output_bias: Aligned::padded(&filter.bias),
            finish: Finish::new(&step.activation),
            batch: plan.value(step.output).shape[0],
            residual: step.residual.map(shape),
            segments: [Segment { source: 0, k: 0, depth }],
            window,
            input,
            output,
            pitch,
        }
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        let pixels = self.input.rows * self.input.cols;
        let most = if tiles(&self.window) { self.input.cols } else { pixels.min(MOST_PIXELS) };
        most * self.pitch
    }

    /// Makes `rows` of the output: all of them, where windows overlap.
    pub(super) fn run(
        &self,
        isa: Isa,
        rows: Range<usize>,
        input: Image<'_>,
        residual: Option<Image<'_>>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        if tiles(&self.window) {
            let [down, _] = self.window.stride;
            let mut made = None;
            for (row, out) in rows.clone().zip(out.chunks_exact_mut(self.output.row())) {
                if made != Some(row / down) {
                    made = Some(row / down);
                    self.columns(isa, input.from(row / down, self.input.row()), self.input.cols, scratch);
                }
                self.lay(row % down, scratch, out);
            }
        } else {
            for pixel in out.chunks_exact_mut(self.output.pitch) {
                pixel[..self.output.channels].copy_from_slice(&self.output_bias[..self.output.channels]);
            }
            let picture = self.output.rows / self.batch * self.output.row();
            let pixels = self.input.rows / self.batch * self.input.cols;
            for (index, out) in out.chunks_exact_mut(picture).enumerate() {
                for first in (0..pixels).step_by(MOST_PIXELS) {
                    let some = first..pixels.min(first + MOST_PIXELS);
                    let source = &input.values[(index * pixels + first) * self.input.pitch..];
                    self.columns(isa, source, some.len(), scratch);
                    self.add(some, scratch, out);
                }
            }
        }
        let residual =
            residual.zip(self.residual).map(|(image, shape)| (image.rows(&rows, shape.row()), shape));
        isa.run(Last { conv: self, residual, out });
    }

    fn columns(&self, isa: Isa, source: &[f32], pixels: usize, out: &mut [f32]) {
        isa.run(Product {
            source,
            segments: &self.segments,
            step: self.input.pitch,
            weights: &self.weights,
            blocks: 0..self.weights.blocks(),
            bias: &self.bias,
            residual: None,
            finish: &Finish::None,
            out,
            pitch: self.pitch,
            first: 0,
            pixels,
        });
    }

    /// One row of each pixel's window, side by side.
    fn lay(&self, cell_row: usize, columns: &[f32], out: &mut [f32]) {
        let ([_, cells], channels) = (self.window.kernel, self.output.channels);
        let first = cell_row * cells * channels;
        let pixels = columns.chunks_exact(self.pitch).zip(out.chunks_exact_mut(self.output.pitch * cells));
        if self.output.pitch == 1 && cells == 2 {
            for (columns, out) in pixels {
                (out[0], out[1]) = (columns[first], columns[first + 1]);
            }
            return;
        }
        for (columns, out) in pixels {
            let columns = columns[first..].chunks_exact(channels);
            for (out, column) in out.chunks_exact_mut(self.output.pitch).zip(columns) {
                out[..channels].copy_from_slice(column);
            }
        }
    }

    /// Adds the windows of some pixels of a picture.
    fn add(&self, pixels: Range<usize>, columns: &[f32], out: &mut [f32]) {
        let Self { window, input, output, .. } = self;
        let [[top, _], [left, _]] = window.padding;
        let size = [output.rows / self.batch, output.cols];
        for (pixel, columns) in pixels.zip(columns.chunks_exact(self.pitch)) {
            for (cell, values) in
                columns.chunks_exact(output.channels).enumerate().take(window.kernel[0] * window.kernel[1])
            {
                let row = pixel / input.cols * window.stride[0] + cell / window.kernel[1];
                let col = pixel % input.cols * window.stride[1] + cell % window.kernel[1];
                let (Some(row), Some(col)) = (row.checked_sub(top), col.checked_sub(left)) else { continue };
                if row < size[0] && col < size[1] {
                    let out = &mut out[(row * output.cols + col) * output.pitch..];
                    out.iter_mut().zip(values).for_each(|(out, value)| *out += value);
                }
            }
        }
    }
}

/// Residual and activation.
struct Last<'a> {
    conv: &'a Deconv,
    residual: Option<(&'a [f32], Shape)>,
    out: &'a mut [f32],
}

impl Task for Last<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let output = &self.conv.output;
        if let Some((values, shape)) = self.residual {
            let pixels = self.out.chunks_exact_mut(output.pitch).zip(values.chunks_exact(shape.pitch));
            for (out, values) in pixels {
                out.iter_mut().zip(&values[..shape.channels]).for_each(|(out, value)| *out += value);
            }
        }
        activation::finish(simd, &self.conv.finish, [output.channels, output.pitch], self.out);
    }
}
