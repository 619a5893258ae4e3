//! From the outputs of a BlazeFace net to faces: anchors, scores, blended non-maximum suppression.
//!
//! Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019, with the numbers of
//! MediaPipe's graphs.

use glam::Vec2;

use crate::frame::geometry::{Box2, Roi};

/// Scores below this are no face.
pub const MIN_SCORE: f32 = 0.5;
/// Boxes that overlap the best one by more are blended into it.
pub const MIN_SUPPRESSION_IOU: f32 = 0.3;
/// Logits are clamped to this before the sigmoid.
const MAX_LOGIT: f32 = 100.0;
/// Values of one anchor: centre, size, six key points.
const VALUES: usize = 16;
/// The key points of a face: the viewer's left eye, right eye, nose, mouth, left and right ear.
pub const KEYPOINTS: usize = 6;

/// A face as the detector sees it, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Probability, 0..=1.
    pub score: f32,
    /// Upright box, from the brows to the chin.
    pub bounds: Box2,
    /// Eyes first, then nose, mouth, ears.
    pub keypoints: [Vec2; KEYPOINTS],
}

/// A BlazeFace variant: where its anchors lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Anchors {
    side: f32,
    centers: Vec<Vec2>,
}

impl Anchors {
    /// 128x128 input, 896 anchors.
    pub fn short_range() -> Self {
        Self::new(128.0, &[(16, 2), (8, 6)])
    }

    /// 192x192 input, 2304 anchors.
    pub fn full_range() -> Self {
        Self::new(192.0, &[(48, 1)])
    }

    /// Anchors of square grids, each (cells a side, anchors a cell), for an input of `side` pixels.
    fn new(side: f32, grids: &[(usize, usize)]) -> Self {
        let mut centers = Vec::new();
        for &(cells, anchors) in grids {
            for place in 0..cells * cells {
                let cell = Vec2::new((place % cells) as f32, (place / cells) as f32);
                centers.extend(std::iter::repeat_n((cell + 0.5) / cells as f32, anchors));
            }
        }
        Self { side, centers }
    }

    /// How many anchors there are.
    pub fn count(&self) -> usize {
        self.centers.len()
    }

    /// Columns and rows of the net's input.
    pub fn side(&self) -> f32 {
        self.side
    }

    /// Where the anchors lie, 0..1 over the net's input, in the order of its outputs.
    pub fn centers(&self) -> &[Vec2] {
        &self.centers
    }

    /// Faces in the picture, best first. `regressors` holds 16 values for each anchor, `logits` one; `region` is
    /// what the net looked at. Anchors with values that are not finite, and boxes without a size, are passed over.
    pub fn decode(&self, regressors: &[f32], logits: &[f32], region: &Roi) -> Vec<Detection> {
        let mut found = Vec::new();
        for ((values, &logit), &center) in regressors.chunks_exact(VALUES).zip(logits).zip(&self.centers) {
            let score = sigmoid(logit.clamp(-MAX_LOGIT, MAX_LOGIT));
            let usable = values.iter().all(|value| value.is_finite()) && values[2] > 0.0 && values[3] > 0.0;
            if score >= MIN_SCORE && usable {
                found.push(self.detection(values, center, score));
            }
        }
        found.sort_by(|a: &Detection, b| b.score.total_cmp(&a.score));
        let mut kept = suppress(found);
        kept.iter_mut().for_each(|face| face.move_to(region));
        kept
    }

    /// One anchor's face, 0..1 over the net's input.
    fn detection(&self, values: &[f32], anchor: Vec2, score: f32) -> Detection {
        let pair = |at: usize| Vec2::new(values[at], values[at + 1]) / self.side;
        let (center, half) = (pair(0) + anchor, pair(2) / 2.0);
        Detection {
            score,
            bounds: Box2 { min: center - half, max: center + half },
            keypoints: std::array::from_fn(|point| pair(4 + point * 2) + anchor),
        }
    }
}

impl Detection {
    /// From 0..1 over `region` (which is upright) to pixels of the picture.
    fn move_to(&mut self, region: &Roi) {
        let Box2 { min, max } = &mut self.bounds;
        for place in [min, max].into_iter().chain(&mut self.keypoints) {
            *place = region.picture_from_unit(*place);
        }
    }
}

/// 1 / (1 + e^-x).
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Each face that is left over becomes the mean, weighted by score, of the faces that overlap it.
fn suppress(mut left: Vec<Detection>) -> Vec<Detection> {
    let mut kept = Vec::new();
    while let Some(&best) = left.first() {
        let (mut total, mut blend) = (
            0.0,
            Detection { score: best.score, bounds: Box2::default(), keypoints: [Vec2::ZERO; KEYPOINTS] },
        );
        left.retain(|face| {
            let same = *face == best || face.bounds.iou(&best.bounds) > MIN_SUPPRESSION_IOU;
            if same {
                total += face.score;
                blend.bounds.min += face.bounds.min * face.score;
                blend.bounds.max += face.bounds.max * face.score;
                for (sum, point) in blend.keypoints.iter_mut().zip(face.keypoints) {
                    *sum += point * face.score;
                }
            }
            !same
        });
        blend.bounds = Box2 { min: blend.bounds.min / total, max: blend.bounds.max / total };
        blend.keypoints = blend.keypoints.map(|point| point / total);
        kept.push(blend);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(score: f32, left: f32) -> Detection {
        let min = Vec2::new(left, 0.0);
        Detection { score, bounds: Box2 { min, max: min + 1.0 }, keypoints: [min; KEYPOINTS] }
    }

    #[test]
    fn overlapping_boxes_are_blended_by_score_and_others_kept() {
        let kept = suppress(vec![face(0.9, 0.0), face(0.6, 0.25), face(0.5, 5.0)]);
        assert_eq!(kept.len(), 2);
        assert!((kept[0].bounds.min.x - 0.25 * 0.6 / 1.5).abs() < 1e-6);
        assert_eq!((kept[0].score, kept[1].bounds.min.x), (0.9, 5.0));
    }

    #[test]
    fn anchors_lie_in_cell_centres() {
        let anchors = Anchors::short_range();
        assert_eq!((anchors.centers.len(), Anchors::full_range().centers.len()), (896, 2304));
        assert_eq!(anchors.centers[2], Vec2::new(1.5 / 16.0, 0.5 / 16.0));
        assert_eq!(anchors.centers[512], Vec2::splat(0.5 / 8.0));
    }

    #[test]
    fn a_box_comes_out_in_picture_pixels_and_broken_anchors_are_passed_over() {
        let anchors = Anchors::short_range();
        let (mut values, mut logits) = (vec![0.0; 896 * VALUES], vec![-9.0; 896]);
        for broken in 1..4 {
            logits[broken] = 5.0;
            values[broken * VALUES + 2..][..2].copy_from_slice(&[20.0, 20.0]);
        }
        values[VALUES] = f32::NAN;
        values[2 * VALUES + 3] = -1.0;
        values[3 * VALUES + 9] = f32::INFINITY;
        logits[4] = f32::NAN;
        logits[512] = 5.0;
        values[512 * VALUES + 2..][..2].copy_from_slice(&[16.0, 32.0]);
        let found = anchors.decode(&values, &logits, &Roi::letterbox([128, 64]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bounds, Box2 { min: Vec2::new(0.0, -40.0), max: Vec2::new(16.0, -8.0) });
    }
}
