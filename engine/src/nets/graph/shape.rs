//! Shapes that follow from shapes.

use super::{MAX_VALUES, Op, Range, Window};

/// A shape, or what is wrong in a clause.
type Shaped = Result<Vec<usize>, String>;

impl Op {
    /// The output's shape for inputs of `shapes`; an error says in a clause what does not fit.
    ///
    /// # Errors
    /// Where the number or the shapes of the inputs don't suit the operator.
    pub fn output_shape(&self, shapes: &[&[usize]]) -> Shaped {
        let shape = self.unchecked_shape(shapes)?;
        let values = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        match values {
            Some(1..=MAX_VALUES) => Ok(shape),
            Some(0) => Err(format!("a tensor of shape {shape:?} is empty")),
            _ => {
                Err(format!("a tensor of shape {shape:?} is beyond the {MAX_VALUES} values that are allowed"))
            }
        }
    }

    fn unchecked_shape(&self, shapes: &[&[usize]]) -> Shaped {
        match self {
            Self::Conv2d(window) => conv(window, shapes, |[out, _, _, depth], channels| {
                (depth == channels).then_some(out).ok_or_else(|| depth_misfit(depth, channels))
            }),
            Self::DepthwiseConv2d(window) => conv(window, shapes, |[one, _, _, out], channels| {
                let fits = one == 1 && channels > 0 && out % channels == 0;
                fits.then_some(out).ok_or_else(|| depth_misfit(out, channels))
            }),
            Self::TransposeConv2d { window, size } => transpose_conv(window, *size, shapes),
            Self::FullyConnected { keep_dims } => fully_connected(*keep_dims, shapes),
            Self::Pool(_, window) => {
                let [batch, rows, cols, channels] = rank4(one(shapes)?)?;
                let [rows, cols] = slide(window, [rows, cols])?;
                Ok(vec![batch, rows, cols, channels])
            }
            Self::Unary(_) | Self::Normalize { .. } | Self::Dequantize => Ok(one(shapes)?.to_vec()),
            Self::Binary(_) => broadcast(shapes),
            Self::Reduce { axes, keep_dims, .. } => reduce(one(shapes)?, axes, *keep_dims),
            Self::Pad { amounts, .. } => pad(one(shapes)?, amounts),
            Self::ResizeBilinear { size, .. } => {
                let [batch, _, _, channels] = rank4(one(shapes)?)?;
                Ok(vec![batch, size[0], size[1], channels])
            }
            Self::DepthToSpace(block) => depth_to_space(one(shapes)?, *block),
            Self::Reshape(shape) => reshape(one(shapes)?, shape),
            Self::Transpose(perm) => transpose(one(shapes)?, perm),
            Self::Concat(axis) => concat(shapes, *axis),
            Self::Slice(ranges) => slice(one(shapes)?, ranges),
            Self::Softmax { .. } => match one(shapes)? {
                [] | [.., 0] => Err("there is no axis to go over".into()),
                shape => Ok(shape.to_vec()),
            },
        }
    }
}

fn depth_misfit(weights: usize, channels: usize) -> String {
    format!("its weights are for {weights} channels and its input has {channels}")
}

fn one<'a>(shapes: &[&'a [usize]]) -> Result<&'a [usize], String> {
    match shapes {
        [shape] => Ok(shape),
        _ => Err(format!("it has {} inputs instead of one", shapes.len())),
    }
}

fn rank4(shape: &[usize]) -> Result<[usize; 4], String> {
    shape.try_into().map_err(|_| format!("it needs a tensor of four axes, not {shape:?}"))
}

fn slide(window: &Window, size: [usize; 2]) -> Result<[usize; 2], String> {
    if window.kernel.contains(&0) || window.stride.contains(&0) || window.dilation.contains(&0) {
        return Err(format!("its window {window} has a zero in it"));
    }
    let [[top, bottom], [left, right]] = window.padding;
    if [top, bottom, left, right].iter().any(|&amount| amount > MAX_VALUES) {
        return Err(format!("its window {window} has an absurd padding"));
    }
    window.output(size).ok_or_else(|| format!("its window {window} is larger than its input of {size:?}"))
}

/// Shapes of input, weights and, where there is one, bias.
type Weighted<'a> = (&'a [usize], &'a [usize], Option<&'a [usize]>);

fn weighted<'a>(shapes: &[&'a [usize]]) -> Result<Weighted<'a>, String> {
    match shapes {
        [input, weights] => Ok((input, weights, None)),
        [input, weights, bias] => Ok((input, weights, Some(bias))),
        _ => Err(format!("it has {} inputs instead of input, weights and bias", shapes.len())),
    }
}

fn check_bias(bias: Option<&[usize]>, channels: usize) -> Result<(), String> {
    match bias {
        Some(shape) if shape.iter().product::<usize>() != channels => {
            Err(format!("its bias is {shape:?} for {channels} output channels"))
        }
        _ => Ok(()),
    }
}

/// Shape of a convolution; `channels(weights, input channels)` gives the output's.
fn conv(
    window: &Window,
    shapes: &[&[usize]],
    channels: impl Fn([usize; 4], usize) -> Result<usize, String>,
) -> Shaped {
    let (input, weights, bias) = weighted(shapes)?;
    let ([batch, rows, cols, depth], weights) = (rank4(input)?, rank4(weights)?);
    if weights[1..3] != window.kernel {
        return Err(format!("its window is {window} and its weights are {weights:?}"));
    }
    let out = channels(weights, depth)?;
    check_bias(bias, out)?;
    let [rows, cols] = slide(window, [rows, cols])?;
    Ok(vec![batch, rows, cols, out])
}

fn transpose_conv(window: &Window, size: [usize; 2], shapes: &[&[usize]]) -> Shaped {
    let (input, weights, bias) = weighted(shapes)?;
    let ([batch, rows, cols, depth], [out, kernel_rows, kernel_cols, channels]) =
        (rank4(input)?, rank4(weights)?);
    if [kernel_rows, kernel_cols] != window.kernel || window.dilation != [1, 1] {
        return Err(format!("its window is {window} and its weights are {weights:?}"));
    }
    if depth != channels {
        return Err(depth_misfit(channels, depth));
    }
    check_bias(bias, out)?;
    if slide(window, size)? != [rows, cols] {
        return Err(format!("it can't make {size:?} cells from {rows}x{cols} with the window {window}"));
    }
    Ok(vec![batch, size[0], size[1], out])
}

fn fully_connected(keep_dims: bool, shapes: &[&[usize]]) -> Shaped {
    let (input, weights, bias) = weighted(shapes)?;
    let &[out, depth] = weights else { return Err(format!("its weights are {weights:?}")) };
    check_bias(bias, out)?;
    let values: usize = input.iter().product();
    if depth == 0 || !values.is_multiple_of(depth) {
        return Err(depth_misfit(depth, values));
    }
    match input {
        [leading @ .., last] if keep_dims && *last == depth => Ok([leading, &[out]].concat()),
        _ if keep_dims => Err(depth_misfit(depth, values)),
        _ => Ok(vec![values / depth, out]),
    }
}

/// NumPy's rule: axes are aligned at the end, an axis of one repeats.
fn broadcast(shapes: &[&[usize]]) -> Shaped {
    let &[a, b] = shapes else { return Err(format!("it has {} inputs instead of two", shapes.len())) };
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (x, y) if x == y => Ok(x),
            (1, x) | (x, 1) => Ok(x),
            _ => Err(format!("{a:?} and {b:?} can't be broadcast")),
        })
        .collect()
}

fn reduce(shape: &[usize], axes: &[usize], keep_dims: bool) -> Shaped {
    if axes.iter().any(|&axis| axis >= shape.len() || shape[axis] == 0) || !axes.is_sorted_by(|a, b| a < b) {
        return Err(format!("axes {axes:?} are not usable axes of {shape:?}"));
    }
    let kept = shape.iter().enumerate().filter_map(|(axis, &size)| match axes.contains(&axis) {
        true => keep_dims.then_some(1),
        false => Some(size),
    });
    Ok(kept.collect())
}

fn pad(shape: &[usize], amounts: &[[usize; 2]]) -> Shaped {
    if shape.len() != amounts.len() {
        return Err(format!("it pads {} axes of {shape:?}", amounts.len()));
    }
    let padded = shape.iter().zip(amounts).map(|(size, [before, after])| {
        size.checked_add(*before).and_then(|size| size.checked_add(*after)).filter(|&size| size <= MAX_VALUES)
    });
    padded.collect::<Option<_>>().ok_or_else(|| format!("its padding {amounts:?} is absurd"))
}

fn depth_to_space(shape: &[usize], block: usize) -> Shaped {
    let [batch, rows, cols, channels] = rank4(shape)?;
    let area = block.checked_mul(block).filter(|&area| area > 0 && channels % area == 0);
    let area = area.ok_or_else(|| format!("{channels} channels don't make blocks of {block}x{block}"))?;
    Ok(vec![batch, rows * block, cols * block, channels / area])
}

fn reshape(from: &[usize], to: &[usize]) -> Shaped {
    let values = to.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    if values != Some(from.iter().product()) {
        return Err(format!("{from:?} and {to:?} don't hold the same number of values"));
    }
    Ok(to.to_vec())
}

fn transpose(shape: &[usize], perm: &[usize]) -> Shaped {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..shape.len()) {
        return Err(format!("{perm:?} is not an order of the axes of {shape:?}"));
    }
    Ok(perm.iter().map(|&axis| shape[axis]).collect())
}

fn concat(shapes: &[&[usize]], axis: usize) -> Shaped {
    let [first, rest @ ..] = shapes else { return Err("it has no inputs".into()) };
    let mut shape = first.to_vec();
    if axis >= shape.len() {
        return Err(format!("{first:?} has no axis {axis}"));
    }
    for other in rest {
        let same = other.len() == shape.len()
            && (0..shape.len())
                .all(|other_axis| other_axis == axis || other[other_axis] == shape[other_axis]);
        if !same {
            return Err(format!("{first:?} and {other:?} can't be joined along axis {axis}"));
        }
        shape[axis] += other[axis];
    }
    Ok(shape)
}

fn slice(shape: &[usize], ranges: &[Range]) -> Shaped {
    let inside = |(range, &size): (&Range, &usize)| {
        let last = (range.count as isize - 1).checked_mul(range.step)?.checked_add_unsigned(range.begin)?;
        let fits = range.count == 0 || range.begin < size && (0..size as isize).contains(&last);
        fits.then_some(range.count)
    };
    let counts: Option<Vec<usize>> = ranges.iter().zip(shape).map(inside).collect();
    match counts {
        Some(counts) if ranges.len() == shape.len() => Ok(counts),
        _ => Err(format!("it cuts outside of {shape:?}")),
    }
}
