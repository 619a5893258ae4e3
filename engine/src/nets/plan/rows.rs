//! Which steps can be computed row by row, and which rows of their operands they need for that.
//!
//! A step that sees the whole of an operand for each output (a mean over all pixels, a transposition) can't. Where all
//! that a step does is for each pixel alone and the picture is a single row, its pixels count as rows.

use std::ops::Range;

use super::{Plan, Step, ValueId};
use crate::nets::{
    graph::{Alignment, Op, Window},
    resample,
};

/// A tensor of four axes and a batch of one as (rows, columns, channels).
fn picture(plan: &Plan, id: ValueId) -> Option<[usize; 3]> {
    match *plan.values[id].shape.as_slice() {
        [1, rows, cols, channels] => Some([rows, cols, channels]),
        _ => None,
    }
}

/// How an operand of a step that works value by value lies under its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::nets) enum Cover {
    /// A value for each value.
    Same,
    /// A value for each channel, the same for all pixels.
    Channels,
    /// A value for each pixel, the same for all channels.
    Pixels,
}

/// How `id` lies under `output`; `None` where it is none of these.
pub(in crate::nets) fn cover(plan: &Plan, id: ValueId, output: ValueId) -> Option<Cover> {
    let [rows, cols, channels] = picture(plan, output)?;
    let shape = plan.values[id].shape.as_slice();
    let (last, others) = shape.split_last()?;
    let pixels: usize = others.iter().product();
    match (pixels, *last) {
        _ if picture(plan, id) == Some([rows, cols, channels]) => Some(Cover::Same),
        (1, last) if last == channels => Some(Cover::Channels),
        _ if picture(plan, id) == Some([rows, cols, 1]) => Some(Cover::Pixels),
        _ => None,
    }
}

impl Step {
    /// Whether each output pixel depends on the same pixel of the operands alone.
    pub(in crate::nets) fn is_pixelwise(&self) -> bool {
        match &self.op {
            Op::Conv2d(window) => is_point(window),
            Op::Reduce { axes, keep_dims: true, .. } => axes == &[3],
            Op::Unary(_) | Op::Binary(_) | Op::Normalize { .. } => true,
            _ => false,
        }
    }
}

/// A window that covers one cell and visits all.
pub(in crate::nets) fn is_point(window: &Window) -> bool {
    window.kernel == [1, 1] && window.stride == [1, 1] && window.padding == [[0; 2]; 2]
}

impl Plan {
    /// How many rows `step` can be computed in; `None` where it has to be computed at once.
    pub(in crate::nets) fn rows(&self, step: &Step) -> Option<usize> {
        let [rows, cols, _] = picture(self, step.output)?;
        let local = match &step.op {
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::Pool(..) | Op::ResizeBilinear { .. } => true,
            Op::TransposeConv2d { window, .. } => tiles(window),
            Op::Unary(_) | Op::Normalize { .. } => true,
            Op::Binary(_) => step.inputs.iter().all(|&id| cover(self, id, step.output).is_some()),
            Op::Reduce { .. } => step.is_pixelwise(),
            _ => false,
        };
        local.then_some(if rows == 1 && step.is_pixelwise() { cols } else { rows })
    }

    /// Rows of operand `id` that `step` needs for `rows` of its output; `None` where it needs all of it.
    pub(in crate::nets) fn rows_read(
        &self,
        step: &Step,
        id: ValueId,
        rows: &Range<usize>,
    ) -> Option<Range<usize>> {
        if step.residual == Some(id) && !step.inputs.contains(&id) {
            return Some(rows.clone());
        }
        let [height, ..] = picture(self, id)?;
        let own = match &step.op {
            Op::Conv2d(window) | Op::DepthwiseConv2d(window) | Op::Pool(_, window)
                if !step.is_pixelwise() =>
            {
                under(window, rows, height)
            }
            Op::TransposeConv2d { window, .. } => {
                rows.start / window.stride[0]..((rows.end - 1) / window.stride[0] + 1).min(height)
            }
            Op::ResizeBilinear { size, alignment } => resized(rows, height, size[0], *alignment),
            Op::Binary(_) if cover(self, id, step.output) == Some(Cover::Channels) => return None,
            _ => rows.clone(),
        };
        // An operand that is the residual too is needed at the output's own rows as well.
        Some(if step.residual == Some(id) { own.start.min(rows.start)..own.end.max(rows.end) } else { own })
    }
}

/// A transposed convolution whose windows neither overlap nor leave gaps.
pub(in crate::nets) fn tiles(window: &Window) -> bool {
    window.kernel == window.stride && window.padding == [[0; 2]; 2]
}

fn under(window: &Window, rows: &Range<usize>, height: usize) -> Range<usize> {
    let [before, _] = window.padding[0];
    let reach = (window.kernel[0] - 1) * window.dilation[0] + 1;
    let start = (rows.start * window.stride[0]).saturating_sub(before).min(height);
    let end = ((rows.end - 1) * window.stride[0] + reach).saturating_sub(before).min(height);
    start..end.max(start)
}

fn resized(rows: &Range<usize>, height: usize, to: usize, alignment: Alignment) -> Range<usize> {
    let (first, ..) = resample::between(rows.start, height, to, alignment);
    let (_, last, _) = resample::between(rows.end - 1, height, to, alignment);
    first..last + 1
}
