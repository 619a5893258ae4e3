// Make-up on the face mesh. Pigment replaces the colour of skin or lips, and keeps their light: what is brighter
// than the lips' mean stays brighter by as much.

import antifaz::color::{luma, over};
import antifaz::expression::{profile};
import antifaz::eyes::{LEFT, RIGHT, canonical_lids};
import antifaz::face::{landmark};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{linear, picture_at};
import antifaz::noise::{random3};
import antifaz::shading;
import antifaz::warp::{span};
import package::inputs::{design, params};

/// The design's distances reach this far, in thousandths of its side (make_design.py).
const REACH: f32 = 24.0;
/// Landmarks at the lashes and above the fold of each upper lid, and how far they are apart on the canonical face, in
/// distances of the eye corners.
const LID: array<vec2u, 2> = array(vec2u(386u, 257u), vec2u(159u, 27u));
const LID_HEIGHT: f32 = 0.0398;
/// Middle of the left cheek's blush in the face texture, and the direction up to the temple.
const CHEEK: vec2f = vec2f(0.215, 0.535);
const RISE: vec2f = vec2f(-0.80, -0.60);

/// Coverage of a shape at distance `d`, in thousandths, with an edge `soft` thousandths wide on each side.
fn cover(d: f32, soft: f32) -> f32 {
    // What a pixel spans, whichever way the mesh is stretched there.
    let pixel = clamp(length(vec2f(dpdx(d), dpdy(d))), 0.02, 12.0);
    return smoothstep(-soft - 0.5 * pixel, soft + 0.5 * pixel, d);
}

/// Mean light of the lips, from places in the middle of their red.
fn lip_light(face: u32) -> f32 {
    var points = array<u32, 6>(11u, 16u, 72u, 302u, 85u, 315u);
    var sum = 0.0;
    for (var i = 0u; i < 6u; i++) {
        sum += luma(picture_at(landmark(face, points[i]).xy).rgb);
    }
    return max(sum / 6.0, 0.003);
}

/// Premultiplied.
fn layer(color: vec3f, alpha: f32) -> vec4f {
    return vec4f(clamp(color, vec3f(0.0), vec3f(1.0)), 1.0) * clamp(alpha, 0.0, 1.0);
}

/// Lipstick: covers the lips' own colour, keeps their creases and highlights.
fn lipstick(skin: vec3f, light: vec3f, mean: f32) -> vec3f {
    let shade = luma(skin) / mean;
    let pigment = params.lip_color.rgb * light * (0.08 + 0.6 * pow(min(shade, 1.7), 1.15));
    // The lips' own colour shows through a little: pure pigment would glow.
    let body = mix(pigment, skin * 0.75, 0.18);
    // The wet highlights take the lamp's colour, not the pigment's.
    let wet = smoothstep(1.4, 3.2, shade);
    return body + wet * luma(skin) * (0.3 + params.gloss);
}

/// Fine grains that catch the light, gone where pixels are coarser than they.
fn glitter(uv: vec2f, pixel: f32) -> f32 {
    let grain = random3(vec3u(vec2u(uv * 700.0), 7u));
    return smoothstep(0.80, 1.0, grain.x) * clamp(1.4 - pixel * 0.5, 0.0, 1.0);
}

/// How much longer the skin of an upper lid is than on the canonical face, from the lashes up: it unfolds as the eye shuts.
fn unfolded(face: u32, side: u32) -> f32 {
    let lid = LID[side & 1u];
    return span(face, lid.x, lid.y) / max(LID_HEIGHT * span(face, 263u, 33u), 1e-5);
}

@fragment
fn make_up(in: Varying) -> @location(0) vec4f {
    let design_here = textureSampleLevel(design, linear, in.uv, 0.0).rgb;
    let d = (design_here.rg - 0.5) * 2.0 * REACH;
    let lip_cover = cover(d.r, 1.2);
    // Ink stays as wide on a lid that unfolds; beyond the corner of the eye nothing does.
    let longer = max(unfolded(in.face, select(RIGHT, LEFT, in.canonical.x > 0.0)) - 1.1, 0.0)
        * smoothstep(4.7, 4.2, abs(in.canonical.x));
    let liner_cover = cover(d.g, 0.7) * smoothstep(0.24, 0.16, canonical_lids(in.canonical.xy) * longer);
    let pixel = length(fwidth(in.uv)) * 700.0;

    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.5);
    let exposure = shading::brightness(in.skin, 0.26, 0.65, 0.15, 1.2);
    // Part of the skin's tint is the light's.
    let light = exposure * shading::tint(in.skin, 0.25);

    // Blush is a stain: it multiplies what is there.
    let from_cheek = vec2f(min(in.uv.x, 1.0 - in.uv.x), in.uv.y) - CHEEK;
    let along = dot(from_cheek, RISE) / 0.135;
    let across = dot(from_cheek, vec2f(RISE.y, -RISE.x)) / 0.07;
    let stain = params.blush_color.rgb / max(luma(params.blush_color.rgb), 0.02);
    let blushed = skin * mix(vec3f(1.0), stain, 0.4) + params.blush_color.rgb * light * 0.03;
    let blush = layer(blushed, exp(-along * along - across * across) * params.blush * 0.8);

    // Powder on the lid: matt, the skin's shading shows through; the shimmer follows the light.
    let powder = params.shadow_color.rgb * light * (0.15 + 0.85 * shade);
    let pearl = params.shimmer * (0.25 * shade + 1.6 * glitter(in.uv, pixel)) * shade;
    let deep = design_here.b;
    let shadow = layer(powder * (1.0 + pearl) + pearl * 0.03 * light, deep * params.shadow * 0.85);

    let ink = layer(vec3f(0.006, 0.005, 0.006) * light + 0.06 * skin, liner_cover * (1.0 - pow(1.0 - params.liner, 2.2)));
    // Beyond the outline of a head that turns there is no skin. In full profile the nets don't find the lips well enough
    // to paint within their edge.
    let seen = smoothstep(0.02, 0.25, normalize(in.normal).z);
    let lips = layer(lipstick(skin, light, lip_light(in.face)), lip_cover * (1.0 - profile(in.face)) * params.lips * 0.92);
    return over(lips, over(ink, over(shadow, blush))) * seen * params.strength;
}
