// Moves parts of each face: a few smooth fields around landmarks say from where a pixel takes its light. Outside
// of them the picture stays as it is, to the bit.

import antifaz::face::{FACES, is_present};
import antifaz::frame::{picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::warp::{grown, in_heights, in_uv, moved, span, spot};
import package::inputs::{params};

/// The face's own measures, in picture heights.
struct Measure {
    /// Half a step from the left to the right outer eye corner, and from the chin up to the forehead.
    across: vec2f,
    up: vec2f,
    /// Distance of the eye corners as if seen straight ahead.
    size: f32,
}

fn between(face: u32, a: u32, b: u32) -> vec2f {
    return 0.5 * (spot(face, a) + spot(face, b));
}

fn measure(face: u32) -> Measure {
    let across = spot(face, 263u) - spot(face, 33u);
    let height = spot(face, 10u) - spot(face, 152u);
    return Measure(0.5 * across, 0.5 * height, span(face, 263u, 33u));
}

/// Both sides of the face move towards its middle.
fn drawn_in(at: vec2f, face: u32, left: u32, right: u32, amount: f32, radius: f32) -> vec2f {
    let half = 0.5 * (spot(face, right) - spot(face, left));
    return moved(at, spot(face, left), half * amount, radius) + moved(at, spot(face, right), -half * amount, radius);
}

/// How far from `at` the light for it is taken, for one face.
fn pull(face: u32, at: vec2f, m: Measure) -> vec2f {
    let s = params.strength;
    let size = m.size;
    var shift = drawn_in(at, face, 172u, 397u, 0.13 * s * params.jaw, 0.60 * size);
    shift += drawn_in(at, face, 150u, 379u, 0.10 * s * params.jaw, 0.45 * size);
    shift += drawn_in(at, face, 132u, 361u, 0.10 * s * params.cheeks, 0.60 * size);
    shift += drawn_in(at, face, 234u, 454u, 0.07 * s * params.cheeks, 0.55 * size);
    shift += moved(at, spot(face, 152u), -m.up * 0.17 * s * params.chin, 0.65 * size);
    // The nose: its wings, its tip and its bridge.
    shift += drawn_in(at, face, 129u, 358u, 0.42 * s * params.nose, 0.26 * size);
    shift += drawn_in(at, face, 196u, 419u, 0.25 * s * params.nose, 0.16 * size);
    shift += grown(at, spot(face, 4u), -0.12 * s * params.nose, 0.30 * size);
    let mouth = between(face, 13u, 14u);
    shift += grown(at, between(face, 0u, 13u), 0.22 * s * params.lips, 0.36 * size);
    shift += grown(at, between(face, 14u, 17u), 0.22 * s * params.lips, 0.36 * size);
    let corner = 0.07 * m.up * s * params.smile;
    shift += moved(at, spot(face, 61u), corner + 0.2 * (spot(face, 61u) - mouth) * s * params.smile, 0.30 * size);
    shift += moved(at, spot(face, 291u), corner + 0.2 * (spot(face, 291u) - mouth) * s * params.smile, 0.30 * size);
    shift += grown(at, between(face, 33u, 133u), 0.28 * s * params.eyes, 0.42 * size);
    shift += grown(at, between(face, 263u, 362u), 0.28 * s * params.eyes, 0.42 * size);
    return shift;
}

@fragment
fn reshape(in: Varying) -> @location(0) vec4f {
    let at = in_heights(in.uv);
    var shift = vec2f(0.0);
    for (var face = 0u; face < FACES; face++) {
        if !is_present(face) {
            continue;
        }
        let m = measure(face);
        // No field reaches further than this from the nose.
        if distance(at, spot(face, 1u)) < 2.4 * m.size {
            shift += pull(face, at, m);
        }
    }
    return picture_at(in.uv + in_uv(shift));
}
