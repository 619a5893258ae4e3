// The picture without details: for cells and for the blur, which is as wide as the face under it is large.

import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{blurred, soft};
import package::places::{face_size, in_heights};

@fragment
fn soften(in: Varying) -> @location(0) vec4f {
    let texel = fwidth(in.uv);
    var sum = vec4f(0.0);
    for (var i = 0; i < 16; i++) {
        let shift = (vec2f(f32(i & 3), f32(i >> 2)) - 1.5) / 3.0;
        sum += picture_at(in.uv + shift * texel);
    }
    return sum / 16.0;
}

/// The mean in a disc, as a bell.
fn bell(table: texture_2d<f32>, uv: vec2f) -> vec4f {
    let radius = face_size(in_heights(uv)) * 0.5;
    var sum = vec4f(0.0);
    for (var i = 0; i < 48; i++) {
        let angle = f32(i) * 2.3999632;
        let share = (f32(i) + 0.5) / 48.0;
        let ray = vec2f(cos(angle), sin(angle)) * sqrt(share) * radius;
        let color = textureSampleLevel(table, linear, uv + ray / in_heights(vec2f(1.0)), 0.0).rgb;
        sum += vec4f(color, 1.0) * exp(-2.0 * share);
    }
    return vec4f(sum.rgb / sum.a, 1.0);
}

@fragment
fn blur(in: Varying) -> @location(0) vec4f {
    return bell(soft, in.uv);
}

@fragment
fn blur_again(in: Varying) -> @location(0) vec4f {
    return bell(blurred, in.uv);
}
