//! One step, made ready.

use std::ops::Range;

use super::{
    conv::Conv, deconv::Deconv, dense::Dense, depthwise::Depthwise, image::Image, rowwise::Rowwise,
    simd::Isa, thin::Thin, whole::Whole,
};
use crate::nets::{
    graph::Op,
    plan::{Plan, Step},
};

/// A step with all that follows from its shapes.
#[derive(Debug)]
pub(super) enum Kernel {
    Conv(Box<Conv>),
    Depthwise(Box<Depthwise>),
    Deconv(Box<Deconv>),
    Dense(Box<Dense>),
    Thin(Box<Thin>),
    Rowwise(Box<Rowwise>),
    Whole(Box<Whole>),
}

/// What one call of a kernel makes.
#[derive(Clone, Debug)]
pub(super) enum Span {
    /// These rows of the output.
    Rows(Range<usize>),
    /// These blocks of outputs, of all pixels.
    Blocks(Range<usize>),
}

impl Kernel {
    /// Makes `step` ready for `isa`.
    pub(super) fn new(isa: Isa, plan: &Plan, step: &Step) -> Self {
        let lanes = isa.lanes();
        if let Some(thin) = step.filter.as_ref().and_then(|filter| Thin::new(isa, plan, step, filter)) {
            return Self::Thin(Box::new(thin));
        }
        match (&step.op, &step.filter) {
            (Op::Conv2d(window), Some(filter)) => {
                Self::Conv(Box::new(Conv::new(lanes, plan, step, *window, filter)))
            }
            (Op::DepthwiseConv2d(window), Some(filter)) => {
                Self::Depthwise(Box::new(Depthwise::new(lanes, plan, step, *window, filter)))
            }
            (Op::TransposeConv2d { window, .. }, Some(filter)) => {
                Self::Deconv(Box::new(Deconv::new(lanes, plan, step, *window, filter)))
            }
            (Op::FullyConnected { .. }, Some(filter)) => {
                Self::Dense(Box::new(Dense::new(lanes, plan, step, filter)))
            }
            _ => match Rowwise::new(plan, step) {
                Some(rowwise) => Self::Rowwise(Box::new(rowwise)),
                None => Self::Whole(Box::new(Whole::new(plan, step))),
            },
        }
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        match self {
            Self::Deconv(deconv) => deconv.scratch(),
            Self::Dense(dense) => dense.scratch(),
            Self::Whole(whole) => whole.scratch(),
            Self::Depthwise(depthwise) => depthwise.scratch(),
            Self::Rowwise(rowwise) => rowwise.scratch(),
            Self::Conv(_) | Self::Thin(_) => 0,
        }
    }

    /// Blocks of outputs that can be made apart, where the output is a single row of them.
    pub(super) fn blocks(&self) -> Option<usize> {
        match self {
            Self::Conv(conv) if conv.output.rows * conv.output.cols == 1 => Some(conv.weights.blocks()),
            Self::Thin(thin) => Some(thin.blocks()),
            Self::Dense(dense) if dense.rows == 1 => Some(dense.weights.blocks()),
            _ => None,
        }
    }

    /// The first output of block `index`.
    pub(super) fn first(&self, index: usize) -> usize {
        match self {
            Self::Conv(conv) => conv.weights.first(index),
            Self::Dense(dense) => dense.weights.first(index),
            Self::Thin(thin) => thin.first(index),
            _ => 0,
        }
    }

    /// Makes `span` of the output. `operands` are the step's inputs, then its residual, whose number is `residual`.
    pub(super) fn run<'a>(
        &self,
        isa: Isa,
        span: Span,
        operands: impl Fn(usize) -> Image<'a>,
        residual: Option<usize>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let residual = residual.map(&operands);
        match (self, span) {
            (Self::Conv(conv), Span::Rows(rows)) => conv.run(isa, rows, operands(0), residual, out),
            (Self::Conv(conv), Span::Blocks(blocks)) => {
                conv.run_blocks(isa, blocks, operands(0), residual, out);
            }
            (Self::Depthwise(depthwise), Span::Rows(rows)) => {
                depthwise.run(isa, rows, operands(0), residual, out, scratch);
            }
            (Self::Deconv(deconv), Span::Rows(rows)) => {
                deconv.run(isa, rows, operands(0), residual, out, scratch);
            }
            (Self::Thin(thin), Span::Blocks(blocks)) => thin.run(isa, blocks, operands(0).values, out),
            (Self::Thin(thin), Span::Rows(_)) => thin.run(isa, 0..thin.blocks(), operands(0).values, out),
            (Self::Dense(dense), Span::Blocks(blocks)) => dense.run(isa, blocks, operands(0), out, scratch),
            (Self::Dense(dense), Span::Rows(_)) => {
                dense.run(isa, 0..dense.weights.blocks(), operands(0), out, scratch);
            }
            (Self::Rowwise(rowwise), Span::Rows(rows)) => {
                let second = if rowwise.operands() > 1 { operands(1) } else { Image::whole(&[]) };
                rowwise.run(isa, rows, ([operands(0), second], residual), out, scratch);
            }
            (Self::Whole(whole), _) => whole.run(isa, operands, out, scratch),
            (_, Span::Blocks(_)) => debug_assert!(false, "only what has `blocks` is run by them"),
        }
    }
}
