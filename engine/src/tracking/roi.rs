//! Where the landmark net looks: regions made from a detection, or from the last landmarks.
//!
//! Both are squares on the long side of an upright box, half as large again, turned with the eyes.

use glam::{Vec2, Vec3};

use super::Detection;
use crate::frame::geometry::{Box2, Roi};

/// How much larger than the face the region is.
const SCALE: f32 = 1.5;
/// Outer corners of the eyes among the landmarks, the viewer's left one first.
pub const EYE_CORNERS: [usize; 2] = [33, 263];

/// The region to look at for a face that was just detected.
pub fn from_detection(face: &Detection) -> Roi {
    around(face.bounds, face.keypoints[0], face.keypoints[1])
}

/// The region to look at in the next frame: `landmarks` in pixels of the picture. `None` of none.
///
/// The box is upright even where the face is not: that is what MediaPipe's graph does, and it is what the
/// landmarks' last tenth of a percent depends on.
pub fn from_landmarks(landmarks: &[Vec3]) -> Option<Roi> {
    let [left, right] = EYE_CORNERS.map(|corner| landmarks.get(corner));
    Some(around(bounds(landmarks)?, left?.truncate(), right?.truncate()))
}

/// The upright box of `landmarks`.
pub fn bounds(landmarks: &[Vec3]) -> Option<Box2> {
    Box2::around(landmarks.iter().map(|point| point.truncate()))
}

/// The upright box that a region's centre and size span, whatever its turn: what overlaps are measured on.
pub fn upright(roi: &Roi) -> Box2 {
    Box2 { min: roi.center - roi.size / 2.0, max: roi.center + roi.size / 2.0 }
}

fn around(bounds: Box2, left_eye: Vec2, right_eye: Vec2) -> Roi {
    let side = bounds.size().max_element() * SCALE;
    Roi { center: bounds.center(), size: Vec2::splat(side), angle: (right_eye - left_eye).to_angle() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_square_half_as_large_again_and_turned_with_the_eyes() {
        let mut points = vec![Vec3::new(20.0, 20.0, 9.0); 478];
        points[0] = Vec3::new(10.0, 5.0, 0.0);
        points[1] = Vec3::new(30.0, 45.0, 0.0);
        points[EYE_CORNERS[0]] = Vec3::new(20.0, 10.0, 0.0);
        points[EYE_CORNERS[1]] = Vec3::new(20.0, 40.0, 0.0);
        let roi = from_landmarks(&points).unwrap();
        assert_eq!((roi.center, roi.size), (Vec2::new(20.0, 25.0), Vec2::splat(60.0)));
        assert!((roi.angle - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        assert_eq!(from_landmarks(&points[..100]), None);
    }
}
