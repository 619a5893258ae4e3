//! What a frame does on a GPU, for people and tests.

use super::{
    Find,
    schedule::{Kernel, Net, Shape},
};
use crate::{
    gpu::{Dispatch, Gpu},
    nets::{self, Described, ModelId, Models},
    vision::{VisionError, VisionOptions},
};

/// A frame's dispatches, level by level; those of one level don't wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// Each with its task (a net, or a kernel between nets) and what it does.
    pub levels: Vec<Vec<(&'static str, String)>>,
    /// How many kernels of nets are also run before them, all at a time, which brings them into the device's cache.
    pub prefetched: usize,
}

/// A dispatch of a frame.
#[derive(Clone, Debug)]
pub struct Part {
    /// A net, or a kernel between nets.
    pub task: &'static str,
    /// What it does.
    pub does: String,
    /// To be recorded after all parts of the levels before.
    pub dispatch: Dispatch,
}

impl FramePlan {
    /// Of a frame of `size` pixels that looks for faces as `find` says, with the first detector where several take turns, on a
    /// device, else on a desktop GPU. Nothing is compiled.
    ///
    /// # Errors
    /// When a model is missing or broken.
    pub fn new(
        models: &Models,
        options: &VisionOptions,
        find: Find,
        size: [u32; 2],
        on: Option<&Gpu>,
    ) -> Result<Self, VisionError> {
        let on = on.map(|gpu| (gpu, options.kernels));
        let kernels =
            |model: ModelId| -> Result<_, VisionError> { Ok(nets::described(&models.plan(model)?, on)) };
        let shape = Shape {
            faces: options.faces > 0,
            find,
            blendshapes: options.blendshapes,
            late: options.is_late(),
            matte: options.matte.is_some(),
        };
        let (mut detects, mut landmarks, mut blendshapes, mut selfie) = Default::default();
        if shape.faces {
            (detects, landmarks, blendshapes) = (
                kernels(options.detector.nets(options.mode)[0].0)?,
                kernels(ModelId::FaceMesh)?,
                kernels(ModelId::Blendshapes)?,
            );
        }
        if let Some(which) = options.matte {
            selfie = kernels(which.model(size))?;
        }
        let net = |net| {
            let levels: &Vec<Vec<Described>> = match net {
                Net::Detector => &detects,
                Net::Landmarks => &landmarks,
                Net::Blendshapes => &blendshapes,
                Net::Selfie => &selfie,
            };
            levels.iter().map(|level| level.iter().map(|kernel| kernel.steps.join(", ")).collect()).collect()
        };
        let levels = shape.levels(|kernel: Kernel| Some(format!("{kernel:?}").to_lowercase()), net);
        let lines =
            levels.into_iter().map(|level| level.into_iter().map(|line| (line.task, line.work)).collect());
        let every = [&landmarks, &selfie].into_iter().chain(shape.blendshapes.then_some(&blendshapes));
        let prefetched = every.flatten().flatten().filter(|kernel| kernel.prefetched).count();
        Ok(Self { levels: lines.collect(), prefetched })
    }

    /// How many dispatches there are, without those that only prefetch.
    pub fn dispatches(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }
}
