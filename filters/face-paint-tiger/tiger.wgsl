// Paint put on with a brush: the edges of strokes are ragged along the bristles, and the coat is streaked by them.

import antifaz::face_mesh::{Varying, below_top};
import antifaz::frame::{linear, picture_at};
import antifaz::noise::{value_noise};
import antifaz::shading;
import antifaz::skin::{bare};
import antifaz::studio::{studio_light};
import package::inputs::{design, params};

/// The design's distances reach this far, in thousandths of its side (make_design.py).
const REACH: f32 = 24.0;
/// White paint is never quite white.
const WHITE: vec3f = vec3f(0.86, 0.83, 0.77);

/// The way fur lies, and the brush went: out from between the eyes.
fn bristles(uv: vec2f) -> vec2f {
    let out = uv - vec2f(0.5, 0.42);
    return vec2f(atan2(out.y, abs(out.x)) * 38.0, length(out) * 9.0);
}

/// Noise in cells of size 1; `pixel` is a pixel's width in cells: what is finer fades to its mean.
fn grain(at: vec2f, seed: u32, pixel: f32) -> f32 {
    return mix(value_noise(at, seed), 0.5, smoothstep(0.4, 1.2, pixel));
}

@fragment
fn paint_tiger(in: Varying) -> @location(0) vec4f {
    // Thousandths of the design per pixel of the picture.
    let pixel = clamp(length(fwidth(in.uv)) * 700.0, 0.4, 12.0);
    let side = select(0u, 50u, in.uv.x > 0.5);
    let way = bristles(in.uv);
    let fine = grain(way * vec2f(1.0, 0.9), 3u + side, pixel * 0.10);
    let finer = grain(way * vec2f(2.3, 1.6), 4u + side, pixel * 0.22);
    let streak = (0.6 * fine + 0.4 * finer - 0.5) * params.brush;

    let here = textureSampleLevel(design, linear, in.uv, 0.0).rgb;
    // Bristles leave the edge of a stroke early or late.
    let d = (here.r - 0.5) * 2.0 * REACH + streak * 7.0 * smoothstep(-9.0, 0.0, (here.r - 0.5) * 2.0 * REACH);
    // Lines thinner than a pixel fade instead of breaking up.
    let fade = mix(clamp(3.2 / pixel, 0.4, 1.0), 1.0, smoothstep(1.5, 6.0, d));
    let black = smoothstep(-0.6, 0.6, d / pixel) * fade;
    let white = smoothstep(0.15, 0.85, here.g + streak * 0.7);
    // Towards the hair the coat ends in strokes, some longer than others.
    let tuft = grain(way * vec2f(0.5, 0.35), 5u + side, pixel * 0.05);
    let ended = smoothstep(0.0, 0.03, below_top(in.uv) - 0.008 - 0.06 * tuft - 0.05 * fine);
    let paint = smoothstep(0.0, 0.8, here.b + streak * 0.5 * here.b) * smoothstep(0.0, 0.05, here.b) * ended;

    // The light on the face is what the skin shows, set against its mean.
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.2);
    let exposure = shading::brightness(in.skin, 0.22, 0.7, 0.12, 1.25);
    // Only part of the tint is the light's; most is the skin's own.
    let light = exposure * shading::tint(in.skin, 0.18);
    let matt = mix(1.0, shade, 0.95);
    let normal = normalize(in.normal);
    let wet = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normalize(normal + vec3f(streak, streak, 0.0) * 0.15)), 0.5);

    // The coat is deeper towards the rim of the face, and thin where the brush ran dry.
    let deep = smoothstep(0.10, 0.46, length((in.uv - vec2f(0.5, 0.5)) * vec2f(1.0, 0.9)));
    let orange = params.coat.rgb * mix(vec3f(1.1, 1.1, 1.0), vec3f(0.72, 0.44, 0.3), deep);
    var color = mix(orange, WHITE, white) * (1.0 + 0.5 * streak);
    color = mix(color, params.stripes.rgb * (1.0 + streak), black);
    let lit = color * matt * light + wet * light * mix(0.035, 0.02, black);
    let thin = 1.0 - 0.25 * params.brush * smoothstep(0.1, 0.45, -streak) * (1.0 - black);
    let alpha = max(paint * thin, black * smoothstep(0.0, 0.25, here.b)) * params.opacity * bare(in.canonical, shade);
    return vec4f(min(lit, vec3f(1.0)), 1.0) * alpha;
}
