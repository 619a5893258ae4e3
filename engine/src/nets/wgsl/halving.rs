//! Which values are f16 where a net is kept in half precision.
//!
//! f16 is there to save bytes, and a rounding to its eleven bits is harmless where many others average it out. So f32
//! stay, beside what callers see:
//!
//! - small values: they have no bytes worth saving, and there is little to average; the gate of a squeeze-excite, a single
//!   cell, is wrong in the same way everywhere;
//! - what the first steps make: few channels hold all that the net will know of the picture, and every later step
//!   magnifies what is lost there;
//! - chains of residuals: what is added to again and again is rounded each time, and all of that adds up.
//!
//! What is left is most of the bytes: the wide insides of blocks, and decoders.

use super::{
    place::{Layout, fours},
    region::shape_of,
};
use crate::nets::{
    Precision,
    plan::{Plan, Step, ValueId},
};

/// Bytes of a value as f16, at most, that stays f32: a kernel takes longer to begin than to read so few.
const SMALL: usize = 8 << 10;
/// Steps from the inputs whose results stay f32, at most. Those that make a single cell are not counted.
const FIRST: usize = 6;

/// How each value that is no constant lies in its buffer, by id.
pub(super) fn layouts(plan: &Plan, precision: Precision) -> Vec<Layout> {
    let mut layouts = match precision {
        Precision::F32 => vec![Layout::Single; plan.values.len()],
        Precision::F16 => halved(plan),
    };
    for &id in plan.inputs.iter().chain(&plan.outputs) {
        layouts[id] = Layout::Plain;
    }
    layouts
}

/// Whether all that a kernel of `steps` keeps in workgroup memory is f16 there; what matters to one of them is kept for all.
pub(super) fn is_half_between(steps: &[Step], layouts: &[Layout]) -> bool {
    steps.iter().rev().skip(1).all(|step| layouts[step.output] == Layout::Half)
}

fn halved(plan: &Plan) -> Vec<Layout> {
    let mut layouts = vec![Layout::Half; plan.values.len()];
    let mut depths = vec![0; plan.values.len()];
    for step in &plan.steps {
        let shape = shape_of(plan, step.output);
        let before = step.reads().map(|id| depths[id]).max().unwrap_or(0);
        depths[step.output] = before + usize::from(!is_cell(&shape));
        if Layout::Half.bytes(&shape) <= SMALL || depths[step.output] <= FIRST {
            layouts[step.output] = Layout::Single;
        }
    }
    for id in chains(plan) {
        layouts[id] = Layout::Single;
    }
    layouts
}

/// Whether a value has one cell, whatever its channels.
fn is_cell(shape: &[usize]) -> bool {
    fours(shape) == shape.last().map_or(1, |channels| channels.div_ceil(4))
}

/// Sums of a residual that are a residual themselves, or the sum of one that is.
fn chains(plan: &Plan) -> Vec<ValueId> {
    let mut sums = vec![false; plan.values.len()];
    let mut linked = Vec::new();
    for step in &plan.steps {
        if let Some(residual) = step.residual {
            if sums[residual] {
                linked.extend([residual, step.output]);
            }
            sums[step.output] = true;
        }
    }
    linked
}
