// Moves parts of the picture: a smooth field around a place says from how far away a pixel takes its light. Fields are
// summed. Outside of them the picture stays as it is, to the bit.
//
//     let at = in_heights(in.uv);
//     let shift = moved(at, spot(face, 61u), vec2f(0.0, -0.02), 0.05) + grown(at, spot(face, 4u), 0.2, 0.05);
//     return picture_at(in_uv(at + shift));

import antifaz::face::{landmark};
import antifaz::frame::{frame};

/// A place in units in which circles are round: picture heights.
fn in_heights(uv: vec2f) -> vec2f {
    return uv * vec2f(frame.size.x / frame.size.y, 1.0);
}

/// Back again; also for steps.
fn in_uv(at: vec2f) -> vec2f {
    return at * vec2f(frame.size.y / frame.size.x, 1.0);
}

/// The place of a landmark, in picture heights.
fn spot(face: u32, index: u32) -> vec2f {
    return in_heights(landmark(face, index).xy);
}

/// The distance of two landmarks in space, in picture heights: it stays when the head turns.
fn span(face: u32, a: u32, b: u32) -> f32 {
    let width = frame.size.x / frame.size.y;
    return length((landmark(face, a) - landmark(face, b)) * vec3f(width, 1.0, width));
}

/// 1 in the middle of a disc, 0 at its rim and beyond, smooth at both.
fn bump(offset: vec2f, radius: f32) -> f32 {
    let q = clamp(1.0 - dot(offset, offset) / (radius * radius), 0.0, 1.0);
    return q * q;
}

/// Where a pixel takes its light, so that what lies around `middle` moves by `by`.
fn moved(at: vec2f, middle: vec2f, by: vec2f, radius: f32) -> vec2f {
    return -by * bump(at - middle, radius);
}

/// So that what lies around `middle` grows by `amount`, or shrinks.
fn grown(at: vec2f, middle: vec2f, amount: f32, radius: f32) -> vec2f {
    return -(at - middle) * amount * bump(at - middle, radius);
}
