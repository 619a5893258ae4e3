// From the outputs of a BlazeFace net to faces in the picture, best first. `tracking::Anchors::decode` is its twin.
//
// One workgroup. Of all anchors that see a face the best `BEST` take part, in order of score and then of number; of the
// faces that are left when boxes that overlap are blended, the best `MOST` are kept. The twin knows no such limits, but
// eight faces are followed at most.

import vision::detections::{MOST, leave_detections, spotted};
import vision::state::{finite, frame, iou, sigmoid};

const LANES = 256u;
const BEST = 256u;
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
/// No face's number.
const NONE = 0xffffffffu;

var<workgroup> counter: atomic<u32>;
var<workgroup> total: u32;
/// Anchors that see a face, in no order, two to a word; and the scores of the first of them.
var<workgroup> candidates: array<atomic<u32>, 1152>;
var<workgroup> first_scores: array<f32, BEST>;
/// The best of them by rank: the anchor's number, its score and its box, which its eyes take the place of; and which
/// face it belongs to.
var<workgroup> numbers: array<u32, BEST>;
var<workgroup> scores: array<f32, BEST>;
var<workgroup> boxes: array<vec4f, BEST>;
var<workgroup> owners: array<u32, BEST>;

/// Whether all values of an anchor are finite, and its box has a size.
fn is_whole(anchor: u32) -> bool {
    let first = anchor * VALUES;
    var whole = (regressors[first + 2u] > 0.0) & (regressors[first + 3u] > 0.0);
    // None is waited for before the next is asked for.
    for (var i = 0u; i < VALUES; i++) {
        whole = whole & finite(regressors[first + i]);
    }
    return whole;
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
    for (var word = lane; word < MOST_ANCHORS / 2u; word += LANES) {
        atomicStore(&candidates[word], 0u);
    }
    workgroupBarrier();
    let count = min(min(arrayLength(&anchors), arrayLength(&logits)), MOST_ANCHORS);
    for (var anchor = lane; anchor < count; anchor += LANES) {
        let score = score_of(anchor);
        if score >= MIN_SCORE && is_whole(anchor) {
            let place = atomicAdd(&counter, 1u);
            atomicOr(&candidates[place / 2u], anchor << (place % 2u * 16u));
            if place < BEST {
                first_scores[place] = score;
            }
        }
    }
    workgroupBarrier();
    if lane == 0u {
        total = atomicLoad(&counter);
    }
    return workgroupUniformLoad(&total);
}

fn candidate(place: u32) -> u32 {
    return (atomicLoad(&candidates[place / 2u]) >> (place % 2u * 16u)) & 0xffffu;
}

fn candidate_score(place: u32) -> f32 {
    if place < BEST {
        return first_scores[place];
    }
    return score_of(candidate(place));
}

/// Puts the best candidates in order.
fn rank(lane: u32, count: u32) {
    for (var own = lane; own < count; own += LANES) {
        let mine = candidate(own);
        let score = candidate_score(own);
        var better = 0u;
        for (var other = 0u; other < count; other++) {
            let their_score = candidate_score(other);
            better += u32(their_score > score || (their_score == score && candidate(other) < mine));
        }
        if better < BEST {
            numbers[better] = mine;
            scores[better] = score;
            boxes[better] = box_of(mine);
        }
    }
    owners[lane] = NONE;
    workgroupBarrier();
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

/// Each box that is left over, best first, is a face, and with it all that overlap it. One lane; how many faces there are.
fn suppress(count: u32) -> u32 {
    var faces = 0u;
    for (var best = 0u; best < count && faces < MOST; best++) {
        if owners[best] != NONE {
            continue;
        }
        let box = boxes[best];
        for (var other = best; other < count; other++) {
            let same = other == best || iou(boxes[other], box) > MIN_SUPPRESSION_IOU;
            if same && owners[other] == NONE {
                owners[other] = faces;
            }
        }
        spotted.list[faces].score = scores[best];
        faces++;
    }
    return faces;
}

/// The mean, weighted by score, of what lies in `boxes` for a face.
fn blended(face: u32, count: u32) -> vec4f {
    var weight = 0.0;
    var sum = vec4f(0.0);
    for (var i = 0u; i < count; i++) {
        if owners[i] == face {
            weight += scores[i];
            sum += boxes[i] * scores[i];
        }
    }
    let mean = sum / weight;
    return vec4f(in_picture(mean.xy), in_picture(mean.zw));
}

/// Runs in all lanes of a workgroup; what is found is there in `spotted`.
fn decode_in(lane: u32) {
    let all = collect(lane);
    rank(lane, all);
    let count = min(all, BEST);
    if lane == 0u {
        spotted.count = suppress(count);
    }
    workgroupBarrier();
    let is_face = lane < min(spotted.count, MOST);
    if is_face {
        spotted.list[lane].bounds = blended(lane, count);
    }
    workgroupBarrier();
    if lane < count {
        boxes[lane] = eyes_of(numbers[lane]);
    }
    workgroupBarrier();
    if is_face {
        spotted.list[lane].eyes = blended(lane, count);
    }
    workgroupBarrier();
}

/// Leaves what was found to the next frame.
@compute @workgroup_size(256)
fn decode(@builtin(local_invocation_index) lane: u32) {
    decode_in(lane);
    leave_detections(lane);
}
