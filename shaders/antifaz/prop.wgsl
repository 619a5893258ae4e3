// The vertex stage of the space `prop`: a mesh at each head's pose, seen by the camera that poses are made for.

import antifaz::frame::{frame};
import antifaz::face::{faces, is_present, landmark, skin};
import antifaz::face_mesh::{face_points};

/// MediaPipe's camera: a vertical field of view of 63 degrees, 1 cm to 100 m.
const FOCAL: f32 = 1.6318517; // 1 / tan(63 / 2 degrees)
const NEAR: f32 = 1.0;
const FAR: f32 = 10000.0;

struct Vertex {
    /// In cm, in the canonical face space.
    position: vec3f,
    material: u32,
    normal: vec3f,
    pad: f32,
}

struct Material {
    /// Linear light, straight alpha.
    base: vec4f,
    metallic: f32,
    roughness: f32,
    pad: vec2f,
}

@group(0) @binding(6) var<storage, read> prop_vertices: array<Vertex>;
@group(0) @binding(7) var<storage, read> prop_materials: array<Material>;

struct Varying {
    @builtin(position) position: vec4f,
    /// In camera space, cm: x right, y up, the camera at 0 looking along -z.
    @location(0) place: vec3f,
    /// In camera space. Not of unit length.
    @location(1) normal: vec3f,
    /// Place in the canonical face space, in cm.
    @location(2) canonical: vec3f,
    /// The number of the surface in `prop_materials`.
    @location(3) @interpolate(flat) material: u32,
    /// Mean colour and luminance of the skin: how light it is around.
    @location(4) @interpolate(flat) skin: vec4f,
    /// The slot of the face.
    @location(5) @interpolate(flat) face: u32,
}

/// Camera space to the screen.
fn project(place: vec3f) -> vec4f {
    let x = place.x * FOCAL * frame.size.y / frame.size.x;
    let z = (place.z * FAR + NEAR * FAR) / (NEAR - FAR);
    return vec4f(x, place.y * FOCAL, z, -place.z);
}

/// How far the pose's projection lies beside the landmarks at the bridge of the nose and the eye corners, in clip
/// space before the division: a rigid head fits no real one exactly, and props are looked at there.
fn settle(face: u32) -> vec2f {
    var points = array<u32, 5>(168u, 168u, 6u, 33u, 263u);
    var sum = vec2f(0.0);
    for (var i = 0u; i < 5u; i++) {
        let clip = project((faces[face].pose * vec4f(face_points[points[i]].canonical, 1.0)).xyz);
        let seen = landmark(face, points[i]).xy * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0);
        sum += seen - clip.xy / clip.w;
    }
    return sum / 5.0;
}

/// Instance `face` is the face in that slot; without one its triangles have no area.
fn vertex(index: u32, face: u32) -> Varying {
    var out: Varying;
    out.position = vec4f(2.0, 2.0, 2.0, 1.0);
    out.face = face;
    if !is_present(face) {
        return out;
    }
    let vertex = prop_vertices[index];
    out.place = (faces[face].pose * vec4f(vertex.position, 1.0)).xyz;
    out.position = project(out.place);
    out.position += vec4f(settle(face) * out.position.w, 0.0, 0.0);
    out.normal = (faces[face].pose * vec4f(vertex.normal, 0.0)).xyz;
    out.canonical = vertex.position;
    out.material = vertex.material;
    out.skin = skin(face);
    return out;
}
