// Three stripes put on with a broad brush: paint is streaked along the way of the brush, runs dry at the ends, and lets
// the skin through where it is thin.

import antifaz::face_mesh::{Varying, below_top};
import antifaz::frame::{linear, picture_at};
import antifaz::noise::{value_noise};
import antifaz::shading;
import antifaz::skin::{bare};
import antifaz::studio::{studio_light};
import package::inputs::{design, params};

const CHEEKS: u32 = 1u;
const HORIZONTAL: u32 = 1u;
/// Middle of the left cheek's flag in the face texture, its half width and height, and how it leans, in radians.
const CHEEK: vec2f = vec2f(0.205, 0.575);
const HALF: vec2f = vec2f(0.115, 0.085);
const LEAN: f32 = 0.30;

/// Place on the flag, 0..1 both ways, the outside beyond: over the whole face, or on the nearer cheek.
fn on_flag(uv: vec2f) -> vec2f {
    if params.area != CHEEKS {
        return (uv - vec2f(0.0, 0.10)) / vec2f(1.0, 0.86);
    }
    let side = select(1.0, -1.0, uv.x > 0.5);
    let offset = vec2f(min(uv.x, 1.0 - uv.x), uv.y) - CHEEK;
    let turned = vec2f(offset.x * cos(LEAN) + offset.y * sin(LEAN), offset.y * cos(LEAN) - offset.x * sin(LEAN));
    // The flag is not mirrored: its first colour is on the left on both cheeks.
    return turned * vec2f(side, 1.0) / (2.0 * HALF) + 0.5;
}

@fragment
fn paint_flag(in: Varying) -> @location(0) vec4f {
    let place = on_flag(in.uv);
    let across = select(place.x, place.y, params.stripes == HORIZONTAL);
    let along = select(place.y, place.x, params.stripes == HORIZONTAL);
    // Bristles: long streaks along the stripes. What is finer than pixels fades.
    let size = select(1.0, 0.30, params.area == CHEEKS);
    let pixel = length(fwidth(in.uv)) * 0.7;
    let hair = value_noise(vec2f(across * 130.0, along * 5.0) * size, 3u);
    let fine = mix(hair, 0.5, smoothstep(0.4, 1.2, pixel * 130.0));
    let broad = value_noise(vec2f(across * 46.0, along * 3.0) * size, 4u);
    let streak = (0.55 * fine + 0.45 * broad - 0.5) * params.brush;
    let wander = (value_noise(vec2f(along * 7.0, 2.0) * size, 5u) - 0.5) * 0.03 + streak * 0.02;

    let edge = max(pixel / select(1.0, 2.0 * HALF.x, params.area == CHEEKS), 0.003);
    let second = smoothstep(-edge, edge, across + wander - 1.0 / 3.0);
    let third = smoothstep(-edge, edge, across - wander - 2.0 / 3.0);
    let color = mix(mix(params.first.rgb, params.second.rgb, second), params.third.rgb, third) * (1.0 + 0.45 * streak);

    // On the cheeks the brush sets down and leaves within the flag's ends.
    let ends = min(min(place.x, 1.0 - place.x), min(place.y, 1.0 - place.y));
    let inside = select(1.0, smoothstep(-0.02, 0.05, ends + streak * 0.14 - 0.02), params.area == CHEEKS);
    let allowed = textureSampleLevel(design, linear, in.uv, 0.0).r;
    let thin = 1.0 - 0.5 * params.brush * smoothstep(0.1, 0.4, -streak);
    // Towards the hair the bristles lift off, one earlier than the other.
    let lifted = 0.055 * smoothstep(0.3, 0.75, broad) + 0.05 * fine + 0.04 * value_noise(in.uv * 11.0, 6u) - 0.015;
    let ended = smoothstep(0.0, 0.05, below_top(in.uv) - lifted * (0.5 + 0.5 * params.brush));
    let paint = smoothstep(0.0, 0.75, allowed + streak * allowed) * inside * thin * ended;

    // The light on the face is what the skin shows, set against its mean.
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.2);
    let exposure = shading::brightness(in.skin, 0.22, 0.7, 0.12, 1.25);
    let light = exposure * shading::tint(in.skin, 0.15);
    let normal = normalize(normalize(in.normal) + vec3f(streak, streak, 0.0) * 0.2);
    let wet = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normal), 0.5) * 0.035;
    let lit = color * mix(1.0, shade, 0.95) * light + wet * light;
    return vec4f(min(lit, vec3f(1.0)), 1.0) * paint * params.opacity * bare(in.canonical, shade);
}
