// Moves parts of each face: a few smooth fields around landmarks say from where a pixel takes its light. They are summed in
// a smaller target, since they are smooth. A texel beyond them the picture stays as it is, to the bit: the shift is 0 there.

import antifaz::face::{FACES};
import antifaz::frame::{linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::warp::{in_heights, in_uv};
import package::inputs::{fields, shifts};

/// The places of a face in the swarm: the first is the face itself, each of the others a field.
const PLACES: u32 = 21u;

/// 1 in the middle of a field, 0 at its rim and beyond.
fn weight(at: vec2f, field: vec3f) -> f32 {
    let offset = at - field.xy;
    return saturate(1.0 - dot(offset, offset) * field.z);
}

/// How far away a place takes its light, in picture heights.
@fragment
fn shift(in: Varying) -> @location(0) vec4f {
    let at = in_heights(in.uv);
    var sum = vec2f(0.0);
    for (var face = 0u; face < FACES; face++) {
        let first = face * PLACES;
        if fields[first].seed == 0u {
            break;
        }
        if weight(at, fields[first].position) == 0.0 {
            continue;
        }
        for (var i = 1u; i < PLACES; i++) {
            let middle = fields[first + i].position;
            let change = fields[first + i].velocity;
            // `moved` and `grown` of `antifaz::warp`, in one.
            let q = weight(at, middle);
            sum -= (change.xy + (at - middle.xy) * change.z) * q * q;
        }
    }
    return vec4f(sum, 0.0, 1.0);
}

@fragment
fn reshape(in: Varying) -> @location(0) vec4f {
    let shift = textureSampleLevel(shifts, linear, in.uv, 0.0).xy;
    return picture_at(in.uv + in_uv(shift));
}
