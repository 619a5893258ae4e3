//! What the kernels must know of a frame: one small uniform. Time steps are taken here, in double precision and by
//! the rules of the CPU twins.

use std::time::Duration;

use bytemuck::{Pod, Zeroable};

use crate::tracking::FilterStep;

/// Bits of [`Frame::flags`], as `vision::state` of the shaders has them.
pub(super) mod flags {
    /// Nothing is followed: what was kept is another picture's.
    pub(in super::super) const RESET: u32 = 1;
    /// Detections begin to be followed.
    pub(in super::super) const PROPOSE: u32 = 2;
    /// Time has advanced since the frame before.
    pub(in super::super) const ADVANCES: u32 = 4;
    /// The pose is wanted.
    pub(in super::super) const POSE: u32 = 8;
    /// Masks are calmed.
    pub(in super::super) const CALM: u32 = 16;
    /// The mask before is another net's, or another picture's.
    pub(in super::super) const FORGET_MASK: u32 = 32;
    /// The blendshapes net looks at the faces.
    pub(in super::super) const EXPRESSIONS: u32 = 64;
    /// It has looked at those of the frame before.
    pub(in super::super) const LATE_EXPRESSIONS: u32 = 128;
}

/// The uniform of the shaders.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub(super) struct Frame {
    pub(super) size: [f32; 2],
    pub(super) mesh: [f32; 2],
    pub(super) step: f32,
    pub(super) per_second: f32,
    pub(super) speed_share: f32,
    pub(super) turns: f32,
    pub(super) mask_step: f32,
    pub(super) detector: f32,
    pub(super) flags: u32,
    pub(super) number: u32,
    pub(super) masks: u32,
    pub(super) capacity: u32,
}

/// Counts frames and measures the time between them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    last: Option<Duration>,
    number: u32,
}

impl Clock {
    /// Goes on to a frame of `size` pixels at `time`: what time says of it. The first frame is number one.
    pub(super) fn frame(&mut self, size: [u32; 2], time: Duration) -> Frame {
        let last = self.last.replace(time);
        self.number = self.number.wrapping_add(1);
        let mut frame = Frame { size: size.map(|side| side as f32), number: self.number, ..Frame::zeroed() };
        let Some(last) = last else { return frame };
        frame.step = (time.as_secs_f64() - last.as_secs_f64()) as f32;
        if let Some(step) = FilterStep::between(last, time) {
            (frame.per_second, frame.speed_share, frame.turns) =
                (step.per_second, step.speed_share, step.turn);
            frame.flags |= flags::ADVANCES;
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_rules_of_the_twins() {
        let at = Duration::from_millis;
        let mut clock = Clock::default();
        let mut step = |millis| clock.frame([4, 3], at(millis));
        assert_eq!((step(0).step, step(0).number), (0.0, 2));
        // After time zero MediaPipe assumes a rate; the faces' own motion knows the real one.
        let assumed = step(500);
        assert_eq!((assumed.step, assumed.flags), (0.5, flags::ADVANCES));
        assert!((assumed.per_second - 30.0).abs() < 1e-3, "{}", assumed.per_second);
        assert!((step(540).per_second - 25.0).abs() < 1e-3);
        let still = step(540);
        assert_eq!((still.step, still.flags, still.per_second), (0.0, 0, 0.0));
        let back = step(440);
        assert!((back.step + 0.1).abs() < 1e-6 && back.flags == 0);
    }
}
