// The fields of each face, measured once a frame instead of once a pixel. Nothing is drawn from this swarm: its particles
// are places to keep them in. All is in picture heights, as in `antifaz::warp`.

import antifaz::face::{FACES, is_present};
import antifaz::particles::{Particle};
import antifaz::warp::{span, spot};
import package::inputs::{fields, params};
import package::reshape::{PLACES};

/// How a field is made. `input` is the slider that drives it.
struct Field {
    input: u32,
    /// Its middle lies between the first two landmarks; it may move to what lies between the last two.
    marks: vec4u,
    /// How far it moves: in half heights of the face upwards, and as a part of the way to the last two.
    up: f32,
    along: f32,
    growth: f32,
    /// In distances of the eye corners.
    radius: f32,
}

const JAW: u32 = 0u;
const CHEEKS: u32 = 1u;
const CHIN: u32 = 2u;
const NOSE: u32 = 3u;
const LIPS: u32 = 4u;
const SMILE: u32 = 5u;
const EYES: u32 = 6u;

/// A table, so that invocations side by side do the same at the same time: branches would wait for each other.
const FIELDS = array<Field, 21>(
    // The face itself: no field reaches further than this from the nose.
    Field(JAW, vec4u(1u, 1u, 1u, 1u), 0.0, 0.0, 0.0, 2.4),
    // Both sides move towards the middle.
    Field(JAW, vec4u(172u, 172u, 397u, 397u), 0.0, 0.065, 0.0, 0.60),
    Field(JAW, vec4u(397u, 397u, 172u, 172u), 0.0, 0.065, 0.0, 0.60),
    Field(JAW, vec4u(150u, 150u, 379u, 379u), 0.0, 0.05, 0.0, 0.45),
    Field(JAW, vec4u(379u, 379u, 150u, 150u), 0.0, 0.05, 0.0, 0.45),
    Field(CHEEKS, vec4u(132u, 132u, 361u, 361u), 0.0, 0.05, 0.0, 0.60),
    Field(CHEEKS, vec4u(361u, 361u, 132u, 132u), 0.0, 0.05, 0.0, 0.60),
    Field(CHEEKS, vec4u(234u, 234u, 454u, 454u), 0.0, 0.035, 0.0, 0.55),
    Field(CHEEKS, vec4u(454u, 454u, 234u, 234u), 0.0, 0.035, 0.0, 0.55),
    Field(CHIN, vec4u(152u, 152u, 152u, 152u), -0.17, 0.0, 0.0, 0.65),
    // The nose: its wings, its bridge and its tip.
    Field(NOSE, vec4u(129u, 129u, 358u, 358u), 0.0, 0.21, 0.0, 0.26),
    Field(NOSE, vec4u(358u, 358u, 129u, 129u), 0.0, 0.21, 0.0, 0.26),
    Field(NOSE, vec4u(196u, 196u, 419u, 419u), 0.0, 0.125, 0.0, 0.16),
    Field(NOSE, vec4u(419u, 419u, 196u, 196u), 0.0, 0.125, 0.0, 0.16),
    Field(NOSE, vec4u(4u, 4u, 4u, 4u), 0.0, 0.0, -0.12, 0.30),
    Field(LIPS, vec4u(0u, 13u, 0u, 13u), 0.0, 0.0, 0.22, 0.36),
    Field(LIPS, vec4u(14u, 17u, 14u, 17u), 0.0, 0.0, 0.22, 0.36),
    // The corners of the mouth go up, and away from its middle.
    Field(SMILE, vec4u(61u, 61u, 13u, 14u), 0.07, -0.2, 0.0, 0.30),
    Field(SMILE, vec4u(291u, 291u, 13u, 14u), 0.07, -0.2, 0.0, 0.30),
    Field(EYES, vec4u(33u, 133u, 33u, 133u), 0.0, 0.0, 0.28, 0.42),
    Field(EYES, vec4u(263u, 362u, 263u, 362u), 0.0, 0.0, 0.28, 0.42),
);

fn between(face: u32, marks: vec2u) -> vec2f {
    return 0.5 * (spot(face, marks.x) + spot(face, marks.y));
}

@compute @workgroup_size(64)
fn measure(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x / PLACES;
    let number = at.x % PLACES;
    if face >= FACES {
        return;
    }
    // Faces that are there come first, so that a pixel is done where they end.
    var before = 0u;
    var all = 0u;
    for (var other = 0u; other < FACES; other++) {
        before += select(0u, 1u, is_present(other) && other < face);
        all += select(0u, 1u, is_present(other));
    }
    if number == 0u && face >= all {
        fields[at.x].seed = 0u;
    }
    if !is_present(face) {
        return;
    }
    let made = FIELDS[number];
    let inputs = array<f32, 7>(
        params.jaw, params.cheeks, params.chin, params.nose, params.lips, params.smile, params.eyes,
    );
    let amount = params.strength * inputs[made.input];
    // The distance of the eye corners as if seen straight ahead, and half a step from the chin up to the forehead.
    let radius = made.radius * span(face, 263u, 33u);
    let up = 0.5 * (spot(face, 10u) - spot(face, 152u));
    let middle = between(face, made.marks.xy);
    let way = between(face, made.marks.zw) - middle;

    // What lies around `position` moves by `velocity.xy` and grows by `velocity.z`, as far as the root of 1 / `position.z`.
    var field: Particle;
    field.seed = 1u;
    field.position = vec3f(middle, 1.0 / max(radius * radius, 1e-12));
    field.velocity = amount * vec3f(made.up * up + made.along * way, made.growth);
    fields[before * PLACES + number] = field;
}
