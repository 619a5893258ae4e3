// The faces in the picture, in stable slots. `Face` is `scene::Face` of the engine.

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
    /// From the canonical face (cm, y up, z to the viewer) to the camera. This and `head` are for filters that ask for `pose`.
    pose: mat4x4f,
    /// The same head as it would be seen straight ahead, wherever in the picture it is.
    head: mat4x4f,
    /// The expression coefficients of ARKit, 0..1; `antifaz::expression` has their names. For filters that ask for
    /// `blendshapes` alone.
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

/// What `antifaz::eyes::Eye` says of an eye.
struct _EyeMeasure {
    middle: vec2f,
    iris: vec2f,
    across: vec2f,
    width: f32,
    open: f32,
    radius: f32,
}

/// What is the same for all corners of a face, measured before the first pass of a filter that asks.
struct _Measure {
    /// As `skin` gives it.
    skin: vec4f,
    /// From the projection of the head straight ahead to the face in the picture, in clip space after the division.
    settle: vec2f,
    /// As `antifaz::prop::breadth` gives it.
    breadth: f32,
    /// The person's own left eye, and the right one.
    eyes: array<_EyeMeasure, 2>,
}

/// By slot, 0..7.
@group(0) @binding(15) var<storage, read> _measures: array<_Measure, 8>;

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

/// The mean colour of the skin between forehead and chin, in the picture that the filter is laid over, and its luminance in w.
fn skin(face: u32) -> vec4f {
    return _measures[min(face, FACES - 1u)].skin;
}
