//! Heavy steps on a GPU, put together from operations that run as one launch each.
//!
//! A window is a list of views of the padded input, one for each of its cells: a convolution is the product of all
//! views, side by side, with the weights; a depthwise one the sum of views times weights; a pool their maximum or sum. A
//! transposed convolution is a convolution of the input with zeros between its pixels.

use candle_core::{Device, Error, Result as CandleResult, Tensor};

use crate::nets::{
    graph::{Alignment, Op, Reduce, Window},
    plan::{Filter, Plan, Step},
    resample,
};

/// A step with its weights on the device.
pub(super) struct Lowered {
    kind: Kind,
    /// `[out]`
    bias: Option<Tensor>,
    shape: Vec<usize>,
}

enum Kind {
    /// Weights `[cells * in, out]`.
    Conv { window: Window, weights: Tensor },
    /// For each cell `[out]`, and how many outputs each input channel makes.
    Depthwise { window: Window, weights: Vec<Tensor>, multiplier: usize },
    /// As a convolution with stride 1 of the input with zeros between and around.
    Transposed { stride: [usize; 2], conv: Window, weights: Tensor },
    /// Weights `[in, out]`.
    Dense { weights: Tensor },
    /// With 1 / count of the cells on the picture, `[1, rows, cols, 1]`.
    Pool { kind: Reduce, window: Window, shares: Tensor },
    /// For rows and for columns: both neighbours, and the weight of the second.
    Resize([[Tensor; 3]; 2]),
}

impl Lowered {
    pub(super) fn new(plan: &Plan, step: &Step, device: &Device) -> CandleResult<Self> {
        let shape = plan.value(step.output).shape.clone();
        let input = &plan.value(step.inputs[0]).shape;
        let kind = match (&step.op, &step.filter) {
            (Op::Conv2d(window), Some(filter)) => {
                let order =
                    |[cell, c, o]: [usize; 3], [cells, depth]: [usize; 2]| (o * cells + cell) * depth + c;
                Kind::Conv { window: *window, weights: matrix(filter, order, device)? }
            }
            (Op::DepthwiseConv2d(window), Some(filter)) => {
                let outputs = filter.bias.len();
                let cell = |weights: &[f32]| Tensor::from_slice(weights, outputs, device);
                let weights = filter.weights.chunks_exact(outputs).map(cell).collect::<CandleResult<_>>()?;
                Kind::Depthwise { window: *window, weights, multiplier: outputs / input[3] }
            }
            (Op::TransposeConv2d { window, size }, Some(filter)) => {
                // Cells come in the opposite order.
                let order = |[cell, c, o]: [usize; 3], [cells, depth]: [usize; 2]| {
                    (o * cells + cells - 1 - cell) * depth + c
                };
                let weights = matrix(filter, order, device)?;
                let conv = reversed(window, [input[1], input[2]], *size);
                Kind::Transposed { stride: window.stride, conv, weights }
            }
            (Op::FullyConnected { .. }, Some(filter)) => {
                let weights = Tensor::from_slice(&filter.weights, filter.shape.as_slice(), device)?;
                Kind::Dense { weights: weights.t()?.contiguous()? }
            }
            (Op::Pool(kind, window), _) => {
                let shares = shares(window, [input[1], input[2]], [shape[1], shape[2]]);
                let shares = Tensor::from_vec(shares, (1, shape[1], shape[2], 1), device)?;
                Kind::Pool { kind: *kind, window: *window, shares }
            }
            (Op::ResizeBilinear { alignment, .. }, _) => Kind::Resize([
                neighbours(input[1], shape[1], *alignment, (1, shape[1], 1, 1), device)?,
                neighbours(input[2], shape[2], *alignment, (1, 1, shape[2], 1), device)?,
            ]),
            (op, _) => return Err(Error::Msg(format!("{} is no heavy step", op.name()))),
        };
        let bias = step.filter.as_ref().map(|filter| &filter.bias);
        let bias = bias.map(|bias| Tensor::from_slice(bias, bias.len(), device)).transpose()?;
        Ok(Self { kind, bias, shape })
    }

    /// The step without its residual and activation.
    pub(super) fn apply(&self, x: &Tensor) -> CandleResult<Tensor> {
        let made = match &self.kind {
            Kind::Conv { window, weights } => self.product(&self.views(x, window, 0.0)?, weights)?,
            Kind::Depthwise { window, weights, multiplier } => {
                let x = repeated(x, *multiplier)?;
                let mut sum: Option<Tensor> = None;
                for (view, weights) in self.views(&x, window, 0.0)?.iter().zip(weights) {
                    let term = view.broadcast_mul(weights)?;
                    sum = Some(match sum {
                        Some(sum) => (sum + term)?,
                        None => term,
                    });
                }
                sum.ok_or_else(|| Error::Msg("a window without cells".into()))?
            }
            Kind::Transposed { stride, conv, weights } => {
                let spread = spread(&spread(x, 1, stride[0])?, 2, stride[1])?;
                self.product(&self.views(&spread, conv, 0.0)?, weights)?
            }
            Kind::Dense { weights } => {
                let depth = weights.dim(0)?;
                x.reshape((x.elem_count() / depth, depth))?.matmul(weights)?.reshape(self.shape.as_slice())?
            }
            Kind::Pool { kind: Reduce::Max, window, .. } => {
                let mut views = self.views(x, window, f32::NEG_INFINITY)?.into_iter();
                let first = views.next().ok_or_else(|| Error::Msg("a window without cells".into()))?;
                views.try_fold(first, |most, view| most.maximum(&view))?
            }
            Kind::Pool { window, shares, .. } => {
                let mut views = self.views(x, window, 0.0)?.into_iter();
                let first = views.next().ok_or_else(|| Error::Msg("a window without cells".into()))?;
                views.try_fold(first, |sum, view| sum + view)?.broadcast_mul(shares)?
            }
            Kind::Resize([rows, cols]) => between(&between(x, 1, rows)?, 2, cols)?,
        };
        match &self.bias {
            Some(bias) => made.broadcast_add(bias),
            None => Ok(made),
        }
    }

    /// All views side by side, times the weights.
    fn product(&self, views: &[Tensor], weights: &Tensor) -> CandleResult<Tensor> {
        let columns = Tensor::cat(views, 3)?;
        let depth = weights.dim(0)?;
        let columns = columns.reshape((columns.elem_count() / depth, depth))?;
        columns.matmul(weights)?.reshape(self.shape.as_slice())
    }

    /// What lies beneath each cell of the window, for all outputs; `outside` lies around the picture.
    fn views(&self, x: &Tensor, window: &Window, outside: f32) -> CandleResult<Vec<Tensor>> {
        let mut padded = x.clone();
        for axis in [0, 1] {
            padded = surrounded(&padded, axis + 1, window.padding[axis], outside)?;
        }
        let mut views = Vec::with_capacity(window.kernel[0] * window.kernel[1]);
        for row in 0..window.kernel[0] {
            let rows = strided(&padded, 1, row * window.dilation[0], window.stride[0], self.shape[1])?;
            for col in 0..window.kernel[1] {
                views.push(strided(&rows, 2, col * window.dilation[1], window.stride[1], self.shape[2])?);
            }
        }
        Ok(views)
    }
}

/// With `value` at `before` places before and `after` behind, along `axis`.
fn surrounded(x: &Tensor, axis: usize, [before, after]: [usize; 2], value: f32) -> CandleResult<Tensor> {
    if value == 0.0 {
        return x.pad_with_zeros(axis, before, after);
    }
    let around = |count: usize| {
        let mut shape = x.dims().to_vec();
        shape[axis] = count;
        (count > 0).then(|| Tensor::full(value, shape, x.device())).transpose()
    };
    let parts: Vec<Tensor> =
        [around(before)?, Some(x.clone()), around(after)?].into_iter().flatten().collect();
    Tensor::cat(&parts, axis)
}

/// Weights as a matrix of (cell, input channel) by output; `order([cell, input, output], [cells, inputs])` says where each
/// is.
fn matrix(
    filter: &Filter,
    order: impl Fn([usize; 3], [usize; 2]) -> usize,
    device: &Device,
) -> CandleResult<Tensor> {
    let (outputs, depth) = (filter.bias.len(), filter.shape[3]);
    let cells = filter.shape[1] * filter.shape[2];
    let mut values = Vec::with_capacity(filter.weights.len());
    for cell in 0..cells {
        for c in 0..depth {
            values.extend((0..outputs).map(|o| filter.weights[order([cell, c, o], [cells, depth])]));
        }
    }
    Tensor::from_vec(values, (cells * depth, outputs), device)
}

/// The convolution that a transposed one with `window`, from `input` to `size`, is on its spread input.
fn reversed(window: &Window, input: [usize; 2], size: [usize; 2]) -> Window {
    let padding = [0, 1].map(|axis| {
        let before = window.kernel[axis] - 1 - window.padding[axis][0].min(window.kernel[axis] - 1);
        let spread = (input[axis] - 1) * window.stride[axis] + 1;
        [before, (size[axis] + window.kernel[axis] - 1).saturating_sub(spread + before)]
    });
    Window { kernel: window.kernel, stride: [1, 1], dilation: [1, 1], padding }
}

/// With `step` - 1 zeros between neighbours along `axis`.
fn spread(x: &Tensor, axis: usize, step: usize) -> CandleResult<Tensor> {
    if step == 1 {
        return Ok(x.clone());
    }
    let size = x.dim(axis)?;
    let apart = x.unsqueeze(axis + 1)?.pad_with_zeros(axis + 1, 0, step - 1)?;
    apart.flatten(axis, axis + 1)?.narrow(axis, 0, (size - 1) * step + 1)?.contiguous()
}

/// Each channel `times` times.
fn repeated(x: &Tensor, times: usize) -> CandleResult<Tensor> {
    if times == 1 {
        return Ok(x.clone());
    }
    let &[batch, rows, cols, channels] = x.dims() else { return Ok(x.clone()) };
    let more = x.unsqueeze(4)?.broadcast_as((batch, rows, cols, channels, times))?;
    more.contiguous()?.flatten(3, 4)
}

/// `count` places along `axis`, `step` apart.
fn strided(x: &Tensor, axis: usize, begin: usize, step: usize, count: usize) -> CandleResult<Tensor> {
    if step == 1 {
        return x.narrow(axis, begin, count)?.contiguous();
    }
    let places: Vec<u32> = (0..count).map(|i| (begin + i * step) as u32).collect();
    x.contiguous()?.index_select(&Tensor::from_vec(places, count, x.device())?, axis)
}

/// One part of each output's window that lies on the picture.
fn shares(window: &Window, input: [usize; 2], output: [usize; 2]) -> Vec<f32> {
    let count = |axis: usize, index: usize| {
        let cells = (0..window.kernel[axis]).filter(|cell| {
            let place = index * window.stride[axis] + cell * window.dilation[axis];
            place.checked_sub(window.padding[axis][0]).is_some_and(|place| place < input[axis])
        });
        cells.count().max(1)
    };
    let rows = (0..output[0]).map(|row| count(0, row));
    rows.flat_map(|rows| (0..output[1]).map(move |col| 1.0 / (rows * count(1, col)) as f32)).collect()
}

fn neighbours(
    from: usize,
    to: usize,
    alignment: Alignment,
    shape: (usize, usize, usize, usize),
    device: &Device,
) -> CandleResult<[Tensor; 3]> {
    let all = (0..to).map(|i| resample::between(i, from, to, alignment));
    let firsts: Vec<u32> = all.clone().map(|(first, ..)| first as u32).collect();
    let seconds: Vec<u32> = all.clone().map(|(_, second, _)| second as u32).collect();
    let weights: Vec<f32> = all.map(|(.., weight)| weight).collect();
    Ok([
        Tensor::from_vec(firsts, to, device)?,
        Tensor::from_vec(seconds, to, device)?,
        Tensor::from_vec(weights, shape, device)?,
    ])
}

/// Along `axis`: the first neighbour, and so much of the way to the second.
fn between(x: &Tensor, axis: usize, [firsts, seconds, weights]: &[Tensor; 3]) -> CandleResult<Tensor> {
    let x = x.contiguous()?;
    let (first, second) = (x.index_select(firsts, axis)?, x.index_select(seconds, axis)?);
    let way = (second - &first)?.broadcast_mul(weights)?;
    first + way
}
