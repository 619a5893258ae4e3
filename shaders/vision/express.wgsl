// The expression of each face, from the blendshapes net into the face state. Left alone where the net gives what is not
// finite. A workgroup for each face, in the order of `kept`.

import vision::coefficients::{COEFFICIENTS, coefficient};
import vision::faces::{Face};
import vision::state::{FACES, State};

@group(0) @binding(1) var<storage, read> kept: State;
@group(0) @binding(6) var<storage, read_write> state: array<Face, 8>;

@compute @workgroup_size(64)
fn express(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let slot = kept.tracks[min(row, FACES - 1u)].slot;
    let is_there = row < min(kept.count, FACES) && slot < FACES;
    let own = coefficient(row, lane);
    if is_there && lane < COEFFICIENTS && own.sound {
        state[slot].blendshapes[lane] = own.value;
    }
}
