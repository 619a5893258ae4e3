//! What the stages of a frame take.

use std::time::Instant;

use crate::{
    frame::FrameId,
    gpu::{Encoder, Gpu, GpuError, timer::Timer},
    scheduler::WorkPlan,
    telemetry::{Cost, FrameReport, GpuTimes, Stage, Work},
};

/// What is timed on the GPU.
const STAGES: [Stage; 3] = [Stage::Upload, Stage::Vision, Stage::Compose];

/// Times frames on the GPU.
#[derive(Debug)]
pub(super) struct Clock {
    timer: Timer,
    /// Whether stage by stage. What lies between two marks can't overlap with what lies beyond them, so a whole frame is timed
    /// by two alone.
    pub(super) by_stage: bool,
}

impl Clock {
    pub(super) fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        Ok(Self { timer: Timer::new(gpu, STAGES.len() as u32 + 1)?, by_stage: true })
    }

    /// Ends the frame.
    pub(super) fn end(&mut self, encoder: &mut Encoder) {
        self.timer.end(encoder);
    }

    /// Times of an earlier frame that have arrived since the last call.
    pub(super) fn landed(&mut self) -> Option<GpuTimes> {
        let (frame, spans) = self.timer.landed()?;
        let mut times = GpuTimes { frame, ..GpuTimes::default() };
        match spans.as_slice() {
            [whole] => times.whole = Some(*whole),
            spans => STAGES
                .into_iter()
                .zip(spans)
                .for_each(|(stage, span)| times.stages[stage as usize] = Some(*span)),
        }
        Some(times)
    }
}

/// Times the stages of one frame, on the CPU by itself and on the GPU through the clock, and tells what they record.
pub(super) struct Watch {
    pub(super) started: Instant,
    stage: Instant,
    work: Work,
    pub(super) report: FrameReport,
}

impl Watch {
    pub(super) fn start(id: FrameId, plan: WorkPlan, clock: &mut Clock, encoder: &mut Encoder) -> Self {
        clock.timer.begin(id.0);
        clock.timer.mark(encoder);
        let now = Instant::now();
        let report = FrameReport { id, reduced: plan.reduced, ..FrameReport::default() };
        Self { started: now, stage: now, work: encoder.work(), report }
    }

    pub(super) fn end(&mut self, stage: Stage, clock: &mut Clock, encoder: &mut Encoder) {
        if clock.by_stage || STAGES.last() == Some(&stage) {
            clock.timer.mark(encoder);
        }
        let (now, work) = (Instant::now(), encoder.work());
        let cost = Cost { cpu: now - self.stage, gpu: None, work: work - self.work };
        self.report.stages[stage as usize] = cost;
        (self.stage, self.work) = (now, work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::GpuOptions;

    #[test]
    fn a_frame_is_timed_by_its_stages_or_as_a_whole() {
        let options = GpuOptions { timestamps: true, ..GpuOptions::default() };
        let gpu =
            pollster::block_on(Gpu::new(&options)).expect("an adapter (apt-get install mesa-vulkan-drivers)");
        let mut clock = Clock::new(&gpu).expect("a clock");
        let mut known = Vec::new();
        for frame in 0..4 {
            clock.by_stage = frame % 2 == 0;
            let mut encoder = gpu.encoder("timed");
            let mut watch = Watch::start(FrameId(frame), WorkPlan::default(), &mut clock, &mut encoder);
            STAGES.into_iter().for_each(|stage| watch.end(stage, &mut clock, &mut encoder));
            clock.end(&mut encoder);
            gpu.submit(encoder).expect("submitted");
            gpu.wait().expect("done");
            known.extend(std::iter::from_fn(|| clock.landed()));
        }
        assert_eq!(known.len(), if clock.timer.works() { 4 } else { 0 });
        for times in known {
            let stages = times.stages.iter().flatten().count();
            let (want, whole) = if times.frame % 2 == 0 { (STAGES.len(), false) } else { (0, true) };
            assert_eq!((stages, times.whole.is_some()), (want, whole), "{times:?}");
        }
    }
}
