//! The landmarks net on all faces of a frame.
//!
//! A face has all threads, which share the rows of the net. Where there are as many faces as threads, each thread looks
//! at one of its own instead: whole nets side by side share better than rows. The values are the same either way.

use std::sync::Arc;

use super::{VisionError, VisionOptions, lens::Lens};
use crate::{
    frame::{Pixels, geometry::Roi},
    kernels::crop::Outside,
    nets::{ModelId, Models},
    scene::LANDMARKS,
    workers::Workers,
};

/// The net for one face at a time, and for several.
pub(super) struct Meshes {
    together: Lens,
    /// One for each thread; none where faces never are as many.
    lanes: Vec<Lane>,
    workers: Arc<Workers>,
}

/// A net that one thread runs.
struct Lane {
    lens: Lens,
    region: Roi,
    result: Result<(), VisionError>,
}

impl Meshes {
    pub(super) fn load(
        models: &Models,
        options: &VisionOptions,
        workers: &Arc<Workers>,
    ) -> Result<Self, VisionError> {
        let outputs = [LANDMARKS * 3, 1];
        let input = || (0.0..=1.0, Outside::Edge);
        let load = |workers: &Arc<Workers>| {
            Lens::load(models, ModelId::FaceMesh, input(), &outputs, options.backend, workers)
        };
        let threads = workers.threads();
        let lanes = if (2..=options.faces).contains(&threads) { threads } else { 0 };
        let lane = |_| Ok(Lane { lens: load(&Workers::alone())?, region: Roi::default(), result: Ok(()) });
        Ok(Self {
            together: load(workers)?,
            lanes: (0..lanes).map(lane).collect::<Result<_, VisionError>>()?,
            workers: Arc::clone(workers),
        })
    }

    /// Columns and rows of the net's input.
    pub(super) fn size(&self) -> [usize; 2] {
        self.together.size()
    }

    /// Looks at each of `regions` and gives `found` its number, the landmarks (x, y in cells of the input and z in the
    /// same unit, one after the other) and the logit of its presence, in order.
    pub(super) fn look(
        &mut self,
        pixels: &Pixels,
        regions: &[Roi],
        mut found: impl FnMut(usize, &[f32], f32),
    ) -> Result<(), VisionError> {
        let side_by_side =
            regions.len() - regions.len().checked_rem(self.lanes.len()).unwrap_or(regions.len());
        let mut tell = |index: usize, lens: &Lens| found(index, lens.output(0), lens.output(1)[0]);
        for (turn, group) in regions[..side_by_side].chunks_exact(self.lanes.len().max(1)).enumerate() {
            self.lanes.iter_mut().zip(group).for_each(|(lane, region)| lane.region = *region);
            self.workers.run_chunks(&mut self.lanes, 1, &|_, lanes| {
                for Lane { lens, region, result } in lanes {
                    *result = lens.look(pixels, region);
                }
            });
            for (at, lane) in self.lanes.iter_mut().enumerate() {
                std::mem::replace(&mut lane.result, Ok(()))?;
                tell(turn * group.len() + at, &lane.lens);
            }
        }
        for (index, region) in regions.iter().enumerate().skip(side_by_side) {
            self.together.look(pixels, region)?;
            tell(index, &self.together);
        }
        Ok(())
    }
}
