// A cat's nose on the tip of the nose, the line below it, and the spots that whiskers grow from.

import antifaz::face_mesh::{Varying};
import antifaz::frame::{picture_at};
import antifaz::shading;
import antifaz::studio::{studio_light};
import package::inputs::{params};

/// Distance to a triangle with round corners around 0, its tip below, in cm.
fn nose(at: vec2f) -> f32 {
    let p = vec2f(abs(at.x), at.y) / 1.55;
    let side = dot(p - vec2f(0.0, -0.62), vec2f(0.72, -0.69));
    let roof = p.y - 0.30 + 0.10 * p.x * p.x;
    let smooth_k = 0.35;
    let h = clamp(0.5 + 0.5 * (side - roof) / smooth_k, 0.0, 1.0);
    return 1.55 * (mix(roof, side, h) + smooth_k * h * (1.0 - h) - 0.12);
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

    // From the nose down to the lip, and three rows of spots on each side.
    let line = smoothstep(1.0, -0.6, (abs(at.x) - 0.05) / max(pixel, 0.04)) * smoothstep(-0.6, -1.0, at.y)
        * smoothstep(-1.75, -1.35, at.y);
    var spots = 0.0;
    for (var i = 0; i < 6; i++) {
        let spot = vec2f(1.75 + 0.62 * f32(i / 3), -0.55 - 0.42 * f32(i % 3) + 0.12 * f32(i / 3));
        let r = length(vec2f(abs(at.x), at.y) - spot) - 0.11;
        spots = max(spots, smoothstep(1.0, -1.0, r / max(pixel, 0.04)));
    }
    let drawn = max(line * 0.7, spots * 0.6) * params.nose;
    let top = vec4f(min(color * exposure, vec3f(1.0)), 1.0) * cover * params.nose;
    return top + vec4f(skin * 0.12, 1.0) * drawn * (1.0 - top.a);
}
