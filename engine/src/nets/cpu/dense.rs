//! Fully connected steps.

use std::ops::Range;

use super::{
    activation::Finish,
    aligned::Aligned,
    image::Image,
    product::{Packed, Product, Segment},
    simd::Isa,
    view::{View, Walk},
};
use crate::nets::plan::{Filter, Plan, Step};

/// A fully connected step with its weights packed.
#[derive(Debug)]
pub(super) struct Dense {
    pub(super) weights: Packed,
    segments: [Segment; 1],
    bias: Aligned,
    finish: Finish,
    /// Into one row after the other, where the input's own rows are others.
    gather: Option<Walk>,
    /// From row to row of the input, or of what was gathered.
    step: usize,
    pitch: usize,
    pub(super) rows: usize,
}

impl Dense {
    /// Packs `filter`, whose weights are [out, in].
    pub(super) fn new(lanes: usize, plan: &Plan, step: &Step, filter: &Filter) -> Self {
        let (outputs, depth) = (filter.shape[0], filter.shape[1]);
        let (input, pitch) = (step.inputs[0], plan.cpu_pitch(step.output));
        let shape = &plan.value(input).shape;
        let own = plan.cpu_pitch(input);
        let gathers = shape.last() != Some(&depth) && shape.last() != Some(&own);
        let gather = gathers.then(|| Walk::new(&View::plain(shape), &View::padded(shape, own)));
        let step_length = if shape.last() == Some(&depth) { own } else { depth };
        Self {
            weights: Packed::new(lanes, [depth, outputs, pitch], |k, o| filter.weights[o * depth + k]),
            segments: [Segment { source: 0, k: 0, depth }],
            bias: Aligned::padded(&filter.bias),
            finish: Finish::new(&step.activation),
            gather,
            step: step_length,
            pitch,
            rows: plan.value(input).values() / depth,
        }
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        self.gather.as_ref().map_or(0, Walk::values)
    }

    /// Makes the outputs of `blocks`, for all rows.
    pub(super) fn run(
        &self,
        isa: Isa,
        blocks: Range<usize>,
        input: Image<'_>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let source = match &self.gather {
            Some(walk) => {
                walk.copy(scratch, input.values);
                &*scratch
            }
            None => input.values,
        };
        isa.run(Product {
            source,
            segments: &self.segments,
            step: self.step,
            weights: &self.weights,
            first: self.weights.first(blocks.start),
            blocks,
            bias: &self.bias,
            residual: None,
            finish: &self.finish,
            out,
            pitch: self.pitch,
            pixels: self.rows,
        });
    }
}
