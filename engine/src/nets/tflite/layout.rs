//! Operators that move values or gather them over axes. Their integer operands become part of the op.

use super::{
    Importer, NetError, Op, corrupt,
    operator::{Imported, Operator},
};
use crate::nets::graph::{Alignment, Range, Reduce};

/// An axis that may count from the end.
fn axis(value: i64, rank: usize) -> Result<usize, NetError> {
    let from_start = if value < 0 { value + rank as i64 } else { value };
    let axis = usize::try_from(from_start).ok().filter(|&axis| axis < rank);
    axis.ok_or_else(|| corrupt(format!("axis {value} is not one of {rank}")))
}

pub(super) fn reduce(operator: &Operator<'_>, importer: &mut Importer<'_>, kind: Reduce) -> Imported {
    let input = operator.value(importer, 0)?;
    let rank = importer.shape(input).len();
    let given = importer.ints(operator.input(importer, 1)?)?;
    let mut axes = given.into_iter().map(|value| axis(value, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    let keep_dims = operator.options.map_or(Ok(false), |options| options.bool(0))?;
    operator.emit(importer, Op::Reduce { kind, axes, keep_dims }, vec![input], 0, None)
}

/// RESHAPE, SQUEEZE and EXPAND_DIMS: the model declares the shape that comes out.
pub(super) fn reshape(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let shape = importer.shape(operator.output(importer, 0)?).to_vec();
    operator.emit(importer, Op::Reshape(shape), vec![input], 0, None)
}

/// PAD, and PADV2 with the value to fill in.
pub(super) fn pad(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let amounts = importer.ints(operator.input(importer, 1)?)?;
    let amount = |&value: &i64| usize::try_from(value).map_err(|_| corrupt("a padding is negative"));
    let amounts = amounts
        .chunks_exact(2)
        .map(|pair| Ok([amount(&pair[0])?, amount(&pair[1])?]))
        .collect::<Result<Vec<_>, NetError>>()?;
    let value = if operator.input_count() > 2 { scalar(operator, importer, 2)? } else { 0.0 };
    operator.emit(importer, Op::Pad { amounts, value }, vec![input], 0, None)
}

fn scalar(operator: &Operator<'_>, importer: &Importer<'_>, position: usize) -> Result<f32, NetError> {
    use crate::nets::graph::Constant;
    let id = operator.value(importer, position)?;
    match &importer.graph.tensors[id].constant {
        Some(Constant::F32(values)) if values.len() == 1 => Ok(values[0]),
        _ => Err(operator.unsupported(importer, "the value that it pads with is not a constant number")),
    }
}

pub(super) fn transpose(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let rank = importer.shape(input).len();
    let given = importer.ints(operator.input(importer, 1)?)?;
    let perm = given.into_iter().map(|value| axis(value, rank)).collect::<Result<Vec<_>, _>>()?;
    operator.emit(importer, Op::Transpose(perm), vec![input], 0, None)
}

pub(super) fn concat(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let inputs = operator.values(importer, operator.input_count().max(1))?;
    let axis = axis(operator.options()?.i32(0, 0)?.into(), importer.shape(inputs[0]).len())?;
    operator.emit(importer, Op::Concat(axis), inputs, 0, Some(1))
}

pub(super) fn strided_slice(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let options = operator.options()?;
    let input = operator.value(importer, 0)?;
    let shape = importer.shape(input).to_vec();
    let [begin, end, step] =
        [1, 2, 3].map(|position| operator.input(importer, position).and_then(|id| importer.ints(id)));
    let (begin, end, step) = (begin?, end?, step?);
    if [&begin, &end, &step].iter().any(|list| list.len() != shape.len()) {
        return Err(operator.unsupported(importer, "it does not name a range for each axis"));
    }
    if options.i32(2, 0)? != 0 || options.i32(3, 0)? != 0 || options.bool(5)? {
        return Err(operator.unsupported(importer, "ellipsis, new axes and offsets are not built here"));
    }
    let masks = [options.i32(0, 0)?, options.i32(1, 0)?, options.i32(4, 0)?];
    let masked = |mask: usize, axis: usize| axis < 32 && masks[mask] as u32 >> axis & 1 == 1;
    let mut ranges = Vec::new();
    for (axis, &size) in shape.iter().enumerate() {
        let begin = (!masked(0, axis)).then_some(begin[axis]);
        let end = (!masked(1, axis)).then_some(end[axis]);
        let range = match masked(2, axis) {
            true => single(begin.unwrap_or(0), size),
            false => range(begin, end, step[axis], size),
        };
        ranges.push(
            range.ok_or_else(|| corrupt(format!("operator STRIDED_SLICE cuts nothing out of {size}")))?,
        );
    }
    let cut = Op::Slice(ranges);
    if masks[2] == 0 {
        return operator.emit(importer, cut, vec![input], 0, None);
    }
    // Axes of one that the operator drops.
    let output = operator.output(importer, 0)?;
    let name = format!("{}:cut", importer.graph.tensors[output].name);
    let inner = importer.graph.append(cut, vec![input], &name)?;
    let shape = importer.shape(output).to_vec();
    operator.emit(importer, Op::Reshape(shape), vec![inner], 0, None)
}

fn single(begin: i64, size: usize) -> Option<Range> {
    let begin = usize::try_from(if begin < 0 { begin + size as i64 } else { begin }).ok()?;
    (begin < size).then_some(Range { begin, step: 1, count: 1 })
}

/// Python's slice: absent bounds are the ends, negative ones count from the end.
fn range(begin: Option<i64>, end: Option<i64>, step: i64, size: usize) -> Option<Range> {
    let size = size as i64;
    if step == 0 || step.abs() > size.max(1) {
        return None;
    }
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let bound = |value: i64| (if value < 0 { value.saturating_add(size) } else { value }).clamp(low, high);
    let begin = begin.map_or(if step > 0 { low } else { high }, bound);
    let end = end.map_or(if step > 0 { high } else { low }, bound);
    let span = if step > 0 { end - begin } else { begin - end };
    let count = usize::try_from(span).ok()?.div_ceil(step.unsigned_abs() as usize);
    (count > 0).then_some(Range { begin: begin as usize, step: step as isize, count })
}

pub(super) fn slice(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let shape = importer.shape(input).to_vec();
    let begin = importer.ints(operator.input(importer, 1)?)?;
    let counts = importer.ints(operator.input(importer, 2)?)?;
    let ranges = shape.iter().zip(begin).zip(counts).map(|((&size, begin), count)| {
        let begin = usize::try_from(begin).ok().filter(|&begin| begin < size)?;
        let count = if count < 0 { size - begin } else { usize::try_from(count).ok()? };
        Some(Range { begin, step: 1, count })
    });
    let ranges = ranges.collect::<Option<Vec<_>>>();
    let ranges = ranges.ok_or_else(|| corrupt(format!("operator SLICE cuts outside of {shape:?}")))?;
    operator.emit(importer, Op::Slice(ranges), vec![input], 0, None)
}

/// SPLIT: axis, input; equal parts.
pub(super) fn split(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 1)?;
    let shape = importer.shape(input).to_vec();
    let along = importer.ints(operator.input(importer, 0)?)?.first().copied();
    let along = axis(along.ok_or_else(|| corrupt("operator SPLIT lacks its axis"))?, shape.len())?;
    let parts = operator.output_count().max(1);
    if !shape[along].is_multiple_of(parts) {
        return Err(
            operator.unsupported(importer, format!("{} cells don't make {parts} parts", shape[along]))
        );
    }
    let count = shape[along] / parts;
    for part in 0..parts {
        let ranges = shape.iter().enumerate().map(|(axis, &size)| match axis == along {
            true => Range { begin: part * count, step: 1, count },
            false => Range { begin: 0, step: 1, count: size },
        });
        operator.emit(importer, Op::Slice(ranges.collect()), vec![input], part, None)?;
    }
    Ok(())
}

pub(super) fn depth_to_space(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let block = operator.options()?.i32(0, 0)?;
    let block =
        usize::try_from(block).map_err(|_| corrupt("operator DEPTH_TO_SPACE has a negative block"))?;
    operator.emit(importer, Op::DepthToSpace(block), vec![input], 0, None)
}

pub(super) fn resize_bilinear(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    let (outer, half) =
        operator.options.map_or(Ok((false, false)), |options| Ok((options.bool(2)?, options.bool(3)?)))?;
    let alignment = match (outer, half) {
        (_, true) => Alignment::HalfPixel,
        (true, false) => Alignment::OuterCentres,
        (false, false) => Alignment::Corner,
    };
    let size = importer.ints(operator.input(importer, 1)?)?;
    let size: Option<Vec<usize>> = size.into_iter().map(|size| usize::try_from(size).ok()).collect();
    let &[rows, cols] = size.as_deref().unwrap_or_default() else {
        return Err(corrupt("operator RESIZE_BILINEAR lacks its output size"));
    };
    operator.emit(importer, Op::ResizeBilinear { size: [rows, cols], alignment }, vec![input], 0, None)
}
