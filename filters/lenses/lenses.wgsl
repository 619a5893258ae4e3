// Coloured lenses: the iris is painted anew between the lids, in the light that falls on the skin below the eye. What
// the eye mirrors stays.

import antifaz::color::{luma};
import antifaz::eyes::{CANONICAL_IRIS, LEFT, RIGHT, canonical_lids, eye, on_iris};
import antifaz::face::{landmark};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{frame, picture_at};
import antifaz::noise::{value_noise};
import antifaz::shading;
import antifaz::warp::{in_heights};
import package::inputs::{params};

/// Landmarks of the skin below each eye.
const BELOW: array<vec2u, 2> = array(vec2u(450u, 348u), vec2u(230u, 119u));

/// The iris's own pattern: fibres from the pupil to the rim, a wreath of another colour, a dark rim.
fn pattern(p: vec2f, side: u32) -> vec3f {
    let r = length(p);
    // Mirrored, so that the fibres meet where the turn begins.
    let turn = abs(atan2(p.y, p.x));
    let fine = value_noise(vec2f(turn * 11.0, r * 2.0), 3u + side);
    let coarse = value_noise(vec2f(turn * 4.0, r * 2.5), 9u + side);
    let wreath = 1.0 - smoothstep(0.34, 0.8, r + 0.3 * (coarse - 0.5));
    let color = mix(params.color.rgb, params.inner.rgb, 0.5 * wreath);
    let rim = smoothstep(0.62, 1.0, r);
    return color * (0.65 + 0.35 * fine + 0.3 * coarse) * mix(1.0, 0.16, rim * rim * (3.0 - 2.0 * rim));
}

/// How much of a place is pupil: round, or the slit of a cat.
fn pupil(p: vec2f, soft: f32) -> f32 {
    let tip = mix(1.0, max(1.0 - p.y * p.y, 0.1), params.slit);
    let extent = mix(vec2f(0.34), vec2f(0.2 * tip, 1.0), params.slit);
    let k = length(p / extent) - 1.0;
    return 1.0 - smoothstep(-soft, soft, k * extent.x);
}

fn lens(in: Varying, at: vec2f, side: u32, picture: vec3f) -> vec4f {
    let eye = eye(in.face, side);
    let p = on_iris(eye, at);
    let r = length(p);
    // A pixel in radii: where that is much of the iris, all is softer.
    let soft = max(0.08, 0.8 / (frame.size.y * eye.radius));
    if r > 1.0 + soft {
        return vec4f(0.0);
    }
    let inside = -canonical_lids(in.canonical.xy) / CANONICAL_IRIS;
    // Lashes and the shadow of the lid lie over the edge.
    let cover = (1.0 - smoothstep(1.0 - 2.0 * soft, 1.0 + soft, r)) * smoothstep(0.0, 0.2 + soft, inside);
    let lid = mix(0.2, 1.0, smoothstep(0.0, 0.9, inside + 0.5 * p.y + 0.2));
    let places = BELOW[side];
    let skin = 0.5 * (picture_at(landmark(in.face, places.x).xy).rgb + picture_at(landmark(in.face, places.y).xy).rgb);
    let below = vec4f(skin, max(luma(skin), 0.002));
    let light = shading::brightness(below, 0.26, 0.8, 0.05, 1.2) * shading::tint(below, 0.3);
    // The lower side is brighter: light that falls in from above is seen where it comes out.
    let lit = pattern(p, side) * light * lid * (0.4 + 0.2 * p.y);
    let iris = mix(mix(lit, picture, 0.15), 0.004 * light, pupil(p, soft));
    // What is much brighter than an iris can be is mirrored.
    let mirrored = smoothstep(0.45, 0.9, luma(picture) / below.w);
    // An eye beyond the nose, in profile, is not seen.
    let seen = smoothstep(0.1, 0.3, normalize(in.normal).z);
    let open = smoothstep(0.06, 0.14, eye.open) * seen;
    return vec4f(mix(iris, picture, mirrored), 1.0) * cover * open * params.strength;
}

@fragment
fn lenses(in: Varying) -> @location(0) vec4f {
    // On the canonical face, in cm: there is no eye elsewhere.
    let off = abs(vec2f(abs(in.canonical.x) - 3.2, in.canonical.y - 2.6));
    if off.x > 1.9 || off.y > 1.2 {
        return vec4f(0.0);
    }
    let side = select(RIGHT, LEFT, in.canonical.x > 0.0);
    return lens(in, in_heights(in.at), side, picture_at(in.at).rgb);
}
