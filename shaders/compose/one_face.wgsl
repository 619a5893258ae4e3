// What a filter for one face sees: a copy of the faces in which no other is there. Nobody ever writes the slots of others.

/// The slot that is shown.
@group(1) @binding(0) var<uniform> shown: u32;
/// `antifaz::face::Face` of each slot, as it lies in memory.
@group(1) @binding(1) var<storage, read> all: array<array<vec4u, 500>, 8>;
@group(1) @binding(2) var<storage, read_write> view: array<array<vec4u, 500>, 8>;

@compute @workgroup_size(256)
fn show(@builtin(local_invocation_index) lane: u32) {
    // There is no such face: nobody is there.
    if shown >= 8u {
        return;
    }
    for (var i = lane; i < 500u; i += 256u) {
        view[shown][i] = all[shown][i];
    }
}
