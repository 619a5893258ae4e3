// Takes in what the landmark net saw in the region of each face: smoothed points, the next region, presence.
// `tracking::Tracks::update` and `tracking::OneEuro` are its twins.
//
// A workgroup for each face, in the order of `work`. A face is lost where the presence is low or anything is not finite;
// then its points stay what they were.

import vision::state::{
    ADVANCES, LANDMARKS, Motion, Point, Roi, State, Track, finite, finite2, finite3, frame, has, region, rotate,
    sigmoid, surprise, usable,
};

const LANES = 256u;
/// Points of a lane.
const EACH = 2u;
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

/// Truths are numbers: not every driver keeps them well in workgroup memory.
struct Verdict {
    next: Roi,
    presence: f32,
    /// In which speeds are measured, in pixels.
    size: f32,
    accepted: u32,
    /// Whether the points before count.
    follows: u32,
    slot: u32,
}

var<workgroup> low: array<vec2f, LANES>;
var<workgroup> high: array<vec2f, LANES>;
var<workgroup> eyes: array<vec2f, 2>;
var<workgroup> broken: atomic<u32>;
var<workgroup> verdict: Verdict;
var<workgroup> is_there: u32;

/// A landmark in pixels of the picture; z in pixels too.
fn in_picture(roi: Roi, face: u32, index: u32) -> vec3f {
    let first = (face * LANDMARKS + index) * 3u;
    let seen = vec3f(landmarks[first], landmarks[first + 1u], landmarks[first + 2u]);
    if !finite3(seen) {
        atomicStore(&broken, 1u);
    }
    // Depth is measured in a picture that was stretched to a square of its width.
    let stretched = length(roi.turn * vec2f(1.0, frame.size.x / frame.size.y)) * roi.size;
    let place = roi.center + rotate(roi.turn, (seen.xy / frame.mesh - 0.5) * roi.size);
    let at = vec3f(place, seen.z * (stretched / frame.mesh.x));
    if !finite3(at) {
        atomicStore(&broken, 1u);
    }
    return at;
}

/// The box around all points, in `low[0]` and `high[0]`.
fn reduce(lane: u32) {
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            low[lane] = min(low[lane], low[lane + half]);
            high[lane] = max(high[lane], high[lane + half]);
        }
    }
    workgroupBarrier();
}

fn judge(face: u32) {
    let bounds = vec4f(low[0], high[0]);
    let presence = sigmoid(presences[face]);
    let next = region(bounds, vec4f(eyes[0], eyes[1]));
    let whole = atomicLoad(&broken) == 0u && usable(next);
    let size = (bounds.z - bounds.x + bounds.w - bounds.y) / 2.0;
    let track = work.tracks[face];
    verdict = Verdict(
        next,
        presence,
        size,
        u32(whole && presence >= MIN_PRESENCE),
        u32(track.started != 0u && has(ADVANCES) && finite(size) && size > 1e-6),
        track.slot,
    );
    work.tracks[face].presence = 0.0;
    if verdict.accepted != 0u {
        accept(face, bounds);
    }
}

fn accept(face: u32, bounds: vec4f) {
    let was = work.tracks[face].motion;
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
    work.tracks[face].bounds = bounds;
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
    let face = group.x;
    if lane == 0u {
        is_there = u32(face < work.count);
        atomicStore(&broken, 0u);
    }
    if workgroupUniformLoad(&is_there) == 0u {
        return;
    }
    let roi = work.tracks[face].motion.roi;
    var own = array<vec3f, EACH>();
    for (var i = 0u; i < EACH; i++) {
        // The last lanes look at the last point again.
        let index = min(lane + i * LANES, LANDMARKS - 1u);
        own[i] = in_picture(roi, face, index);
        if index == EYE_CORNERS.x {
            eyes[0] = own[i].xy;
        }
        if index == EYE_CORNERS.y {
            eyes[1] = own[i].xy;
        }
    }
    low[lane] = min(own[0].xy, own[1].xy);
    high[lane] = max(own[0].xy, own[1].xy);
    reduce(lane);
    if lane == 0u {
        judge(face);
    }
    let found = workgroupUniformLoad(&verdict);
    if found.accepted != 0u && found.slot < 8u {
        for (var i = 0u; i < EACH; i++) {
            let index = lane + i * LANES;
            if index < LANDMARKS {
                points[found.slot][index] =
                    calmed(points[found.slot][index], own[i], found.size, found.follows != 0u);
            }
        }
    }
}
