// The end of a frame for the faces: ids are given out, of two that have run into one the one that moved less as expected
// is lost, and what goes on is kept. `tracking::Tracks::finish` is the twin.

import vision::faces::{Status};
import vision::state::{FACES, Lost, NO_ID, State, frame, iou};

/// Followed faces whose boxes overlap by more have become one.
const MERGED_IOU = 0.5;
const NOBODY = 0xffffffffu;

@group(0) @binding(1) var<storage, read_write> kept: State;
@group(0) @binding(2) var<storage, read> work: State;
@group(0) @binding(3) var<storage, read_write> status: Status;

/// Of each face of `work`, once it is settled.
var<private> presences: array<f32, 8>;
var<private> ids: array<u32, 8>;
/// Whether its last update was another face's.
var<private> reverted: array<bool, 8>;
var<private> next_id: u32;

fn faces() -> u32 {
    return min(work.count, FACES);
}

fn give_ids() {
    next_id = work.next_id;
    for (var i = 0u; i < faces(); i++) {
        presences[i] = work.tracks[i].presence;
        ids[i] = work.tracks[i].id;
        if presences[i] > 0.0 && ids[i] == NO_ID {
            ids[i] = next_id;
            // The last number is no id.
            next_id = select(next_id + 1u, 0u, next_id + 1u == NO_ID);
        }
    }
}

fn merge() {
    for (var second = 1u; second < faces(); second++) {
        for (var first = 0u; first < second; first++) {
            let both = presences[first] > 0.0 && presences[second] > 0.0;
            if both && iou(work.tracks[first].bounds, work.tracks[second].bounds) > MERGED_IOU {
                let later = work.tracks[second].surprise >= work.tracks[first].surprise;
                let loser = select(first, second, later);
                presences[loser] = 0.0;
                reverted[loser] = true;
            }
        }
    }
}

/// Decides who goes on. Every workgroup does, to the same end.
fn settle() {
    give_ids();
    merge();
}

/// The face of `work` in `slot`, or `NOBODY`; and its number among those that go on.
fn face_in(slot: u32) -> vec2u {
    var row = 0u;
    for (var i = 0u; i < faces(); i++) {
        if presences[i] > 0.0 {
            if work.tracks[i].slot == slot {
                return vec2u(i, row);
            }
            row += 1u;
        }
    }
    return vec2u(NOBODY);
}

/// Remembers a lost face; the newest losses matter most.
fn remember(lost: Lost) {
    if kept.lost_count >= FACES {
        for (var i = 1u; i < FACES; i++) {
            kept.lost[i - 1u] = kept.lost[i];
        }
        kept.lost_count = FACES - 1u;
    }
    kept.lost[kept.lost_count] = lost;
    kept.lost_count += 1u;
}

/// Writes what the next frame begins with. One invocation of the frame.
fn keep() {
    kept.lost_count = 0u;
    for (var i = 0u; i < min(work.lost_count, FACES); i++) {
        remember(work.lost[i]);
    }
    var count = 0u;
    for (var i = 0u; i < faces(); i++) {
        var track = work.tracks[i];
        track.id = ids[i];
        track.presence = presences[i];
        if track.presence > 0.0 {
            kept.tracks[count] = track;
            count += 1u;
        } else if track.id != NO_ID {
            // A resumed face that the landmark net refused is still where it was before.
            if track.started == 0u || reverted[i] {
                track.motion = track.before;
            }
            remember(Lost(track.motion, track.id, track.slot));
        }
    }
    kept.count = count;
    kept.next_id = next_id;
    kept.detections = work.detections;
}

/// Tells the host. One invocation of the frame.
fn report() {
    var slots = 0u;
    var fresh = 0u;
    var lost = 0u;
    for (var slot = 0u; slot < FACES; slot++) {
        status.ids[slot] = NO_ID;
    }
    for (var i = 0u; i < faces(); i++) {
        let known = work.tracks[i].id != NO_ID;
        let slot = work.tracks[i].slot;
        if presences[i] > 0.0 && slot < FACES {
            slots |= 1u << slot;
            status.ids[slot] = ids[i];
        }
        lost += u32(presences[i] <= 0.0 && known);
        fresh += u32(ids[i] != NO_ID && !known);
    }
    status.frame = frame.number;
    status.faces = countOneBits(slots);
    status.slots = slots;
    status.detections = work.detections;
    status.new_faces = fresh;
    status.lost_faces = lost;
}
