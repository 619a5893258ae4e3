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

const MOST = 32u;

@group(0) @binding(3) var<storage, read_write> detections: Detections;
/// The same in the workgroup's memory.
var<workgroup> spotted: Detections;

/// Takes what the frame before has left, all at once. Runs in all lanes, of which there are at least `MOST`.
fn fetch_detections(lane: u32) {
    let own = detections.list[min(lane, MOST - 1u)];
    let count = detections.count;
    if lane < MOST {
        spotted.list[lane] = own;
    }
    if lane == 0u {
        spotted.count = min(count, MOST);
    }
}

/// Leaves what was found to the next frame, as `fetch_detections` takes it.
fn leave_detections(lane: u32) {
    if lane < MOST {
        detections.list[lane] = spotted.list[lane];
    }
    if lane == 0u {
        detections.count = spotted.count;
    }
}
