//! Where the rows of a picture-like tensor are.

use std::ops::Range;

use crate::nets::plan::{Plan, Step, ValueId};

/// From pixel to pixel of a tensor with `channels`: whole vectors of the widest kind, so that loads and stores need no
/// care; few channels are kept close instead.
pub(super) fn pitch(channels: usize) -> usize {
    if channels <= 8 { channels } else { channels.next_multiple_of(16) }
}

/// How a tensor is divided into rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) channels: usize,
    /// From pixel to pixel.
    pub(super) pitch: usize,
}

impl Shape {
    /// A tensor of any rank as one picture: its last axis are the channels, its last but one the columns. The only row
    /// of a step that works pixel by pixel is a column instead.
    pub(super) fn of(plan: &Plan, step: &Step, id: ValueId) -> Self {
        let shape = plan.value(id).shape.as_slice();
        let (&channels, outer) = shape.split_last().unwrap_or((&1, &[]));
        let (&cols, outer) = outer.split_last().unwrap_or((&1, &[]));
        let rows = outer.iter().product();
        let pitch = plan.cpu_pitch(id);
        if rows == 1 && step.is_pixelwise() {
            Self { rows: cols, cols: 1, channels, pitch }
        } else {
            Self { rows, cols, channels, pitch }
        }
    }

    /// From row to row.
    pub(super) fn row(&self) -> usize {
        self.cols * self.pitch
    }
}

/// Some rows of a tensor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image<'a> {
    pub(super) values: &'a [f32],
    /// The row that `values` begin with.
    pub(super) first: usize,
}

impl<'a> Image<'a> {
    /// A whole tensor.
    pub(super) fn whole(values: &'a [f32]) -> Self {
        Self { values, first: 0 }
    }

    /// From row `row` on, where rows are `length` values apart.
    pub(super) fn from(&self, row: usize, length: usize) -> &'a [f32] {
        &self.values[(row - self.first) * length..]
    }

    /// These rows.
    pub(super) fn rows(&self, rows: &Range<usize>, length: usize) -> &'a [f32] {
        &self.from(rows.start, length)[..rows.len() * length]
    }
}

impl Plan {
    /// From pixel to pixel of a value: what callers hand in lies close.
    pub(super) fn cpu_pitch(&self, id: ValueId) -> usize {
        let channels = self.value(id).shape.last().copied().unwrap_or(1);
        if self.inputs.contains(&id) { channels } else { pitch(channels) }
    }
}
