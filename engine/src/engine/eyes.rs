//! Where vision runs: not at all, within the walk, or beside it.

use std::{sync::Arc, time::Duration};

use super::{Crew, EngineError, EngineOptions, Pacing, worker::VisionWorker};
use crate::{
    compose::Composer,
    frame::{Frame, FrameId},
    gpu::Gpu,
    nets::{Backend, Models},
    scene::{FaceState, Observation},
    scheduler::WorkPlan,
    vision::{Detector, DeviceObserver, MatteNet, Observer, VisionOptions},
};

/// Looks at frames, now or soon.
#[derive(Debug)]
pub(super) struct Eyes {
    how: How,
    latest: Option<Observation>,
    /// What is shared where nothing is seen.
    blank: Arc<FaceState>,
}

/// Frames that detectors on the CPU rest live, while somebody is followed.
const LIVE_REST: u32 = 3;

/// After so many looks the landmarks of a face stay where they are: each finds the region for the next.
const LOOKS_BEFORE: usize = 3;

#[derive(Debug)]
enum How {
    /// The look asks for no net.
    Closed,
    /// Offline: each frame is drawn with what was seen in it.
    Inline(Box<Observer>),
    /// Live: each frame is drawn with the latest that was seen.
    Beside(VisionWorker),
    /// On the device that draws: each frame is drawn with what is seen in it.
    Device(Box<DeviceObserver>),
}

impl Eyes {
    /// Opens what `options` ask for; no net is loaded where they ask for nothing.
    pub(super) fn open(
        models: &Models,
        options: &VisionOptions,
        pacing: Pacing,
        crew: &Crew,
        gpu: &Gpu,
    ) -> Result<Self, EngineError> {
        let how = if options.faces == 0 && options.matte.is_none() {
            How::Closed
        } else if options.backend == Backend::Gpu {
            How::Device(Box::new(DeviceObserver::new(models, *options, gpu, crew.workers())?))
        } else {
            let observer = Observer::new(models, *options, crew.workers())?;
            match pacing {
                Pacing::Offline => How::Inline(Box::new(observer)),
                Pacing::Live => How::Beside(VisionWorker::start(observer).map_err(EngineError::Thread)?),
            }
        };
        Ok(Self { how, latest: None, blank: Arc::from(FaceState::empty()) })
    }

    /// Whether no net is asked for, so that nobody need bring pixels.
    pub(super) fn closed(&self) -> bool {
        matches!(self.how, How::Closed)
    }

    /// The nets on the device, where they run there.
    pub(super) fn on_device(&mut self) -> Option<&mut DeviceObserver> {
        match &mut self.how {
            How::Device(observer) => Some(observer),
            _ => None,
        }
    }

    /// Looks at `frame`, now or soon.
    pub(super) fn look(&mut self, frame: &Frame, plan: &WorkPlan) -> Result<(), EngineError> {
        match &mut self.how {
            How::Closed | How::Device(_) => {}
            How::Inline(observer) => self.latest = Some(observer.look(frame, plan)?),
            How::Beside(worker) => worker.look(frame.clone(), *plan),
        }
        Ok(())
    }

    /// Looks at a picture that no other follows, and waits, so that the next look at it is at what is known already.
    pub(super) fn get_to_know(&mut self, frame: &Frame) -> Result<(), EngineError> {
        for _ in 0..LOOKS_BEFORE {
            match &mut self.how {
                How::Inline(observer) => drop(observer.look(frame, &WorkPlan::default())?),
                How::Device(observer) => drop(observer.observe(frame)?),
                How::Closed | How::Beside(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// What is known by now: seen in the frame `id`, or in an earlier one, or nothing yet.
    pub(super) fn known(&mut self, id: FrameId, time: Duration) -> Result<Observation, EngineError> {
        if let How::Beside(worker) = &self.how
            && let Some(seen) = worker.latest()
        {
            self.latest = Some(seen?);
        }
        let blank = || Observation { seen: id, time, faces: Arc::clone(&self.blank), matte: None };
        Ok(self.latest.clone().unwrap_or_else(blank))
    }
}

/// What the nets look for: what the look asks for.
pub(super) fn vision_options(composer: &Composer, options: &EngineOptions) -> VisionOptions {
    let requires = composer.requires();
    let blendshapes = requires.blendshapes || options.blendshapes;
    let faces = requires.face || blendshapes || requires.pose;
    // Whoever draws on the third face alone wants three to be found.
    let least =
        composer.look().0.iter().filter_map(|item| item.face).max().map_or(1, |slot| slot as usize + 1);
    VisionOptions {
        faces: if faces { options.faces.max(least) } else { 0 },
        blendshapes,
        late_blendshapes: options.late_blendshapes,
        pose: requires.pose,
        matte: (requires.matte || options.matte).then_some(MatteNet::Auto),
        backend: options.backend,
        kernels: options.kernels,
        detector: Detector::InTurn,
        rest: if options.pacing == Pacing::Live { LIVE_REST } else { 0 },
        ..VisionOptions::default()
    }
}
