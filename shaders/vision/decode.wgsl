// From the outputs of a BlazeFace net to faces in the picture, best first. `tracking::Anchors::decode` is its twin.
//
// One workgroup. Of all anchors that see a face the best `BEST` take part, in order of score and then of number; of the
// faces that are left when boxes that overlap are blended, the best `MOST` are kept. The twin knows no such limits, but
// eight faces are followed at most.

import vision::detections::{Detection, detections};
import vision::state::{finite, frame, iou, sigmoid};

const LANES = 256u;
const BEST = 256u;
const MOST = 32u;
/// Values of an anchor: centre, size, six key points.
const VALUES = 16u;
const MIN_SCORE = 0.5;
const MIN_SUPPRESSION_IOU = 0.3;

@group(0) @binding(4) var<storage, read> regressors: array<f32>;
@group(0) @binding(5) var<storage, read> logits: array<f32>;
/// Centres, 0..1 over the net's input.
@group(0) @binding(6) var<storage, read> anchors: array<vec2f>;
/// Anchors of the largest net.
const MOST_ANCHORS = 2304u;

var<workgroup> counter: atomic<u32>;
var<workgroup> total: u32;
/// Anchors that see a face, in no order.
var<workgroup> candidates: array<u32, MOST_ANCHORS>;
/// The best of them by rank: the anchor's number and its box.
var<workgroup> numbers: array<u32, BEST>;
var<workgroup> boxes: array<vec4f, BEST>;

/// Candidates by rank that belong to a face already, a bit each.
var<private> taken: array<u32, 8>;

/// Whether all values of an anchor are finite, and its box has a size.
fn is_whole(anchor: u32) -> bool {
    let first = anchor * VALUES;
    for (var i = 0u; i < VALUES; i++) {
        if !finite(regressors[first + i]) {
            return false;
        }
    }
    return regressors[first + 2u] > 0.0 && regressors[first + 3u] > 0.0;
}

/// Corners of an anchor's box, 0..1 over the net's input.
fn box_of(anchor: u32) -> vec4f {
    let first = anchor * VALUES;
    let center = vec2f(regressors[first], regressors[first + 1u]) / frame.detector + anchors[anchor];
    let half = vec2f(regressors[first + 2u], regressors[first + 3u]) / frame.detector / 2.0;
    return vec4f(center - half, center + half);
}

fn score_of(anchor: u32) -> f32 {
    return sigmoid(logits[anchor]);
}

/// Collects the anchors that see a face.
fn collect(lane: u32) -> u32 {
    if lane == 0u {
        atomicStore(&counter, 0u);
    }
    workgroupBarrier();
    let count = min(min(arrayLength(&anchors), arrayLength(&logits)), MOST_ANCHORS);
    for (var anchor = lane; anchor < count; anchor += LANES) {
        if score_of(anchor) >= MIN_SCORE && is_whole(anchor) {
            candidates[atomicAdd(&counter, 1u)] = anchor;
        }
    }
    workgroupBarrier();
    if lane == 0u {
        total = atomicLoad(&counter);
    }
    return workgroupUniformLoad(&total);
}

/// Puts the best candidates in order.
fn rank(lane: u32, count: u32) {
    for (var own = lane; own < count; own += LANES) {
        let mine = candidates[own];
        let score = score_of(mine);
        var better = 0u;
        for (var other = 0u; other < count; other++) {
            let theirs = candidates[other];
            let their_score = score_of(theirs);
            better += u32(their_score > score || (their_score == score && theirs < mine));
        }
        if better < BEST {
            numbers[better] = mine;
            boxes[better] = box_of(mine);
        }
    }
    workgroupBarrier();
}

fn is_taken(rank: u32) -> bool {
    return (taken[rank / 32u] & (1u << (rank % 32u))) != 0u;
}

/// The eyes of an anchor, the viewer's left one first, 0..1 over the net's input.
fn eyes_of(anchor: u32) -> vec4f {
    let first = anchor * VALUES + 4u;
    let left = vec2f(regressors[first], regressors[first + 1u]);
    let right = vec2f(regressors[first + 2u], regressors[first + 3u]);
    return vec4f(left, right) / frame.detector + vec4f(anchors[anchor], anchors[anchor]);
}

/// From 0..1 over the net's input to pixels.
fn in_picture(at: vec2f) -> vec2f {
    return frame.size / 2.0 + (at - 0.5) * max(frame.size.x, frame.size.y);
}

/// Each face that is left over, best first, becomes the mean of those that overlap it, weighted by score. One lane.
fn suppress(count: u32) {
    var faces = 0u;
    for (var best = 0u; best < count && faces < MOST; best++) {
        if is_taken(best) {
            continue;
        }
        var weight = 0.0;
        var corners = vec4f(0.0);
        var eyes = vec4f(0.0);
        for (var other = best; other < count; other++) {
            let same = other == best || iou(boxes[other], boxes[best]) > MIN_SUPPRESSION_IOU;
            if same && !is_taken(other) {
                taken[other / 32u] |= 1u << (other % 32u);
                let score = score_of(numbers[other]);
                weight += score;
                corners += boxes[other] * score;
                eyes += eyes_of(numbers[other]) * score;
            }
        }
        let box = vec4f(in_picture(corners.xy / weight), in_picture(corners.zw / weight));
        let seen = vec4f(in_picture(eyes.xy / weight), in_picture(eyes.zw / weight));
        detections.list[faces] = Detection(box, seen, score_of(numbers[best]));
        faces++;
    }
    detections.count = faces;
}

/// Runs in all lanes of a workgroup; what is found is there for lane 0.
fn decode_in(lane: u32) {
    let all = collect(lane);
    rank(lane, all);
    if lane == 0u {
        suppress(min(all, BEST));
    }
}

/// Leaves what was found to the next frame.
@compute @workgroup_size(256)
fn decode(@builtin(local_invocation_index) lane: u32) {
    decode_in(lane);
}
