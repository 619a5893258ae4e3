// Ends the frame: settles who goes on, writes each slot of the face state, and the blendshapes net's input.
// `vision::cpu` has the twin of the writing.
//
// A workgroup for each slot, and one that keeps what the next frame begins with. Whatever is read is read first, all at
// once: what waits for memory twice takes twice as long.

import vision::coefficients::{COEFFICIENTS, coefficient};
import vision::faces::{Face};
import vision::pose::{LANES, POINTS, pose_of, sum_depths, tables};
import vision::settle::{NOBODY, face_in, ids, keep, now, presences, report, settle};
import vision::state::{EXPRESSIONS, FACES, LANDMARKS, LATE_EXPRESSIONS, NO_ROW, POSE, Point, frame, has};

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
    /// That of the frame before, or `NO_ROW`.
    row_before: u32,
    id: u32,
    presence: f32,
}

var<workgroup> owner: Owner;
/// The slot's landmarks, in pixels.
var<workgroup> seen: array<vec3f, LANDMARKS>;

/// Four a lane, the last one several times: as a loop, each turn might wait for its own.
fn fetch_landmarks(slot: u32, lane: u32) {
    let last = min(lane + 3u * LANES, LANDMARKS - 1u);
    let first_at = points[slot][lane].value;
    let second_at = points[slot][lane + LANES].value;
    let third_at = points[slot][lane + 2u * LANES].value;
    let last_at = points[slot][last].value;
    seen[lane] = first_at;
    seen[lane + LANES] = second_at;
    seen[lane + 2u * LANES] = third_at;
    seen[last] = last_at;
}

/// uv, and z in widths of the picture.
fn landmark(index: u32) -> vec3f {
    return seen[min(index, LANDMARKS - 1u)] / vec3f(frame.size, frame.size.x);
}

fn owner_of(slot: u32) -> Owner {
    let place = face_in(slot);
    if place.x == NOBODY {
        return Owner(NOBODY, NO_ROW, 0u, 0.0);
    }
    return Owner(place.y, now.tracks[place.x].row, ids[place.x], presences[place.x]);
}

/// An empty slot is all zero.
fn clear(slot: u32, lane: u32) {
    for (var i = lane; i < LANDMARKS; i += LANES) {
        state[slot].landmarks[i] = vec4f(0.0);
    }
}

fn write_landmarks(slot: u32, lane: u32) {
    for (var i = lane; i < LANDMARKS; i += LANES) {
        state[slot].landmarks[i] = vec4f(landmark(i), 1.0);
    }
}

/// `index` are the landmarks of the lane's two places.
fn write_expression(row: u32, lane: u32, index: vec2u) {
    let first = (row * EXPRESSION + lane) * 2u;
    let at = seen[min(index.x, LANDMARKS - 1u)];
    expression[first] = at.x;
    expression[first + 1u] = at.y;
    if lane + LANES < EXPRESSION {
        let second = first + LANES * 2u;
        let other = seen[min(index.y, LANDMARKS - 1u)];
        expression[second] = other.x;
        expression[second + 1u] = other.y;
    }
}

/// What the blendshapes net says of the landmarks of the frame before, or nothing yet. Runs in all lanes.
fn begin_expression(slot: u32, lane: u32, row: u32) {
    var own = 0.0;
    var age = 0u;
    if has(LATE_EXPRESSIONS) {
        let late = coefficient(min(row, FACES - 1u), lane);
        if row != NO_ROW && late.sound {
            own = late.value;
            age = 1u;
        }
    }
    if lane < COEFFICIENTS {
        state[slot].blendshapes[lane] = own;
    }
    if lane == 0u {
        state[slot].expression_age = age;
    }
}

/// The mean depth of the face, in widths of the picture. Runs in all lanes.
fn mean_depth(lane: u32) -> f32 {
    var sum = 0.0;
    for (var i = lane; i < CANONICAL; i += LANES) {
        sum += seen[i].z;
    }
    return sum_depths(lane, sum) / f32(CANONICAL) / frame.size.x;
}

/// The pose where the face is, and straight ahead. Runs in all lanes.
fn write_pose(slot: u32, lane: u32, basis: vec4f, index: u32, canonical: vec4f) {
    let middle = (landmark(EYES.x) + landmark(EYES.y) + landmark(EYES.z)).xy / 3.0;
    let pose = pose_of(lane, basis, landmark(index), middle, mean_depth(lane), canonical);
    if lane == 0u {
        state[slot].pose = pose;
    }
    if lane == 1u {
        state[slot].head = pose;
    }
}

@compute @workgroup_size(128)
fn finish(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let slot = min(group.x, FACES - 1u);
    let basis = tables.basis[lane % POINTS];
    let canonical = tables.canonical;
    let takes = vec2u(tables.expression[lane], tables.expression[min(lane + LANES, EXPRESSION - 1u)]);
    fetch_landmarks(slot, lane);
    settle(lane);
    if lane == 0u {
        owner = owner_of(group.x);
    }
    let face = workgroupUniformLoad(&owner);
    if group.x == FACES {
        keep(lane);
        report(lane);
        return;
    }
    let is_there = face.row != NOBODY;
    if lane == 0u {
        state[slot].id = face.id;
        state[slot].presence = face.presence;
        state[slot].age = 0u;
    }
    begin_expression(slot, lane, face.row_before);
    if is_there {
        write_landmarks(slot, lane);
    } else {
        clear(slot, lane);
    }
    if is_there && has(EXPRESSIONS) {
        write_expression(face.row, lane, takes);
    }
    if is_there && has(POSE) {
        write_pose(slot, lane, basis.at, basis.landmark, canonical);
    } else if lane == 0u {
        state[slot].pose = mat4x4f();
        state[slot].head = mat4x4f();
    }
}
