//! How the work of a kernel is divided: tiles, the regions that follow from them, and their places in workgroup memory.

use std::ops::Range;

use super::region::{self, Region};
use crate::nets::plan::{Plan, Step, ValueId, group::last_readers};

/// How the invocations of a kernel share the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Each makes one item of the only step.
    Flat,
    /// Each workgroup makes a tile of these sizes, by axis of the result.
    Tiles(Vec<usize>),
}

/// For each of `steps`, the region of its output that a workgroup makes.
pub(super) fn regions(plan: &Plan, steps: &[Step], share: &Share) -> Vec<Region> {
    let Some(last) = steps.last() else { return Vec::new() };
    let shape = region::shape_of(plan, last.output);
    let mut regions: Vec<Option<Region>> = vec![None; steps.len()];
    let tile = match share {
        Share::Flat => region::whole(&shape),
        Share::Tiles(tiles) => region::tiled(&shape, tiles),
    };
    regions[steps.len() - 1] = Some(tile);
    for reader in (0..steps.len()).rev() {
        let Some(to) = regions[reader].clone() else { continue };
        for maker in 0..reader {
            let id = steps[maker].output;
            if steps[reader].reads().any(|read| read == id) {
                let more = region::needed(plan, &steps[reader], id, &to);
                let shape = region::shape_of(plan, id);
                let joined =
                    regions[maker].take().map_or(more.clone(), |known| region::joined(&known, &more, &shape));
                regions[maker] = Some(joined);
            }
        }
    }
    let whole = |(region, step): (Option<Region>, &Step)| {
        region.unwrap_or_else(|| region::whole(&region::shape_of(plan, step.output)))
    };
    regions.into_iter().zip(steps).map(whole).collect()
}

/// Where in workgroup memory the outputs of `steps` but the last go, and how many `vec4` they take together. A place is
/// used again once its value was read for the last time.
pub(super) fn arrange(steps: &[Step], regions: &[Region]) -> (Vec<usize>, usize) {
    let mut places: Vec<(Range<usize>, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(steps.len());
    let mut most = 0;
    for (index, (step, region)) in steps.iter().zip(regions).enumerate().take(steps.len().saturating_sub(1)) {
        let length = region::groups(region);
        let readers =
            steps.iter().enumerate().filter(|(_, reader)| reader.reads().any(|id| id == step.output));
        let end = readers.map(|(reader, _)| reader).max().unwrap_or(index);
        places.retain(|(_, last)| *last >= index);
        places.sort_by_key(|(place, _)| place.start);
        let mut offset = 0;
        for (place, _) in &places {
            if offset + length <= place.start {
                break;
            }
            offset = offset.max(place.end);
        }
        places.push((offset..offset + length, end));
        offsets.push(offset);
        most = most.max(offset + length);
    }
    (offsets, most)
}

/// Values that `steps` read and none of them makes, each once.
pub(super) fn outside(steps: &[Step]) -> Vec<ValueId> {
    let mut reads: Vec<ValueId> = Vec::new();
    for id in steps.iter().flat_map(Step::reads) {
        if !reads.contains(&id) && steps.iter().all(|step| step.output != id) {
            reads.push(id);
        }
    }
    reads
}

/// For each step, whether its output is read after step `end`: what a kernel that ends there may not keep for itself.
pub(super) fn read_after(plan: &Plan) -> Vec<usize> {
    let readers = last_readers(plan);
    plan.steps.iter().map(|step| readers[step.output].unwrap_or(0)).collect()
}
