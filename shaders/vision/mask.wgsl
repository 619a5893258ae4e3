// A person mask, calmed from frame to frame, as a texture. `tracking::CalmMask` is its twin.
//
// Two dispatches: whether all of the net's mask is finite must be known before any of it is taken. A mask that is not is
// passed over: the one before is shown again, and while there is none all is person.

import vision::state::{CALM, FORGET_MASK, finite, frame, has};

/// How much of its past a cell of one half keeps in `STEP` seconds.
const KEPT = 0.9;
const STEP = 0.033333333;
/// A change beyond this between frames is motion: nothing is kept.
const JUMP = 0.3;
/// After more seconds the past says nothing.
const GAP = 0.50001;

/// What is known of the mask before.
struct Past {
    /// Seconds since the mask that `cells` holds.
    age: f32,
    /// Whether `cells` holds one.
    is_there: u32,
    /// The number of the last mask that was passed over, by whether it is odd.
    broken: array<atomic<u32>, 2>,
}

/// `Past`, to those who only read it: who might write it would wait for itself.
struct Known {
    age: f32,
    is_there: u32,
    broken: array<u32, 2>,
}

@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> past: Past;
@group(0) @binding(5) var calmed: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(6) var<storage, read> known: Known;
@group(0) @binding(7) var<storage, read_write> cells: array<f32>;

/// Takes in what became of the mask before.
fn grow_older() {
    let before = frame.masks - 1u;
    let broken = atomicLoad(&past.broken[before & 1u]);
    var age = past.age;
    var is_there = past.is_there;
    if before > 0u && broken != before {
        age = 0.0;
        is_there = 1u;
    }
    age += frame.mask_step;
    if has(FORGET_MASK) || !finite(age) {
        is_there = 0u;
        age = 0.0;
    }
    past.age = age;
    past.is_there = is_there;
}

/// One cell in each lane.
@compute @workgroup_size(256)
fn check(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&mask) && !finite(mask[id.x]) {
        atomicStore(&past.broken[frame.masks & 1u], frame.masks);
    }
    if id.x == 0u {
        grow_older();
    }
}

/// How little a value says: 1 at one half, 0 at 0 and 1.
fn doubt(value: f32) -> f32 {
    let spread = max(4.0 * value * (1.0 - value), 0.0);
    return spread * sqrt(spread);
}

/// How still a cell is that changed by `change`: 1 at rest, 0 from `JUMP` on.
fn rest(change: f32) -> f32 {
    let still = max(1.0 - abs(change) / JUMP, 0.0);
    return still * still * (3.0 - 2.0 * still);
}

@compute @workgroup_size(8, 8)
fn calm(@builtin(global_invocation_id) id: vec3u) {
    let size = textureDimensions(calmed);
    if any(id.xy >= size) {
        return;
    }
    let cell = id.y * size.x + id.x;
    // All loads first, so that none waits for another.
    let given = mask[cell];
    let before = cells[cell];
    let age = known.age;
    let is_there = known.is_there != 0u;
    let is_new = known.broken[frame.masks & 1u] != frame.masks;
    let has_before = is_there && finite(before);
    var value = select(1.0, before, has_before);
    if is_new {
        value = clamp(given, 0.0, 1.0);
        if has(CALM) && has_before && age > 0.0 && age <= GAP {
            let share = pow(KEPT, age / STEP);
            value += (before - value) * share * doubt(value) * rest(before - value);
        }
        cells[cell] = value;
    }
    textureStore(calmed, id.xy, vec4f(value, value, value, 1.0));
}
