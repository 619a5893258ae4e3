// What the blendshapes net says of a face.

import vision::state::{finite};

const COEFFICIENTS = 52u;

/// For each face its coefficients.
@group(0) @binding(8) var<storage, read> coefficients: array<f32>;

var<workgroup> broken: atomic<u32>;

struct Coefficient {
    /// 0..1.
    value: f32,
    /// Whether all of the face's are finite.
    sound: bool,
}

/// The lane's coefficient of face `row`. Runs in all lanes of a workgroup, of which there are at least `COEFFICIENTS`.
fn coefficient(row: u32, lane: u32) -> Coefficient {
    let value = coefficients[row * COEFFICIENTS + min(lane, COEFFICIENTS - 1u)];
    if lane == 0u {
        atomicStore(&broken, 0u);
    }
    workgroupBarrier();
    if !finite(value) {
        atomicStore(&broken, 1u);
    }
    workgroupBarrier();
    return Coefficient(clamp(value, 0.0, 1.0), atomicLoad(&broken) == 0u);
}
