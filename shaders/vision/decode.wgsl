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
/// Score (its bits, whose order is that of scores) and number of the anchors that see a face.
@group(0) @binding(7) var<storage, read_write> candidates: array<vec2u>;

var<workgroup> counter: atomic<u32>;
var<workgroup> total: u32;
/// The candidates by rank: the anchor's number, score and box; whether it belongs to the best one that is left.
var<workgroup> numbers: array<u32, BEST>;
var<workgroup> scores: array<f32, BEST>;
var<workgroup> boxes: array<vec4f, BEST>;
var<workgroup> same: array<bool, BEST>;
/// Corners of the blended box, then the eyes.
var<workgroup> blend: array<f32, 8>;

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

/// Collects the anchors that see a face.
fn collect(lane: u32) -> u32 {
    if lane == 0u {
        atomicStore(&counter, 0u);
    }
    workgroupBarrier();
    let count = min(min(arrayLength(&anchors), arrayLength(&logits)), arrayLength(&candidates));
    for (var anchor = lane; anchor < count; anchor += LANES) {
        let score = sigmoid(logits[anchor]);
        if score >= MIN_SCORE && is_whole(anchor) {
            candidates[atomicAdd(&counter, 1u)] = vec2u(bitcast<u32>(score), anchor);
        }
    }
    storageBarrier();
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
        var better = 0u;
        for (var other = 0u; other < count; other++) {
            let theirs = candidates[other];
            better += u32(theirs.x > mine.x || (theirs.x == mine.x && theirs.y < mine.y));
        }
        if better < BEST {
            numbers[better] = mine.y;
            scores[better] = bitcast<f32>(mine.x);
            boxes[better] = box_of(mine.y);
        }
    }
    workgroupBarrier();
}

/// One value of a candidate's corners and eyes.
fn value(candidate: u32, index: u32) -> f32 {
    if index < 4u {
        return boxes[candidate][index];
    }
    let anchor = numbers[candidate];
    return regressors[anchor * VALUES + index] / frame.detector + anchors[anchor][index & 1u];
}

/// The mean of a value over the candidates that are the same face, weighted by score.
fn mean(index: u32, count: u32) -> f32 {
    var weight = 0.0;
    var sum = 0.0;
    for (var i = 0u; i < count; i++) {
        if same[i] {
            weight += scores[i];
            sum += value(i, index) * scores[i];
        }
    }
    return sum / weight;
}

/// From 0..1 over the net's input to pixels.
fn in_picture(at: vec2f) -> vec2f {
    return frame.size / 2.0 + (at - 0.5) * max(frame.size.x, frame.size.y);
}

fn keep(number: u32, score: f32) {
    let low = in_picture(vec2f(blend[0], blend[1]));
    let high = in_picture(vec2f(blend[2], blend[3]));
    let left = in_picture(vec2f(blend[4], blend[5]));
    let right = in_picture(vec2f(blend[6], blend[7]));
    detections.list[number] = Detection(vec4f(low, high), vec4f(left, right), score);
    detections.count = number + 1u;
}

/// Runs in all lanes of a workgroup.
fn decode_in(lane: u32) {
    let all = collect(lane);
    rank(lane, all);
    let count = min(all, BEST);
    var taken = lane >= count;
    if lane == 0u {
        detections.count = 0u;
    }
    for (var number = 0u; number < MOST; number++) {
        if lane == 0u {
            atomicStore(&counter, BEST);
        }
        workgroupBarrier();
        if !taken {
            atomicMin(&counter, lane);
        }
        workgroupBarrier();
        if lane == 0u {
            total = atomicLoad(&counter);
        }
        let best = workgroupUniformLoad(&total);
        if best >= count {
            break;
        }
        let mine = !taken && (lane == best || iou(boxes[lane], boxes[best]) > MIN_SUPPRESSION_IOU);
        same[lane] = mine;
        taken = taken || mine;
        workgroupBarrier();
        if lane < 8u {
            blend[lane] = mean(lane, count);
        }
        workgroupBarrier();
        if lane == 0u {
            keep(number, scores[best]);
        }
    }
    storageBarrier();
    workgroupBarrier();
}

/// Leaves what was found to the next frame.
@compute @workgroup_size(256)
fn decode(@builtin(local_invocation_index) lane: u32) {
    decode_in(lane);
}
