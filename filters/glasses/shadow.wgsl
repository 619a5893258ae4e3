// The soft shadow that the glasses cast on the face: light comes from above, so it falls below the frame.

import antifaz::face_mesh::{Varying};
import package::inputs::{params};

/// In cm.
const BRIDGE: vec2f = vec2f(0.0, 2.5);
/// Middle, half width and half height of the lenses, in cm (see make_glasses.py).
const LENS: vec2f = vec2f(3.18, 2.32);
const HALF: vec2f = vec2f(2.62, 2.08);

/// Distance to the edge of the nearer lens, in cm, positive outside.
fn from_lens(at: vec2f) -> f32 {
    let p = abs(vec2f(abs(at.x), at.y) - LENS) - HALF + 1.0;
    return length(max(p, vec2f(0.0))) + min(max(p.x, p.y), 0.0) - 1.0;
}

@fragment
fn shadow(in: Varying) -> @location(0) vec4f {
    let at = (in.canonical.xy - BRIDGE) / params.size + BRIDGE;
    // Where the frame is close to the skin the shadow is dark and near, further away it is soft and low.
    let gap = max(5.9 - 0.034 * at.x * at.x - in.canonical.z, 0.0);
    let rim = from_lens(at + vec2f(0.0, 0.15 + 0.28 * gap));
    let blur = 0.22 + 0.22 * gap;
    let frame = exp(-rim * rim / (blur * blur)) * 0.42 / (1.0 + 0.45 * gap);
    let bridge = vec2f(at.x / 1.1, (at.y - 2.75) / 0.55);
    let nose = exp(-dot(bridge, bridge)) * 0.35;
    let glass = (1.0 - smoothstep(-0.4, 0.5, rim)) * 0.30 * params.tint;
    let fade = smoothstep(-1.0, 2.0, in.canonical.z);
    return vec4f(0.0, 0.0, 0.0, max(max(frame, nose), glass) * fade);
}
