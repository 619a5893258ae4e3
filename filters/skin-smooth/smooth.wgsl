// Frequency separation: skin is a smooth ground, blemishes upon it, and pores. The ground comes from a low-pass that
// stops at edges (a bilateral filter), the pores are what a narrow blur takes away, and what lies between goes.

import antifaz::color::{luma};
import antifaz::face::{landmark};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{frame, linear, picture_at};
import package::inputs::{params, region, small};
import package::skin::{tone};

const GOLDEN_ANGLE: f32 = 2.3999632;
/// Tones that differ by more belong to different things.
const EDGE: f32 = 0.12;

/// The eye corners' distance as if seen straight ahead, in picture heights.
fn face_size(face: u32) -> f32 {
    let width = frame.size.x / frame.size.y;
    return length((landmark(face, 263u) - landmark(face, 33u)) * vec3f(width, 1.0, width));
}

/// 1 for the skin's colour in any light, 0 for hair, glasses, teeth and cloth. Both are tones.
fn like_skin(color: vec3f, skin: vec3f) -> f32 {
    let bright = max(dot(color, vec3f(1.0)), 0.02);
    let usual = max(dot(skin, vec3f(1.0)), 0.02);
    let hue = length(color / bright - skin / usual);
    let ratio = bright / usual;
    return (1.0 - smoothstep(0.08, 0.17, hue)) * smoothstep(0.30, 0.58, ratio);
}

@fragment
fn smooth_skin(in: Varying) -> @location(0) vec4f {
    let place = textureSampleLevel(region, linear, in.uv, 0.0).r * params.strength;
    let size = face_size(in.face);
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    let skin = tone(in.skin.rgb);
    let here = tone(picture_at(in.at).rgb);

    // A narrow blur takes the pores: two rings around the pixel.
    var fine = here;
    for (var i = 0; i < 12; i++) {
        let angle = f32(i) * GOLDEN_ANGLE;
        let radius = size * select(0.010, 0.018, i % 2 == 0);
        fine += tone(picture_at(in.at + vec2f(cos(angle), sin(angle)) * radius * aspect).rgb);
    }
    fine /= 13.0;

    // The ground: skin of about the same tone around.
    let reach = size * mix(0.08, 0.22, params.size);
    var sum = vec4f(fine, 1.0) * 0.25;
    for (var i = 0; i < params.taps; i++) {
        let angle = f32(i) * GOLDEN_ANGLE;
        let out = sqrt((f32(i) + 0.5) / f32(params.taps));
        let uv = in.at + vec2f(cos(angle), sin(angle)) * out * reach * aspect;
        let color = textureSampleLevel(small, linear, uv, 0.0).rgb;
        let step = (color - fine) / EDGE;
        let weight = exp(-dot(step, step) * 0.4 - out * out * 1.5) * like_skin(color, skin);
        sum += vec4f(color, 1.0) * weight;
    }
    var ground = sum.rgb / sum.a;
    // Blotches differ in colour, not in light.
    let even = skin * (dot(ground, vec3f(1.0)) / max(dot(skin, vec3f(1.0)), 0.02));
    ground = mix(ground, even, params.even * 0.6);

    // A pore is faint: what differs more is a spot, and only part of it stays.
    let detail = here - fine;
    let pores = detail / (1.0 + length(detail) / 0.05);
    let smoothed = ground + pores * params.pores;
    let alpha = place * like_skin(fine, skin);
    let light = clamp(smoothed, vec3f(0.0), vec3f(1.0));
    return vec4f(light * light, 1.0) * alpha;
}
