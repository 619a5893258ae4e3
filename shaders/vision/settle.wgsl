// The end of a frame for the faces: ids are given out, of two that have run into one the one that moved less as expected
// is lost, and what goes on is kept. `tracking::Tracks::finish` is the twin.
//
// All lanes read `work` at once into the workgroup's memory; there one decides who goes on, and what follows from that is
// written by a lane for each face.

import vision::faces::{Status};
import vision::state::{FACES, Lost, NO_ID, State, frame, iou};

/// Followed faces whose boxes overlap by more have become one.
const MERGED_IOU = 0.5;
/// The same where one of them has just come.
const ARRIVED_IOU = 0.3;
const NOBODY = 0xffffffffu;

@group(0) @binding(1) var<storage, read_write> kept: State;
@group(0) @binding(2) var<storage, read> work: State;
@group(0) @binding(3) var<storage, read_write> status: Status;

/// What becomes of the faces of `work`: a bit for each in each of these.
struct Outcome {
    /// Who goes on, and who had an id before.
    going: u32,
    known: u32,
    /// Who has an id now.
    named: u32,
    /// Whose last update was another face's.
    reverted: u32,
    next_id: u32,
}

/// `work`.
var<workgroup> now: State;
/// Of each of its faces, once it is settled.
var<workgroup> presences: array<f32, 8>;
var<workgroup> ids: array<u32, 8>;
/// For each face a bit for each earlier one whose box it overlaps.
var<workgroup> overlaps: array<atomic<u32>, 8>;
var<workgroup> outcome: Outcome;

fn has_bit(bits: u32, at: u32) -> bool {
    return (bits & (1u << at)) != 0u;
}

/// How many bits are set before one.
fn bits_before(bits: u32, at: u32) -> u32 {
    return countOneBits(bits & ((1u << at) - 1u));
}

fn fetch_work(lane: u32) {
    let own = min(lane, FACES - 1u);
    let track = work.tracks[own];
    let lost = work.lost[own];
    let counts = vec4u(work.count, work.lost_count, work.next_id, work.detections);
    if lane < FACES {
        now.tracks[lane] = track;
        now.lost[lane] = lost;
        presences[lane] = track.presence;
        ids[lane] = track.id;
        atomicStore(&overlaps[lane], 0u);
    }
    if lane == 0u {
        now.count = min(counts.x, FACES);
        now.lost_count = min(counts.y, FACES);
        now.next_id = counts.z;
        now.detections = counts.w;
    }
}

/// A lane for each pair.
fn note_overlap(lane: u32) {
    let first = lane % FACES;
    let second = lane / FACES;
    // A face that has just come was last seen by the detector, in this very frame.
    let arrived = now.tracks[first].before.age <= 0.0 || now.tracks[second].before.age <= 0.0;
    if first < second && second < now.count
        && iou(now.tracks[first].bounds, now.tracks[second].bounds) > select(MERGED_IOU, ARRIVED_IOU, arrived) {
        atomicOr(&overlaps[second], 1u << first);
    }
}

fn give_ids() {
    outcome.known = 0u;
    outcome.next_id = now.next_id;
    for (var i = 0u; i < now.count; i++) {
        if ids[i] != NO_ID {
            outcome.known |= 1u << i;
        } else if presences[i] > 0.0 {
            ids[i] = outcome.next_id;
            // The last number is no id.
            outcome.next_id = select(ids[i] + 1u, 0u, ids[i] + 1u == NO_ID);
        }
    }
}

fn merge() {
    outcome.reverted = 0u;
    for (var second = 1u; second < now.count; second++) {
        let near = atomicLoad(&overlaps[second]);
        for (var first = 0u; first < second && near != 0u; first++) {
            if has_bit(near, first) && presences[first] > 0.0 && presences[second] > 0.0 {
                let later = now.tracks[second].surprise >= now.tracks[first].surprise;
                let loser = select(first, second, later);
                presences[loser] = 0.0;
                outcome.reverted |= 1u << loser;
            }
        }
    }
}

fn decide() {
    give_ids();
    merge();
    var going = 0u;
    var named = 0u;
    for (var i = 0u; i < now.count; i++) {
        going |= u32(presences[i] > 0.0) << i;
        named |= u32(ids[i] != NO_ID) << i;
    }
    outcome.going = going;
    outcome.named = named;
}

/// Decides who goes on. Every workgroup does, to the same end. Runs in all lanes, of which there are at least 64; the
/// outcome is there for lane 0.
fn settle(lane: u32) {
    fetch_work(lane);
    workgroupBarrier();
    note_overlap(lane);
    workgroupBarrier();
    if lane == 0u {
        decide();
    }
}

/// The face of `work` in `slot`, or `NOBODY`; and its number among those that go on.
fn face_in(slot: u32) -> vec2u {
    for (var i = 0u; i < now.count; i++) {
        if has_bit(outcome.going, i) && now.tracks[i].slot == slot {
            return vec2u(i, bits_before(outcome.going, i));
        }
    }
    return vec2u(NOBODY);
}

/// Writes what the next frame begins with, once the faces are settled. One workgroup of the frame, all of its lanes.
fn keep(lane: u32) {
    let losing = outcome.named & ~outcome.going;
    let lost_count = now.lost_count + countOneBits(losing);
    // The newest losses matter most.
    let surplus = max(lost_count, FACES) - FACES;
    if lane < now.lost_count && lane >= surplus {
        kept.lost[lane - surplus] = now.lost[lane];
    }
    if lane < now.count {
        var track = now.tracks[lane];
        track.id = ids[lane];
        track.presence = presences[lane];
        let place = now.lost_count + bits_before(losing, lane);
        if has_bit(outcome.going, lane) {
            kept.tracks[bits_before(outcome.going, lane)] = track;
        } else if has_bit(losing, lane) && place >= surplus {
            // A resumed face that the landmark net refused is still where it was before.
            if track.started == 0u || has_bit(outcome.reverted, lane) {
                track.motion = track.before;
            }
            kept.lost[place - surplus] = Lost(track.motion, track.id, track.slot);
        }
    }
    if lane == 0u {
        kept.count = countOneBits(outcome.going);
        kept.lost_count = lost_count - surplus;
        kept.next_id = outcome.next_id;
        kept.detections = now.detections;
    }
}

/// Tells the host. One workgroup of the frame, all of its lanes.
fn report(lane: u32) {
    if lane < FACES {
        let place = face_in(lane);
        var id = NO_ID;
        if place.x != NOBODY {
            id = ids[place.x];
        }
        status.ids[lane] = id;
    }
    if lane == 0u {
        var slots = 0u;
        for (var i = 0u; i < now.count; i++) {
            slots |= u32(has_bit(outcome.going, i)) << min(now.tracks[i].slot, 31u);
        }
        status.frame = frame.number;
        status.faces = countOneBits(slots);
        status.slots = slots;
        status.detections = now.detections;
        status.new_faces = countOneBits(outcome.named & ~outcome.known);
        status.lost_faces = countOneBits(outcome.known & ~outcome.going);
    }
}
