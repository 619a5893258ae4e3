// A puppy's nose, freckles, a patch of fur around one eye, and the tongue.

import antifaz::color::{luma, over};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{frame, picture_at};
import antifaz::noise::{value_noise};
import antifaz::shading;
import antifaz::studio::{studio_light};
import antifaz::warp::{in_heights, span, spot};
import package::inputs::{params};

/// Distance to the nose's outline, in cm: a wide oval, flatter above, narrower below.
fn nose(at: vec2f) -> f32 {
    let p = vec2f(at.x / (1.0 + 0.28 * at.y), at.y + 0.06 * at.x * at.x);
    return (length(p / vec2f(1.62, 1.12)) - 1.0) * 1.12;
}

/// The tongue, premultiplied: it comes over the lower lip and hangs down as far as the mouth is open. All is in distances of
/// the eye corners, in the picture: the mesh stretches between lip and chin.
fn tongue(in: Varying, light: vec3f) -> vec4f {
    let unit = max(span(in.face, 263u, 33u), 1e-4);
    let lip = spot(in.face, 14u);
    // A grin shows shut teeth: between them is no room for a tongue, so the mouth has to be open for its width, too.
    let gap = distance(lip, spot(in.face, 13u));
    let wide = max(distance(spot(in.face, 78u), spot(in.face, 308u)), 1e-4);
    let long = smoothstep(0.17, 0.36, gap / unit) * smoothstep(0.28, 0.42, gap / wide) * params.tongue;
    let down = normalize(spot(in.face, 152u) - spot(in.face, 10u));
    let off = (in_heights(in.at) - lip) / unit;
    let t = dot(off, down) / (0.05 + 0.44 * long);
    let width = (0.125 + 0.035 * long) * sqrt(clamp(1.0 - pow(max(t, 0.0), 4.0), 0.0, 1.0)) * (0.92 + 0.12 * t);
    let x = dot(off, vec2f(down.y, -down.x)) / max(width, 1e-3);
    let at = in.uv * 1000.0;
    let pixel = 1.0 / (frame.size.y * unit);
    let cover = smoothstep(0.0, 1.0, (1.0 - abs(x)) * width / pixel) * smoothstep(0.0, 1.0, (1.0 - t) * 0.23 / pixel)
        * smoothstep(-0.6, 0.3, at.y - 694.0) * smoothstep(0.0, 0.05, long);
    // Rounded, with a furrow down its middle, wet.
    let furrow = exp(-x * x * 60.0) * smoothstep(1.0, 0.5, t);
    let bow = 0.5 * smoothstep(0.35, 0.0, t) - 0.6 * smoothstep(0.55, 1.0, t);
    let side = vec3f(x * 0.75 - x * furrow * 3.0, bow, 0.0);
    let normal = normalize(vec3f(0.0, 0.0, 1.0) + side);
    let bumps = value_noise(at * 0.22, 5u) * 0.12;
    let shine = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normal), 0.45) * 0.12;
    let body = vec3f(0.86, 0.23, 0.26) * (0.5 + 0.5 * normal.z - 0.25 * furrow - bumps) * (0.75 + 0.25 * normal.y);
    return vec4f(min((body + shine) * light, vec3f(1.0)), 1.0) * cover;
}

@fragment
fn snout(in: Varying) -> @location(0) vec4f {
    let at = in.canonical.xy - vec2f(0.0, -0.55);
    let pixel = max(length(fwidth(in.canonical.xy)) * 0.7, 0.03);
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.25, 1.6);
    let exposure = shading::brightness(in.skin, 0.26, 0.7, 0.15, 1.2);
    let light = exposure * shading::tint(in.skin, 0.15);

    // The nose: domed and wet, with two nostrils and a groove.
    let d = nose(at);
    let nose_cover = smoothstep(1.0, -1.0, d / pixel) * smoothstep(3.8, 4.6, in.canonical.z);
    let dome = vec2f(at.x * 0.42, at.y * 0.55 - 0.05) * (1.0 + 1.2 * smoothstep(-0.5, 0.0, d));
    let grain = 0.1 * (vec2f(value_noise(at * 14.0, 7u), value_noise(at * 14.0, 8u)) - 0.5);
    let normal = normalize(normalize(in.normal) + vec3f(dome + grain, 0.0));
    let wet = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normal), 0.34);
    let hole = length((vec2f(abs(at.x), at.y) - vec2f(0.72, -0.42)) / vec2f(0.36, 0.22)) - 1.0;
    let groove = smoothstep(0.10, 0.0, abs(at.x)) * smoothstep(0.0, -0.4, at.y);
    let deep = exposure * (1.0 - 0.9 * max(smoothstep(0.3, -0.2, hole), groove * 0.7));
    let leather = (vec3f(0.022, 0.019, 0.019) * (0.6 + 0.4 * shade) + wet * 0.06) * deep;
    let nose_top = vec4f(min(leather, vec3f(1.0)), 1.0) * nose_cover;

    // Freckles, the line to the lip, and the patch with an edge of hairs.
    let lip = smoothstep(-0.8, -1.2, at.y) * smoothstep(-2.1, -1.7, at.y);
    var freckles = smoothstep(1.0, -1.0, (abs(at.x) - 0.06) / pixel) * lip;
    for (var i = 0; i < 5; i++) {
        let spot = vec2f(1.7 + 0.45 * f32(i % 3), -1.15 - 0.36 * f32(i / 3) - 0.1 * f32(i % 3));
        freckles = max(freckles, smoothstep(1.0, -1.0, (length(vec2f(abs(at.x), at.y) - spot) - 0.1) / pixel));
    }
    let from_eye = (in.uv - vec2f(0.675, 0.36)) * vec2f(1.0, 1.12);
    let turn = atan2(from_eye.y, from_eye.x);
    let ragged = value_noise(vec2f(turn * 14.0 + 40.0, length(from_eye) * 30.0), 9u) - 0.5;
    let opening = length((in.uv - vec2f(0.6565, 0.379)) / vec2f(0.088, 0.040)) - 1.0;
    let patch_cover = smoothstep(0.19, 0.165, length(from_eye) + ragged * 0.035) * smoothstep(0.0, 0.3, opening);
    // Hairs finer than a pixel fade to their mean.
    let fine = smoothstep(1.2, 0.4, length(fwidth(in.uv)) * 300.0);
    let hairs = mix(0.5, value_noise(vec2f(turn * 40.0, length(from_eye) * 60.0), 10u), fine) + 0.5 * ragged;
    // Darker than the ears, and than any skin: else it would look like a rash.
    let coat = params.fur.rgb * light * 0.6;
    let dark = coat * min(0.5 * luma(skin) / max(luma(coat), 1e-3), 1.0);
    let fur = vec4f(dark * (0.5 + hairs), 1.0) * patch_cover * params.markings;
    let marks = over(vec4f(skin * 0.12, 1.0) * freckles * 0.75 * params.markings, fur);
    return over(tongue(in, light), over(nose_top, marks));
}
