// Ends the frame: settles who goes on, writes each slot of the face state, and the blendshapes net's input.
// `vision::cpu` has the twin of the writing.
//
// A workgroup for each slot; the first also keeps what the next frame begins with.

import vision::faces::{Face};
import vision::pose::{GROUP, LANES, on_near_plane, pose_of, tables};
import vision::settle::{NOBODY, face_in, ids, keep, presences, report, settle};
import vision::state::{EXPRESSIONS, LANDMARKS, POSE, Point, frame, has};

/// Landmarks of the canonical face: the irises are not part of it.
const CANONICAL = 468u;
const EXPRESSION = 146u;
/// The bridge of the nose and the outer corners of the eyes.
const EYES = vec3u(6u, 33u, 263u);

/// By slot.
@group(0) @binding(4) var<storage, read> points: array<array<Point, 478>, 8>;
@group(0) @binding(6) var<storage, read_write> state: array<Face, 8>;
/// For each face, in the order of `kept`, x and y of some landmarks in pixels.
@group(0) @binding(7) var<storage, read_write> expression: array<f32>;

struct Owner {
    /// Its number among the faces that go on, or `NOBODY`.
    row: u32,
    id: u32,
    presence: f32,
}

var<workgroup> owner: Owner;
var<workgroup> sums: array<f32, LANES>;

/// uv, and z in widths of the picture.
fn landmark(slot: u32, index: u32) -> vec3f {
    return points[slot][index].value / vec3f(frame.size, frame.size.x);
}

/// Settles who goes on, in one lane of every workgroup.
fn settle_slot(slot: u32) {
    settle();
    let place = face_in(slot);
    owner = Owner(NOBODY, 0u, 0.0);
    if place.x != NOBODY {
        owner = Owner(place.y, ids[place.x], presences[place.x]);
    }
    if slot == 0u {
        keep();
        report();
    }
}

/// An empty slot is all zero.
fn clear(slot: u32, lane: u32) {
    for (var i = lane; i < LANDMARKS; i += LANES) {
        state[slot].landmarks[i] = vec4f(0.0);
    }
}

fn write_landmarks(slot: u32, lane: u32) {
    for (var i = lane; i < LANDMARKS; i += LANES) {
        state[slot].landmarks[i] = vec4f(landmark(slot, i), 1.0);
    }
}

fn write_expression(slot: u32, row: u32, lane: u32) {
    for (var i = lane; i < EXPRESSION; i += LANES) {
        let at = points[slot][min(tables.expression[i], LANDMARKS - 1u)].value;
        expression[(row * EXPRESSION + i) * 2u] = at.x;
        expression[(row * EXPRESSION + i) * 2u + 1u] = at.y;
    }
}

/// The mean depth of the face on the near plane. Runs in all lanes.
fn mean_depth(slot: u32, lane: u32) -> f32 {
    var sum = 0.0;
    for (var i = lane; i < CANONICAL; i += LANES) {
        sum += on_near_plane(landmark(slot, i)).z;
    }
    sums[lane] = sum;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            sums[lane] += sums[lane + half];
        }
    }
    workgroupBarrier();
    return sums[0] / f32(CANONICAL);
}

/// The pose where the face is and straight ahead, fitted side by side. Runs in all lanes.
fn write_pose(slot: u32, lane: u32) {
    let depth = mean_depth(slot, lane);
    let middle = (landmark(slot, EYES.x) + landmark(slot, EYES.y) + landmark(slot, EYES.z)).xy / 3.0;
    let index = min(tables.basis[lane % GROUP].landmark, LANDMARKS - 1u);
    var at = landmark(slot, index);
    if lane >= GROUP {
        at += vec3f(0.5 - middle, 0.0);
    }
    let pose = pose_of(lane, at, depth);
    if lane == 0u {
        state[slot].pose = pose;
    }
    if lane == GROUP {
        state[slot].head = pose;
    }
}

@compute @workgroup_size(128)
fn finish(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let slot = group.x;
    if lane == 0u {
        settle_slot(slot);
    }
    let face = workgroupUniformLoad(&owner);
    let is_there = face.row != NOBODY;
    if lane == 0u {
        state[slot].id = face.id;
        state[slot].presence = face.presence;
        state[slot].age = 0u;
    }
    if lane < 52u {
        state[slot].blendshapes[lane] = 0.0;
    }
    if is_there && has(POSE) {
        write_pose(slot, lane);
    } else if lane == 0u {
        state[slot].pose = mat4x4f();
        state[slot].head = mat4x4f();
    }
    if !is_there {
        clear(slot, lane);
        return;
    }
    write_landmarks(slot, lane);
    if has(EXPRESSIONS) {
        write_expression(slot, face.row, lane);
    }
}
