//! Steps as kernels: the text of each, and what it reads.
//!
//! Shapes are baked in. A kernel goes through its steps in phases, each of which makes a region of one value; between
//! phases values stay in workgroup memory. An item is four channels of a cell; all phases end with their `put`: residual,
//! activation, store.

use std::ops::Range;

use super::{
    dense::Crew,
    fusing::Device,
    halving::is_half_between,
    phase,
    place::{Known, Layout, Place},
    region::{self, Region},
    sharing::{Share, arrange, outside, regions},
    writer::{Half, Writer},
};
use crate::nets::plan::{Plan, Step, ValueId};

/// Invocations of a workgroup that makes items of one step, wherever they are: two waves of most devices.
pub(super) const FLAT: usize = 64;
/// Workgroups along x of a dispatch, at most; what is beyond goes along y.
pub(super) const ROW: usize = 1 << 15;

/// A dispatch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// WGSL; its entry point is `main`.
    pub(super) text: String,
    /// The steps that it does.
    pub(super) steps: Range<usize>,
    /// What it reads, by the names there.
    pub(super) reads: Vec<(String, ValueId)>,
    pub(super) output: ValueId,
    /// A whole number of vectors of four.
    pub(super) weights: Vec<f32>,
    /// Weights are kept as f16.
    pub(super) half: bool,
    /// Along x and y; faces are along z.
    pub(super) workgroups: [u32; 2],
}

/// The kernel that does `steps`, of which only the last one's output is read outside.
pub(super) fn kernel(
    plan: &Plan,
    range: Range<usize>,
    share: &Share,
    layouts: &[Layout],
    device: Device,
) -> Kernel {
    let steps = &plan.steps[range.clone()];
    let regions = regions(plan, steps, share);
    let (offsets, between) = arrange(steps, &regions);
    let last = &steps[steps.len() - 1];
    let crew = if *share == Share::Flat { device.all() } else { Crew::Group(device.threads) };
    let known = known(plan, steps, &regions, &offsets, layouts);
    let half = Half { weights: device.half, between: is_half_between(steps, layouts) };
    let mut writer = Writer::new(plan, known, crew, half);
    let shape = region::shape_of(plan, last.output);
    for (index, (step, region)) in steps.iter().zip(&regions).enumerate() {
        let is_last = index + 1 == steps.len();
        let ragged = is_last && region.iter().zip(&shape).any(|(span, size)| !size.is_multiple_of(span.len));
        writer.put(step, index, region, ragged);
        phase::write(&mut writer, step, index, region);
        if !is_last {
            writer.wait();
        }
    }
    let tiles: Vec<usize> = match share {
        Share::Flat => vec![phase::items(&writer, last, &regions[steps.len() - 1]).div_ceil(FLAT)],
        Share::Tiles(_) => {
            let last = &regions[steps.len() - 1];
            last.iter()
                .zip(&shape)
                .map(|(span, size)| if span.step == 0 { 1 } else { size.div_ceil(span.len) })
                .collect()
        }
    };
    let count: usize = tiles.iter().product();
    Kernel {
        text: writer.text(&tiles, between),
        steps: range,
        reads: outside(steps).into_iter().map(|id| (writer.known(id).array(), id)).collect(),
        output: last.output,
        half: device.half,
        weights: writer.into_weights(),
        workgroups: [count.min(ROW) as u32, count.div_ceil(ROW) as u32],
    }
}

/// All values of a kernel.
fn known(
    plan: &Plan,
    steps: &[Step],
    regions: &[Region],
    offsets: &[usize],
    layouts: &[Layout],
) -> Vec<Known> {
    let place = |id: ValueId| match plan.values[id].constant {
        Some(_) => Place::Constant,
        None => Place::Buffer(layouts[id]),
    };
    let mut known: Vec<Known> = Vec::new();
    for id in outside(steps) {
        known.push(Known::new(plan, id, place(id), known.len()));
    }
    for (index, step) in steps.iter().enumerate() {
        let place = match offsets.get(index) {
            Some(&offset) => Place::Workgroup(offset, regions[index].clone()),
            None => place(step.output),
        };
        known.push(Known::new(plan, step.output, place, known.len()));
    }
    known
}
