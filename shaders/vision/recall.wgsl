// What was kept is taken over, as far as it is sound, and grows older.
//
// Whatever lies in `kept`, what is taken over has regions that a net can look at, slots of its own and ids of its own:
// garbage is gone after one frame.

import vision::state::{FACES, Motion, NO_ID, RESET, State, finite, finite2, frame, has, usable};

@group(0) @binding(1) var<storage, read> kept: State;
@group(0) @binding(2) var<storage, read_write> work: State;

fn is_sound(motion: Motion) -> bool {
    return usable(motion.roi) && finite2(motion.velocity) && finite(motion.age);
}

/// Whether the slot of a face that is followed is `slot`.
fn is_used(slot: u32) -> bool {
    for (var i = 0u; i < work.count; i++) {
        if work.tracks[i].slot == slot {
            return true;
        }
    }
    return false;
}

/// Whether the id of a face that is known is `id`; none below that was not given out yet.
fn is_known(id: u32) -> bool {
    for (var i = 0u; i < work.count; i++) {
        if work.tracks[i].id == id {
            return true;
        }
    }
    for (var i = 0u; i < work.lost_count; i++) {
        if work.lost[i].id == id {
            return true;
        }
    }
    return false;
}

/// Keeps ids apart from those that will be given out.
fn count_id(id: u32) {
    if i32(work.next_id - id) <= 0 {
        work.next_id = id + 1u;
    }
}

fn take_over() {
    work.count = 0u;
    work.lost_count = 0u;
    work.next_id = 0u;
    work.detections = 0u;
    if has(RESET) {
        return;
    }
    work.next_id = kept.next_id;
    for (var i = 0u; i < min(kept.count, min(frame.capacity, FACES)); i++) {
        var track = kept.tracks[i];
        track.motion.age += frame.step;
        let own = track.slot < FACES && !is_used(track.slot) && track.id != NO_ID && !is_known(track.id);
        if own && is_sound(track.motion) {
            work.tracks[work.count] = track;
            work.count += 1u;
            count_id(track.id);
        }
    }
    for (var i = 0u; i < min(kept.lost_count, FACES); i++) {
        var lost = kept.lost[i];
        lost.motion.age += frame.step;
        if lost.slot < FACES && lost.id != NO_ID && !is_known(lost.id) && is_sound(lost.motion) {
            work.lost[work.lost_count] = lost;
            work.lost_count += 1u;
            count_id(lost.id);
        }
    }
}
