//! What time does between two frames.

use std::time::Duration;

/// A longer time between two frames is a jump: what was kept from the frame before belongs to another scene.
const LONGEST: Duration = Duration::from_secs(2);

/// The time of the last frame.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<Duration>);

/// From the frame before to this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tick {
    /// In seconds; 0 where there is no frame before.
    pub(super) delta: f32,
    /// Whether there is no frame before that this one goes on from: the first frame, or a jump in time.
    pub(super) anew: bool,
}

/// What a frame is told beside the picture and what is seen in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) tick: Tick,
    /// Taps since the frame before.
    pub(super) taps: u32,
    /// Where the last tap was, in uv.
    pub(super) tap: [f32; 2],
    /// What random numbers follow from.
    pub(super) seed: u32,
}

impl Clock {
    pub(super) fn tick(&mut self, now: Duration) -> Tick {
        let delta = self.0.replace(now).and_then(|last| now.checked_sub(last));
        match delta.filter(|delta| *delta <= LONGEST) {
            Some(delta) => Tick { delta: delta.as_secs_f32(), anew: false },
            None => Tick { delta: 0.0, anew: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_jumps_begins_anew() {
        let mut clock = Clock::default();
        let mut tick = |millis| clock.tick(Duration::from_millis(millis));
        let anew = Tick { delta: 0.0, anew: true };
        assert_eq!(tick(500), anew);
        assert_eq!(tick(540), Tick { delta: 0.04, anew: false });
        assert_eq!(tick(540), Tick { delta: 0.0, anew: false });
        assert_eq!(tick(100), anew);
        assert_eq!(tick(2101), anew);
    }
}
