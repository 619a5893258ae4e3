//! Convolutions, pools and fully connected operators. Padding by name becomes padding by amounts.

use super::{
    Importer, NetError, Op, corrupt,
    operator::{Imported, Operator},
};
use crate::nets::graph::{Reduce, Window};

/// The schema's number for padding to ceil(input / stride) outputs; the other one, 1, is none at all.
const SAME: i32 = 0;

pub(super) fn conv(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let options = operator.options()?;
    let inputs = weighted_inputs(operator, importer)?;
    let stride = [size(options.i32(2, 0)?)?, size(options.i32(1, 0)?)?];
    let dilation = [size(options.i32(5, 1)?)?, size(options.i32(4, 1)?)?];
    let kernel = kernel(importer.shape(inputs[1]))?;
    let window = window(importer.shape(inputs[0]), kernel, stride, dilation, options.i8(0)?.into())?;
    operator.emit(importer, Op::Conv2d(window), inputs, 0, Some(3))
}

pub(super) fn depthwise(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let options = operator.options()?;
    let inputs = weighted_inputs(operator, importer)?;
    let stride = [size(options.i32(2, 0)?)?, size(options.i32(1, 0)?)?];
    let dilation = [size(options.i32(6, 1)?)?, size(options.i32(5, 1)?)?];
    let kernel = kernel(importer.shape(inputs[1]))?;
    let window = window(importer.shape(inputs[0]), kernel, stride, dilation, options.i8(0)?.into())?;
    operator.emit(importer, Op::DepthwiseConv2d(window), inputs, 0, Some(4))
}

pub(super) fn pool(operator: &Operator<'_>, importer: &mut Importer<'_>, kind: Reduce) -> Imported {
    let options = operator.options()?;
    let input = operator.value(importer, 0)?;
    let stride = [size(options.i32(2, 0)?)?, size(options.i32(1, 0)?)?];
    let kernel = [size(options.i32(4, 0)?)?, size(options.i32(3, 0)?)?];
    let window = window(importer.shape(input), kernel, stride, [1, 1], options.i8(0)?.into())?;
    // Every window must hold a cell of the input, or there would be no mean of it.
    let [[top, _], [left, _]] = window.padding;
    if top >= kernel[0] || left >= kernel[1] {
        return Err(operator.unsupported(importer, format!("its window {window} can miss the input")));
    }
    operator.emit(importer, Op::Pool(kind, window), vec![input], 0, Some(5))
}

/// TRANSPOSE_CONV: output shape, weights, input, optional bias.
pub(super) fn transpose_conv(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let options = operator.options()?;
    let mut inputs = vec![operator.value(importer, 2)?, operator.value(importer, 1)?];
    if operator.input_count() > 3 {
        inputs.push(operator.value(importer, 3)?);
    }
    let stride = [size(options.i32(2, 0)?)?, size(options.i32(1, 0)?)?];
    let (padding, activation) = (options.i8(0)?.into(), Some(3));
    transposed(operator, importer, inputs, stride, padding, activation)
}

/// MediaPipe's operator: input, weights, bias; options are three integers, padding and horizontal and vertical
/// stride. Padding there is numbered as in TfLitePadding, with 1 for SAME.
pub(super) fn transpose_conv_bias(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let inputs = weighted_inputs(operator, importer)?;
    let ints: Vec<i32> = operator
        .custom
        .chunks_exact(4)
        .map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let &[padding, horizontal, vertical, ..] = ints.as_slice() else {
        return Err(corrupt(format!("operator {} lacks its options", operator.name)));
    };
    let stride = [size(vertical)?, size(horizontal)?];
    let padding = if padding == 1 { SAME } else { 1 - SAME };
    transposed(operator, importer, inputs, stride, padding, None)
}

fn transposed(
    operator: &Operator<'_>,
    importer: &mut Importer<'_>,
    inputs: Vec<usize>,
    stride: [usize; 2],
    padding: i32,
    activation: Option<usize>,
) -> Imported {
    let output = operator.output(importer, 0)?;
    let &[_, rows, cols, _] = importer.shape(output) else {
        return Err(operator.unsupported(importer, "its output needs four axes"));
    };
    let kernel = kernel(importer.shape(inputs[1]))?;
    let window = window(importer.shape(output), kernel, stride, [1, 1], padding)?;
    operator.emit(importer, Op::TransposeConv2d { window, size: [rows, cols] }, inputs, 0, activation)
}

pub(super) fn fully_connected(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let options = operator.options()?;
    let inputs = weighted_inputs(operator, importer)?;
    if options.i8(1)? != 0 {
        return Err(operator.unsupported(importer, "its weights are shuffled"));
    }
    let keep_dims = options.bool(2)?;
    operator.emit(importer, Op::FullyConnected { keep_dims }, inputs, 0, Some(0))
}

/// Input, weights and, where there is one, bias.
fn weighted_inputs(operator: &Operator<'_>, importer: &Importer<'_>) -> Result<Vec<usize>, NetError> {
    operator.values(importer, operator.input_count().clamp(2, 3))
}

/// Rows and columns of weights or of any tensor with four axes.
fn kernel(shape: &[usize]) -> Result<[usize; 2], NetError> {
    match *shape {
        [_, rows, cols, _] => Ok([rows, cols]),
        _ => Err(corrupt(format!("a tensor of shape {shape:?} should have four axes"))),
    }
}

/// A size or a step: at least 1, and no more than any picture needs.
fn size(value: i32) -> Result<usize, NetError> {
    match value {
        1..=65536 => Ok(value as usize),
        _ => Err(corrupt(format!("{value} is no size of a window"))),
    }
}

fn window(
    input: &[usize],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: i32,
) -> Result<Window, NetError> {
    let size = self::kernel(input)?;
    let along = |axis: usize| {
        let reach = kernel[axis].saturating_sub(1).saturating_mul(dilation[axis]).saturating_add(1);
        let outputs = size[axis].div_ceil(stride[axis]);
        let covered = outputs.saturating_sub(1).saturating_mul(stride[axis]).saturating_add(reach);
        let total = covered.saturating_sub(size[axis]);
        [total / 2, total - total / 2]
    };
    let padding = if padding == SAME { [along(0), along(1)] } else { [[0; 2]; 2] };
    Ok(Window { kernel, stride, dilation, padding })
}
