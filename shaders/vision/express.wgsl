// The expression of each face, from the blendshapes net into the face state. Left alone where the net gives what is not
// finite. A workgroup for each face, in the order of `kept`.

import vision::faces::{Face};
import vision::state::{FACES, State, finite};

const COEFFICIENTS = 52u;

@group(0) @binding(1) var<storage, read> kept: State;
/// For each face its coefficients.
@group(0) @binding(4) var<storage, read> coefficients: array<f32>;
@group(0) @binding(6) var<storage, read_write> state: array<Face, 8>;

var<workgroup> broken: atomic<u32>;

@compute @workgroup_size(64)
fn express(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let value = coefficients[row * COEFFICIENTS + min(lane, COEFFICIENTS - 1u)];
    let slot = kept.tracks[min(row, FACES - 1u)].slot;
    let is_there = row < min(kept.count, FACES) && slot < FACES;
    if lane == 0u {
        atomicStore(&broken, 0u);
    }
    workgroupBarrier();
    if !finite(value) {
        atomicStore(&broken, 1u);
    }
    workgroupBarrier();
    if is_there && lane < COEFFICIENTS && atomicLoad(&broken) == 0u {
        state[slot].blendshapes[lane] = clamp(value, 0.0, 1.0);
    }
}
