//! Keeps identities and smooth positions from frame to frame. Plain Rust: no GPU, no net, no clock.
//!
//! A frame goes through [`Tracks`] in this order: where fewer faces are followed than asked for, detections are
//! [proposed](Tracks::propose); the landmark net looks at each [region](Track::roi) and its answer
//! [updates](Tracks::update) the track; [`Tracks::finish`] drops what was lost. So the detector rests while all
//! faces are followed, and each region comes from the landmarks of the frame before, as in MediaPipe's video mode.
//!
//! What MediaPipe has not: every face is smoothed, and ids survive short losses and crossings.
//!
//! [`CalmMask`] does for person masks what the One-Euro filter does for faces.

pub mod associate;
mod blendshapes;
mod calm;
mod detection;
pub mod mesh;
mod one_euro;
pub mod pose;
pub mod roi;

use std::time::Duration;

use associate::Motion;
pub use blendshapes::{BLENDSHAPE_LANDMARKS, BLENDSHAPE_NAMES};
pub use calm::CalmMask;
pub use detection::{Anchors, Detection, KEYPOINTS, MIN_SCORE, MIN_SUPPRESSION_IOU, sigmoid};
use glam::Vec3;
pub use one_euro::{FilterStep, OneEuro};

use crate::{
    frame::geometry::{Box2, Roi},
    scene::MAX_FACES,
};

/// The landmark net's probability under which a face counts as lost.
pub const MIN_PRESENCE: f32 = 0.5;
/// Followed faces whose boxes overlap by more have become one.
const MERGED_IOU: f32 = 0.5;
/// A face that has just come is a followed one from here on, as the detector takes boxes for one: both nets may have
/// looked at it, and seen it at places half a face apart.
const ARRIVED_IOU: f32 = MIN_SUPPRESSION_IOU;

/// One face that is followed.
#[derive(Clone, Debug)]
pub struct Track {
    /// None until the landmark net has confirmed the face: what the detector alone believes uses up no id.
    id: Option<u32>,
    slot: usize,
    motion: Motion,
    /// Before the last update: what counts where that update turns out to be another face's.
    before: Motion,
    surprise: f32,
    presence: f32,
    bounds: Box2,
    points: Vec<Vec3>,
    filter: OneEuro,
}

impl Track {
    /// Stable while the face is followed, and through short losses. Counts from zero in the order in which faces
    /// are confirmed; `None` for a detection that no update has confirmed yet.
    pub fn id(&self) -> Option<u32> {
        self.id
    }

    /// Which slot of the face state is this face's, under [`MAX_FACES`].
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Where the landmark net is to look next, in pixels.
    pub fn roi(&self) -> Roi {
        self.motion.roi
    }

    /// Whether the update of this frame is its first, or its first again.
    fn arrived(&self) -> bool {
        self.before.seen >= self.motion.seen
    }

    /// Probability that the face is there, 0..=1.
    pub fn presence(&self) -> f32 {
        self.presence
    }

    /// The box around the landmarks as the net gave them, in pixels.
    pub fn bounds(&self) -> Box2 {
        self.bounds
    }

    /// Smoothed landmarks: x, y in pixels, z in pixels too, smaller is nearer. Empty before the first update.
    pub fn points(&self) -> &[Vec3] {
        &self.points
    }

    /// What is remembered of the face once it is lost; nothing of a detection that was never confirmed.
    fn lost(&self) -> Option<Lost> {
        // A resumed face that the landmark net refused is still where it was before.
        let motion = if self.points.is_empty() { self.before } else { self.motion };
        Some(Lost { id: self.id?, slot: self.slot, motion })
    }
}

/// A face that was followed a moment ago.
#[derive(Clone, Debug)]
struct Lost {
    id: u32,
    slot: usize,
    motion: Motion,
}

/// All faces that are followed.
#[derive(Clone, Debug)]
pub struct Tracks {
    capacity: usize,
    tracks: Vec<Track>,
    lost: Vec<Lost>,
    next_id: u32,
}

impl Tracks {
    /// Follows up to `faces` faces, at most [`MAX_FACES`].
    pub fn new(faces: usize) -> Self {
        Self { capacity: faces.min(MAX_FACES), tracks: Vec::new(), lost: Vec::new(), next_id: 0 }
    }

    /// The faces that are followed, oldest first.
    pub fn faces(&self) -> &[Track] {
        &self.tracks
    }

    /// Whether the detector should look at the next frame.
    pub fn wants_detection(&self) -> bool {
        self.tracks.len() < self.capacity
    }

    /// Forgets all faces and starts counting ids from zero.
    pub fn clear(&mut self) {
        self.tracks.clear();
        self.lost.clear();
        self.next_id = 0;
    }

    /// Starts to follow detections, best first, as far as there is room. One that overlaps a followed face is that
    /// face; one near the place where a face was just lost resumes it.
    pub fn propose(&mut self, detections: &[Detection], now: Duration) {
        self.lost.retain(|lost| now >= lost.motion.seen && now - lost.motion.seen <= associate::REMEMBERED);
        let mut found: Vec<Roi> = Vec::new();
        for detection in detections {
            let roi = roi::from_detection(detection);
            let known = self.tracks.iter().map(Track::roi).chain(found.iter().copied());
            let room = self.tracks.len() + found.len() < self.capacity;
            if room && usable(&roi) && !known.into_iter().any(|other| associate::overlap(&roi, &other)) {
                found.push(roi);
            }
        }
        let resumed = associate::pair_up(found.len(), self.lost.len(), |new, lost| {
            self.lost[lost].motion.resume_cost(&found[new], now)
        });
        let mut resumed: Vec<(usize, Lost)> =
            resumed.iter().map(|&(new, lost)| (new, self.lost[lost].clone())).collect();
        self.lost.retain(|lost| resumed.iter().all(|(_, other)| other.id != lost.id));
        for (new, roi) in found.into_iter().enumerate() {
            let at = resumed.iter().position(|pair| pair.0 == new);
            self.follow(at.map(|at| resumed.swap_remove(at).1), roi, now);
        }
    }

    fn follow(&mut self, resumed: Option<Lost>, roi: Roi, now: Duration) {
        let free = |slot: &usize| self.tracks.iter().all(|track| track.slot != *slot);
        let unclaimed = |slot: &usize| self.lost.iter().all(|lost| lost.slot != *slot);
        let slot = resumed.as_ref().map(|lost| lost.slot);
        let slot = slot
            .filter(free)
            .or_else(|| (0..MAX_FACES).filter(free).find(unclaimed))
            .or_else(|| (0..MAX_FACES).find(free));
        let Some(slot) = slot else { return };
        let motion = Motion::new(roi, now);
        self.tracks.push(Track {
            id: resumed.as_ref().map(|lost| lost.id),
            slot,
            motion,
            before: resumed.map_or(motion, |lost| lost.motion),
            surprise: 0.0,
            presence: 0.0,
            bounds: Box2::default(),
            points: Vec::new(),
            filter: OneEuro::default(),
        });
    }

    /// Takes in what the landmark net saw in the region of face `index` (of [`Tracks::faces`]): `points` in pixels
    /// and the `presence` probability. The face counts as lost where the presence is under [`MIN_PRESENCE`], or
    /// where anything is not finite.
    pub fn update(&mut self, index: usize, points: &[Vec3], presence: f32, now: Duration) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.presence = 0.0;
        let finite = points.iter().all(|point| point.is_finite());
        let next = roi::from_landmarks(points).filter(usable);
        let (Some(next), Some(bounds), true) = (next, roi::bounds(points), finite) else { return };
        if !(MIN_PRESENCE..=1.0).contains(&presence) {
            return;
        }
        track.points.clear();
        track.points.extend_from_slice(points);
        // Speeds are measured in mean sides of the upright box.
        let size = bounds.size().element_sum() / 2.0;
        if !track.filter.smooth(&mut track.points, now, size) {
            return;
        }
        track.surprise = track.motion.surprise(next.center, now);
        track.before = track.motion;
        track.motion.follow(next, now);
        (track.presence, track.bounds) = (presence, bounds);
        if track.id.is_none() {
            track.id = Some(self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
        }
    }

    /// Ends the frame: lost faces are no longer followed, and of two that have run into one the one that moved
    /// less as expected is lost.
    pub fn finish(&mut self) {
        for second in 1..self.tracks.len() {
            for first in 0..second {
                let (a, b) = (&self.tracks[first], &self.tracks[second]);
                let limit = if a.arrived() || b.arrived() { ARRIVED_IOU } else { MERGED_IOU };
                if a.presence > 0.0 && b.presence > 0.0 && a.bounds.iou(&b.bounds) > limit {
                    let loser = if b.surprise >= a.surprise { second } else { first };
                    let loser = &mut self.tracks[loser];
                    (loser.presence, loser.motion) = (0.0, loser.before);
                }
            }
        }
        let lost = self.tracks.iter().filter(|track| track.presence <= 0.0);
        self.lost.extend(lost.filter_map(Track::lost));
        // The newest losses matter most.
        let surplus = self.lost.len().saturating_sub(MAX_FACES);
        self.lost.drain(..surplus);
        self.tracks.retain(|track| track.presence > 0.0);
    }
}

/// Whether a net can look there at all.
fn usable(roi: &Roi) -> bool {
    roi.center.is_finite() && roi.size.is_finite() && roi.angle.is_finite() && roi.size.min_element() >= 1.0
}

#[cfg(test)]
mod tests;
