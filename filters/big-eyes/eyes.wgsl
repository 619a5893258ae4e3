// Grows the eyes of each face by a smooth field around each, and sets a light into them.

import antifaz::eyes::{Eye, LEFT, RIGHT, on_iris};
import antifaz::face::{FACES};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::warp::{grown, in_heights, in_uv};
import package::inputs::{measured_eyes, measured_faces, params};

/// An eye grows around its middle, but leaves the bridge of the nose its width. `eye`: its number among those measured.
fn eye_field(at: vec2f, eye: u32) -> vec2f {
    let found = measured_eyes[eye];
    let width = max(found.age, 1e-5);
    let half = found.color.zw * select(1.0, -1.0, eye % 2u == LEFT);
    let inward = dot(at - found.color.xy, half) / (max(length(half), 1e-5) * width);
    let left = 1.0 - 0.75 * smoothstep(0.2, 0.85, inward);
    return left * grown(at, found.color.xy, 0.62 * params.size * params.strength, 1.6 * width);
}

/// A window and a small lamp, mirrored by the eyeball; hidden where the lids are.
fn glint(at: vec2f, number: u32) -> f32 {
    let found = measured_eyes[number];
    let middle = found.color.xy;
    let half = found.color.zw;
    let width = max(length(half), 1e-5);
    let radius = max(found.position.z, 1e-5);
    let eye = Eye(middle, found.age, found.velocity.z, found.position.xy, found.velocity.xy, radius);
    let p = on_iris(eye, at);
    if dot(p, p) > 1.0 {
        return 0.0;
    }
    // A pixel in radii: a light smaller than that fades instead of twinkling.
    let pixel = 1.0 / (frame.size.y * eye.radius);
    let window = length((p - vec2f(-0.36, -0.34)) * vec2f(1.0, 0.85)) - 0.26;
    let lamp = length(p - vec2f(0.34, 0.36)) - 0.12;
    let light = smoothstep(pixel, -pixel, window) + 0.6 * smoothstep(pixel, -pixel, lamp);
    // Each lid is an arch over the line from corner to corner.
    let along = dot(at - middle, half) / (width * width);
    let below = dot(at - middle, vec2f(-half.y, half.x)) / width;
    let arch = max(1.0 - along * along, 0.0);
    let between = min(below + found.size * arch, found.spin * arch - below);
    let inside = smoothstep(0.05, 0.3, between / eye.radius);
    return light * inside * smoothstep(0.14, 0.24, eye.open) * clamp(1.2 - pixel, 0.0, 1.0);
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
        if measured_faces[face].seed == 0u {
            continue;
        }
        let nose = measured_faces[face].position;
        let away = distance(at, nose.xy) / nose.z;
        second = min(second, max(away, least));
        if away < least {
            found = face;
            least = away;
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
    let found = measured_faces[face];
    let size = found.position.z;
    let source = at + share * (eye_field(at, 2u * face + LEFT) + eye_field(at, 2u * face + RIGHT)
        + grown(at, found.velocity.xy, -0.5 * params.mouth * params.strength, 0.75 * size));
    let shown = picture_at(in_uv(source));
    let off = source - found.color.xy;
    if length(off) > size {
        return shown;
    }
    // Only the eye on the same side of the nose can be here.
    let side = select(RIGHT, LEFT, dot(off, found.color.zw) > 0.0);
    let light = share * glint(source, 2u * face + side);
    // No skin is as dark as 0.03: dark rooms have dim windows.
    let lamp = 0.9 * min(found.size / 0.03, 1.0);
    let bright = mix(shown.rgb, vec3f(lamp), clamp(light, 0.0, 1.0) * params.glint * params.strength);
    return vec4f(min(bright, vec3f(shown.a)), shown.a);
}
