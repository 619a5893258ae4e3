// Grows the eyes of each face by a smooth field around each, and sets a light into them.

import antifaz::color::{luma};
import antifaz::eyes::{LEFT, RIGHT, eye, lids, on_iris};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::warp::{grown, in_heights, in_uv, span, spot};
import package::inputs::{params};

/// Outer and inner corner of each eye.
const LEFT_CORNERS: vec2u = vec2u(263u, 362u);
const RIGHT_CORNERS: vec2u = vec2u(33u, 133u);

/// `corners`: landmarks of an eye.
fn eye_field(at: vec2f, face: u32, corners: vec2u) -> vec2f {
    let middle = 0.5 * (spot(face, corners.x) + spot(face, corners.y));
    return grown(at, middle, 0.62 * params.size * params.strength, 1.6 * span(face, corners.x, corners.y));
}

/// A window and a small lamp, mirrored by the eyeball; hidden where the lids are.
fn glint(at: vec2f, face: u32, side: u32) -> f32 {
    let eye = eye(face, side);
    let p = on_iris(eye, at);
    if dot(p, p) > 1.0 {
        return 0.0;
    }
    // A pixel in radii: a light smaller than that fades instead of twinkling.
    let pixel = 1.0 / (frame.size.y * eye.radius);
    let window = length((p - vec2f(-0.36, -0.34)) * vec2f(1.0, 0.85)) - 0.26;
    let lamp = length(p - vec2f(0.34, 0.36)) - 0.12;
    let light = smoothstep(pixel, -pixel, window) + 0.6 * smoothstep(pixel, -pixel, lamp);
    let inside = smoothstep(0.05, 0.3, -lids(face, side, at) / eye.radius);
    return light * inside * smoothstep(0.14, 0.24, eye.open) * clamp(1.2 - pixel, 0.0, 1.0);
}

/// How light the skin is at a landmark.
fn skin_at(face: u32, index: u32) -> f32 {
    return luma(picture_at(landmark(face, index).xy).rgb);
}

struct Near {
    /// The slot of the face whose nose is nearest; FACES where none is near.
    face: u32,
    /// How much nearer it is than the next one, in sizes of the faces.
    lead: f32,
}

fn nearest(at: vec2f) -> Near {
    var found = FACES;
    var least = 2.0;
    var second = 4.0;
    for (var face = 0u; face < FACES; face++) {
        let away = distance(at, spot(face, 1u)) / max(span(face, 33u, 263u), 1e-5);
        if is_present(face) && away < least {
            found = face;
            second = least;
            least = away;
        } else if is_present(face) {
            second = min(second, away);
        }
    }
    return Near(found, second - least);
}

@fragment
fn grow(in: Varying) -> @location(0) vec4f {
    let at = in_heights(in.uv);
    let near = nearest(at);
    let face = near.face;
    if face == FACES {
        return picture_at(in.uv);
    }
    // Nothing moves where two faces meet.
    let share = smoothstep(0.0, 0.4, near.lead);
    let size = span(face, 33u, 263u);
    let mouth = 0.5 * (spot(face, 13u) + spot(face, 14u));
    let source = at + share * (eye_field(at, face, LEFT_CORNERS) + eye_field(at, face, RIGHT_CORNERS)
        + grown(at, mouth, -0.5 * params.mouth * params.strength, 0.75 * size));
    let shown = picture_at(in_uv(source));
    if distance(source, spot(face, 168u)) > size {
        return shown;
    }
    // Only the eye on the same side of the nose can be here.
    let across = spot(face, LEFT_CORNERS.x) - spot(face, RIGHT_CORNERS.x);
    let side = select(RIGHT, LEFT, dot(source - spot(face, 168u), across) > 0.0);
    let light = share * glint(source, face, side);
    // No skin is as dark as 0.03: dark rooms have dim windows.
    let cheeks = 0.5 * (skin_at(face, 50u) + skin_at(face, 280u));
    let lamp = 0.9 * min(cheeks / 0.03, 1.0);
    let bright = mix(shown.rgb, vec3f(lamp), clamp(light, 0.0, 1.0) * params.glint * params.strength);
    return vec4f(min(bright, vec3f(shown.a)), shown.a);
}
