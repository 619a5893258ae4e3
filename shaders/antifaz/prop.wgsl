// The vertex stage of the space `prop`: a mesh on each head, seen by a camera of its own that looks straight at the
// head, then moved to the place of the face. So a prop looks the same wherever in the picture the face is.

import antifaz::frame::{frame};
import antifaz::face::{FACES, _NOWHERE, _measures, head_direction, head_place, is_present, skin};

/// MediaPipe's camera: a vertical field of view of 63 degrees.
const _FOCAL: f32 = 1.6318517; // 1 / tan(63 / 2 degrees)
/// The nearest that it sees, in cm.
const _NEAR: f32 = 1.0;
/// The farthest that it sees, in cm.
const _FAR: f32 = 10000.0;

/// A vertex of a mesh.
struct Vertex {
    /// In cm, in the canonical face space.
    position: vec3f,
    /// The number of its surface in `prop_materials`.
    material: u32,
    /// Unit length, in the same space.
    normal: vec3f,
    /// The number of the piece that it moves with.
    piece: u32,
    /// Place in the texture.
    uv: vec2f,
}

/// A surface, as glTF describes it.
struct Material {
    /// Linear light, straight alpha.
    base: vec4f,
    /// 0 (no metal) to 1.
    metallic: f32,
    /// 0 (a mirror) to 1 (matt).
    roughness: f32,
    /// The layer of `prop_textures` that multiplies `base`, or -1.
    texture: i32,
}

/// The vertices of the pass's mesh.
@group(0) @binding(6) var<storage, read> prop_vertices: array<Vertex>;
/// The surfaces of the pass's mesh.
@group(0) @binding(7) var<storage, read> prop_materials: array<Material>;
/// From the space of each piece that moves to that of the prop.
@group(0) @binding(8) var<storage, read> prop_pieces: array<mat4x4f>;
/// Base colours: linear light when sampled, premultiplied alpha.
@group(0) @binding(9) var prop_textures: texture_2d_array<f32>;
/// Interpolates between pixels, and begins anew beyond the edge.
@group(0) @binding(10) var repeat: sampler;

/// A corner of the mesh, as a pass's own `vertex` function gets it and gives it back.
struct PropPoint {
    /// In cm, in the canonical face space: from here the head's pose takes it into the picture.
    position: vec3f,
    /// In the same space.
    normal: vec3f,
    /// What the fragment stage gets as `canonical`; at first the same as `position`, and best left as it is: what is
    /// painted by it then moves with the mesh.
    canonical: vec3f,
    /// Place in the texture.
    uv: vec2f,
    /// The number of the surface in `prop_materials`.
    material: u32,
}

// `position` is invariant since a prop with transparent parts is drawn twice, first only how deep it lies: both must meet.
/// What the fragment stage gets in the space `prop`.
struct Varying {
    /// Place on the target in pixels, and the depth.
    @builtin(position) @invariant position: vec4f,
    /// In the space of that camera, cm: x right, y up, the camera at 0 looking along -z.
    @location(0) place: vec3f,
    /// In the same space. Not of unit length.
    @location(1) normal: vec3f,
    /// Place in the canonical face space, in cm.
    @location(2) canonical: vec3f,
    /// The number of the surface in `prop_materials`.
    @location(3) @interpolate(flat) material: u32,
    /// Mean colour and luminance of the skin: how light it is around.
    @location(4) @interpolate(flat) skin: vec4f,
    /// The slot of the face.
    @location(5) @interpolate(flat) face: u32,
    /// Place in the texture, 0..1, y down.
    @location(6) uv: vec2f,
}

/// The colour of the surface itself, its texture included: linear light, premultiplied alpha. Called before any branch.
fn surface_color(in: Varying) -> vec4f {
    let material = prop_materials[in.material];
    let texel = textureSample(prop_textures, repeat, in.uv, max(material.texture, 0));
    let color = vec4f(material.base.rgb * material.base.a, material.base.a);
    return select(color, color * texel, material.texture >= 0);
}

/// Camera space (cm) to clip space.
fn _project(place: vec3f) -> vec4f {
    let x = place.x * _FOCAL * frame.size.y / frame.size.x;
    let z = (place.z * _FAR + _NEAR * _FAR) / (_NEAR - _FAR);
    return vec4f(x, place.y * _FOCAL, z, -place.z);
}

/// The mesh's corner of this number.
fn point(index: u32) -> PropPoint {
    let vertex = prop_vertices[index];
    let piece = prop_pieces[vertex.piece];
    let at = (piece * vec4f(vertex.position, 1.0)).xyz;
    return PropPoint(at, (piece * vec4f(vertex.normal, 0.0)).xyz, at, vertex.uv, vertex.material);
}

/// How large a pixel of the picture is at a place in the space of the camera, in cm.
fn pixel_at(place: vec3f) -> f32 {
    return -2.0 * place.z / (_FOCAL * frame.size.y);
}

/// The middle of an average head, in cm of the canonical face space.
const HEAD: vec3f = vec3f(0.0, 2.2, -5.2);
/// Its half axes without hair, as an ellipsoid, in cm.
const _HEAD_AXES: vec3f = vec3f(8.1, 13.8, 10.2);

/// How close the way from the camera to a place in its space comes to the middle of an average head, in radii of that head: below
/// 1 the bare head lies before the place, and up to about 1.1 its hair. What grows out of hair ends there.
fn beside_head(place: vec3f, face: u32) -> f32 {
    let axes = mat3x3f(head_direction(face, vec3f(1.0, 0.0, 0.0)), head_direction(face, vec3f(0.0, 1.0, 0.0)),
        head_direction(face, vec3f(0.0, 0.0, 1.0)));
    let radii = _HEAD_AXES * dot(axes[0], axes[0]);
    let start = -head_place(face, HEAD) * axes / radii;
    let way = place * axes / radii;
    return length(start + way * clamp(-dot(start, way) / dot(way, way), 0.0, 1.0));
}

/// How much wider the face is in the picture than the head that the pose tells of, measured between the temples: 0.9 to 1.15, and 1
/// in profile, where nothing tells; 0 without a face. Measured once, before a filter's first pass.
fn breadth(face: u32) -> f32 {
    return _measures[min(face, FACES - 1u)].breadth;
}

/// The corner of a thin tube whose normals point away from its middle, thicker by `pixels` on each side: what
/// is thinner than a pixel breaks into dots, 0.4 are enough against gaps. Its fragments can fade by as much instead.
fn thickened(point: PropPoint, face: u32, pixels: f32) -> PropPoint {
    var moved = point;
    moved.position += normalize(point.normal) * pixels * pixel_at(head_place(face, point.position));
    return moved;
}

/// A corner at the head of the face in that slot; without one its triangles have no area.
fn placed(point: PropPoint, face: u32) -> Varying {
    var out: Varying;
    out.position = _NOWHERE;
    out.face = face;
    if !is_present(face) {
        return out;
    }
    out.place = head_place(face, point.position);
    out.position = _project(out.place);
    out.position += vec4f(_measures[face].settle * out.position.w, 0.0, 0.0);
    out.normal = head_direction(face, point.normal);
    out.canonical = point.canonical;
    out.uv = point.uv;
    out.material = point.material;
    out.skin = skin(face);
    return out;
}
