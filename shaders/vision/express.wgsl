// The expression of each face, from the blendshapes net, and all else that is known of it, into the face state that is whole.
// What doesn't look at expressions reads the other one meanwhile. Where the net gives what is not finite, expressions stay
// as they are there.
//
// A workgroup for each slot. Whatever is read is read first, all at once.

import vision::coefficients::{COEFFICIENTS, coefficient};
import vision::faces::{Face};
import vision::state::{FACES, LANDMARKS, State};

const LANES = 128u;

@group(0) @binding(1) var<storage, read> kept: State;
/// By slot, as `finish` has left it.
@group(0) @binding(5) var<storage, read> early: array<Face, 8>;
@group(0) @binding(6) var<storage, read_write> state: array<Face, 8>;

/// The slot's number among the faces that go on, or `FACES`.
fn row_of(slot: u32) -> u32 {
    var found = FACES;
    for (var row = 0u; row < FACES; row++) {
        if row < kept.count && kept.tracks[row].slot == slot {
            found = row;
        }
    }
    return found;
}

/// Four landmarks a lane, the last one several times: as a loop, each turn might wait for its own.
fn copy_landmarks(slot: u32, lane: u32) {
    let last = min(lane + 3u * LANES, LANDMARKS - 1u);
    let first_at = early[slot].landmarks[lane];
    let second_at = early[slot].landmarks[lane + LANES];
    let third_at = early[slot].landmarks[lane + 2u * LANES];
    let last_at = early[slot].landmarks[last];
    state[slot].landmarks[lane] = first_at;
    state[slot].landmarks[lane + LANES] = second_at;
    state[slot].landmarks[lane + 2u * LANES] = third_at;
    state[slot].landmarks[last] = last_at;
}

/// What is one number or matrix, each by a lane of its own.
fn copy_rest(slot: u32, lane: u32) {
    switch lane {
        case 0u: { state[slot].pose = early[slot].pose; }
        case 1u: { state[slot].head = early[slot].head; }
        case 2u: { state[slot].id = early[slot].id; }
        case 3u: { state[slot].presence = early[slot].presence; }
        case 4u: { state[slot].age = early[slot].age; }
        case 5u: { state[slot].expression_age = early[slot].expression_age; }
        default: {}
    }
}

@compute @workgroup_size(128)
fn express(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let slot = min(group.x, FACES - 1u);
    let row = row_of(slot);
    let own = coefficient(min(row, FACES - 1u), lane);
    copy_landmarks(slot, lane);
    copy_rest(slot, lane);
    if lane < COEFFICIENTS {
        state[slot].blendshapes[lane] = select(early[slot].blendshapes[lane], own.value, row < FACES && own.sound);
    }
}
