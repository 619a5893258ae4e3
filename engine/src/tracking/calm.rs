//! Calms a person mask from frame to frame, where the net is in doubt and nothing moves.
//!
//! The idea is that of MediaPipe's `SegmentationSmoothingCalculator` (mediapipe/calculators/image/): a cell keeps
//! of its past what the new mask leaves open, all of it where the net says one half, nothing where it is sure.
//! What MediaPipe has not: the share follows the time between frames, and a cell whose value jumps keeps
//! nothing, so that edges in motion trail no shadow.

use std::time::Duration;

/// How much of its past a cell of one half keeps in [`STEP`].
const KEPT: f32 = 0.9;
/// The time between frames that [`KEPT`] is meant for.
const STEP: Duration = Duration::from_nanos(33_333_333);
/// A change beyond this between frames is motion: nothing is kept.
const JUMP: f32 = 0.3;
/// After a longer gap the past says nothing.
const GAP: Duration = Duration::from_millis(500);

/// The mask of the frame before, calmed.
#[derive(Clone, Debug, Default)]
pub struct CalmMask {
    size: [u32; 2],
    time: Duration,
    past: Vec<f32>,
}

impl CalmMask {
    /// Replaces `alpha`, a mask of `size` cells with values 0..=1, by its calmed values. Starts afresh when the size
    /// changes, when time does not advance, after a gap and after [`CalmMask::reset`].
    pub fn calm(&mut self, alpha: &mut [f32], size: [u32; 2], time: Duration) {
        let step = time.saturating_sub(self.time);
        let follows = self.size == size && self.past.len() == alpha.len() && !step.is_zero() && step <= GAP;
        if follows {
            let kept = KEPT.powf(step.as_secs_f32() / STEP.as_secs_f32());
            for (now, past) in alpha.iter_mut().zip(&self.past) {
                *now += (past - *now) * kept * doubt(*now) * rest(past - *now);
            }
        }
        (self.size, self.time) = (size, time);
        self.past.clear();
        self.past.extend_from_slice(alpha);
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.past.clear();
    }
}

/// How little a value says: 1 at one half, 0 at 0 and 1. Close to the square of the binary entropy.
fn doubt(value: f32) -> f32 {
    let spread = (4.0 * value * (1.0 - value)).max(0.0);
    spread * spread.sqrt()
}

/// How still a cell is that changed by `change`: 1 at rest, 0 from [`JUMP`] on.
fn rest(change: f32) -> f32 {
    let still = (1.0 - change.abs() / JUMP).max(0.0);
    still * still * (3.0 - 2.0 * still)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [u32; 2] = [3, 1];

    fn at(frame: u32) -> Duration {
        STEP * frame
    }

    #[test]
    fn doubtful_cells_come_to_rest_and_sure_ones_are_left_alone() {
        let mut mask = CalmMask::default();
        let (mut raw, mut calm, mut last) = (0.0, 0.0, None);
        for frame in 0..60 {
            let noise = if frame % 2 == 0 { 0.05 } else { -0.05 };
            let given = [0.0, 0.5 + noise, 1.0];
            let mut alpha = given;
            mask.calm(&mut alpha, SIZE, at(frame));
            assert_eq!([alpha[0], alpha[2]], [0.0, 1.0]);
            if let Some((raw_before, calm_before)) = last.replace((given[1], alpha[1])) {
                raw += f32::abs(given[1] - raw_before);
                calm += f32::abs(alpha[1] - calm_before);
            }
        }
        assert!(calm < 0.35 * raw, "{calm} of {raw} is left");
    }

    #[test]
    fn an_edge_in_motion_is_taken_as_it_is() {
        let mut mask = CalmMask::default();
        mask.calm(&mut [0.1, 0.9, 0.9], SIZE, at(0));
        let mut moved = [0.5, 0.1, 0.55];
        mask.calm(&mut moved, SIZE, at(1));
        assert_eq!(moved, [0.5, 0.1, 0.55]);
    }

    #[test]
    fn the_past_ends_with_its_size_its_order_and_a_gap() {
        let fresh = |before: Duration, size: [u32; 2], now: Duration, reset: bool| {
            let mut mask = CalmMask::default();
            mask.calm(&mut [0.4; 3], SIZE, before);
            if reset {
                mask.reset();
            }
            let mut alpha = [0.5; 3];
            mask.calm(&mut alpha, size, now);
            alpha == [0.5; 3]
        };
        assert!(!fresh(at(1), SIZE, at(2), false));
        assert!(fresh(at(1), SIZE, at(2), true));
        assert!(fresh(at(1), [1, 3], at(2), false));
        assert!(fresh(at(2), SIZE, at(1), false));
        assert!(fresh(at(2), SIZE, at(2), false));
        assert!(fresh(at(1), SIZE, at(1) + GAP * 2, false));
    }
}
