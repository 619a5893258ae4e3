//! Which detection belongs to which face.

use std::time::Duration;

use glam::Vec2;

use super::roi;
use crate::frame::geometry::{Box2, Roi};

/// Regions that overlap by more look at one face.
pub const SAME_FACE_IOU: f32 = 0.5;
/// A lost face is remembered for this long.
pub const REMEMBERED: Duration = Duration::from_millis(1000);
/// A remembered face is expected to keep moving for this long.
const COASTING: Duration = Duration::from_millis(500);
/// A face can be resumed within this many region sizes of where it is expected.
const REACH: f32 = 0.75;
/// Sizes may differ by this factor when a face is resumed.
const SIZE_RATIO: f32 = 1.8;

/// Where a face was, and where it was going.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// The last region.
    pub roi: Roi,
    /// In pixels a second.
    pub velocity: Vec2,
    /// When it was seen there.
    pub seen: Duration,
}

impl Motion {
    /// A face that was just found.
    pub fn new(roi: Roi, seen: Duration) -> Self {
        Self { roi, velocity: Vec2::ZERO, seen }
    }

    /// Follows the face to `roi`.
    pub fn follow(&mut self, roi: Roi, now: Duration) {
        let seconds = now.saturating_sub(self.seen).as_secs_f32();
        let velocity = if seconds > 0.0 { (roi.center - self.roi.center) / seconds } else { Vec2::ZERO };
        // One noisy step should not decide where the face is expected.
        *self = Self { roi, velocity: (self.velocity + velocity) / 2.0, seen: now };
    }

    /// How far `center` lies from where the face is expected at `now`, in region sizes.
    pub fn surprise(&self, center: Vec2, now: Duration) -> f32 {
        let seconds = now.saturating_sub(self.seen).min(COASTING).as_secs_f32();
        let expected = self.roi.center + self.velocity * seconds;
        center.distance(expected) / self.roi.size.max_element().max(f32::MIN_POSITIVE)
    }

    /// The cost of taking a new face at `roi` for this one; `None` where it can't be.
    pub fn resume_cost(&self, roi: &Roi, now: Duration) -> Option<f32> {
        let cost = self.surprise(roi.center, now);
        let ratio = roi.size.x / self.roi.size.x;
        let recent = now >= self.seen && now - self.seen <= REMEMBERED;
        let alike = (1.0 / SIZE_RATIO..=SIZE_RATIO).contains(&ratio);
        (recent && alike && cost <= REACH).then_some(cost)
    }
}

/// Whether two regions look at one face.
pub fn overlap(a: &Roi, b: &Roi) -> bool {
    let area: fn(&Roi) -> Box2 = roi::upright;
    area(a).iou(&area(b)) > SAME_FACE_IOU
}

/// Pairs (row, column) of the costs that are there, cheapest first; no row or column twice.
pub fn pair_up(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> Option<f32>,
) -> Vec<(usize, usize)> {
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mut costs: Vec<(f32, usize, usize)> =
        all.filter_map(|(row, column)| Some((cost(row, column)?, row, column))).collect();
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, row, column) in costs {
        if pairs.iter().all(|pair| pair.0 != row && pair.1 != column) {
            pairs.push((row, column));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f32) -> Roi {
        Roi { center: Vec2::new(x, 50.0), size: Vec2::splat(60.0), angle: 0.3 }
    }

    #[test]
    fn regions_overlap_until_they_lie_a_third_apart() {
        assert!(overlap(&square(0.0), &square(19.0)));
        assert!(!overlap(&square(0.0), &square(21.0)));
    }

    #[test]
    fn a_moving_face_is_expected_further_on_and_forgotten_in_time() {
        let at = Duration::from_millis;
        let mut motion = Motion::new(square(0.0), at(0));
        for step in 1..20 {
            motion.follow(square(step as f32 * 10.0), at(step * 100));
        }
        assert!(motion.surprise(Vec2::new(210.0, 50.0), at(2100)) < 0.02);
        assert!(motion.resume_cost(&square(230.0), at(2300)).is_some());
        assert_eq!(motion.resume_cost(&square(190.0), at(2950)), None);
        assert_eq!(motion.resume_cost(&Roi { size: Vec2::splat(200.0), ..square(200.0) }, at(2000)), None);
    }

    #[test]
    fn the_cheapest_pairs_come_first_and_nothing_is_paired_twice() {
        let costs = [[Some(0.4), Some(0.1)], [Some(0.5), Some(0.2)], [None, Some(0.05)]];
        assert_eq!(pair_up(3, 2, |row, column| costs[row][column]), [(2, 1), (0, 0)]);
    }
}
