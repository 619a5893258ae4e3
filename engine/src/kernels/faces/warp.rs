//! The twin of `antifaz::warp`.

use glam::{Vec2, Vec3};

/// The landmarks of a face, and the picture that they lie in.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// x, y: uv of the picture. z: in units of its width.
    pub landmarks: &'a [[f32; 4]],
    /// Width and height of the picture.
    pub size: [u32; 2],
}

impl Marks<'_> {
    fn width(&self) -> f32 {
        self.size[0] as f32 / self.size[1] as f32
    }

    /// A landmark by its number, or the last one.
    pub fn landmark(&self, index: usize) -> Vec3 {
        let found = self.landmarks.get(index).or(self.landmarks.last());
        found.map_or(Vec3::ZERO, |[x, y, z, _]| Vec3::new(*x, *y, *z))
    }

    /// A place of the picture (uv) in picture heights.
    pub fn in_heights(&self, uv: Vec2) -> Vec2 {
        uv * Vec2::new(self.width(), 1.0)
    }

    /// Back again; also for steps.
    pub fn in_uv(&self, at: Vec2) -> Vec2 {
        at * Vec2::new(self.size[1] as f32 / self.size[0] as f32, 1.0)
    }

    /// The place of a landmark, in picture heights.
    pub fn spot(&self, index: usize) -> Vec2 {
        self.in_heights(self.landmark(index).truncate())
    }

    /// The distance of two landmarks in space, in picture heights.
    pub fn span(&self, a: usize, b: usize) -> f32 {
        let off = self.landmark(a) - self.landmark(b);
        (off * Vec3::new(self.width(), 1.0, self.width())).length()
    }
}

/// 1 in the middle of a disc, 0 at its rim and beyond.
pub fn bump(offset: Vec2, radius: f32) -> f32 {
    (1.0 - offset.length_squared() / (radius * radius)).clamp(0.0, 1.0).powi(2)
}

/// Where a pixel takes its light, so that what lies around `middle` moves by `by`.
pub fn moved(at: Vec2, middle: Vec2, by: Vec2, radius: f32) -> Vec2 {
    -by * bump(at - middle, radius)
}

/// So that what lies around `middle` grows by `amount`, or shrinks.
pub fn grown(at: Vec2, middle: Vec2, amount: f32, radius: f32) -> Vec2 {
    -(at - middle) * amount * bump(at - middle, radius)
}
