//! What the stages of a frame take.

use std::time::Instant;

use crate::{
    frame::FrameId,
    gpu::{Encoder, timer::Timer},
    scheduler::WorkPlan,
    telemetry::{Cost, FrameReport, Stage, Work},
};

/// Times the stages of one frame, on the CPU by itself and on the GPU through the timer, and tells what they record.
pub(super) struct Watch {
    pub(super) started: Instant,
    stage: Instant,
    work: Work,
    pub(super) report: FrameReport,
}

impl Watch {
    pub(super) fn start(id: FrameId, plan: WorkPlan, timer: &mut Timer, encoder: &mut Encoder) -> Self {
        timer.begin(id.0);
        timer.mark(encoder);
        let now = Instant::now();
        let report = FrameReport { id, reduced: plan.reduced, ..FrameReport::default() };
        Self { started: now, stage: now, work: encoder.work(), report }
    }

    pub(super) fn end(&mut self, stage: Stage, timer: &mut Timer, encoder: &mut Encoder) {
        timer.mark(encoder);
        let (now, work) = (Instant::now(), encoder.work());
        let cost = Cost { cpu: now - self.stage, gpu: None, work: work - self.work };
        self.report.stages[stage as usize] = cost;
        (self.stage, self.work) = (now, work);
    }
}
