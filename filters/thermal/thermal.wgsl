// A heat camera. Heat is guessed: people are warm, skin and faces most; light and dark only draw the contours, so that
// everybody is as warm whatever the colour of skin and clothes.

import antifaz::color::{decode, encode, luma};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying, pixel_of};
import antifaz::matte::{person_at};
import antifaz::noise::{random3};
import package::inputs::{heat, params, warmth};

/// Rows of the sensor; its cells are as large in every picture.
const ROWS: f32 = 240.0;
/// It delivers this many pictures in a second.
const RATE: f32 = 30.0;
const STOPS: i32 = 6;

/// Tone, person, and how much the colour is that of skin: more red than blue, in the same ratio in light and dark skin.
@fragment
fn sense(in: Varying) -> @location(0) vec4f {
    let texel = pixel_of(in);
    var sum = vec3f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = (vec2f(f32(i % 3), f32(i / 3)) - 1.0) / 3.0;
        sum += encode(picture_at(in.uv + shift * texel).rgb);
    }
    let color = sum / 9.0;
    let warm = (color.r - color.b) / (color.r + color.g + color.b + 0.05);
    return vec4f(luma(color), person_at(in.uv), smoothstep(0.02, 0.3, warm), 1.0);
}

/// 1 within a face, 0 outside.
fn face_heat(uv: vec2f) -> f32 {
    let scale = vec2f(frame.size.x / frame.size.y, 1.0);
    var heat_of_faces = 0.0;
    for (var face = 0u; face < FACES; face++) {
        if is_present(face) {
            let top = landmark(face, 10u).xy * scale;
            let chin = landmark(face, 152u).xy * scale;
            let across = (landmark(face, 454u).xy - landmark(face, 234u).xy) * scale * 0.5;
            let up = (top - chin) * 0.5;
            let d = uv * scale - (top + chin) * 0.5;
            let place = vec2f(dot(d, across) / dot(across, across), dot(d, up) / dot(up, up));
            heat_of_faces = max(heat_of_faces, 1.0 - smoothstep(0.5, 1.2, length(place)));
        }
    }
    return heat_of_faces;
}

/// Heat spreads: tone near by and around, how warm the person is, who cools towards the border, and the skin.
@fragment
fn spread(in: Varying) -> @location(0) vec4f {
    let unit = vec2f(frame.size.y / frame.size.x, 1.0) / ROWS;
    var near = vec3f(0.0);
    var wide = vec4f(0.0);
    for (var i = 0; i < 20; i++) {
        let angle = f32(i) * 2.3999632;
        let share = (f32(i) + 0.5) / 20.0;
        let ray = vec2f(cos(angle), sin(angle)) * sqrt(share) * unit;
        let far = textureSampleLevel(heat, linear, in.uv + ray * 16.0, 0.0).xyz;
        wide += vec4f(far, 1.0) * exp(-1.5 * share);
        near += textureSampleLevel(heat, linear, in.uv + ray * 2.2, 0.0).xyz;
    }
    near /= 20.0;
    wide /= wide.w;
    let skin = 0.25 * near.z + 0.25 * wide.z + 0.5 * face_heat(in.uv);
    return vec4f(near.x, wide.x, mix(near.y, wide.y, 0.4), skin);
}

/// The palette at a heat of 0..1, as it would be coded.
fn paint(value: f32) -> vec3f {
    var iron = array<vec3f, 6>(vec3f(0.01, 0.0, 0.06), vec3f(0.22, 0.0, 0.52), vec3f(0.74, 0.05, 0.55),
        vec3f(0.96, 0.38, 0.1), vec3f(1.0, 0.78, 0.12), vec3f(1.0, 1.0, 0.88));
    var rainbow = array<vec3f, 6>(vec3f(0.03, 0.02, 0.25), vec3f(0.0, 0.3, 0.85), vec3f(0.0, 0.72, 0.62),
        vec3f(0.5, 0.88, 0.1), vec3f(1.0, 0.7, 0.0), vec3f(0.96, 0.1, 0.06));
    let at = clamp(value, 0.0, 1.0) * f32(STOPS - 1);
    let low = min(i32(at), STOPS - 2);
    let t = at - f32(low);
    let ease = mix(t, t * t * (3.0 - 2.0 * t), 0.5);
    if params.palette == 0u {
        return mix(iron[low], iron[low + 1], ease);
    }
    if params.palette == 1u {
        return mix(rainbow[low], rainbow[low + 1], ease);
    }
    return vec3f(0.02, 0.03, 0.04) + vec3f(0.95, 0.96, 0.94) * clamp(value, 0.0, 1.0);
}

@fragment
fn show(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let seen = textureSampleLevel(warmth, linear, in.uv, 0.0);
    let person = smoothstep(0.05, 0.95, seen.z);
    let contour = (seen.x - seen.y) * params.detail;
    let room = 0.06 + 0.3 * seen.y + 0.5 * contour;
    let body = 0.05 + params.body + 0.32 * seen.w + 0.08 * seen.y + 1.2 * contour;
    var value = mix(room, body, person);

    // Shifted a little: in pictures of common sizes cells would end in the middle of pixels, where rounding decides.
    let cell = vec2u(in.uv * vec2f(frame.size.x / frame.size.y, 1.0) * ROWS + 0.013);
    let random = random3(vec3u(cell, u32(frame.time * RATE)));
    value += (random.x + random.y - 1.0) * 0.06 * params.noise;
    // Rows of the sensor differ a little.
    value += (random3(vec3u(cell.y, 3u, 9u)).x - 0.5) * 0.025 * params.noise;
    let color = decode(paint(value));
    return vec4f(mix(source.rgb, color * source.a, params.strength), source.a);
}
