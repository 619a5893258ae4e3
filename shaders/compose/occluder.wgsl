// The head as something that hides props: depth without colour. The front is drawn where the landmarks are, so
// that it meets the picture; how deep it lies comes from the pose, as with props.

import antifaz::face::{_NOWHERE, _measures, head_place, is_present, landmark_on_screen};
import antifaz::prop::{_project};

/// How far the occluder lies behind the skin, in cm: what touches the head is in front of it.
const INSET: f32 = 0.4;

/// In cm, in the canonical face space; w is the number of the landmark that places the point, or -1.
@group(1) @binding(0) var<storage, read> head_points: array<vec4f>;

@vertex
fn vertex_main(@builtin(vertex_index) index: u32, @builtin(instance_index) face: u32) -> @builtin(position) vec4f {
    if !is_present(face) {
        return _NOWHERE;
    }
    let point = head_points[index];
    let clip = _project(head_place(face, point.xyz) - vec3f(0.0, 0.0, INSET));
    if point.w < 0.0 {
        return clip + vec4f(_measures[face].settle * clip.w, 0.0, 0.0);
    }
    return vec4f(landmark_on_screen(face, u32(point.w)) * clip.w, clip.z, clip.w);
}

/// Colour is masked out; a pass with a colour target needs the stage all the same.
@fragment
fn nothing() -> @location(0) vec4f {
    return vec4f(0.0);
}
