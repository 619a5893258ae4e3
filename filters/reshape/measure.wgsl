// The fields of each face, measured once a frame instead of once a pixel. Nothing is drawn from this swarm: its particles
// are places to keep them in. All is in picture heights, as in `antifaz::warp`.

import antifaz::face::{FACES, is_present};
import antifaz::particles::{Particle};
import antifaz::warp::{span, spot};
import package::inputs::{fields, params};
import package::reshape::{PLACES};

/// What lies around `position` moves by `velocity.xy` and grows by `velocity.z`, as far as `position.z`.
fn keep(place: u32, middle: vec2f, by: vec2f, growth: f32, radius: f32) {
    var field: Particle;
    field.seed = 1u;
    field.position = vec3f(middle, radius);
    field.velocity = vec3f(by, growth);
    fields[place] = field;
}

fn move_around(place: u32, middle: vec2f, by: vec2f, radius: f32) {
    keep(place, middle, by, 0.0, radius);
}

fn grow_around(place: u32, middle: vec2f, growth: f32, radius: f32) {
    keep(place, middle, vec2f(0.0), growth, radius);
}

/// Both sides of the face move towards its middle: two fields.
fn draw_in(place: u32, face: u32, sides: vec2u, amount: f32, radius: f32) {
    let left = spot(face, sides.x);
    let right = spot(face, sides.y);
    move_around(place, left, 0.5 * amount * (right - left), radius);
    move_around(place + 1u, right, 0.5 * amount * (left - right), radius);
}

fn between(face: u32, a: u32, b: u32) -> vec2f {
    return 0.5 * (spot(face, a) + spot(face, b));
}

@compute @workgroup_size(64)
fn measure(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x;
    if face >= FACES {
        return;
    }
    let first = face * PLACES;
    if !is_present(face) {
        fields[first].seed = 0u;
        return;
    }
    let s = params.strength;
    // The distance of the eye corners as if seen straight ahead, and half a step from the chin up to the forehead.
    let size = span(face, 263u, 33u);
    let up = 0.5 * (spot(face, 10u) - spot(face, 152u));
    // No field reaches further than this from the nose.
    keep(first, spot(face, 1u), vec2f(0.0), 0.0, 2.4 * size);

    draw_in(first + 1u, face, vec2u(172u, 397u), 0.13 * s * params.jaw, 0.60 * size);
    draw_in(first + 3u, face, vec2u(150u, 379u), 0.10 * s * params.jaw, 0.45 * size);
    draw_in(first + 5u, face, vec2u(132u, 361u), 0.10 * s * params.cheeks, 0.60 * size);
    draw_in(first + 7u, face, vec2u(234u, 454u), 0.07 * s * params.cheeks, 0.55 * size);
    move_around(first + 9u, spot(face, 152u), -0.17 * s * params.chin * up, 0.65 * size);
    // The nose: its wings, its bridge and its tip.
    draw_in(first + 10u, face, vec2u(129u, 358u), 0.42 * s * params.nose, 0.26 * size);
    draw_in(first + 12u, face, vec2u(196u, 419u), 0.25 * s * params.nose, 0.16 * size);
    grow_around(first + 14u, spot(face, 4u), -0.12 * s * params.nose, 0.30 * size);
    grow_around(first + 15u, between(face, 0u, 13u), 0.22 * s * params.lips, 0.36 * size);
    grow_around(first + 16u, between(face, 14u, 17u), 0.22 * s * params.lips, 0.36 * size);
    // The corners of the mouth go up, and away from its middle.
    let mouth = between(face, 13u, 14u);
    let corners = vec2u(61u, 291u);
    for (var i = 0u; i < 2u; i++) {
        let corner = spot(face, corners[i]);
        move_around(first + 17u + i, corner, s * params.smile * (0.07 * up + 0.2 * (corner - mouth)), 0.30 * size);
    }
    grow_around(first + 19u, between(face, 33u, 133u), 0.28 * s * params.eyes, 0.42 * size);
    grow_around(first + 20u, between(face, 263u, 362u), 0.28 * s * params.eyes, 0.42 * size);
}
