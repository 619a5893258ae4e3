// What is remembered of faces from frame to frame, and what a frame is. `tracking` is the twin on the CPU.
//
// `State` is kept twice: `kept` is what a frame leaves to the next, `work` belongs to the frame alone.

const FACES = 8u;
const LANDMARKS = 478u;
/// A face without an id: what the detector alone believes uses up none.
const NO_ID = 0xffffffffu;
/// A lost face is remembered for this many seconds.
const REMEMBERED = 1.0;
/// What the sum of some steps may be rounded by, in seconds.
const SLACK = 1e-4;
/// A remembered face is expected to keep moving for this many seconds.
const COASTING = 0.5;
/// Regions that overlap by more look at one face.
const SAME_FACE_IOU = 0.5;

const RESET = 1u;
const PROPOSE = 2u;
const ADVANCES = 4u;
const POSE = 8u;
const CALM = 16u;
const FORGET_MASK = 32u;
const EXPRESSIONS = 64u;
const LATE_EXPRESSIONS = 128u;
/// The row of a face that was not kept by the frame before.
const NO_ROW = 0xffffffffu;

struct Frame {
    /// Of the picture, in pixels.
    size: vec2f,
    /// Columns and rows of the landmark net.
    mesh: vec2f,
    /// Seconds since the frame before; below zero where time ran back.
    step: f32,
    /// Of the One-Euro filter: one over its step, the speed's share, 2 pi times the step.
    per_second: f32,
    speed_share: f32,
    turns: f32,
    /// Seconds since the frame whose mask was made before.
    mask_step: f32,
    /// Columns of the detector's input.
    detector: f32,
    flags: u32,
    /// Counts frames.
    number: u32,
    /// Counts masks.
    masks: u32,
    /// Faces that are followed at most.
    capacity: u32,
}

/// A square, turned so that its rows run along `turn`, which has length one.
struct Roi {
    center: vec2f,
    turn: vec2f,
    size: f32,
}

struct Motion {
    roi: Roi,
    /// In pixels a second.
    velocity: vec2f,
    /// Seconds since the face was seen there.
    age: f32,
}

struct Track {
    /// Of the landmarks as the net gave them: the corners.
    bounds: vec4f,
    motion: Motion,
    /// Before the last update: what counts where that update turns out to be another face's.
    before: Motion,
    id: u32,
    slot: u32,
    /// Whether the landmark net has confirmed it once, so that its slot's points are its own.
    started: u32,
    presence: f32,
    surprise: f32,
    /// Its number among the faces that the frame before kept: where a late expression lies.
    row: u32,
}

struct Lost {
    motion: Motion,
    id: u32,
    slot: u32,
}

struct State {
    /// Oldest first.
    tracks: array<Track, 8>,
    lost: array<Lost, 8>,
    count: u32,
    lost_count: u32,
    next_id: u32,
    /// How many detections were proposed.
    detections: u32,
}

/// A landmark of the One-Euro filter, in pixels.
struct Point {
    raw: vec3f,
    speed: vec3f,
    value: vec3f,
}

@group(0) @binding(0) var<uniform> frame: Frame;

fn has(flag: u32) -> bool {
    return (frame.flags & flag) != 0u;
}

/// By its bits: compilers may take it for granted that no value is infinite.
fn finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn finite2(value: vec2f) -> bool {
    return finite(value.x) && finite(value.y);
}

fn finite3(value: vec3f) -> bool {
    return finite2(value.xy) && finite(value.z);
}

/// 1 / (1 + e^-x); zero of not-a-number.
fn sigmoid(x: f32) -> f32 {
    if (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u {
        return 0.0;
    }
    return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

/// `along` with length one; to the right of nothing.
fn unit(along: vec2f) -> vec2f {
    let most = max(abs(along.x), abs(along.y));
    if !(most > 0.0) {
        return vec2f(1.0, 0.0);
    }
    return normalize(along / most);
}

/// `by` turned as `turn` is.
fn rotate(turn: vec2f, by: vec2f) -> vec2f {
    return vec2f(turn.x * by.x - turn.y * by.y, turn.y * by.x + turn.x * by.y);
}

/// The region around a box (corners) whose eyes lie at `eyes`.
fn region(bounds: vec4f, eyes: vec4f) -> Roi {
    let size = bounds.zw - bounds.xy;
    return Roi((bounds.xy + bounds.zw) / 2.0, unit(eyes.zw - eyes.xy), max(size.x, size.y) * 1.5);
}

/// Whether a net can look there at all.
fn usable(roi: Roi) -> bool {
    let turned = finite2(roi.turn) && abs(dot(roi.turn, roi.turn) - 1.0) < 0.01;
    return finite2(roi.center) && finite(roi.size) && turned && roi.size >= 1.0;
}

/// Intersection over union of two boxes (corners).
fn iou(a: vec4f, b: vec4f) -> f32 {
    let size = max(min(a.zw, b.zw) - max(a.xy, b.xy), vec2f(0.0));
    let size_a = max(a.zw - a.xy, vec2f(0.0));
    let size_b = max(b.zw - b.xy, vec2f(0.0));
    let both = size.x * size.y;
    let all = size_a.x * size_a.y + size_b.x * size_b.y - both;
    return select(0.0, both / all, all > 0.0);
}

/// How far `center` lies from where a face is expected, in region sizes.
fn surprise(motion: Motion, center: vec2f) -> f32 {
    let expected = motion.roi.center + motion.velocity * clamp(motion.age, 0.0, COASTING);
    return distance(center, expected) / max(motion.roi.size, 1e-30);
}
