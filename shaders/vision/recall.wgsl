// What was kept is taken over, as far as it is sound, and grows older.
//
// Whatever lies in `kept`, what is taken over has regions that a net can look at, slots of its own and ids of its own:
// garbage is gone after one frame.
//
// A load that waits for another one is what takes time here. So all lanes read `kept` at once, one lane works on it in the
// workgroup's memory, and all write `work` at once.

import vision::state::{FACES, Motion, NO_ID, RESET, State, finite, finite2, frame, has, usable};

@group(0) @binding(1) var<storage, read> kept: State;
@group(0) @binding(2) var<storage, read_write> work: State;

/// What becomes `work`.
var<workgroup> now: State;

/// Reads what was kept. Runs in all lanes, of which there are at least `FACES`.
fn fetch_kept(lane: u32) {
    let own = min(lane, FACES - 1u);
    let track = kept.tracks[own];
    let lost = kept.lost[own];
    let counts = vec3u(kept.count, kept.lost_count, kept.next_id);
    if lane < FACES {
        now.tracks[lane] = track;
        now.lost[lane] = lost;
    }
    if lane == 0u {
        now.count = counts.x;
        now.lost_count = counts.y;
        now.next_id = counts.z;
    }
}

/// Writes what is taken over and proposed, in the lanes that read it.
fn hand_on(lane: u32) {
    if lane < FACES {
        work.tracks[lane] = now.tracks[lane];
        work.lost[lane] = now.lost[lane];
    }
    if lane == 0u {
        work.count = now.count;
        work.lost_count = now.lost_count;
        work.next_id = now.next_id;
        work.detections = now.detections;
    }
}

fn is_sound(motion: Motion) -> bool {
    return usable(motion.roi) && finite2(motion.velocity) && finite(motion.age);
}

/// Whether the slot of a face that is followed is `slot`.
fn is_used(slot: u32) -> bool {
    for (var i = 0u; i < now.count; i++) {
        if now.tracks[i].slot == slot {
            return true;
        }
    }
    return false;
}

/// Whether the id of a face that is known is `id`; none below that was not given out yet.
fn is_known(id: u32) -> bool {
    for (var i = 0u; i < now.count; i++) {
        if now.tracks[i].id == id {
            return true;
        }
    }
    for (var i = 0u; i < now.lost_count; i++) {
        if now.lost[i].id == id {
            return true;
        }
    }
    return false;
}

/// Keeps ids apart from those that will be given out.
fn count_id(id: u32) {
    if i32(now.next_id - id) <= 0 {
        now.next_id = id + 1u;
    }
}

/// Moves what is sound to the front. One lane.
fn take_over() {
    let count = min(now.count, min(frame.capacity, FACES));
    let lost_count = min(now.lost_count, FACES);
    now.count = 0u;
    now.lost_count = 0u;
    now.detections = 0u;
    if has(RESET) {
        now.next_id = 0u;
        return;
    }
    for (var i = 0u; i < count; i++) {
        var track = now.tracks[i];
        track.motion.age += frame.step;
        track.row = i;
        let own = track.slot < FACES && !is_used(track.slot) && track.id != NO_ID && !is_known(track.id);
        if own && is_sound(track.motion) {
            now.tracks[now.count] = track;
            now.count += 1u;
            count_id(track.id);
        }
    }
    for (var i = 0u; i < lost_count; i++) {
        var lost = now.lost[i];
        lost.motion.age += frame.step;
        if lost.slot < FACES && lost.id != NO_ID && !is_known(lost.id) && is_sound(lost.motion) {
            now.lost[now.lost_count] = lost;
            now.lost_count += 1u;
            count_id(lost.id);
        }
    }
}
