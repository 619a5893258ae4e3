// What the detector found, from where it is decoded to where it is proposed: in the same frame or in the next.

/// A face as the detector sees it, in pixels.
struct Detection {
    bounds: vec4f,
    /// The viewer's left eye, then the right one.
    eyes: vec4f,
    score: f32,
}

struct Detections {
    count: u32,
    /// Best first.
    list: array<Detection, 32>,
}

@group(0) @binding(3) var<storage, read_write> detections: Detections;
