//! What the stages of a frame take.

use std::time::Instant;

use crate::{
    frame::FrameId,
    gpu::{Encoder, timer::Timer},
    scheduler::WorkPlan,
    telemetry::{Cost, FrameReport, Stage},
};

/// Times the stages of one frame, on the CPU by itself and on the GPU through the timer.
pub(super) struct Watch {
    pub(super) started: Instant,
    stage: Instant,
    pub(super) report: FrameReport,
}

impl Watch {
    pub(super) fn start(id: FrameId, plan: WorkPlan, timer: &mut Timer, encoder: &mut Encoder) -> Self {
        timer.begin(id.0);
        timer.mark(encoder);
        let now = Instant::now();
        let report = FrameReport { id, reduced: plan.reduced, ..FrameReport::default() };
        Self { started: now, stage: now, report }
    }

    pub(super) fn end(&mut self, stage: Stage, timer: &mut Timer, encoder: &mut Encoder) {
        timer.mark(encoder);
        let now = Instant::now();
        self.report.stages[stage as usize] = Cost { cpu: now - self.stage, gpu: None };
        self.stage = now;
    }
}
