//! What the host knows of the faces on the device, and what it makes of it.

use super::{Find, Status};
use crate::vision::Mode;

/// Frames from one look for more faces to the next, while some are followed.
const FIND_EVERY: u32 = 30;

/// What is known of the faces, as of a frame some time ago.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Frames recorded.
    recorded: u32,
    /// The last status.
    status: Option<Status>,
    /// The last frame that began to follow detections.
    proposed: u32,
    /// The last frame that the detector looked at.
    found: u32,
    /// Whether the next frame follows detections of this one.
    ahead: bool,
}

impl Known {
    /// What the next frame looks for, and how many faces it can have.
    pub(super) fn live(&self, capacity: usize, mode: Mode) -> (Find, usize) {
        if mode == Mode::Image {
            return (Find::Here, capacity);
        }
        let status = self.status.unwrap_or(Status { frame: 0, faces: 0, ..bytemuck::Zeroable::zeroed() });
        // Faces are lost at any time, but found only where detections were followed.
        let sure = status.frame >= self.proposed && !self.ahead;
        let most = if sure { status.faces as usize } else { (status.faces as usize + 1).min(capacity) };
        let next = self.recorded.wrapping_add(1);
        if status.faces == 0 {
            return (Find::Here, most.max(1).min(capacity));
        }
        if most < capacity && sure && next.wrapping_sub(self.found) >= FIND_EVERY {
            return (Find::Ahead, most);
        }
        (Find::Nothing, most)
    }

    pub(super) fn goes_on(&mut self, find: Find) {
        self.recorded = self.recorded.wrapping_add(1);
        if find == Find::Here || self.ahead {
            self.proposed = self.recorded;
        }
        if find != Find::Nothing {
            self.found = self.recorded;
        }
        self.ahead = find == Find::Ahead;
    }

    /// Takes in a status that has come back.
    pub(super) fn learn(&mut self, status: &[u8]) {
        self.status = Status::from_bytes(status).or(self.status);
    }

    /// How many faces there were, as of the last status.
    pub(super) fn faces(&self) -> usize {
        self.status.map_or(0, |status| status.faces as usize)
    }

    /// Forgets all faces; frames are counted on.
    pub(super) fn forget(&mut self) {
        *self = Self { recorded: self.recorded, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is due in each of `frames` frames, where the status of each comes back two frames later; `there(frame)` says
    /// how many faces are there to be found.
    fn run(frames: u32, capacity: usize, there: impl Fn(u32) -> u32) -> Vec<(Find, usize)> {
        let mut known = Known::default();
        let mut statuses: Vec<Status> = Vec::new();
        let (mut faces, mut ahead) = (0, false);
        let mut due = Vec::new();
        for frame in 1..=frames {
            if let Some(status) = statuses.iter().rev().find(|status| status.frame + 2 <= frame) {
                known.learn(bytemuck::bytes_of(status));
            }
            let (find, room) = known.live(capacity, Mode::Video);
            due.push((find, room));
            known.goes_on(find);
            let finds = find == Find::Here || ahead;
            ahead = find == Find::Ahead;
            faces = if finds { there(frame).min(room as u32) } else { faces.min(there(frame)) };
            assert!(faces as usize <= room, "frame {frame}: {faces} faces in {room} places");
            statuses.push(Status { frame, faces, ..bytemuck::Zeroable::zeroed() });
        }
        due
    }

    #[test]
    fn one_face_is_looked_for_until_it_is_known_and_then_followed() {
        let due = run(100, 1, |frame| u32::from(frame > 10));
        assert!(due[..12].iter().all(|due| *due == (Find::Here, 1)));
        assert!(due[12..].iter().all(|due| *due == (Find::Nothing, 1)));
    }

    #[test]
    fn more_faces_are_looked_for_now_and_then_beside_the_first() {
        let due = run(200, 4, |_| 3);
        let ahead: Vec<usize> = (0..200).filter(|&frame| due[frame].0 == Find::Ahead).collect();
        assert!(ahead.windows(2).all(|pair| pair[1] - pair[0] >= FIND_EVERY as usize), "{ahead:?}");
        assert_eq!((due[199].1, ahead.len()), (3, 6));
        assert!(due[3..].iter().all(|due| due.0 != Find::Here));
    }

    #[test]
    fn a_lost_face_is_looked_for_as_soon_as_that_is_known() {
        let due = run(60, 1, |frame| u32::from(!(30..33).contains(&frame)));
        let again = (20..60).find(|&frame| due[frame].0 == Find::Here);
        assert_eq!(again, Some(31));
        assert_eq!(due[59], (Find::Nothing, 1));
    }
}
