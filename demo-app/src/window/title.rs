//! The window's title: how the walk is doing.

use std::time::{Duration, Instant};

use antifaz::telemetry::{Recorder, Stage};

/// How often the title is written anew.
const EVERY: Duration = Duration::from_millis(500);

/// Counts what was shown since the title was last written.
#[derive(Debug)]
pub(crate) struct Pace {
    since: Instant,
    frames: u32,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, frames: 0 }
    }

    /// One more frame was shown.
    pub(crate) fn step(&mut self) {
        self.frames += 1;
    }

    /// Frames a second, where it is time to write them; counting then starts again.
    pub(crate) fn due(&mut self, now: Instant) -> Option<f64> {
        let passed = now.saturating_duration_since(self.since);
        if passed < EVERY {
            return None;
        }
        let fps = f64::from(self.frames) / passed.as_secs_f64();
        *self = Self::new(now);
        Some(fps)
    }
}

/// The title, from the last frames and the name of what is shown.
pub(crate) fn title(look: &str, fps: f64, recorder: &Recorder) -> String {
    let Some(frame) = recorder.percentiles_ms(|report| Some(report.total)) else {
        return format!("Antifaz: {look}");
    };
    let dropped = recorder.reports().iter().map(|report| report.dropped).max().unwrap_or(0);
    let stages: Vec<String> = Stage::ALL
        .iter()
        .filter_map(|stage| {
            let median = recorder.percentiles_ms(|report| Some(report.stage(*stage).cpu))?.p50;
            Some(format!("{} {median:.1}", stage.name()))
        })
        .collect();
    format!(
        "Antifaz: {look} | {fps:.1} fps | p95 {:.1} ms | {dropped} dropped | {} ms",
        frame.p95,
        stages.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use antifaz::telemetry::FrameReport;

    use super::*;

    #[test]
    fn frames_are_counted_from_title_to_title() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        (0..15).for_each(|_| pace.step());
        assert_eq!(pace.due(start + EVERY / 2), None);
        assert_eq!(pace.due(start + EVERY), Some(30.0));
        assert_eq!(pace.due(start + EVERY * 2), Some(0.0));
    }

    #[test]
    fn a_title_says_where_the_time_goes() {
        let mut recorder = Recorder::new(8);
        assert_eq!(title("film", 0.0, &recorder), "Antifaz: film");
        let mut report =
            FrameReport { total: Duration::from_micros(12_340), dropped: 3, ..FrameReport::default() };
        report.record(Stage::Vision, Duration::from_millis(9));
        recorder.push(report);
        let expected = "Antifaz: film | 29.9 fps | p95 12.3 ms | 3 dropped | \
            source 0.0, upload 0.0, vision 9.0, compose 0.0, sink 0.0 ms";
        assert_eq!(title("film", 29.94, &recorder), expected);
    }
}
