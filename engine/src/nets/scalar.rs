//! Plans run by naive loops: slow, obvious, and what every other executor is compared with. Sums are f64.

use std::sync::Arc;

use super::{
    Executor, NetError, Plan, TensorInfo, check_inputs,
    graph::{Alignment, Binary, Op, Range, Reduce, Window},
    plan::{Activation, Filter, Step},
    resample,
};

/// The executor.
pub(super) struct Scalar {
    plan: Arc<Plan>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// By slot.
    buffers: Vec<Vec<f32>>,
}

impl Scalar {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        let buffers = plan.slots.iter().map(|&values| vec![0.0; values]).collect();
        Self { inputs: plan.inputs(), outputs: plan.outputs(), buffers, plan }
    }
}

impl Executor for Scalar {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError> {
        check_inputs(&self.inputs, inputs)?;
        let plan = &self.plan;
        for (&id, input) in plan.inputs.iter().zip(inputs) {
            if let Some(slot) = plan.values[id].slot {
                self.buffers[slot][..input.len()].copy_from_slice(input);
            }
        }
        for step in &plan.steps {
            let value = &plan.values[step.output];
            let Some(slot) = value.slot else { continue };
            let mut buffer = std::mem::take(&mut self.buffers[slot]);
            let operands = operands(plan, step, &self.buffers);
            compute(plan, step, &operands, &mut buffer[..value.values()]);
            self.buffers[slot] = buffer;
        }
        Ok(())
    }

    fn output(&self, index: usize) -> &[f32] {
        read(&self.plan, self.plan.outputs[index], &self.buffers).values
    }
}

/// A tensor with its shape.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    shape: &'a [usize],
    values: &'a [f32],
}

/// What a step reads: its inputs, then its residual.
pub(super) fn operands<'a>(plan: &'a Plan, step: &Step, buffers: &'a [Vec<f32>]) -> Vec<Operand<'a>> {
    step.reads().map(|id| read(plan, id, buffers)).collect()
}

fn read<'a>(plan: &'a Plan, id: usize, buffers: &'a [Vec<f32>]) -> Operand<'a> {
    let value = &plan.values[id];
    let values = match (&value.constant, value.slot) {
        (Some(constant), _) => constant,
        (None, Some(slot)) => &buffers[slot][..value.values()],
        (None, None) => &[],
    };
    Operand { shape: &value.shape, values }
}

/// Runs one step on its `operands`, inputs first, then the residual.
pub(super) fn compute(plan: &Plan, step: &Step, operands: &[Operand<'_>], out: &mut [f32]) {
    let shape = plan.values[step.output].shape.as_slice();
    let input = operands[0];
    match (&step.op, &step.filter) {
        (Op::Conv2d(window), Some(filter)) => conv(input, filter, window, shape, out),
        (Op::DepthwiseConv2d(window), Some(filter)) => depthwise(input, filter, window, shape, out),
        (Op::TransposeConv2d { window, .. }, Some(filter)) => {
            transpose_conv(input, filter, window, shape, out)
        }
        (Op::FullyConnected { .. }, Some(filter)) => fully_connected(input, filter, out),
        (Op::Normalize { epsilon }, Some(filter)) => normalize(input, filter, *epsilon, out),
        (Op::Pool(kind, window), _) => pool(input, *kind, window, shape, out),
        (Op::Unary(unary), _) => fill(out, |i| unary.apply(input.values[i])),
        (Op::Binary(binary), _) => self::binary(input, operands[1], *binary, shape, out),
        (Op::Reduce { kind, axes, .. }, _) => reduce(input, *kind, axes, out),
        (Op::Pad { amounts, value }, _) => pad(input, amounts, *value, shape, out),
        (Op::ResizeBilinear { alignment, .. }, _) => resize(input, *alignment, shape, out),
        (Op::DepthToSpace(block), _) => depth_to_space(input, *block, shape, out),
        (Op::Transpose(perm), _) => transpose(input, perm, shape, out),
        (Op::Concat(axis), _) => concat(&operands[..step.inputs.len()], *axis, shape, out),
        (Op::Slice(ranges), _) => slice(input, ranges, shape, out),
        (Op::Softmax { beta }, _) => softmax(input, *beta, out),
        (Op::Reshape(_) | Op::Dequantize, _) => out.copy_from_slice(input.values),
        (op, None) => unreachable!("{} has a filter in every plan", op.name()),
    }
    if step.residual.is_some() {
        add_residual(operands[step.inputs.len()], shape, out);
    }
    let channels = shape.last().copied().unwrap_or(1);
    match &step.activation {
        Activation::None => {}
        Activation::Unary(unary) => out.iter_mut().for_each(|value| *value = unary.apply(*value)),
        Activation::Prelu(slopes) => {
            for (i, value) in out.iter_mut().enumerate() {
                *value = Binary::Prelu.apply(*value, slopes[i % channels]);
            }
        }
    }
}

fn fill(out: &mut [f32], value: impl Fn(usize) -> f32) {
    out.iter_mut().enumerate().for_each(|(i, out)| *out = value(i));
}

/// Flat index of `cell` in a tensor of `shape`.
fn flat(cell: &[usize], shape: &[usize]) -> usize {
    cell.iter().zip(shape).fold(0, |flat, (&at, &size)| flat * size + at)
}

/// The cell of a tensor of `shape` at flat index `i`.
fn cell(mut i: usize, shape: &[usize]) -> Vec<usize> {
    let mut cell = vec![0; shape.len()];
    for (at, &size) in cell.iter_mut().zip(shape).rev() {
        (*at, i) = (i % size, i / size);
    }
    cell
}

fn cells4(i: usize, shape: &[usize]) -> [usize; 4] {
    let (i, channel) = (i / shape[3], i % shape[3]);
    let (i, col) = (i / shape[2], i % shape[2]);
    [i / shape[1], i % shape[1], col, channel]
}

/// Input cells under the window of output (row, col): (kernel row, kernel col, row, col), without the padding.
fn under(
    window: &Window,
    [row, col]: [usize; 2],
    size: [usize; 2],
) -> impl Iterator<Item = [usize; 4]> + use<> {
    let Window { kernel, stride, dilation, padding: [[top, _], [left, _]] } = *window;
    (0..kernel[0]).flat_map(move |kernel_row| {
        (0..kernel[1]).filter_map(move |kernel_col| {
            let row = (row * stride[0] + kernel_row * dilation[0]).checked_sub(top)?;
            let col = (col * stride[1] + kernel_col * dilation[1]).checked_sub(left)?;
            (row < size[0] && col < size[1]).then_some([kernel_row, kernel_col, row, col])
        })
    })
}

fn conv(input: Operand<'_>, filter: &Filter, window: &Window, shape: &[usize], out: &mut [f32]) {
    let depth = input.shape[3];
    fill(out, |i| {
        let [batch, row, col, channel] = cells4(i, shape);
        let mut sum = f64::from(filter.bias[channel]);
        for [kernel_row, kernel_col, row, col] in under(window, [row, col], [input.shape[1], input.shape[2]])
        {
            let values = &input.values[flat(&[batch, row, col, 0], input.shape)..][..depth];
            let weights =
                &filter.weights[flat(&[channel, kernel_row, kernel_col, 0], &filter.shape)..][..depth];
            sum += values.iter().zip(weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum::<f64>();
        }
        sum as f32
    });
}

fn depthwise(input: Operand<'_>, filter: &Filter, window: &Window, shape: &[usize], out: &mut [f32]) {
    let multiplier = shape[3] / input.shape[3];
    fill(out, |i| {
        let [batch, row, col, channel] = cells4(i, shape);
        let mut sum = f64::from(filter.bias[channel]);
        for [kernel_row, kernel_col, row, col] in under(window, [row, col], [input.shape[1], input.shape[2]])
        {
            let value = input.values[flat(&[batch, row, col, channel / multiplier], input.shape)];
            let weight = filter.weights[flat(&[0, kernel_row, kernel_col, channel], &filter.shape)];
            sum += f64::from(value) * f64::from(weight);
        }
        sum as f32
    });
}

fn transpose_conv(input: Operand<'_>, filter: &Filter, window: &Window, shape: &[usize], out: &mut [f32]) {
    let depth = input.shape[3];
    let mut sums: Vec<f64> = (0..out.len()).map(|i| f64::from(filter.bias[i % shape[3]])).collect();
    for i in 0..input.values.len() / depth {
        let [batch, row, col, _] = cells4(i * depth, input.shape);
        let values = &input.values[i * depth..][..depth];
        for [kernel_row, kernel_col, row, col] in under(window, [row, col], [shape[1], shape[2]]) {
            for channel in 0..shape[3] {
                let weights =
                    &filter.weights[flat(&[channel, kernel_row, kernel_col, 0], &filter.shape)..][..depth];
                sums[flat(&[batch, row, col, channel], shape)] +=
                    values.iter().zip(weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum::<f64>();
            }
        }
    }
    fill(out, |i| sums[i] as f32);
}

fn fully_connected(input: Operand<'_>, filter: &Filter, out: &mut [f32]) {
    let (channels, depth) = (filter.shape[0], filter.shape[1]);
    fill(out, |i| {
        let values = &input.values[i / channels * depth..][..depth];
        let weights = &filter.weights[i % channels * depth..][..depth];
        let sum: f64 = values.iter().zip(weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
        (sum + f64::from(filter.bias[i % channels])) as f32
    });
}

fn normalize(input: Operand<'_>, filter: &Filter, epsilon: f32, out: &mut [f32]) {
    let width = filter.bias.len();
    for (values, out) in input.values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / width as f64;
        let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / width as f64;
        let scale = 1.0 / (variance + f64::from(epsilon)).sqrt();
        fill(out, |i| {
            ((f64::from(values[i]) - mean) * scale * f64::from(filter.weights[i]) + f64::from(filter.bias[i]))
                as f32
        });
    }
}

fn pool(input: Operand<'_>, kind: Reduce, window: &Window, shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let [batch, row, col, channel] = cells4(i, shape);
        let cells = under(window, [row, col], [input.shape[1], input.shape[2]]);
        over(kind, cells.map(|[_, _, row, col]| input.values[flat(&[batch, row, col, channel], input.shape)]))
    });
}

fn reduce(input: Operand<'_>, kind: Reduce, axes: &[usize], out: &mut [f32]) {
    let kept: Vec<usize> = (0..input.shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let kept_shape: Vec<usize> = kept.iter().map(|&axis| input.shape[axis]).collect();
    let mut groups: Vec<Vec<f32>> = vec![Vec::new(); out.len()];
    for (i, &value) in input.values.iter().enumerate() {
        let cell = cell(i, input.shape);
        let kept_cell: Vec<usize> = kept.iter().map(|&axis| cell[axis]).collect();
        groups[flat(&kept_cell, &kept_shape)].push(value);
    }
    fill(out, |i| over(kind, groups[i].iter().copied()));
}

fn over(kind: Reduce, values: impl Iterator<Item = f32>) -> f32 {
    match kind {
        Reduce::Max => values.fold(f32::NEG_INFINITY, f32::max),
        Reduce::Min => values.fold(f32::INFINITY, f32::min),
        Reduce::Sum => values.map(f64::from).sum::<f64>() as f32,
        Reduce::Mean => {
            let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), x| (sum + f64::from(x), count + 1));
            (sum / f64::from(count)) as f32
        }
    }
}

/// The operand's value at `cell` of the broadcast result.
fn broadcast(operand: Operand<'_>, cell: &[usize]) -> f32 {
    let cell = &cell[cell.len() - operand.shape.len()..];
    let at = cell.iter().zip(operand.shape).fold(0, |flat, (&at, &size)| flat * size + at.min(size - 1));
    operand.values[at]
}

fn binary(a: Operand<'_>, b: Operand<'_>, binary: Binary, shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let cell = cell(i, shape);
        binary.apply(broadcast(a, &cell), broadcast(b, &cell))
    });
}

fn add_residual(residual: Operand<'_>, shape: &[usize], out: &mut [f32]) {
    let (channels, depth) = (shape[shape.len() - 1], residual.shape[residual.shape.len() - 1]);
    for (i, value) in out.iter_mut().enumerate() {
        if i % channels < depth {
            *value += residual.values[i / channels * depth + i % channels];
        }
    }
}

fn pad(input: Operand<'_>, amounts: &[[usize; 2]], value: f32, shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let cell = cell(i, shape);
        let inner = cell.iter().zip(amounts).map(|(at, [before, _])| at.checked_sub(*before));
        let inner: Option<Vec<usize>> = inner.collect();
        let inside = inner.filter(|cell| cell.iter().zip(input.shape).all(|(at, size)| at < size));
        inside.map_or(value, |cell| input.values[flat(&cell, input.shape)])
    });
}

fn resize(input: Operand<'_>, alignment: Alignment, shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let [batch, row, col, channel] = cells4(i, shape);
        let (top, bottom, down) = resample::between(row, input.shape[1], shape[1], alignment);
        let (left, right, across) = resample::between(col, input.shape[2], shape[2], alignment);
        let at = |row, col| input.values[flat(&[batch, row, col, channel], input.shape)];
        let upper = at(top, left) * (1.0 - across) + at(top, right) * across;
        let lower = at(bottom, left) * (1.0 - across) + at(bottom, right) * across;
        upper * (1.0 - down) + lower * down
    });
}

fn depth_to_space(input: Operand<'_>, block: usize, shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let [batch, row, col, channel] = cells4(i, shape);
        let depth = (row % block * block + col % block) * shape[3] + channel;
        input.values[flat(&[batch, row / block, col / block, depth], input.shape)]
    });
}

fn transpose(input: Operand<'_>, perm: &[usize], shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let mut from = vec![0; perm.len()];
        perm.iter().zip(cell(i, shape)).for_each(|(&axis, at)| from[axis] = at);
        input.values[flat(&from, input.shape)]
    });
}

fn concat(inputs: &[Operand<'_>], axis: usize, shape: &[usize], out: &mut [f32]) {
    let mut start = 0;
    for input in inputs {
        for (i, &value) in input.values.iter().enumerate() {
            let mut cell = cell(i, input.shape);
            cell[axis] += start;
            out[flat(&cell, shape)] = value;
        }
        start += input.shape[axis];
    }
}

fn slice(input: Operand<'_>, ranges: &[Range], shape: &[usize], out: &mut [f32]) {
    fill(out, |i| {
        let from: Vec<usize> = cell(i, shape).iter().zip(ranges).map(|(&at, range)| range.at(at)).collect();
        input.values[flat(&from, input.shape)]
    });
}

fn softmax(input: Operand<'_>, beta: f32, out: &mut [f32]) {
    let width = input.shape[input.shape.len() - 1];
    for (values, out) in input.values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f64> = values.iter().map(|&x| f64::from(beta * (x - most)).exp()).collect();
        let sum: f64 = powers.iter().sum();
        fill(out, |i| (powers[i] / sum) as f32);
    }
}
