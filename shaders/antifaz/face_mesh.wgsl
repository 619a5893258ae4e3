// The vertex stage of the space `face_mesh`: the canonical triangles, placed by the landmarks of each face.

import antifaz::face::{_NOWHERE, head_direction, is_present, landmark, skin};

/// A vertex of the canonical face.
struct Point {
    /// In cm: x to the viewer's right, y up, z to the viewer.
    canonical: vec3f,
    /// Place in the face texture, 0..1 from the left.
    u: f32,
    /// Unit length, in the canonical face space.
    normal: vec3f,
    /// Place in the face texture, 0..1 from the top.
    v: f32,
}

/// The canonical face, by the numbers of the landmarks.
@group(0) @binding(5) var<storage, read> face_points: array<Point>;

/// A corner of the face, as a pass's own `vertex` function gets it and gives it back.
struct FacePoint {
    /// x, y: uv of the picture. z: in units of its width, smaller is nearer.
    place: vec3f,
    /// On the canonical face, in cm.
    canonical: vec3f,
    /// Unit length, in the canonical face space.
    normal: vec3f,
    /// Place in the face texture.
    uv: vec2f,
}

/// What the fragment stage gets in the spaces `face_mesh` and `face_uv`.
struct Varying {
    /// Place on the target in pixels, and the depth.
    @builtin(position) position: vec4f,
    /// Place in the face texture, 0..1, y down.
    @location(0) uv: vec2f,
    /// Place in the picture, 0..1, y down.
    @location(1) at: vec2f,
    /// Place on the canonical face, in cm.
    @location(2) canonical: vec3f,
    /// In the space of a camera that looks straight at the head: x right, y up, z to the viewer. Not of unit length. Who reads
    /// it says `requires = { face = ["pose"] }`.
    @location(3) normal: vec3f,
    /// Mean colour of the skin in linear light, and its luminance in w.
    @location(4) @interpolate(flat) skin: vec4f,
    /// The slot of the face.
    @location(5) @interpolate(flat) face: u32,
}

/// The corner of this number of the face in that slot.
fn point(index: u32, face: u32) -> FacePoint {
    let point = face_points[index];
    return FacePoint(landmark(face, index), point.canonical, point.normal, vec2f(point.u, point.v));
}

/// A corner in the picture; without a face in that slot its triangles have no area.
fn placed(point: FacePoint, face: u32) -> Varying {
    var out: Varying;
    out.position = _NOWHERE;
    out.face = face;
    if !is_present(face) {
        return out;
    }
    let depth = clamp(0.5 + 0.5 * point.place.z, 0.0, 1.0);
    out.position = vec4f(point.place.xy * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), depth, 1.0);
    out.uv = point.uv;
    out.at = point.place.xy;
    out.canonical = point.canonical;
    out.normal = head_direction(face, point.normal);
    out.skin = skin(face);
    return out;
}

/// How far below the mesh's upper edge a place of the face texture lies, across the forehead: what is painted fades out there.
fn below_top(uv: vec2f) -> f32 {
    let x = abs(uv.x - 0.5);
    return uv.y - 0.107 - 2.4 * x * x * x;
}
