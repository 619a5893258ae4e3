//! Places in a picture. Pixel coordinates run from the top left corner, y down; uv is 0..1 over the picture.

use glam::Vec2;

/// A rotated rectangle in a picture: where a net looks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Roi {
    /// Centre, in pixels of the picture.
    pub center: Vec2,
    /// Width and height, in pixels of the picture.
    pub size: Vec2,
    /// Clockwise turn on the screen (y is down), in radians.
    pub angle: f32,
}

impl Roi {
    /// The whole picture, `size` in pixels.
    pub fn whole(size: [u32; 2]) -> Self {
        let size = Vec2::new(size[0] as f32, size[1] as f32);
        Self { center: size / 2.0, size, angle: 0.0 }
    }

    /// The smallest square around the whole picture: what letterboxing sees.
    pub fn letterbox(size: [u32; 2]) -> Self {
        let whole = Self::whole(size);
        Self { size: Vec2::splat(whole.size.max_element()), ..whole }
    }

    /// A place in the rectangle (0..1 on both sides) in pixels of the picture.
    pub fn picture_from_unit(&self, unit: Vec2) -> Vec2 {
        self.center + Vec2::from_angle(self.angle).rotate((unit - 0.5) * self.size)
    }
}

/// An upright box, in pixels of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Box2 {
    /// Top left corner.
    pub min: Vec2,
    /// Bottom right corner.
    pub max: Vec2,
}

impl Box2 {
    /// Width and height.
    pub fn size(&self) -> Vec2 {
        self.max - self.min
    }

    /// Middle.
    pub fn center(&self) -> Vec2 {
        (self.min + self.max) / 2.0
    }

    /// The smallest box around `points`; `None` of none.
    pub fn around(points: impl IntoIterator<Item = Vec2>) -> Option<Self> {
        points
            .into_iter()
            .map(|point| Self { min: point, max: point })
            .reduce(|a, b| Self { min: a.min.min(b.min), max: a.max.max(b.max) })
    }

    /// Intersection over union with `other`, 0..=1.
    pub fn iou(&self, other: &Self) -> f32 {
        let area = |size: Vec2| size.x.max(0.0) * size.y.max(0.0);
        let both = area(self.max.min(other.max) - self.min.max(other.min));
        let union = area(self.size()) + area(other.size()) - both;
        if union > 0.0 { both / union } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_takes_right_to_down() {
        let roi = Roi {
            center: Vec2::new(10.0, 20.0),
            size: Vec2::new(4.0, 2.0),
            angle: std::f32::consts::FRAC_PI_2,
        };
        let right = roi.picture_from_unit(Vec2::new(1.0, 0.5));
        assert!(right.distance(Vec2::new(10.0, 22.0)) < 1e-5, "{right}");
    }

    #[test]
    fn iou_of_equal_apart_and_empty() {
        let unit = Box2 { min: Vec2::ZERO, max: Vec2::ONE };
        assert_eq!(unit.iou(&unit), 1.0);
        assert_eq!(unit.iou(&Box2 { min: Vec2::splat(2.0), max: Vec2::splat(3.0) }), 0.0);
        assert_eq!(Box2::default().iou(&Box2::default()), 0.0);
    }
}
