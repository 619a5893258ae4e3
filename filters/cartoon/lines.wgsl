// Ink lines that follow the shapes.
//
// Henry Kang, Seungyong Lee, Charles Chui, Flow-Based Image Abstraction (TVCG 2009): a difference of two blurs is taken
// across the direction in which edges run, and averaged along it, so that lines are long and calm.

import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{flat_tones, flow, params, slopes};

/// One pixel of the picture's height, at least one of the target.
fn unit(rows: f32) -> vec2f {
    return vec2f(frame.size.y / frame.size.x, 1.0) / min(rows, frame.size.y);
}

/// Roots of light are nearly as even to the eye as coded values, and cost less.
fn tone(uv: vec2f) -> vec3f {
    return sqrt(textureSampleLevel(flat_tones, linear, uv, 0.0).rgb);
}

/// The structure tensor of the colours: xx, yy and xy of their slopes.
@fragment
fn tensor(in: Varying) -> @location(0) vec4f {
    let u = unit(270.0);
    var x = vec3f(0.0);
    var y = vec3f(0.0);
    for (var i = -1; i <= 1; i++) {
        let weight = f32(2 - abs(i));
        x += weight * (tone(in.uv + vec2f(1.0, f32(i)) * u) - tone(in.uv + vec2f(-1.0, f32(i)) * u));
        y += weight * (tone(in.uv + vec2f(f32(i), 1.0) * u) - tone(in.uv + vec2f(f32(i), -1.0) * u));
    }
    return vec4f(dot(x, x), dot(y, y), dot(x, y), 1.0);
}

/// The direction along the edges (xy, unit length), from the tensors around.
@fragment
fn direct(in: Varying) -> @location(0) vec4f {
    var sum = vec3f(0.0);
    for (var i = 0; i < 16; i++) {
        let angle = f32(i) * 2.3999632;
        let share = (f32(i) + 0.5) / 16.0;
        let at = vec2f(cos(angle), sin(angle)) * sqrt(share) * 4.8;
        sum += textureSampleLevel(slopes, linear, in.uv + at * unit(270.0), 0.0).xyz * exp(-2.5 * share);
    }
    // The eigenvector of the smaller eigenvalue.
    let angle = 0.5 * atan2(sum.z, 0.5 * (sum.x - sum.y)) + 1.57079633;
    return vec4f(cos(angle), sin(angle), 0.0, 1.0);
}

/// How much darker than its surroundings a place is, across the flow.
@fragment
fn difference(in: Varying) -> @location(0) vec4f {
    let u = unit(1080.0);
    let along = textureSampleLevel(flow, linear, in.uv, 0.0).xy;
    let across = vec2f(-along.y, along.x) * u;
    // In samples; a line thinner than a pixel can't be found.
    let narrow = max(params.width * 0.6 * min(1080.0, frame.size.y) / 1000.0, 0.6);
    let wide = 1.6 * narrow;
    var sums = vec4f(0.0);
    let reach = i32(ceil(2.2 * wide));
    for (var i = -reach; i <= reach; i++) {
        let d = f32(i);
        let value = luma(sqrt(picture_at(in.uv + across * d).rgb + 0.002));
        let weights = vec2f(exp(-d * d / (2.0 * narrow * narrow)), exp(-d * d / (2.0 * wide * wide)));
        sums += vec4f(value * weights, weights);
    }
    let blurred = sums.xy / sums.zw;
    return vec4f(blurred.x - blurred.y, 0.0, 0.0, 1.0);
}
