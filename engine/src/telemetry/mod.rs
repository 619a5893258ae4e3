//! What frames cost. The walk writes to it; only the scheduler and the app read it.

mod stats;
mod work;

use std::time::Duration;

pub use stats::{Percentiles, percentiles};
pub use work::Work;

use crate::frame::FrameId;

/// A step of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Waiting for and decoding a frame.
    Source,
    /// Bringing it to the GPU.
    Upload,
    /// Nets and tracking.
    Vision,
    /// Filters.
    Compose,
    /// Showing or storing the picture.
    Sink,
}

impl Stage {
    /// All stages, in the order of the walk.
    pub const ALL: [Self; 5] = [Self::Source, Self::Upload, Self::Vision, Self::Compose, Self::Sink];

    /// Lower-case name, as in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Upload => "upload",
            Self::Vision => "vision",
            Self::Compose => "compose",
            Self::Sink => "sink",
        }
    }
}

/// What one stage takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Time on the CPU.
    pub cpu: Duration,
    /// Time on the GPU, where its timestamps have arrived.
    pub gpu: Option<Duration>,
    /// What was recorded for the GPU.
    pub work: Work,
}

/// What the GPU took for a frame: for each stage, or for the whole without marks between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuTimes {
    /// The frame's number.
    pub frame: u64,
    /// By [`Stage`], in the order of [`Stage::ALL`], where the stages were timed.
    pub stages: [Option<Duration>; Stage::ALL.len()],
    /// Where the frame was timed as a whole.
    pub whole: Option<Duration>,
}

/// The cost of one finished frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameReport {
    /// The frame.
    pub id: FrameId,
    /// The whole walk, without waiting for the source.
    pub total: Duration,
    /// By [`Stage`], in the order of [`Stage::ALL`].
    pub stages: [Cost; Stage::ALL.len()],
    /// Frames that the source has dropped so far because a newer one came.
    pub dropped: u64,
    /// Frames between the picture and what the nets saw.
    pub age: u64,
    /// Why this frame shows less than the look asks for.
    pub reduced: Option<Reduced>,
}

/// Why a frame shows less than its look asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduced {
    /// Frames before it took longer than the budget.
    OverBudget,
}

impl FrameReport {
    /// The cost of `stage`.
    pub fn stage(&self, stage: Stage) -> Cost {
        self.stages[stage as usize]
    }

    /// Sets the CPU time of `stage`.
    pub fn record(&mut self, stage: Stage, cpu: Duration) {
        self.stages[stage as usize].cpu = cpu;
    }
}

/// The last reports, in a fixed ring: nothing is allocated after it is made.
#[derive(Clone, Debug)]
pub struct Recorder {
    ring: Vec<FrameReport>,
    capacity: usize,
    next: usize,
    frames: u64,
}

impl Recorder {
    /// Remembers the last `capacity` frames, at least one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { ring: Vec::with_capacity(capacity), capacity, next: 0, frames: 0 }
    }

    /// Takes in a frame, forgetting the oldest one when full.
    pub fn push(&mut self, report: FrameReport) {
        if self.ring.len() < self.capacity {
            self.ring.push(report);
        } else {
            self.ring[self.next] = report;
        }
        self.next = (self.next + 1) % self.capacity;
        self.frames += 1;
    }

    /// Frames taken in since the start.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The remembered reports, in no particular order.
    pub fn reports(&self) -> &[FrameReport] {
        &self.ring
    }

    /// Percentiles, in milliseconds, of what `of` reads from each remembered report; `None` without any.
    pub fn percentiles_ms(&self, of: impl Fn(&FrameReport) -> Option<Duration>) -> Option<Percentiles> {
        let values = self.ring.iter().filter_map(of).map(|time| time.as_secs_f64() * 1e3).collect();
        percentiles(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_newest_and_does_not_grow() {
        let mut recorder = Recorder::new(3);
        let room = recorder.ring.capacity();
        for id in 0..10 {
            recorder.push(FrameReport { id: FrameId(id), ..FrameReport::default() });
        }
        let mut kept: Vec<u64> = recorder.reports().iter().map(|report| report.id.0).collect();
        kept.sort_unstable();
        assert_eq!((kept, recorder.frames(), recorder.ring.capacity()), (vec![7, 8, 9], 10, room));
    }

    #[test]
    fn stages_index_their_cost() {
        let mut report = FrameReport::default();
        for (millis, stage) in (1..).zip(Stage::ALL) {
            report.record(stage, Duration::from_millis(millis));
        }
        assert_eq!(report.stage(Stage::Compose).cpu, Duration::from_millis(4));
    }
}
