//! What the host knows of the faces on the device, and what it makes of it.

use std::{collections::VecDeque, time::Duration};

use super::{Find, Status};
use crate::vision::Mode;

/// Frames from one look of a detector for more faces to its next, while some are followed, and the time after which it looks
/// where frames are few.
const FIND_EVERY: u32 = 30;
const FIND_WITHIN: Duration = Duration::from_millis(1500);
/// Looks for a face that was lost: by one detector, and the other.
const LOOKS_FOR_LOST: u32 = 2;
/// Frames that are remembered: more than are under way at a time.
const GRANTS: usize = 16;

/// What is known of the faces, as of a frame some time ago.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The last frame that was recorded.
    recorded: u32,
    /// The last status.
    status: Option<Status>,
    /// The latest frames that began to follow detections, and how many faces each had room for.
    grants: VecDeque<(u32, usize)>,
    /// The last frame that a detector looked at, and its time.
    found: u32,
    found_at: Duration,
    /// Looks that are due for a face that was lost while others are followed.
    lost: u32,
    /// Whether the next frame follows detections of this one.
    ahead: bool,
    /// Whether the last place that there was has been taken: whoever took it may not be the last one there.
    filled: bool,
    /// Whether the last look was for that reason.
    again: bool,
}

impl Known {
    /// What the next frame, of time `now`, looks for, if so many detectors take turns, and how many faces it has room for:
    /// never fewer than there may be.
    pub(super) fn live(&self, capacity: usize, mode: Mode, detectors: usize, now: Duration) -> (Find, usize) {
        if mode == Mode::Image {
            return (Find::Here, capacity);
        }
        let status = self.status.unwrap_or(Status { frame: 0, faces: 0, ..bytemuck::Zeroable::zeroed() });
        // Faces are lost at any time, but found only where detections were followed.
        let later = self.grants.iter().filter(|(frame, _)| *frame > status.frame);
        let granted = later.map(|(_, room)| *room).max();
        let stale = self.recorded.wrapping_sub(status.frame) as usize > GRANTS;
        let most = match granted.unwrap_or(0).max(status.faces as usize) {
            _ if stale => capacity,
            most => most.min(capacity),
        };
        // Where there are several, each look has room for as many again.
        let more = if self.again { most.max(1) } else { 1 };
        let room = if self.ahead { (most + more).min(capacity) } else { most };
        if status.faces == 0 {
            return (Find::Here, room.max(1).min(capacity));
        }
        let sure = granted.is_none() && !self.ahead;
        let turns = detectors.max(1) as u32;
        let frames = self.recorded.wrapping_add(1).wrapping_sub(self.found);
        let waited = now.checked_sub(self.found_at).is_none_or(|time| time >= FIND_WITHIN / turns);
        let rested = frames >= FIND_EVERY / turns || waited;
        let looks = most < capacity && sure && (rested || self.filled || self.lost > 0);
        if looks { (Find::Ahead, room) } else { (Find::Nothing, room) }
    }

    /// Whether a look at the next frame is for more of what the last one has found, and by the same detector.
    pub(super) fn looks_again(&self) -> bool {
        self.filled && self.faces() > 0
    }

    /// Goes on to frame `number` of time `now`, which looked for faces and had room for some.
    pub(super) fn goes_on(&mut self, number: u32, now: Duration, find: Find, room: usize) {
        self.recorded = number;
        if find == Find::Here || self.ahead {
            self.grants.push_back((number, room));
            if self.grants.len() > GRANTS {
                self.grants.pop_front();
            }
        }
        if find != Find::Nothing {
            (self.found, self.found_at) = (number, now);
            self.lost = self.lost.saturating_sub(1);
            (self.again, self.filled) = (self.looks_again(), false);
        }
        self.ahead = find == Find::Ahead;
    }

    /// Takes in a status that has come back.
    pub(super) fn learn(&mut self, status: &[u8]) {
        let newer = |status: &Status| self.status.is_none_or(|known| status.frame >= known.frame);
        let Some(status) = Status::from_bytes(status).filter(newer) else { return };
        let before = self.status.map_or(0, |known| known.frame);
        let told = self.grants.iter().rfind(|(frame, _)| (before + 1..=status.frame).contains(frame));
        if let Some((_, room)) = told {
            self.filled = status.faces as usize >= *room;
        }
        if (status.faces as usize) < self.faces() {
            self.lost = LOOKS_FOR_LOST;
        }
        self.status = Some(status);
    }

    /// How many faces there were, as of the last status.
    pub(super) fn faces(&self) -> usize {
        self.status.map_or(0, |status| status.faces as usize)
    }

    /// Forgets all faces; frames are counted on, and a status from before says nothing.
    pub(super) fn forget(&mut self) {
        let status = Status { frame: self.recorded, faces: 0, ..bytemuck::Zeroable::zeroed() };
        *self = Self { recorded: self.recorded, status: Some(status), ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(33);

    /// What is due in each of `frames` frames, where the status of each comes back two frames later; `there(frame)` says
    /// how many faces are there to be found.
    fn run(frames: u32, capacity: usize, there: impl Fn(u32) -> u32) -> Vec<(Find, usize)> {
        run_with(1, STEP, frames, capacity, there)
    }

    /// The same where so many detectors take turns, and so much time lies between frames.
    fn run_with(
        detectors: usize,
        step: Duration,
        frames: u32,
        capacity: usize,
        there: impl Fn(u32) -> u32,
    ) -> Vec<(Find, usize)> {
        let mut known = Known::default();
        let mut statuses: Vec<Status> = Vec::new();
        let (mut faces, mut ahead) = (0, false);
        let mut due = Vec::new();
        for frame in 1..=frames {
            if let Some(status) = statuses.iter().rev().find(|status| status.frame + 2 <= frame) {
                known.learn(bytemuck::bytes_of(status));
            }
            let now = step * frame;
            let (find, room) = known.live(capacity, Mode::Video, detectors, now);
            due.push((find, room));
            known.goes_on(frame, now, find, room);
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
        let ahead: Vec<usize> = (20..200).filter(|&frame| due[frame].0 == Find::Ahead).collect();
        assert!(ahead.windows(2).all(|pair| pair[1] - pair[0] >= FIND_EVERY as usize), "{ahead:?}");
        assert_eq!((due[199].1, ahead.len()), (3, 6));
        assert!(due[3..].iter().all(|due| due.0 != Find::Here));
        let looks = |due: &[(Find, usize)]| due[20..].iter().filter(|due| due.0 == Find::Ahead).count();
        let both = looks(&run_with(2, STEP, 200, 4, |_| 3));
        assert!((11..=13).contains(&both), "each of two looks as often as one alone: {both}");
        let few = looks(&run_with(1, STEP * 15, 200, 4, |_| 3));
        assert!((40..=60).contains(&few), "twice a second they look every 1.5 s: {few}");
    }

    #[test]
    fn a_group_is_let_in_at_once() {
        for there in 1..=8 {
            let due = run(60, 8, |_| there);
            let all = due.iter().position(|(_, room)| *room >= there as usize);
            assert!(all.is_some_and(|frame| frame <= 16), "{there} faces: {all:?}");
            assert!(due[30..50].iter().all(|(_, room)| *room as u32 <= there + 1), "{there} faces: {due:?}");
            let looks = due[..25].iter().filter(|(find, _)| *find == Find::Ahead).count();
            assert!(looks <= 4, "{there} faces: {looks} looks");
        }
    }

    #[test]
    fn faces_that_come_and_go_always_have_room() {
        let mut seed = 7_u64;
        for _ in 0..200 {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) as u32
            };
            let there: Vec<u32> = (0..200)
                .scan(0, |faces, _| {
                    *faces = if next() % 6 == 0 { next() % 5 } else { *faces };
                    Some(*faces)
                })
                .collect();
            run(200, 4, |frame| there[frame as usize - 1]);
        }
    }

    #[test]
    fn what_was_before_a_reset_says_nothing() {
        let mut known = Known::default();
        known.goes_on(1, STEP, Find::Here, 1);
        known.forget();
        known.learn(bytemuck::bytes_of(&Status { frame: 0, faces: 3, ..bytemuck::Zeroable::zeroed() }));
        assert_eq!((known.live(1, Mode::Video, 1, STEP), known.faces()), ((Find::Here, 1), 0));
    }

    #[test]
    fn one_of_several_that_is_lost_is_looked_for_at_once_and_again() {
        let due = run(60, 4, |frame| if frame == 30 { 2 } else { 3 });
        let looks: Vec<usize> = (27..45).filter(|&frame| due[frame].0 == Find::Ahead).collect();
        assert!(looks.first().is_some_and(|&first| first <= 33), "{looks:?}");
        assert!((2..=3).contains(&looks.len()), "{looks:?}");
    }

    #[test]
    fn a_lost_face_is_looked_for_as_soon_as_that_is_known() {
        let due = run(60, 1, |frame| u32::from(!(30..33).contains(&frame)));
        let again = (20..60).find(|&frame| due[frame].0 == Find::Here);
        assert_eq!(again, Some(31));
        assert_eq!(due[59], (Find::Nothing, 1));
    }
}
