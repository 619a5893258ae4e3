//! Which part of a window lies on the picture, for each output row or column.

use std::ops::Range;

use crate::nets::graph::Window;

/// Neighbouring outputs along one axis whose windows are cut off alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) outputs: Range<usize>,
    /// Cells of the window that lie on the picture.
    pub(super) kernel: Range<usize>,
    /// The input beneath the first of these cells, for the first output.
    pub(super) input: usize,
}

/// The spans of `window` along `axis`, from `input` cells to `output` cells.
pub(super) fn spans(window: &Window, axis: usize, input: usize, output: usize) -> Vec<Span> {
    let (stride, dilation) = (window.stride[axis], window.dilation[axis]);
    let [before, _] = window.padding[axis];
    let mut spans: Vec<Span> = Vec::new();
    for index in 0..output {
        let first = index * stride;
        // Cells before a place of the padded input.
        let cells = |place: usize| place.saturating_sub(first).div_ceil(dilation).min(window.kernel[axis]);
        let kernel = cells(before)..cells(before + input);
        let kernel = if kernel.is_empty() { 0..0 } else { kernel };
        match spans.last_mut() {
            Some(span) if span.kernel == kernel => span.outputs.end += 1,
            _ => {
                let input = (first + kernel.start * dilation).saturating_sub(before);
                let input = if kernel.is_empty() { 0 } else { input };
                spans.push(Span { outputs: index..index + 1, kernel, input });
            }
        }
    }
    spans
}

/// The span that `index` is in.
pub(super) fn span_of(spans: &[Span], index: usize) -> &Span {
    let at = spans.partition_point(|span| span.outputs.end <= index);
    &spans[at]
}
