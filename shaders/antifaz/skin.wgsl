// Skin taken apart: a smooth ground, blemishes upon it, and pores. All colours here are tones, the square roots of light,
// since those are what the eye compares.
//
//     let fine = without_pores(in.at, size);
//     let even = ground(small, in.at, fine, tone(in.skin.rgb), 0.15 * size, 48);
//     let light = smoothed(tone(picture_at(in.at).rgb), fine, even, 0.8);

import antifaz::frame::{frame, linear, picture_at};

/// Tones that differ by more belong to different things.
const _EDGE: f32 = 0.12;
/// No two taps of a spiral of steps of this angle lie in one line.
const _GOLDEN_ANGLE: f32 = 2.3999632;

/// Light as tones.
fn tone(light: vec3f) -> vec3f {
    return sqrt(max(light, vec3f(0.0)));
}

/// 0 on hair that falls over forehead and temples (`canonical`, in cm) and is much darker than the skin, else 1. `shade`: how
/// light it is there, as `antifaz::shading::shade` has it.
fn bare(canonical: vec3f, shade: f32) -> f32 {
    let temple = smoothstep(4.6, 6.4, abs(canonical.x)) * smoothstep(-1.5, 1.5, canonical.y);
    return mix(1.0, smoothstep(0.1, 0.32, shade), max(smoothstep(5.0, 6.6, canonical.y), temple));
}

/// The picture as tones, the mean of a cell of that width and height (uv) around a place.
fn shrunk(uv: vec2f, cell: vec2f) -> vec3f {
    var sum = vec3f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = (vec2f(f32(i % 3), f32(i / 3)) - 1.0) / 3.0;
        sum += tone(picture_at(uv + shift * cell).rgb);
    }
    return sum / 9.0;
}

/// 1 for the skin's colour in any light, 0 for hair, glasses, teeth and cloth.
fn like_skin(color: vec3f, skin: vec3f) -> f32 {
    let bright = max(dot(color, vec3f(1.0)), 0.02);
    let usual = max(dot(skin, vec3f(1.0)), 0.02);
    let hue = length(color / bright - skin / usual);
    return (1.0 - smoothstep(0.08, 0.17, hue)) * smoothstep(0.30, 0.58, bright / usual);
}

/// A step from a place to its tap of that number, in uv. `reach`: in picture heights.
fn _tap(number: i32, reach: f32) -> vec2f {
    let angle = f32(number) * _GOLDEN_ANGLE;
    return vec2f(cos(angle) * frame.size.y / frame.size.x, sin(angle)) * reach;
}

/// What a narrow blur leaves, which takes the pores. `size`: of the face, from eye corner to eye corner in picture heights.
fn without_pores(uv: vec2f, size: f32) -> vec3f {
    var sum = tone(picture_at(uv).rgb);
    for (var i = 0; i < 12; i++) {
        sum += tone(picture_at(uv + _tap(i, size * select(0.010, 0.018, i % 2 == 0))).rgb);
    }
    return sum / 13.0;
}

/// The ground: skin of about the tone `fine` around a place, no further than `reach` (picture heights); a bilateral filter.
/// `small`: the picture, `shrunk`.
fn ground(small: texture_2d<f32>, uv: vec2f, fine: vec3f, skin: vec3f, reach: f32, taps: i32) -> vec3f {
    var sum = vec4f(fine, 1.0) * 0.25;
    for (var i = 0; i < taps; i++) {
        let out = sqrt((f32(i) + 0.5) / f32(taps));
        let color = textureSampleLevel(small, linear, uv + _tap(i, out * reach), 0.0).rgb;
        let step = (color - fine) / _EDGE;
        sum += vec4f(color, 1.0) * exp(-dot(step, step) * 0.4 - out * out * 1.5) * like_skin(color, skin);
    }
    return sum.rgb / sum.a;
}

/// Takes `amount` (0..1) of the blotches: they differ from the skin in colour, not in light.
fn evened(ground: vec3f, skin: vec3f, amount: f32) -> vec3f {
    let even = skin * (dot(ground, vec3f(1.0)) / max(dot(skin, vec3f(1.0)), 0.02));
    return mix(ground, even, amount);
}

/// The skin put together again without its blemishes, as light. A pore is faint: of what differs more, a spot, only part
/// stays. `pores`: how much of them stays, 0..1.
fn smoothed(here: vec3f, fine: vec3f, ground: vec3f, pores: f32) -> vec3f {
    let detail = here - fine;
    let color = clamp(ground + detail / (1.0 + length(detail) / 0.05) * pores, vec3f(0.0), vec3f(1.0));
    return color * color;
}
