// The picture as signs. The sheet of signs holds signed distances, so that signs are sharp at every size: 16 signs from
// thin to dense, then four strokes for edges.

import antifaz::color::{encode, luma, saturate_by};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying, pixel_of};
import package::inputs::{glyphs, params, soft};

const RAMP: u32 = 16u;
const SIGNS: u32 = 20u;
/// Width and height of a sign, in pixels of the sheet.
const SIGN: vec2f = vec2f(36.0, 60.0);
/// The sheet's distances reach this far, in heights of a sign.
const REACH: f32 = 0.25;
/// A smaller sign can't be read, in pixels.
const LEAST: f32 = 8.0;

/// The picture around each texel, and its tone in alpha.
@fragment
fn soften(in: Varying) -> @location(0) vec4f {
    let texel = pixel_of(in);
    var sum = vec3f(0.0);
    for (var i = 0; i < 16; i++) {
        let shift = (vec2f(f32(i & 3), f32(i >> 2)) - 1.5) / 3.0;
        sum += picture_at(in.uv + shift * texel).rgb;
    }
    let light = sum / 16.0;
    return vec4f(light, luma(encode(light)));
}

/// Light, and tone in alpha.
fn soft_at(uv: vec2f) -> vec4f {
    return textureSampleLevel(soft, linear, clamp(uv, vec2f(0.0), vec2f(1.0)), 0.0);
}

/// The slope of the tone through the cell around `middle`, `size` in uv.
fn slope_of(middle: vec2f, size: vec2f) -> vec2f {
    var slope = vec2f(0.0);
    for (var i = 0; i < 3; i++) {
        let weight = f32(2 - abs(i - 1)) / 4.0;
        let side = (f32(i) - 1.0) * 0.5;
        slope.x += weight * (soft_at(middle + vec2f(0.5, side) * size).a - soft_at(middle + vec2f(-0.5, side) * size).a);
        slope.y += weight * (soft_at(middle + vec2f(side, 0.35) * size).a - soft_at(middle + vec2f(side, -0.35) * size).a);
    }
    return slope;
}

/// Distance to the sign's edge at a place in its cell (0..1), in heights of a sign, positive inside.
fn distance_at(sign: u32, place: vec2f) -> f32 {
    // Half a pixel of the sheet away from the neighbours.
    let inside = clamp(place * SIGN, vec2f(0.5), SIGN - 0.5);
    let uv = (inside + vec2f(f32(sign) * SIGN.x, 0.0)) / vec2f(SIGN.x * f32(SIGNS), SIGN.y);
    return (textureSampleLevel(glyphs, linear, uv, 0.0).r * 2.0 - 1.0) * REACH;
}

@fragment
fn write(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let height = max(frame.size.y / f32(params.rows), LEAST);
    let cell = vec2f(height * SIGN.x / SIGN.y, height);
    let at = in.uv * frame.size / cell;
    let size = cell / frame.size;
    let middle = (floor(at) + 0.5) * size;

    var cell_light = soft_at(middle) * 0.5;
    for (var i = 0; i < 4; i++) {
        cell_light += soft_at(middle + (vec2f(f32(i & 1), f32(i >> 1)) - 0.5) * 0.5 * size) * 0.125;
    }
    let light = cell_light.rgb;
    let tone = cell_light.a;

    // The sign of the tone. Just below the next tone it turns into the next sign, so that nothing flickers.
    let step = clamp(tone * f32(RAMP), 0.0, f32(RAMP) - 1.0);
    let number = u32(step);
    let next = min(number + 1u, RAMP - 1u);
    var d = mix(distance_at(number, fract(at)), distance_at(next, fract(at)), smoothstep(0.75, 1.0, fract(step)));
    if params.edges > 0.0 {
        // A stroke runs across the slope; there is one every 45 degrees, from level to steep.
        let slope = slope_of(middle, size);
        let stroke = RAMP + u32(round(atan2(slope.x, slope.y) / 0.78539816) + 8.0) % 4u;
        let least = mix(0.7, 0.1, params.edges);
        let clear = smoothstep(0.85 * least, 1.15 * least, length(slope));
        d = mix(d, distance_at(stroke, fract(at)), clear);
    }
    let sign = smoothstep(-0.5, 0.5, d * height / 1.1 + 0.1);
    let halo = exp(-max(-d, 0.0) * 9.0) * params.glow * 0.3;

    // Signs cover a third of their cells at most: their colour makes up for it.
    let bright = saturate_by(light, 1.25) / max(max(light.r, max(light.g, light.b)), 0.02);
    var color = max(bright, vec3f(0.0)) * mix(0.25, 1.0, smoothstep(0.0, 0.75, tone));
    if params.ink == 1u {
        color = params.phosphor.rgb * mix(0.12, 1.0, smoothstep(0.1, 0.85, tone));
    }
    let screen = color * (sign + halo * (1.0 - sign)) + 0.08 * color * tone + vec3f(0.002, 0.002, 0.003);
    return vec4f(mix(source.rgb, min(screen, vec3f(1.0)) * source.a, params.strength), source.a);
}
