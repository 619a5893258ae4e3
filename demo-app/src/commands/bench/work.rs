//! What a frame asks of the GPU, as numbers that don't depend on the machine.

use antifaz::telemetry::{Stage, Work, percentiles};
use serde_json::json;

/// The median frame's work in a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FrameWork {
    /// Passes, draws, dispatches.
    counts: [u32; 3],
    /// Uploaded, copied, read, written.
    megabytes: [f64; 4],
}

const COUNTS: [&str; 3] = ["passes", "draws", "dispatches"];
const MEGABYTES: [&str; 4] = ["uploaded", "copied", "read", "written"];

impl FrameWork {
    /// Of the frames' work in one stage.
    pub(super) fn of(frames: impl Iterator<Item = Work> + Clone) -> Self {
        let median = |of: fn(&Work) -> f64| {
            percentiles(frames.clone().map(|work| of(&work)).collect()).map_or(0.0, |found| found.p50)
        };
        let count = |of: fn(&Work) -> f64| median(of) as u32;
        let megabytes = |of: fn(&Work) -> f64| median(of) / 1e6;
        Self {
            counts: [
                count(|work| work.passes.into()),
                count(|work| work.draws.into()),
                count(|work| work.dispatches.into()),
            ],
            megabytes: [
                megabytes(|work| work.uploaded as f64),
                megabytes(|work| work.copied as f64),
                megabytes(|work| work.read as f64),
                megabytes(|work| work.written as f64),
            ],
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let counts = COUNTS.iter().zip(self.counts).map(|(name, count)| ((*name).to_owned(), json!(count)));
        let megabytes = MEGABYTES.iter().zip(self.megabytes);
        let megabytes = megabytes.map(|(name, megabytes)| (format!("{name}_mb"), json!(megabytes)));
        json!(counts.chain(megabytes).collect::<serde_json::Map<_, _>>())
    }
}

/// A row for each stage that asks for anything.
pub(super) fn table(of: impl Fn(Stage) -> FrameWork) -> String {
    let names = COUNTS.iter().map(|name| format!("{name:>11}")).collect::<String>();
    let more = MEGABYTES.iter().map(|name| format!("{:>12}", format!("{name} MB"))).collect::<String>();
    let mut text = format!("{:<14}{names}{more}\n", "a frame's work");
    for stage in Stage::ALL {
        let work = of(stage);
        if work == FrameWork::of(std::iter::empty()) {
            continue;
        }
        let counts = work.counts.iter().map(|count| format!("{count:>11}")).collect::<String>();
        let megabytes = work.megabytes.iter().map(|size| format!("{size:>12.1}")).collect::<String>();
        text += &format!("{:<14}{counts}{megabytes}\n", stage.name());
    }
    text
}
