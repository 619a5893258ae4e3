// A rabbit's nose on the tip of the nose, the line below it, and two front teeth.

import antifaz::color::{luma, over};
import antifaz::expression::{profile};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{picture_at};
import antifaz::sdf::{rounded_box, smooth_max};
import antifaz::shading;
import antifaz::studio::{studio_light};
import antifaz::warp::{in_heights, spot};
import package::inputs::{params};

/// Distance to a triangle with round corners around 0, its tip below, in cm.
fn nose(at: vec2f) -> f32 {
    let p = vec2f(abs(at.x), at.y) / 1.35;
    let side = dot(p - vec2f(0.0, -0.62), vec2f(0.72, -0.69));
    let roof = p.y - 0.30 + 0.10 * p.x * p.x;
    return 1.35 * (smooth_max(roof, side, 0.35) - 0.12);
}

/// The front teeth, premultiplied: they hang from the upper lip, whether the mouth is open or not.
fn teeth(in: Varying, light: vec3f, shade: f32) -> vec4f {
    let right = 0.5 * (spot(in.face, 263u) - spot(in.face, 33u));
    let down = 0.5 * (spot(in.face, 152u) - spot(in.face, 10u));
    let offset = in_heights(in.at) - spot(in.face, 13u);
    // Along the face's own axes: 1 is half the distance of the eye corners, and half the face's height.
    let whole = right.x * down.y - right.y * down.x;
    let axes = vec2f(offset.x * down.y - offset.y * down.x, right.x * offset.y - right.y * offset.x);
    let p = axes / select(whole, 1e-6, abs(whole) < 1e-6);
    // Derivatives only of what is interpolated: beside a triangle, buffers may read as 0.
    let pixel = max(length(fwidth(in_heights(in.at))) * 0.7 / max(length(right), 1e-4), 0.004);
    let one = vec2f(abs(p.x) - 0.104, p.y - 0.075);
    let d = rounded_box(one, vec2f(0.098, 0.036 + 0.085 * params.teeth), 0.036);
    // They come out from under the lip. In full profile they would stand before it, where a closed mouth has none to show.
    let cover = smoothstep(1.0, -1.0, d / pixel) * smoothstep(-pixel, pixel, p.y + 0.004)
        * (1.0 - profile(in.face)) * step(0.02, params.teeth);
    let enamel = vec3f(0.86, 0.84, 0.76) * mix(0.62, 1.0, smoothstep(0.0, 0.06, p.y))
        * mix(1.0, 0.72, smoothstep(-0.035, 0.0, d));
    let gleam = exp(-pow((one.x + 0.02) * 45.0, 2.0) - pow((one.y + 0.01) * 20.0, 2.0)) * 0.18;
    return vec4f(min((enamel * (0.75 + 0.25 * shade) + gleam) * light, vec3f(1.0)), 1.0) * cover;
}

@fragment
fn muzzle(in: Varying) -> @location(0) vec4f {
    let at = in.canonical.xy - vec2f(0.0, -0.8);
    let pixel = max(length(fwidth(in.canonical.xy)) * 0.7, 1e-3);
    let d = nose(at);
    let cover = smoothstep(0.5, -0.5, d / max(pixel, 0.09)) * step(4.5, in.canonical.z);
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.25, 1.6);
    let exposure = shading::brightness(in.skin, 0.26, 0.7, 0.15, 1.2);
    // Domed, wet, a little darker at its rim.
    let dome = vec2f(at.x * 0.55, at.y * 0.8 - 0.1) * smoothstep(-0.8, 0.0, d);
    let normal = normalize(normalize(in.normal) + vec3f(dome, 0.0));
    let shine = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normal), 0.35) * 0.14;
    let color = params.inner.rgb * (0.55 + 0.35 * shade) * mix(1.0, 0.55, smoothstep(-0.35, 0.05, d)) + shine;
    // From the nose down to the lip.
    let line = smoothstep(1.0, -0.6, (abs(at.x) - 0.05) / max(pixel, 0.04)) * smoothstep(-0.6, -1.0, at.y)
        * smoothstep(-1.75, -1.35, at.y);
    let top = vec4f(min(color * exposure, vec3f(1.0)), 1.0) * cover * params.nose;
    // Rosy cheeks.
    let cheek = (vec2f(abs(in.uv.x - 0.5), in.uv.y) - vec2f(0.27, 0.565)) / vec2f(0.085, 0.06);
    let rosy = vec4f(skin * mix(vec3f(1.0), params.inner.rgb / max(luma(params.inner.rgb), 0.02), 0.6), 1.0)
        * exp(-dot(cheek, cheek)) * 0.6 * params.nose;
    let marks = over(vec4f(skin * 0.12, 1.0) * line * 0.6 * params.nose, rosy);
    return over(over(top, marks), teeth(in, exposure * shading::tint(in.skin, 0.15), shade));
}
