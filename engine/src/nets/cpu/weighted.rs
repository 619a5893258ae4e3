//! Steps with weights: convolutions of all kinds and fully connected ones, on planar (NCHW) tensors.

use super::{
    gemm::{self, DenseProduct, Packed, PackedDense, Product},
    phases::Phases,
    simd::{Isa, Simd, Task},
};
use crate::nets::{
    graph::{Op, Window},
    plan::{Activation, Filter, Plan, Step},
};

/// A step with its weights packed.
#[derive(Debug)]
pub(crate) struct Weighted {
    bias: Vec<f32>,
    activation: Activation,
    kind: Kind,
    /// Values of the input, the output and the residual for one of the batch.
    input: usize,
    output: usize,
    residual: usize,
    /// Rows and columns of the output, together.
    pixels: usize,
}

#[derive(Debug)]
enum Kind {
    /// One pixel that sees the whole input.
    Dense(PackedDense),
    /// 1x1, stride 1.
    Pointwise { weights: Packed, offsets: Vec<usize> },
    /// Any window.
    Spatial { weights: Packed, offsets: Vec<usize>, phases: Phases, channels: usize },
    /// Each input channel makes one or more output channels.
    Depthwise { weights: Vec<Packed>, offsets: Vec<usize>, phases: Phases },
    /// The product gives a column of window cells for each input pixel, which are added up where they overlap.
    Transposed {
        weights: Packed,
        offsets: Vec<usize>,
        /// The product's bias.
        zeros: Vec<f32>,
        window: Window,
        input: [usize; 2],
        size: [usize; 2],
    },
}

/// What a step reads and writes.
pub(crate) struct Operands<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) out: &'a mut [f32],
}

impl Weighted {
    /// Packs the weights of `step`; `None` for steps without.
    pub(crate) fn new(plan: &Plan, step: &Step) -> Option<Self> {
        let filter = step.filter.as_ref()?;
        let (input, output) = (&plan.value(step.inputs[0]).shape, &plan.value(step.output).shape);
        let values = |shape: &[usize]| shape.iter().skip(1).product::<usize>();
        let residual = step.residual.map_or(0, |id| values(&plan.value(id).shape));
        let (input_values, pixels, kind) = match &step.op {
            Op::FullyConnected { .. } => (filter.shape[1], 1, dense(filter)),
            op => {
                let size = |shape: &[usize]| [shape[1], shape[2]];
                let kind = spatial(op, filter, size(input), input[3], size(output))?;
                (values(input), output[1] * output[2], kind)
            }
        };
        Some(Self {
            bias: filter.bias.to_vec(),
            activation: step.activation.clone(),
            input: input_values,
            output: pixels * filter.bias.len(),
            residual,
            pixels,
            kind,
        })
    }

    /// Values of scratch memory that `run` needs.
    pub(crate) fn scratch(&self) -> usize {
        match &self.kind {
            Kind::Dense(_) | Kind::Pointwise { .. } => 0,
            Kind::Spatial { phases, channels, .. } => {
                phases.room(*channels) + phases.flat() * self.bias.len()
            }
            Kind::Depthwise { weights, phases, .. } => {
                phases.room(1) + phases.flat() * (self.bias.len() / weights.len())
            }
            Kind::Transposed { zeros, input, .. } => input[0] * input[1] * zeros.len(),
        }
    }

    /// Runs the step on each of the batch.
    pub(crate) fn run(&self, isa: Isa, operands: &mut Operands<'_>, scratch: &mut [f32]) {
        let batch = operands.input.chunks_exact(self.input).zip(operands.out.chunks_exact_mut(self.output));
        for (index, (input, out)) in batch.enumerate() {
            let residual =
                operands.residual.map(|residual| &residual[index * self.residual..][..self.residual]);
            self.run_one(isa, Operands { input, residual, out }, scratch);
        }
    }

    /// For one of the batch.
    fn run_one(&self, isa: Isa, Operands { input, residual, out }: Operands<'_>, scratch: &mut [f32]) {
        let (bias, activation, pixels) = (&self.bias, &self.activation, self.pixels);
        match &self.kind {
            Kind::Dense(weights) => {
                isa.run(DenseProduct { source: input, weights, bias, residual, activation, out });
                return;
            }
            Kind::Pointwise { weights, offsets } => {
                isa.run(Product { source: input, offsets, weights, bias, residual, activation, out, pixels });
                return;
            }
            Kind::Spatial { weights, offsets, phases, channels } => {
                let (planes, flat) = scratch.split_at_mut(phases.room(*channels));
                planes.fill(0.0);
                let size = input.len() / channels;
                for (input, planes) in input.chunks_exact(size).zip(planes.chunks_exact_mut(phases.len())) {
                    phases.fill(input, planes);
                }
                let flat = &mut flat[..phases.flat() * bias.len()];
                bare(isa, [planes, bias], offsets, weights, flat, phases.flat());
                for (flat, out) in flat.chunks_exact(phases.flat()).zip(out.chunks_exact_mut(pixels)) {
                    phases.compact(flat, out);
                }
            }
            Kind::Depthwise { weights, offsets, phases } => {
                let (planes, flat) = scratch.split_at_mut(phases.room(1));
                planes.fill(0.0);
                let (size, multiplier) = (input.len() / weights.len(), bias.len() / weights.len());
                let flat = &mut flat[..phases.flat() * multiplier];
                let outs = out.chunks_exact_mut(pixels * multiplier).zip(bias.chunks_exact(multiplier));
                for ((input, weights), (out, bias)) in input.chunks_exact(size).zip(weights).zip(outs) {
                    phases.fill(input, planes);
                    bare(isa, [planes, bias], offsets, weights, flat, phases.flat());
                    for (flat, out) in flat.chunks_exact(phases.flat()).zip(out.chunks_exact_mut(pixels)) {
                        phases.compact(flat, out);
                    }
                }
            }
            Kind::Transposed { weights, offsets, zeros, window, input: from, size } => {
                let from_pixels = from[0] * from[1];
                let columns = &mut scratch[..zeros.len() * from_pixels];
                bare(isa, [input, zeros], offsets, weights, columns, from_pixels);
                let cells = columns.chunks_exact(columns.len() / bias.len());
                for ((columns, out), &bias) in cells.zip(out.chunks_exact_mut(pixels)).zip(bias) {
                    out.fill(bias);
                    add_columns(columns, window, *from, *size, out);
                }
            }
        }
        if residual.is_some() || *activation != Activation::None {
            isa.run(Finish { activation, residual, out, pixels });
        }
    }
}

/// A product without residual and activation; `[source, bias]`.
fn bare(
    isa: Isa,
    [source, bias]: [&[f32]; 2],
    offsets: &[usize],
    weights: &Packed,
    out: &mut [f32],
    pixels: usize,
) {
    let activation = &Activation::None;
    isa.run(Product { source, offsets, weights, bias, residual: None, activation, out, pixels });
}

/// Residual and activation, on planes of `pixels`.
struct Finish<'a> {
    activation: &'a Activation,
    residual: Option<&'a [f32]>,
    out: &'a mut [f32],
    pixels: usize,
}

impl Task for Finish<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { activation, residual, out, pixels } = self;
        for (channel, out) in out.chunks_exact_mut(pixels).enumerate() {
            let residual =
                residual.and_then(|residual| residual.get(channel * pixels..(channel + 1) * pixels));
            gemm::finish(simd, activation, channel, residual, out);
        }
    }
}

/// Adds each input pixel's window cells to the outputs that they belong to, for one output channel.
fn add_columns(columns: &[f32], window: &Window, from: [usize; 2], size: [usize; 2], out: &mut [f32]) {
    let [[top, _], [left, _]] = window.padding;
    for (cell, columns) in columns.chunks_exact(from[0] * from[1]).enumerate() {
        let (kernel_row, kernel_col) = (cell / window.kernel[1], cell % window.kernel[1]);
        for (row, columns) in columns.chunks_exact(from[1]).enumerate() {
            let Some(row) = (row * window.stride[0] + kernel_row).checked_sub(top) else { continue };
            let Some(out) = out.get_mut(row * size[1]..(row + 1) * size[1]) else { continue };
            for (col, value) in columns.iter().enumerate() {
                let col = (col * window.stride[1] + kernel_col).checked_sub(left);
                if let Some(out) = col.and_then(|col| out.get_mut(col)) {
                    *out += value;
                }
            }
        }
    }
}

/// A step whose input is one row of values.
fn dense(filter: &Filter) -> Kind {
    let depth = filter.weights.len() / filter.shape[0];
    Kind::Dense(PackedDense::new(filter.shape[0], depth, |o, k| filter.weights[o * depth + k]))
}

/// A step with a window, over `input` cells of `channels`.
fn spatial(op: &Op, filter: &Filter, input: [usize; 2], channels: usize, output: [usize; 2]) -> Option<Kind> {
    let outputs = filter.bias.len();
    let weight = |cell: [usize; 4]| {
        filter.weights[cell.iter().zip(&filter.shape).fold(0, |flat, (at, size)| flat * size + at)]
    };
    match op {
        Op::Conv2d(window) => {
            let [rows, cols] = window.kernel;
            let cells = rows * cols;
            // Planar order: channel by channel, each with its window.
            let planar = |o: usize, k: usize| weight([o, k % cells / cols, k % cols, k / cells]);
            let plain = window.padding == [[0; 2]; 2];
            if output == [1, 1] && plain && window.kernel == input {
                return Some(Kind::Dense(PackedDense::new(outputs, channels * cells, planar)));
            }
            let weights = Packed::new(outputs, channels * cells, planar);
            if cells == 1 && window.stride == [1, 1] && plain {
                let offsets = (0..channels).map(|channel| channel * input[0] * input[1]).collect();
                return Some(Kind::Pointwise { weights, offsets });
            }
            let phases = Phases::new(*window, input, output);
            let offset = |k: usize| phases.shift([k % cells / cols, k % cols]) + k / cells * phases.len();
            let offsets = (0..channels * cells).map(offset).collect();
            Some(Kind::Spatial { weights, offsets, phases, channels })
        }
        Op::DepthwiseConv2d(window) => {
            let [rows, cols] = window.kernel;
            let multiplier = outputs / channels;
            let phases = Phases::new(*window, input, output);
            let pack = |channel: usize| {
                let weight = |o: usize, k: usize| weight([0, k / cols, k % cols, channel * multiplier + o]);
                Packed::new(multiplier, rows * cols, weight)
            };
            let offsets = (0..rows * cols).map(|k| phases.shift([k / cols, k % cols])).collect();
            Some(Kind::Depthwise { weights: (0..channels).map(pack).collect(), offsets, phases })
        }
        Op::TransposeConv2d { window, size } => {
            let [rows, cols] = window.kernel;
            let cells = rows * cols;
            let cell = |o: usize, k: usize| weight([o / cells, o % cells / cols, o % cols, k]);
            let weights = Packed::new(outputs * cells, channels, cell);
            let offsets = (0..channels).map(|channel| channel * input[0] * input[1]).collect();
            let zeros = vec![0.0; outputs * cells];
            Some(Kind::Transposed { weights, offsets, zeros, window: *window, input, size: *size })
        }
        _ => None,
    }
}
