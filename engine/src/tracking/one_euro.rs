//! Smoothing that follows fast motion and calms slow motion.
//!
//! Casiez, Roussel and Vogel, "1 Euro Filter", CHI 2012, with MediaPipe's constants for faces: speeds are measured
//! in face sizes a second, so that a near face and a far one are calmed alike.

use std::{f64::consts::TAU, time::Duration};

use glam::Vec3;

/// Cutoff at rest, in hertz.
const MIN_CUTOFF: f64 = 0.05;
/// Hertz that a speed of one face size a second adds.
const BETA: f32 = 80.0;
/// Cutoff of the speed itself, in hertz.
const SPEED_CUTOFF: f64 = 1.0;
/// MediaPipe can't tell a sample at time zero from none, and assumes this rate after it.
const ASSUMED_STEP: Duration = Duration::from_nanos(33_333_333);

/// What the time between two samples makes of the filter: the same for all of its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilterStep {
    /// One over the step, in hertz.
    pub per_second: f32,
    /// The share of a new speed in the smoothed one.
    pub speed_share: f32,
    /// The angle, in radians, of one hertz in the step.
    pub turn: f32,
}

impl FilterStep {
    /// From a sample at `before` to one at `now`; `None` where time does not advance, so that the filter starts afresh.
    pub fn between(before: Duration, now: Duration) -> Option<Self> {
        if now <= before {
            return None;
        }
        let step = if before.is_zero() { ASSUMED_STEP } else { now - before };
        Some(Self {
            per_second: (1.0 / step.as_secs_f64()) as f32,
            speed_share: alpha(SPEED_CUTOFF, step),
            turn: (TAU * step.as_secs_f64()) as f32,
        })
    }
}

/// Filters a fixed number of points.
#[derive(Clone, Debug, Default)]
pub struct OneEuro {
    time: Duration,
    raw: Vec<Vec3>,
    speed: Vec<Vec3>,
    value: Vec<Vec3>,
}

impl OneEuro {
    /// Replaces `points` (in pixels) by their smoothed places. `size` is the face's, in pixels; where it is not
    /// above zero nothing is smoothed. Starts afresh when time does not advance, when the number of points
    /// changes, and after [`OneEuro::reset`]. Points that are not finite are refused: `false`, nothing changes.
    pub fn smooth(&mut self, points: &mut [Vec3], time: Duration, size: f32) -> bool {
        if !points.iter().all(|point| point.is_finite()) {
            return false;
        }
        let started = self.value.len() == points.len() && !points.is_empty();
        let sized = size.is_finite() && size > 1e-6;
        let step = FilterStep::between(self.time, time).filter(|_| started && sized);
        let Some(FilterStep { per_second, speed_share, turn }) = step else {
            self.start(points, time);
            return true;
        };
        // alpha = 1 / (1 + 1 / (2 pi cutoff step)), with the cutoff linear in the speed.
        let rest = MIN_CUTOFF as f32;
        for (((point, raw), speed), value) in
            points.iter_mut().zip(&mut self.raw).zip(&mut self.speed).zip(&mut self.value)
        {
            let now = (*point - *raw) * (per_second / size);
            *speed += (now - *speed) * speed_share;
            let turns = (speed.abs() * BETA + rest) * turn;
            *raw = *point;
            *value += (*point - *value) * (turns / (turns + 1.0));
            *point = *value;
        }
        self.time = time;
        true
    }

    /// Forgets everything; the next points are taken as they are.
    pub fn reset(&mut self) {
        self.value.clear();
    }

    fn start(&mut self, points: &[Vec3], time: Duration) {
        self.time = time;
        for kept in [&mut self.raw, &mut self.value] {
            kept.clear();
            kept.extend_from_slice(points);
        }
        self.speed.clear();
        self.speed.resize(points.len(), Vec3::ZERO);
    }
}

fn alpha(cutoff: f64, step: Duration) -> f32 {
    let turns = TAU * cutoff * step.as_secs_f64();
    (turns / (turns + 1.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn run(filter: &mut OneEuro, x: f32, millis: u64) -> f32 {
        let mut points = [Vec3::splat(x)];
        assert!(filter.smooth(&mut points, at(millis), 100.0));
        points[0].x
    }

    #[test]
    fn follows_the_published_recurrence() {
        let mut filter = OneEuro::default();
        let (mut raw, mut speed, mut value, mut before) = (0.0_f64, 0.0_f64, 0.0_f64, 0_u64);
        for (i, x) in [3.0, 4.0, 9.0, 9.5, -20.0, -20.0].into_iter().enumerate() {
            let now = 40 + i as u64 * 25;
            if i == 0 {
                (raw, value) = (x, x);
            } else {
                let step = (now - before) as f64 / 1e3;
                let alpha = |cutoff: f64| 1.0 / (1.0 + 1.0 / (TAU * cutoff * step));
                speed = alpha(1.0) * (x - raw) / 100.0 / step + (1.0 - alpha(1.0)) * speed;
                let keep = alpha(0.05 + 80.0 * speed.abs());
                value = keep * x + (1.0 - keep) * value;
                raw = x;
            }
            before = now;
            let got = f64::from(run(&mut filter, x as f32, now));
            assert!((got - value).abs() < 1e-4, "sample {i}: {got} for {value}");
        }
    }

    #[test]
    fn time_that_stands_still_or_runs_back_starts_afresh() {
        let mut filter = OneEuro::default();
        run(&mut filter, 0.0, 1000);
        assert_eq!(run(&mut filter, 50.0, 1000), 50.0);
        assert_eq!(run(&mut filter, -50.0, 10), -50.0);
        assert!(run(&mut filter, -49.0, 40) < -49.0);
    }

    #[test]
    fn what_is_not_finite_never_enters() {
        let mut filter = OneEuro::default();
        run(&mut filter, 1.0, 10);
        let mut bad = [Vec3::new(0.0, f32::NAN, 0.0)];
        assert!(!filter.smooth(&mut bad, at(20), 100.0));
        assert!(run(&mut filter, 1.0, 30).is_finite());
        let mut good = [Vec3::ONE];
        assert!(filter.smooth(&mut good, at(40), f32::NAN) && good[0] == Vec3::ONE);
    }
}
