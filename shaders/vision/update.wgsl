// Takes in what the landmark net saw in the region of each face: smoothed points, the next region, presence.
// `tracking::Tracks::update` and `tracking::OneEuro` are its twins.
//
// A workgroup for each face, in the order of `work`. A face is lost where the presence is low or anything is not finite;
// then its points stay what they were.

import vision::state::{
    ADVANCES, FACES, LANDMARKS, Motion, Point, Roi, State, finite, finite3, frame, has, region, rotate, sigmoid,
    surprise, usable,
};

const LANES = 256u;
/// Lanes that put together what all have.
const PARTS = 16u;
const MIN_PRESENCE = 0.5;
/// Cutoff at rest, in hertz, and what a speed of one face size a second adds.
const MIN_CUTOFF = 0.05;
const BETA = 80.0;
/// Outer corners of the eyes, the viewer's left one first.
const EYE_CORNERS = vec2u(33u, 263u);

@group(0) @binding(2) var<storage, read_write> work: State;
/// For each face x, y and z of the landmarks in cells of the net's input.
@group(0) @binding(4) var<storage, read> landmarks: array<f32>;
/// For each face the logit of its presence.
@group(0) @binding(5) var<storage, read> presences: array<f32>;
/// By slot.
@group(0) @binding(6) var<storage, read_write> points: array<array<Point, 478>, 8>;

/// What the landmark net's answer is worth.
struct Verdict {
    next: Roi,
    bounds: vec4f,
    presence: f32,
    /// In which speeds are measured, in pixels.
    size: f32,
    accepted: bool,
}

var<workgroup> low: array<vec2f, LANES>;
var<workgroup> high: array<vec2f, LANES>;
var<workgroup> lows: array<vec2f, PARTS>;
var<workgroup> highs: array<vec2f, PARTS>;
var<workgroup> eyes: array<vec2f, 2>;
var<workgroup> broken: atomic<u32>;
var<workgroup> is_there: u32;

fn landmark(face: u32, index: u32) -> vec3f {
    let first = (face * LANDMARKS + index) * 3u;
    return vec3f(landmarks[first], landmarks[first + 1u], landmarks[first + 2u]);
}

/// A landmark in pixels of the picture; z in pixels too.
fn in_picture(roi: Roi, index: u32, seen: vec3f) -> vec3f {
    // Depth is measured in a picture that was stretched to a square of its width.
    let stretched = length(roi.turn * vec2f(1.0, frame.size.x / frame.size.y)) * roi.size;
    let place = roi.center + rotate(roi.turn, (seen.xy / frame.mesh - 0.5) * roi.size);
    let at = vec3f(place, seen.z * (stretched / frame.mesh.x));
    if !finite3(seen) || !finite3(at) {
        atomicStore(&broken, 1u);
    }
    if index == EYE_CORNERS.x {
        eyes[0] = place;
    }
    if index == EYE_CORNERS.y {
        eyes[1] = place;
    }
    return at;
}

/// The box around the points that all lanes bring, two each. Runs in all lanes.
fn box_around(lane: u32, a: vec2f, b: vec2f) -> vec4f {
    low[lane] = min(a, b);
    high[lane] = max(a, b);
    workgroupBarrier();
    if lane < PARTS {
        var least = low[lane];
        var most = high[lane];
        for (var i = 1u; i < LANES / PARTS; i++) {
            least = min(least, low[lane + i * PARTS]);
            most = max(most, high[lane + i * PARTS]);
        }
        lows[lane] = least;
        highs[lane] = most;
    }
    workgroupBarrier();
    var least = lows[0];
    var most = highs[0];
    for (var i = 1u; i < PARTS; i++) {
        least = min(least, lows[i]);
        most = max(most, highs[i]);
    }
    return vec4f(least, most);
}

/// Every lane does, to the same end.
fn judge(bounds: vec4f, logit: f32) -> Verdict {
    let presence = sigmoid(logit);
    let next = region(bounds, vec4f(eyes[0], eyes[1]));
    let whole = atomicLoad(&broken) == 0u && usable(next);
    let size = (bounds.z - bounds.x + bounds.w - bounds.y) / 2.0;
    return Verdict(next, bounds, presence, size, whole && presence >= MIN_PRESENCE);
}

fn accept(face: u32, was: Motion, verdict: Verdict) {
    let next = verdict.next;
    var velocity = vec2f(0.0);
    if was.age > 0.0 {
        velocity = (next.center - was.roi.center) / was.age;
    }
    // One noisy step should not decide where the face is expected.
    work.tracks[face].motion = Motion(next, (was.velocity + velocity) / 2.0, 0.0);
    work.tracks[face].before = was;
    work.tracks[face].surprise = surprise(was, next.center);
    work.tracks[face].presence = verdict.presence;
    work.tracks[face].bounds = verdict.bounds;
    work.tracks[face].started = 1u;
}

/// One step of the One-Euro filter; afresh where there was nothing before, or nothing sound.
fn calmed(before: Point, at: vec3f, size: f32, follows: bool) -> Point {
    if follows {
        let now = (at - before.raw) * (frame.per_second / size);
        let speed = before.speed + (now - before.speed) * frame.speed_share;
        let turns = (abs(speed) * BETA + MIN_CUTOFF) * frame.turns;
        let value = before.value + (at - before.value) * (turns / (turns + 1.0));
        if finite3(speed) && finite3(value) {
            return Point(at, speed, value);
        }
    }
    return Point(at, vec3f(0.0), at);
}

@compute @workgroup_size(256)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let face = min(group.x, FACES - 1u);
    // Two points a lane; the last lanes look at the last point again.
    let first = lane;
    let second = min(lane + LANES, LANDMARKS - 1u);
    // All that is read of a face, before it is known whether there is one: no load waits for another, but for the
    // points before, and those come while the new ones are looked at.
    let count = work.count;
    let track = work.tracks[face];
    let logit = presences[face];
    let first_seen = landmark(face, first);
    let second_seen = landmark(face, second);
    if lane == 0u {
        is_there = u32(group.x < count);
        atomicStore(&broken, 0u);
    }
    if workgroupUniformLoad(&is_there) == 0u {
        return;
    }
    let slot = min(track.slot, FACES - 1u);
    let first_before = points[slot][first];
    let second_before = points[slot][second];
    let first_at = in_picture(track.motion.roi, first, first_seen);
    let second_at = in_picture(track.motion.roi, second, second_seen);
    let bounds = box_around(lane, first_at.xy, second_at.xy);
    let verdict = judge(bounds, logit);
    let size = verdict.size;
    let follows = track.started != 0u && has(ADVANCES) && finite(size) && size > 1e-6;
    // Nothing is written that a lane may not have read yet.
    storageBarrier();
    if lane == 0u {
        work.tracks[face].presence = 0.0;
        if verdict.accepted {
            accept(face, track.motion, verdict);
        }
    }
    if verdict.accepted {
        points[slot][first] = calmed(first_before, first_at, size, follows);
        if lane + LANES < LANDMARKS {
            points[slot][second] = calmed(second_before, second_at, size, follows);
        }
    }
}
