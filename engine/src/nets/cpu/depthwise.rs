//! Depthwise convolutions: channels along the vectors, four pixels at once, so that weights and the values that windows
//! share are loaded once for all four.

#![allow(unsafe_code, reason = "pointers into slices whose bounds are checked once for a row")]

use std::ops::Range;

use super::{
    activation::Finish,
    aligned::Aligned,
    image::{Image, Shape},
    simd::{Isa, Simd, Task, load_up_to, store_up_to},
    spans::{Span, span_of, spans},
};
use crate::nets::{
    graph::Window,
    plan::{Filter, Plan, Step},
};

/// Pixels of a tile.
const TILE: usize = 4;

/// A depthwise convolution.
#[derive(Debug)]
pub(super) struct Depthwise {
    window: Window,
    /// With as many channels as the output.
    input: Shape,
    /// The input itself, where it has fewer: each is repeated.
    narrow: Option<Shape>,
    output: Shape,
    input_rows: usize,
    output_rows: usize,
    residual: Option<Shape>,
    /// For each vector of channels: a vector for each cell of the window. Few channels are repeated along a vector.
    weights: Aligned,
    bias: Aligned,
    finish: Finish,
    rows: Vec<Span>,
    cols: Vec<Span>,
    /// A row of the input beyond its edge.
    zeros: Aligned,
}

impl Depthwise {
    pub(super) fn new(lanes: usize, plan: &Plan, step: &Step, window: Window, filter: &Filter) -> Self {
        let shape = |id| Shape::of(plan, step, id);
        let (own, output) = (shape(step.inputs[0]), shape(step.output));
        let narrow = (own.channels < output.channels).then_some(own);
        let input = match narrow {
            Some(own) => Shape { channels: output.channels, pitch: output.pitch, ..own },
            None => own,
        };
        let batch = plan.value(step.output).shape[0];
        let (channels, cells) = (output.channels, window.kernel[0] * window.kernel[1]);
        let repeat = |lane: usize| if lanes.is_multiple_of(channels) { lane % channels } else { lane };
        let width = channels.next_multiple_of(lanes);
        let (mut weights, mut bias) = (Aligned::zeros(width * cells), Aligned::zeros(width));
        for lane in (0..width).filter(|&lane| repeat(lane) < channels) {
            bias[lane] = filter.bias[repeat(lane)];
            for cell in 0..cells {
                weights[(lane / lanes * cells + cell) * lanes + lane % lanes] =
                    filter.weights[cell * channels + repeat(lane)];
            }
        }
        let finish = match Finish::new(&step.activation) {
            Finish::Prelu(slopes) => Finish::Prelu(Aligned::padded(
                &(0..width).map(|lane| slopes.get(repeat(lane)).copied().unwrap_or(0.0)).collect::<Vec<_>>(),
            )),
            other => other,
        };
        Self {
            rows: spans(&window, 0, input.rows / batch, output.rows / batch),
            cols: spans(&window, 1, input.cols, output.cols),
            input_rows: input.rows / batch,
            output_rows: output.rows / batch,
            residual: step.residual.map(shape),
            zeros: Aligned::zeros(input.row() + 16),
            window,
            input,
            narrow,
            output,
            weights,
            bias,
            finish,
        }
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        if self.narrow.is_some() { self.input.rows * self.input.row() } else { 0 }
    }

    /// Makes `rows` of the output.
    pub(super) fn run(
        &self,
        isa: Isa,
        rows: Range<usize>,
        input: Image<'_>,
        residual: Option<Image<'_>>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let input = match self.narrow {
            Some(own) => Image { values: repeated(&own, &self.input, input.values, scratch), ..input },
            None => input,
        };
        isa.run(Rows { conv: self, rows, input, residual: residual.zip(self.residual), out });
    }

    /// Values of a pixel that can be read and written.
    fn pitch(&self) -> usize {
        self.input.pitch.min(self.output.pitch)
    }

    /// The input row beneath row `cell` of the window, for output row `row`.
    fn beneath<'a>(&'a self, row: usize, cell: usize, input: Image<'a>) -> &'a [f32] {
        let (batch, row) = (row / self.output_rows, row % self.output_rows);
        let span = span_of(&self.rows, row);
        if !span.kernel.contains(&cell) {
            return &self.zeros[..self.input.row()];
        }
        let top = span.input + (row - span.outputs.start) * self.window.stride[0];
        let row = top + (cell - span.kernel.start) * self.window.dilation[0];
        &input.from(batch * self.input_rows + row, self.input.row())[..self.input.row()]
    }
}

/// `values` with each channel repeated, as often as `to` has more.
fn repeated<'a>(from: &Shape, to: &Shape, values: &[f32], room: &'a mut [f32]) -> &'a [f32] {
    let times = to.channels / from.channels;
    for (from_pixel, to_pixel) in values.chunks_exact(from.pitch).zip(room.chunks_exact_mut(to.pitch)) {
        for (channel, value) in to_pixel[..to.channels].iter_mut().enumerate() {
            *value = from_pixel[channel / times];
        }
    }
    room
}

/// Some rows of the output.
struct Rows<'a> {
    conv: &'a Depthwise,
    rows: Range<usize>,
    input: Image<'a>,
    residual: Option<(Image<'a>, Shape)>,
    out: &'a mut [f32],
}

impl Task for Rows<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { conv, rows, input, residual, out } = self;
        let Shape { channels, pitch, .. } = conv.output;
        for (row, out) in rows.zip(out.chunks_exact_mut(conv.output.row())) {
            let residual =
                residual.map(|(image, shape)| (&image.from(row, shape.row())[..shape.row()], shape));
            Row { conv, row, input, residual, out }.make(simd);
        }
        conv.finish.rest(simd, channels.next_multiple_of(S::LANES), pitch, out);
    }
}

/// One row of the output.
struct Row<'a> {
    conv: &'a Depthwise,
    row: usize,
    input: Image<'a>,
    residual: Option<(&'a [f32], Shape)>,
    out: &'a mut [f32],
}

impl Row<'_> {
    /// All but what is done after storing.
    #[inline(always)]
    fn make<S: Simd>(mut self, simd: S) {
        let Window { kernel, stride, dilation, .. } = self.conv.window;
        match (kernel, stride[1], dilation[1]) {
            ([3, 3], 1, 1) => self.sized::<S, 3, 1>(simd),
            ([3, 3], 2, 1) => self.sized::<S, 3, 2>(simd),
            ([5, 5], 1, 1) => self.sized::<S, 5, 1>(simd),
            ([5, 5], 2, 1) => self.sized::<S, 5, 2>(simd),
            _ => self.plain(simd),
        }
        if let Some((values, shape)) = self.residual {
            self.add(values, shape);
        }
    }

    /// Adds the residual, then does what tiles left out for it.
    fn add(&mut self, values: &[f32], shape: Shape) {
        let pitch = self.conv.output.pitch;
        for (out, values) in self.out.chunks_exact_mut(pitch).zip(values.chunks_exact(shape.pitch)) {
            for (out, value) in out.iter_mut().zip(&values[..shape.channels]) {
                *out += value;
            }
            match &self.conv.finish {
                Finish::Relu => out.iter_mut().for_each(|x| *x = x.max(0.0)),
                Finish::Prelu(slopes) => {
                    for (x, slope) in out.iter_mut().zip(slopes.iter()) {
                        *x = x.max(0.0) + slope * x.min(0.0);
                    }
                }
                Finish::None | Finish::Unary(_) => {}
            }
        }
    }

    /// A square window of `K` cells a side.
    #[inline(always)]
    fn sized<S: Simd, const K: usize, const STRIDE: usize>(&mut self, simd: S) {
        let rows: [&[f32]; K] = std::array::from_fn(|cell| self.conv.beneath(self.row, cell, self.input));
        let (pitch, channels) = (self.conv.pitch(), self.conv.output.channels);
        let close = self.conv.input.pitch == channels && self.conv.output.pitch == channels;
        let repeats = close && STRIDE == 1 && channels < S::LANES && S::LANES.is_multiple_of(channels);
        let whole = pitch >= channels.next_multiple_of(S::LANES);
        for col in &self.conv.cols {
            let (mut at, end) = (col.outputs.start, col.outputs.end);
            if col.kernel == (0..K) && (whole || repeats) {
                // Pixels that one tile makes.
                let (pixels, vectors) = match whole {
                    true => (TILE, channels.div_ceil(S::LANES)),
                    false => (TILE * S::LANES / channels, 1),
                };
                while at < end && end - col.outputs.start >= pixels {
                    // The last tile makes some pixels again rather than leave a rest.
                    at = at.min(end - pixels);
                    let from = (col.input + (at - col.outputs.start) * STRIDE) * self.conv.input.pitch;
                    for vector in 0..vectors {
                        if whole {
                            self.tile::<S, K, STRIDE, false>(simd, &rows, from, at, vector);
                        } else {
                            self.tile::<S, K, STRIDE, true>(simd, &rows, from, at, vector);
                        }
                    }
                    at += pixels;
                }
            }
            // Beyond the picture there is nothing to read.
            let stride = if col.kernel.is_empty() { 0 } else { STRIDE };
            while at < end {
                let from = (col.input + (at - col.outputs.start) * stride) * self.conv.input.pitch;
                self.edge(simd, &rows, &col.kernel, from, at);
                at += 1;
            }
        }
    }

    /// Four pixels of a vector of channels, or, where channels are `REPEATED`, four vectors of whole pixels.
    #[inline(always)]
    fn tile<S: Simd, const K: usize, const STRIDE: usize, const REPEATED: bool>(
        &mut self,
        simd: S,
        rows: &[&[f32]; K],
        from: usize,
        at: usize,
        vector: usize,
    ) {
        let (tap, channel) = (self.conv.input.pitch, vector * S::LANES);
        let from = from + channel;
        let cells = K * K * S::LANES;
        let weights = &self.conv.weights[vector * cells..][..cells];
        let ahead = if REPEATED { S::LANES } else { STRIDE * tap };
        let step = if REPEATED { S::LANES } else { self.conv.output.pitch };
        let to = at * self.conv.output.pitch + channel;
        assert!(to + (TILE - 1) * step + S::LANES <= self.out.len());
        let mut sums = [[simd.load(&self.conv.bias[channel..])]; TILE];
        for (row, values) in rows.iter().enumerate() {
            assert!(from + (TILE - 1) * ahead + (K - 1) * tap + S::LANES <= values.len());
            for cell in 0..K {
                // SAFETY: the last place of the row and the end of the weights have been checked.
                unsafe {
                    let weight = simd.read(weights.as_ptr().add((row * K + cell) * S::LANES));
                    for (p, sum) in sums.iter_mut().enumerate() {
                        // The same sum for what windows share, so that it is loaded once.
                        let place = if REPEATED { p * ahead + cell * tap } else { (p * STRIDE + cell) * tap };
                        let x = simd.read(values.as_ptr().add(from + place));
                        sum[0] = simd.mul_add(x, weight, sum[0]);
                    }
                }
            }
        }
        if self.residual.is_none() {
            self.conv.finish.tile(simd, channel, &mut sums);
        }
        for (p, &[sum]) in sums.iter().enumerate() {
            // SAFETY: the last place has been checked.
            unsafe { simd.write(sum, self.out.as_mut_ptr().add(to + p * step)) }
        }
    }

    /// One pixel of a square window of which the cells `kernel` of each row lie on the picture.
    #[inline(always)]
    fn edge<S: Simd, const K: usize>(
        &mut self,
        simd: S,
        rows: &[&[f32]; K],
        kernel: &Range<usize>,
        from: usize,
        at: usize,
    ) {
        let Depthwise { input, output, weights, bias, finish, .. } = self.conv;
        let out = &mut self.out[at * output.pitch..][..output.pitch];
        for channel in (0..output.channels).step_by(S::LANES) {
            let width = S::LANES.min(self.conv.pitch() - channel);
            let weights = &weights[channel * K * K..][..K * K * S::LANES];
            let mut sums = [[simd.load(&bias[channel..])]];
            for (row, values) in rows.iter().enumerate() {
                let values = values[from + channel..].chunks(input.pitch);
                let weights = weights[row * K * S::LANES..].chunks_exact(S::LANES).skip(kernel.start);
                for (values, weight) in values.zip(weights).take(kernel.len()) {
                    let x = load_up_to(simd, &values[..width]);
                    sums[0][0] = simd.mul_add(x, simd.load(weight), sums[0][0]);
                }
            }
            if self.residual.is_none() {
                finish.tile(simd, channel, &mut sums);
            }
            store_up_to(simd, sums[0][0], &mut out[channel..][..width]);
        }
    }

    /// One pixel, for the cells `kernel` of each row of the window.
    #[inline(always)]
    fn pixel<'a, S: Simd>(
        &mut self,
        simd: S,
        rows: &impl Fn(usize) -> &'a [f32],
        kernel: &Range<usize>,
        from: usize,
        at: usize,
    ) {
        let Depthwise { input, output, window, weights, bias, finish, .. } = self.conv;
        let cells = window.kernel[0] * window.kernel[1];
        let out = &mut self.out[at * output.pitch..][..output.pitch];
        for channel in (0..output.channels).step_by(S::LANES) {
            let width = S::LANES.min(self.conv.pitch() - channel);
            let weights = &weights[channel * cells..][..cells * S::LANES];
            let mut sum = simd.load(&bias[channel..]);
            for row in 0..window.kernel[0] {
                let values = rows(row);
                for cell in kernel.clone() {
                    let at = from + (cell - kernel.start) * window.dilation[1] * input.pitch + channel;
                    let weight = simd.load(&weights[(row * window.kernel[1] + cell) * S::LANES..]);
                    let x = load_up_to(simd, &values[at..][..width]);
                    sum = simd.mul_add(x, weight, sum);
                }
            }
            let mut sums = [[sum]];
            if self.residual.is_none() {
                finish.tile(simd, channel, &mut sums);
            }
            let out = &mut out[channel..][..width];
            store_up_to(simd, sums[0][0], out);
        }
    }

    /// Any window, pixel by pixel.
    #[inline(always)]
    fn plain<S: Simd>(&mut self, simd: S) {
        let (conv, row, input) = (self.conv, self.row, self.input);
        for col in &conv.cols {
            for at in col.outputs.clone() {
                let from = (col.input + (at - col.outputs.start) * conv.window.stride[1]) * conv.input.pitch;
                self.pixel(simd, &|cell| conv.beneath(row, cell, input), &col.kernel, from, at);
            }
        }
    }
}
