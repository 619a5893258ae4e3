// The beginning of a frame: what was kept is taken over, and detections begin to be followed.
// `tracking::Tracks::propose` is its twin. One invocation.

import vision::detections::{detections};
import vision::recall::{is_used, take_over, work};
import vision::state::{
    FACES, Motion, NO_ID, PROPOSE, REMEMBERED, Roi, SAME_FACE_IOU, SLACK, Track, frame, has, iou, region, surprise, usable,
};

/// A face can be resumed within this many region sizes of where it is expected.
const REACH = 0.75;
/// Sizes may differ by this factor when a face is resumed.
const SIZE_RATIO = 1.8;
/// A detection that resumes no face, and a face that is not resumed.
const NONE = 0xffffffffu;

/// Detections that are new faces, and for each the lost face that it resumes.
var<private> found: array<Roi, 8>;
var<private> found_count: u32;
var<private> resumes: array<u32, 8>;
/// Whether a lost face was resumed.
var<private> resumed: array<bool, 8>;

fn upright(roi: Roi) -> vec4f {
    return vec4f(roi.center - roi.size / 2.0, roi.center + roi.size / 2.0);
}

fn overlap(a: Roi, b: Roi) -> bool {
    return iou(upright(a), upright(b)) > SAME_FACE_IOU;
}

/// Whether a followed face, or a better detection, looks at `roi`.
fn is_followed(roi: Roi) -> bool {
    for (var i = 0u; i < work.count; i++) {
        if overlap(roi, work.tracks[i].motion.roi) {
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
    for (var i = 0u; i < work.lost_count; i++) {
        let age = work.lost[i].motion.age;
        if age >= -SLACK && age <= REMEMBERED + SLACK && !resumed[i] {
            work.lost[left] = work.lost[i];
            left += 1u;
        }
    }
    work.lost_count = left;
}

/// The cost of taking a new face for a lost one; below zero where it can't be.
fn resume_cost(new_face: u32, lost: u32) -> f32 {
    let motion = work.lost[lost].motion;
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
            for (var j = 0u; j < work.lost_count; j++) {
                if resumes[i] != NONE || resumed[j] {
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
        resumed[column] = true;
    }
}

fn is_claimed(slot: u32) -> bool {
    for (var i = 0u; i < work.lost_count; i++) {
        if !resumed[i] && work.lost[i].slot == slot {
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
    if lost != NONE {
        track.id = work.lost[lost].id;
        track.slot = work.lost[lost].slot;
        track.before = work.lost[lost].motion;
    }
    if track.slot == NONE || is_used(track.slot) {
        track.slot = free_slot();
    }
    if track.slot < FACES && work.count < FACES {
        work.tracks[work.count] = track;
        work.count += 1u;
    }
}

fn propose_all() {
    let count = min(detections.count, 32u);
    work.detections = count;
    forget();
    for (var i = 0u; i < count; i++) {
        let seen = detections.list[i];
        let roi = region(seen.bounds, seen.eyes);
        let room = work.count + found_count < min(frame.capacity, FACES);
        if room && usable(roi) && !is_followed(roi) {
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

fn begin_frame() {
    take_over();
    if has(PROPOSE) && work.count < frame.capacity {
        propose_all();
    }
}

@compute @workgroup_size(1)
fn begin() {
    begin_frame();
}
