//! Steps as kernels: the text of each, and what it reads.
//!
//! Shapes are baked in. A kernel goes through its steps in phases, each of which makes a region of one value; between
//! phases values stay in workgroup memory. An item is four channels of a cell; all phases end with their `put`: residual,
//! activation, store.

use std::ops::Range;

use half::f16;

use super::{
    dense::Crew,
    fusing::Device,
    phase,
    place::{Known, Layout, Place},
    region::{self, Region},
    sharing::{Share, arrange, outside, regions},
    writer::Writer,
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
    pub(super) weights: Weights,
    /// Along x and y; faces are along z.
    pub(super) workgroups: [u32; 2],
}

/// The weights of a kernel, as its buffer holds them: a whole number of vectors of four.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) bytes: Vec<u8>,
    /// They are f16, two in a word, and not f32.
    pub(super) half: bool,
}

/// Which weights are kept as f16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halving {
    All,
    /// Those of kernels where it loses nothing, as most files hold f16 themselves.
    Lossless,
    None,
}

impl Weights {
    fn of(weights: &[f32], halving: Halving) -> Self {
        let nearest = |&weight: &f32| f16::from_f32(weight.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()));
        let exact = |weight: &f32| nearest(weight).to_f32().to_bits() == weight.to_bits();
        let half = match halving {
            Halving::All => true,
            Halving::Lossless => weights.iter().all(exact),
            Halving::None => false,
        };
        let bytes = match half {
            true => weights.iter().flat_map(|weight| nearest(weight).to_le_bytes()).collect(),
            false => bytemuck::cast_slice(weights).to_vec(),
        };
        Self { bytes, half }
    }
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
    let mut writer = Writer::new(plan, known, crew);
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
    let weights = Weights::of(writer.weights(), device.halving);
    Kernel {
        text: writer.text(&tiles, between, weights.half),
        steps: range,
        reads: outside(steps).into_iter().map(|id| (writer.known(id).array(), id)).collect(),
        output: last.output,
        weights,
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

#[cfg(test)]
mod tests {
    use super::{Halving, Weights};

    #[test]
    fn weights_are_halved_where_that_loses_nothing_or_is_asked_for() {
        let (exact, others) = ([0.5, -2.0, 0.0, 65504.0], [0.5, 0.1, 1e9, -1e9]);
        for (halving, weights, half) in [
            (Halving::All, &exact, true),
            (Halving::All, &others, true),
            (Halving::Lossless, &exact, true),
            (Halving::Lossless, &others, false),
            (Halving::None, &exact, false),
        ] {
            let kept = Weights::of(weights, halving);
            assert_eq!((kept.half, kept.bytes.len()), (half, if half { 8 } else { 16 }), "{halving:?}");
        }
        let kept = Weights::of(&others, Halving::All);
        let words: Vec<u16> = kept.bytes.as_chunks().0.iter().map(|&two| u16::from_le_bytes(two)).collect();
        let largest = 0x7bff;
        assert_eq!(words, [0x3800, 0x2e66, largest, largest | 0x8000]);
    }
}
