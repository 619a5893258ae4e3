// Where the faces are that must be hidden: an upright oval around each, kept for a while after the face is lost.

import antifaz::frame::{frame};
import package::inputs::{params, places};

struct Place {
    /// From the top left corner of the picture, in its heights.
    center: vec2f,
    /// From the center to the top of the oval, in heights of the picture.
    up: vec2f,
    /// Half of its width, in heights of the picture.
    half_width: f32,
    /// How much of it is shown: 1 while the face is seen, then 0 after a while.
    shown: f32,
    /// The side of its cells, in heights of the picture.
    cell: f32,
}

/// The oval of a slot; `shown` is 0 where there is none.
fn place_of(slot: u32) -> Place {
    let first = textureLoad(places, vec2u(slot, 0u), 0);
    let second = textureLoad(places, vec2u(slot, 1u), 0);
    let cell = exp2(textureLoad(places, vec2u(slot, 2u), 0).x * 0.5);
    let lost = second.y;
    // The face may have moved on since.
    let grown = 1.0 + params.margin + min(lost, 2.0) * 0.35;
    // As far as it may have gone, to any side.
    let way = second.w * min(lost, 2.0);
    let shown = second.z * smoothstep(params.hold + 0.25, params.hold, lost);
    let height = length(first.zw);
    let up = first.zw * (grown + way / max(height, 1e-3));
    return Place(first.xy, up, second.x * grown + way, shown, cell);
}

/// 0 in the middle of an oval, 1 at its border, `spare` (in heights of the picture) further out.
fn reach(place: Place, at: vec2f, spare: f32) -> f32 {
    let height = max(length(place.up), 1e-3);
    let d = at - place.center;
    let along = dot(d, place.up) / height;
    let across = dot(d, vec2f(-place.up.y, place.up.x)) / height;
    return length(vec2f(across / (place.half_width + spare), along / (height + spare)));
}

/// A place of the picture in its heights, x to the right.
fn in_heights(uv: vec2f) -> vec2f {
    return uv * vec2f(frame.size.x / frame.size.y, 1.0);
}
