// Puts the drawing together: flat tones in few steps, and the lines over them.

import antifaz::color::{saturate_by};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{bumps, flat_tones, flow, params};

/// The tone in steps. A steep slope in the picture makes a sharp step, an even wall a soft one: so noise does not
/// make the borders of tones dance.
fn stepped(tone: f32, slope: f32) -> f32 {
    let steps = f32(params.tones);
    let border = round(tone * steps) / steps;
    let sharpness = clamp(3.0 + 260.0 * slope, 3.0, 16.0);
    return border + 0.5 / steps * tanh(sharpness * (tone - border) * steps) / tanh(0.5 * sharpness);
}

/// Follows the flow from a place and sums up the differences on the way.
fn follow(start: vec2f, unit: vec2f, sign: f32) -> vec2f {
    var at = start;
    var along = textureSampleLevel(flow, linear, start, 0.0).xy * sign;
    var sum = vec2f(0.0);
    for (var i = 1; i <= params.taps; i++) {
        at += along * unit;
        let weight = exp(-2.0 * f32(i * i) / f32(params.taps * params.taps));
        sum += vec2f(textureSampleLevel(bumps, linear, at, 0.0).x, 1.0) * weight;
        let next = textureSampleLevel(flow, linear, at, 0.0).xy;
        along = select(-next, next, dot(next, along) >= 0.0);
    }
    return sum;
}

@fragment
fn draw(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    // The lines reach over about 1.5 % of the height.
    let unit = aspect * 0.008 / f32(params.taps);
    let found = follow(in.uv, unit, 1.0) + follow(in.uv, unit, -1.0)
        + vec2f(textureSampleLevel(bumps, linear, in.uv, 0.0).x, 1.0);
    let limit = -0.025 * pow(0.1, params.lines);
    let ink = select(1.0, smoothstep(1.6, 0.8, found.x / found.y / limit), params.lines > 0.0);

    let base = textureSampleLevel(flat_tones, linear, in.uv, 0.0);
    let tone = base.a;
    let right = textureSampleLevel(flat_tones, linear, in.uv + vec2f(aspect.x * 0.004, 0.0), 0.0).a;
    let down = textureSampleLevel(flat_tones, linear, in.uv + vec2f(0.0, 0.004), 0.0).a;
    // The tone is a coded value: light goes with its power.
    let change = stepped(tone, length(vec2f(right, down) - tone)) / max(tone, 0.02);
    // In the dark, colours are the sensor's noise.
    let vivid = params.color * smoothstep(-0.1, 0.2, tone);
    let color = saturate_by(min(base.rgb * pow(max(change, 0.0), 2.2), vec3f(1.0)), vivid);
    let drawn = mix(params.ink.rgb, clamp(color, vec3f(0.0), vec3f(1.0)), ink);
    return vec4f(mix(source.rgb, drawn * source.a, params.strength), source.a);
}
