// What filters read: `antifaz::face`, but written. And what the host learns of a frame, some frames later.

struct Face {
    landmarks: array<vec4f, 478>,
    pose: mat4x4f,
    head: mat4x4f,
    blendshapes: array<f32, 52>,
    id: u32,
    presence: f32,
    age: u32,
    expression_age: u32,
}

struct Status {
    frame: u32,
    /// How many faces are followed.
    faces: u32,
    /// A bit for each slot with a face.
    slots: u32,
    /// How many detections were proposed.
    detections: u32,
    /// Faces that got an id in this frame, and known ones that were lost in it.
    new_faces: u32,
    lost_faces: u32,
    /// By slot; none is `NO_ID`.
    ids: array<u32, 8>,
}
