// Light of neon tubes: a nearly white core, the colour around it, and a wide glow on all that is near.

import antifaz::color::{luma, saturate_by};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{far, near, params, tubes};

/// The mean of a texture in a disc, `reach` in heights of the picture, weighted to its middle.
fn disc(table: texture_2d<f32>, uv: vec2f, reach: f32) -> f32 {
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    var sum = vec2f(textureSampleLevel(table, linear, uv, 0.0).r, 1.0);
    for (var i = 1; i < 40; i++) {
        let angle = f32(i) * 2.3999632;
        let share = f32(i) / 40.0;
        let at = uv + vec2f(cos(angle), sin(angle)) * sqrt(share) * reach * aspect;
        sum += vec2f(textureSampleLevel(table, linear, at, 0.0).r, 1.0) * exp(-2.5 * share);
    }
    return sum.x / sum.y;
}

@fragment
fn near_glow(in: Varying) -> @location(0) vec4f {
    return vec4f(disc(tubes, in.uv, 0.022), 0.0, 0.0, 1.0);
}

@fragment
fn far_glow(in: Varying) -> @location(0) vec4f {
    return vec4f(disc(near, in.uv, 0.11), 0.0, 0.0, 1.0);
}

/// The gas in the tubes: two colours that run over the picture.
fn gas(uv: vec2f) -> vec3f {
    let at = uv.x + 0.35 * uv.y - frame.time * params.flow;
    // A mean of two colours of light is pale and dim in between: it is made as vivid.
    let mixed = mix(params.first.rgb, params.second.rgb, 0.5 - 0.5 * cos(3.1415927 * at));
    let vivid = max(saturate_by(mixed, 1.5), vec3f(0.0));
    return vivid / max(max(vivid.r, max(vivid.g, vivid.b)), 0.2);
}

@fragment
fn shine(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    // Four samples round off the steps of the smaller texture.
    let half_texel = 0.5 / vec2f(textureDimensions(tubes));
    var tube = 0.0;
    for (var i = 0; i < 4; i++) {
        let shift = vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0;
        tube += 0.25 * textureSampleLevel(tubes, linear, in.uv + shift * half_texel, 0.0).r;
    }
    tube = smoothstep(0.1, 0.85, tube);
    let around = textureSampleLevel(near, linear, in.uv, 0.0).r;
    let air = textureSampleLevel(far, linear, in.uv, 0.0).r;
    let color = gas(in.uv);

    // By night there is little light, and little colour; what is near the tubes is lit by them.
    let dark = 1.0 - params.night;
    let tone = luma(source.rgb);
    let room = mix(mix(source.rgb, vec3f(tone) * vec3f(0.6, 0.7, 1.1), 0.7 * params.night), source.rgb, dark * dark)
        * mix(1.0, 0.04, params.night) + source.rgb * color * (around * 1.2 + air) * params.glow;
    let core = mix(color, vec3f(1.0), 0.4 * smoothstep(0.5, 1.0, tube));
    let light = core * tube + color * params.glow * (1.1 * around + 1.6 * air);
    let lit = 1.0 - exp(-1.4 * light);
    let night = room * (1.0 - lit) + lit;
    return vec4f(mix(source.rgb, clamp(night, vec3f(0.0), vec3f(1.0)) * source.a, params.strength), source.a);
}
