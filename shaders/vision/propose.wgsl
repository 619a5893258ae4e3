// The beginning of a frame: what was kept is taken over, and detections begin to be followed.
// `tracking::Tracks::propose` is its twin. One workgroup, of which one lane decides.

import vision::detections::{fetch_detections, spotted};
import vision::recall::{fetch_kept, hand_on, is_used, now, take_over};
import vision::state::{
    FACES, Motion, NO_ID, NO_ROW, PROPOSE, REMEMBERED, Roi, SAME_FACE_IOU, SLACK, Track, frame, has, iou, region, surprise,
    usable,
};

/// A face can be resumed within this many region sizes of where it is expected.
const REACH = 0.75;
/// Sizes may differ by this factor when a face is resumed.
const SIZE_RATIO = 1.8;
/// A detection that resumes no face, and a face that is not resumed.
const NONE = 0xffffffffu;

/// Detections that are new faces, and for each the lost face that it resumes.
var<workgroup> found: array<Roi, 8>;
var<private> found_count: u32;
var<workgroup> resumes: array<u32, 8>;
/// A bit for each lost face that was resumed.
var<private> resumed: u32;

fn upright(roi: Roi) -> vec4f {
    return vec4f(roi.center - roi.size / 2.0, roi.center + roi.size / 2.0);
}

fn overlap(a: Roi, b: Roi) -> bool {
    return iou(upright(a), upright(b)) > SAME_FACE_IOU;
}

fn is_resumed(lost: u32) -> bool {
    return (resumed & (1u << lost)) != 0u;
}

/// Whether a followed face, or a better detection, looks at `roi`.
fn is_followed(roi: Roi) -> bool {
    for (var i = 0u; i < now.count; i++) {
        if overlap(roi, now.tracks[i].motion.roi) {
            return true;
        }
    }
    for (var i = 0u; i < found_count; i++) {
        if overlap(roi, found[i]) {
            return true;
        }
    }
    return false;
}

/// Forgets lost faces that were resumed or are too long gone.
fn forget() {
    var left = 0u;
    for (var i = 0u; i < now.lost_count; i++) {
        let age = now.lost[i].motion.age;
        if age >= -SLACK && age <= REMEMBERED + SLACK && !is_resumed(i) {
            now.lost[left] = now.lost[i];
            left += 1u;
        }
    }
    now.lost_count = left;
}

/// The cost of taking a new face for a lost one; below zero where it can't be.
fn resume_cost(new_face: u32, lost: u32) -> f32 {
    let motion = now.lost[lost].motion;
    let cost = surprise(motion, found[new_face].center);
    let ratio = found[new_face].size / motion.roi.size;
    let alike = ratio >= 1.0 / SIZE_RATIO && ratio <= SIZE_RATIO;
    return select(-1.0, cost, alike && cost <= REACH);
}

/// Pairs new faces with lost ones, cheapest first.
fn pair_up() {
    for (var turn = 0u; turn < found_count; turn++) {
        var best = REACH;
        var row = NONE;
        var column = NONE;
        for (var i = 0u; i < found_count; i++) {
            for (var j = 0u; j < now.lost_count; j++) {
                if resumes[i] != NONE || is_resumed(j) {
                    continue;
                }
                let cost = resume_cost(i, j);
                if cost >= 0.0 && (cost < best || (row == NONE && cost <= best)) {
                    best = cost;
                    row = i;
                    column = j;
                }
            }
        }
        if row == NONE {
            return;
        }
        resumes[row] = column;
        resumed |= 1u << column;
    }
}

fn is_claimed(slot: u32) -> bool {
    for (var i = 0u; i < now.lost_count; i++) {
        if !is_resumed(i) && now.lost[i].slot == slot {
            return true;
        }
    }
    return false;
}

/// The first slot that is free, and that no lost face may come back to where there is one.
fn free_slot() -> u32 {
    var free = NONE;
    for (var slot = FACES; slot > 0u; slot--) {
        if !is_used(slot - 1u) {
            free = slot - 1u;
        }
    }
    for (var slot = 0u; slot < FACES; slot++) {
        if !is_used(slot) && !is_claimed(slot) {
            return slot;
        }
    }
    return free;
}

fn follow(roi: Roi, lost: u32) {
    var track = Track();
    track.motion = Motion(roi, vec2f(0.0), 0.0);
    track.before = track.motion;
    track.id = NO_ID;
    track.slot = NONE;
    track.row = NO_ROW;
    if lost != NONE {
        track.id = now.lost[lost].id;
        track.slot = now.lost[lost].slot;
        track.before = now.lost[lost].motion;
    }
    if track.slot == NONE || is_used(track.slot) {
        track.slot = free_slot();
    }
    if track.slot < FACES && now.count < FACES {
        now.tracks[now.count] = track;
        now.count += 1u;
    }
}

fn propose_all() {
    now.detections = spotted.count;
    forget();
    for (var i = 0u; i < spotted.count && now.count + found_count < min(frame.capacity, FACES); i++) {
        let roi = region(spotted.list[i].bounds, spotted.list[i].eyes);
        if usable(roi) && !is_followed(roi) {
            resumes[found_count] = NONE;
            found[found_count] = roi;
            found_count += 1u;
        }
    }
    pair_up();
    for (var i = 0u; i < found_count; i++) {
        follow(found[i], resumes[i]);
    }
    forget();
}

/// Runs in all lanes of a workgroup, of which there are at least `FACES`; what was spotted lies there.
fn begin_frame(lane: u32) {
    fetch_kept(lane);
    workgroupBarrier();
    if lane == 0u {
        take_over();
        if has(PROPOSE) && now.count < frame.capacity {
            propose_all();
        }
    }
    workgroupBarrier();
    hand_on(lane);
}

@compute @workgroup_size(32)
fn begin(@builtin(local_invocation_index) lane: u32) {
    // Whether any are proposed or not: what comes with the state costs nothing.
    fetch_detections(lane);
    begin_frame(lane);
}
