// Hides all faces but one from a filter.

import antifaz::face::{Face};

/// The slot that is shown.
@group(1) @binding(0) var<uniform> shown: u32;
@group(1) @binding(1) var<storage, read_write> view: array<Face, 8>;

@compute @workgroup_size(8)
fn hide(@builtin(global_invocation_id) at: vec3u) {
    if at.x != shown {
        view[at.x].presence = 0.0;
    }
}
