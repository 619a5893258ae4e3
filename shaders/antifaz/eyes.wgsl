// The eyes: corners, lids and iris, where the landmarks are. Lengths and places are in picture heights, in which circles are
// round, as in `antifaz::warp`.
//
//     let at = in_heights(in.at);
//     let eye = eye(in.face, LEFT);
//     let seen = smoothstep(0.0, 0.2, -lids(in.face, LEFT, at) / eye.radius);
//     let iris = seen * step(length(on_iris(eye, at)), 1.0);

import antifaz::warp::{span, spot};

/// The person's own left eye, on the right of an unmirrored picture.
const LEFT: u32 = 0u;
/// The person's own right eye.
const RIGHT: u32 = 1u;

/// Landmarks along the edge of the lids: from the outer corner along the upper lid to the inner one, and back below.
const _LIDS: array<array<u32, 16>, 2> = array(
    array(263u, 466u, 388u, 387u, 386u, 385u, 384u, 398u, 362u, 382u, 381u, 380u, 374u, 373u, 390u, 249u),
    array(33u, 246u, 161u, 160u, 159u, 158u, 157u, 173u, 133u, 155u, 154u, 153u, 145u, 144u, 163u, 7u),
);
/// The same landmarks on the canonical face, in cm; the other eye is its mirror image.
const _CANONICAL_LIDS: array<vec2f, 16> = array(
    vec2f(4.446, 2.664), vec2f(4.253, 2.772), vec2f(4.018, 2.857), vec2f(3.67, 2.928),
    vec2f(3.177, 2.964), vec2f(2.724, 2.962), vec2f(2.288, 2.887), vec2f(1.998, 2.744),
    vec2f(1.856, 2.585), vec2f(1.998, 2.497), vec2f(2.288, 2.399), vec2f(2.724, 2.316),
    vec2f(3.177, 2.294), vec2f(3.67, 2.36), vec2f(4.018, 2.484), vec2f(4.253, 2.578),
);
/// The radius of an iris there.
const CANONICAL_IRIS: f32 = 0.585;
/// The middle of the iris; the four landmarks after it are its rim, from the right of the picture counterclockwise.
const _IRIS: array<u32, 2> = array(473u, 468u);

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

/// The eye `side` (LEFT or RIGHT) of the face in that slot.
fn eye(face: u32, side: u32) -> Eye {
    var lids = _LIDS[side & 1u];
    let iris = _IRIS[side & 1u];
    let width = max(span(face, lids[0], lids[8]), 1e-5);
    let open = span(face, lids[4], lids[12]) / width;
    let across = 0.5 * (spot(face, iris + 1u) - spot(face, iris + 3u));
    // Lids push the rim's upper and lower landmark together; turning the eye only the others.
    let radius = max(max(length(across), 0.5 * distance(spot(face, iris + 2u), spot(face, iris + 4u))), 1e-5);
    let middle = 0.5 * (spot(face, lids[0]) + spot(face, lids[8]));
    return Eye(middle, width, open, spot(face, iris), across, radius);
}

/// A place on the iris: 0 in its middle, of length 1 at its rim, x to the picture's right, y down, turned as the eye is.
fn on_iris(eye: Eye, at: vec2f) -> vec2f {
    let reach = max(length(eye.across), 0.2 * eye.radius);
    let along = eye.across / max(length(eye.across), 1e-6);
    let off = at - eye.iris;
    return vec2f(dot(off, along) / reach, dot(off, vec2f(-along.y, along.x)) / eye.radius);
}

/// What is known of a closed line from its start to one of its corners, seen from a place.
struct _Ring {
    corner: vec2f,
    /// The distance to it, squared.
    nearest: f32,
    /// Whether a ray to the right has crossed it an odd number of times.
    inside: bool,
}

fn _along(ring: _Ring, next: vec2f, at: vec2f) -> _Ring {
    let a = ring.corner;
    let edge = next - a;
    let off = at - a;
    let gap = off - edge * clamp(dot(off, edge) / max(dot(edge, edge), 1e-12), 0.0, 1.0);
    let crossed = (a.y > at.y) != (next.y > at.y) && off.x < edge.x * off.y / edge.y;
    return _Ring(next, min(ring.nearest, dot(gap, gap)), ring.inside != crossed);
}

fn _edge(ring: _Ring) -> f32 {
    return select(sqrt(ring.nearest), -sqrt(ring.nearest), ring.inside);
}

/// The distance to the edge of the lids: negative between them, where the eyeball is seen.
fn lids(face: u32, side: u32, at: vec2f) -> f32 {
    var corners = _LIDS[side & 1u];
    var ring = _Ring(spot(face, corners[15]), 1e9, false);
    for (var i = 0u; i < 16u; i++) {
        ring = _along(ring, spot(face, corners[i]), at);
    }
    return _edge(ring);
}

/// The same at a place of the canonical face, for passes in the space `face_mesh`: its triangles carry the lids to where they
/// are, so that no landmark is read. In cm of the canonical face, whose eyes are half open: lids that are nearly shut stretch
/// the distance across them. Between the lids of either eye negative.
fn canonical_lids(at: vec2f) -> f32 {
    let place = vec2f(abs(at.x), at.y);
    var corners = _CANONICAL_LIDS;
    var ring = _Ring(corners[15], 1e9, false);
    for (var i = 0u; i < 16u; i++) {
        ring = _along(ring, corners[i], place);
    }
    return _edge(ring);
}
