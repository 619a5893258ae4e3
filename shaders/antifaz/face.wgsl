// The faces in the picture, in stable slots. `Face` is `scene::Face` of the engine.

import antifaz::frame::{picture_at};
import antifaz::color::{luma};

/// How many slots there are.
const FACES: u32 = 8u;
/// How many landmarks a face has: MediaPipe's 468 of the mesh and 10 of the irises.
const LANDMARKS: u32 = 478u;
/// Where the vertices of absent faces go: beside the screen, all to one place.
const _NOWHERE: vec4f = vec4f(2.0, 2.0, 2.0, 1.0);

/// A face. An absent one has `presence` 0.
struct Face {
    /// x, y: uv of the picture. z: in units of its width, smaller is nearer.
    landmarks: array<vec4f, 478>,
    /// From the canonical face (cm, y up, z to the viewer) to the camera.
    pose: mat4x4f,
    /// The same head as it would be seen straight ahead, wherever in the picture it is.
    head: mat4x4f,
    /// The expression coefficients of ARKit, 0..1; `antifaz::expression` has their names.
    blendshapes: array<f32, 52>,
    /// The same as long as the face is followed; no other face has it, then or later.
    id: u32,
    /// Probability that a face is there, 0..1; 0 marks an empty slot.
    presence: f32,
    /// Frames since the nets looked at this face.
    age: u32,
    /// Frames from the landmarks that the expression was read from to these.
    expression_age: u32,
}

/// By slot, 0..7. A face keeps its slot while it is followed.
@group(0) @binding(3) var<storage, read> faces: array<Face, 8>;

/// Whether there is a face in this slot (0..7).
fn is_present(face: u32) -> bool {
    return faces[face].presence > 0.0;
}

/// A landmark by MediaPipe's number, 0..477. x, y: uv of the picture. z: in units of its width, smaller is nearer.
fn landmark(face: u32, index: u32) -> vec3f {
    return faces[face].landmarks[min(index, LANDMARKS - 1u)].xyz;
}

/// A landmark in clip space, after the division.
fn landmark_on_screen(face: u32, index: u32) -> vec2f {
    return landmark(face, index).xy * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0);
}

/// A point of the canonical face space (cm) in the space of a camera that looks straight at the head (cm).
fn head_place(face: u32, at: vec3f) -> vec3f {
    return (faces[face].head * vec4f(at, 1.0)).xyz;
}

/// A direction of the canonical face space, turned as the head is. Not of unit length.
fn head_direction(face: u32, along: vec3f) -> vec3f {
    return (faces[face].head * vec4f(along, 0.0)).xyz;
}

/// An expression coefficient, 0..1: `blendshape(face, antifaz::expression::JAW_OPEN)`.
fn blendshape(face: u32, index: u32) -> f32 {
    return faces[face].blendshapes[min(index, 51u)];
}

/// The mean colour of the skin between forehead and chin, and its mean luminance in w. For a vertex stage.
fn skin(face: u32) -> vec4f {
    var points = array<u32, 9>(151u, 108u, 337u, 50u, 280u, 205u, 425u, 5u, 199u);
    var sum = vec3f(0.0);
    for (var i = 0u; i < 9u; i++) {
        sum += picture_at(landmark(face, points[i]).xy).rgb;
    }
    let mean = sum / 9.0;
    return vec4f(mean, luma(mean));
}
