// The eyes: corners, lids and iris, where the landmarks are. Lengths and places are in picture heights, in which circles are
// round, as in `antifaz::warp`.
//
//     let at = in_heights(in.at);
//     let eye = eye(in.face, LEFT);
//     let seen = smoothstep(0.0, 0.2, -lids(in.face, LEFT, at) / eye.radius);
//     let iris = seen * step(length(on_iris(eye, at)), 1.0);

import antifaz::face::{FACES, _measures};
import antifaz::warp::{spot};

/// The person's own left eye, on the right of an unmirrored picture.
const LEFT: u32 = 0u;
/// The person's own right eye.
const RIGHT: u32 = 1u;

/// Landmarks along the edge of the lids: from the outer corner along the upper lid to the inner one, and back below.
const _LIDS: array<array<u32, 16>, 2> = array(
    array(263u, 466u, 388u, 387u, 386u, 385u, 384u, 398u, 362u, 382u, 381u, 380u, 374u, 373u, 390u, 249u),
    array(33u, 246u, 161u, 160u, 159u, 158u, 157u, 173u, 133u, 155u, 154u, 153u, 145u, 144u, 163u, 7u),
);
/// The radius of an iris on the canonical face, in cm.
const CANONICAL_IRIS: f32 = 0.585;

/// An eye of a face.
struct Eye {
    /// Halfway between its corners.
    middle: vec2f,
    /// The distance of its corners as if seen straight on.
    width: f32,
    /// How far the lids are apart, in widths: about 0.3 open, below 0.1 shut.
    open: f32,
    /// The middle of the iris.
    iris: vec2f,
    /// From there to its rim, along the eye: the shorter, the further the eye is turned to the side.
    across: vec2f,
    /// The radius of the iris as if seen straight on.
    radius: f32,
}

/// The eye `side` (LEFT or RIGHT) of the face in that slot. Measured once, before a filter's first pass.
fn eye(face: u32, side: u32) -> Eye {
    let found = _measures[min(face, FACES - 1u)].eyes[side & 1u];
    return Eye(found.middle, found.width, found.open, found.iris, found.across, found.radius);
}

/// A place on the iris: 0 in its middle, of length 1 at its rim, x to the picture's right, y down, turned as the eye is.
fn on_iris(eye: Eye, at: vec2f) -> vec2f {
    let reach = max(length(eye.across), 0.2 * eye.radius);
    let along = eye.across / max(length(eye.across), 1e-6);
    let off = at - eye.iris;
    return vec2f(dot(off, along) / reach, dot(off, vec2f(-along.y, along.x)) / eye.radius);
}

/// The distance to the edge of the lids: negative between them, where the eyeball is seen.
fn lids(face: u32, side: u32, at: vec2f) -> f32 {
    var corners = _LIDS[side & 1u];
    var corner = spot(face, corners[15]);
    var nearest = 1e9;
    // Whether a ray to the right has crossed the line an odd number of times.
    var inside = false;
    for (var i = 0u; i < 16u; i++) {
        let next = spot(face, corners[i]);
        let edge = next - corner;
        let off = at - corner;
        let gap = off - edge * clamp(dot(off, edge) / max(dot(edge, edge), 1e-12), 0.0, 1.0);
        nearest = min(nearest, dot(gap, gap));
        let crossed = (corner.y > at.y) != (next.y > at.y) && off.x < edge.x * off.y / edge.y;
        inside = inside != crossed;
        corner = next;
    }
    return select(sqrt(nearest), -sqrt(nearest), inside);
}

/// The same at a place of the canonical face, for passes in the space `face_mesh`: its triangles carry the lids to where they
/// are, so that no landmark is read. In cm of the canonical face, whose eyes are half open: lids that are nearly shut stretch
/// the distance across them. Between the lids of either eye negative. Each lid is one arch: near by it is within a fifth of a
/// millimetre.
fn canonical_lids(at: vec2f) -> f32 {
    // From corner to corner -1..1, and what is beyond.
    let x = abs(at.x) - 3.151;
    let t = clamp(x / 1.295, -1.0, 1.0);
    let beyond = abs(x) - 1.295;
    // Over the line from corner to corner, of the upper lid and of the lower one.
    let factors = mat3x2f(0.3352, -0.3235, -0.0971, 0.0244, 0.2305, -0.0137);
    let high = factors * vec3f(1.0, t, t * t);
    let arch = (1.0 - t * t) * high;
    let slope = (0.0395 - 2.0 * t * high + (1.0 - t * t) * (factors * vec3f(0.0, 1.0, 2.0 * t))) / 1.295;
    let off = (at.y - 2.6245 - 0.0395 * t - arch) * vec2f(1.0, -1.0) * inverseSqrt(1.0 + slope * slope);
    let edge = max(off.x, off.y);
    return select(edge, length(vec2f(edge, beyond)), beyond > 0.0);
}
