//! The twin of `antifaz::eyes`.

use glam::{Vec2, Vec3};

use super::warp::Marks;

/// Which eye: the person's own left or right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On the right of an unmirrored picture.
    Left,
    /// On the left of it.
    Right,
}

/// Landmarks along the edge of the lids, from the outer corner along the upper lid, and the middle of the iris.
const LEFT: ([usize; 16], usize) =
    ([263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249], 473);
const RIGHT: ([usize; 16], usize) =
    ([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7], 468);

impl Side {
    const fn landmarks(self) -> ([usize; 16], usize) {
        match self {
            Self::Left => LEFT,
            Self::Right => RIGHT,
        }
    }
}

/// An eye of a face, in picture heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eye {
    /// Halfway between its corners.
    pub middle: Vec2,
    /// The distance of its corners as if seen straight on.
    pub width: f32,
    /// How far the lids are apart, in widths.
    pub open: f32,
    /// The middle of the iris.
    pub iris: Vec2,
    /// From there to its rim, along the eye.
    pub across: Vec2,
    /// The radius of the iris as if seen straight on.
    pub radius: f32,
}

impl Eye {
    /// The eye of a face.
    pub fn of(marks: &Marks<'_>, side: Side) -> Self {
        let (lids, iris) = side.landmarks();
        let width = marks.span(lids[0], lids[8]).max(1e-5);
        let across = 0.5 * (marks.spot(iris + 1) - marks.spot(iris + 3));
        let upright = 0.5 * marks.spot(iris + 2).distance(marks.spot(iris + 4));
        Self {
            middle: 0.5 * (marks.spot(lids[0]) + marks.spot(lids[8])),
            width,
            open: marks.span(lids[4], lids[12]) / width,
            iris: marks.spot(iris),
            across,
            radius: across.length().max(upright).max(1e-5),
        }
    }

    /// A place on the iris: 0 in its middle, of length 1 at its rim.
    pub fn on_iris(&self, at: Vec2) -> Vec2 {
        let reach = self.across.length().max(0.2 * self.radius);
        let along = self.across / self.across.length().max(1e-6);
        let off = at - self.iris;
        Vec2::new(off.dot(along) / reach, off.dot(along.perp()) / self.radius)
    }
}

/// The distance to the edge of the lids: negative between them.
pub fn lids(marks: &Marks<'_>, side: Side, at: Vec2) -> f32 {
    edge(side.landmarks().0.map(|index| marks.spot(index)), at)
}

/// The same at a place (cm) of the canonical face, whose points these are: between the lids of either eye negative.
pub fn canonical_lids(points: &[Vec3], at: Vec2) -> f32 {
    let side = if at.x > 0.0 { Side::Left } else { Side::Right };
    edge(side.landmarks().0.map(|index| points[index].truncate()), at)
}

fn edge(ring: [Vec2; 16], at: Vec2) -> f32 {
    let (mut nearest, mut inside) = (1e9_f32, false);
    for (i, b) in ring.iter().enumerate() {
        let a = ring[(i + 15) % 16];
        let (edge, off) = (*b - a, at - a);
        let t = (off.dot(edge) / edge.length_squared().max(1e-12)).clamp(0.0, 1.0);
        nearest = nearest.min(off.distance(edge * t));
        let crossed = (a.y > at.y) != (b.y > at.y) && off.x < edge.x * off.y / edge.y;
        inside ^= crossed;
    }
    if inside { -nearest } else { nearest }
}
