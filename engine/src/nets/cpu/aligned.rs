//! Memory that vectors can be loaded from without crossing cache lines.

use std::ops::{Deref, DerefMut};

/// A cache line, and a vector of the widest kind.
#[derive(Clone, Copy, Debug, Default, bytemuck::Zeroable, bytemuck::Pod)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Values from the start of a cache line on; a whole number of lines, zero at first.
#[derive(Clone, Debug, Default)]
pub(super) struct Aligned(Vec<Line>);

impl Aligned {
    /// Room for `values`.
    pub(super) fn zeros(values: usize) -> Self {
        Self(vec![Line::default(); values.div_ceil(16)])
    }

    /// `values`, and zeros up to a whole vector of the widest kind.
    pub(super) fn padded(values: &[f32]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned[..values.len()].copy_from_slice(values);
        aligned
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}
