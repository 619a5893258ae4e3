// What a face does: the names of its expression coefficients, and what is made of them. "Left" is the person's own.

import antifaz::face::{blendshape, faces, is_present};
import antifaz::warp::{spot};

/// Numbers of the coefficients of ARKit, for `antifaz::face::blendshape(face, JAW_OPEN)`: 0 (not at all) to 1 each.
const NEUTRAL: u32 = 0u;
const BROW_DOWN_LEFT: u32 = 1u;
const BROW_DOWN_RIGHT: u32 = 2u;
const BROW_INNER_UP: u32 = 3u;
const BROW_OUTER_UP_LEFT: u32 = 4u;
const BROW_OUTER_UP_RIGHT: u32 = 5u;
const CHEEK_PUFF: u32 = 6u;
const CHEEK_SQUINT_LEFT: u32 = 7u;
const CHEEK_SQUINT_RIGHT: u32 = 8u;
const EYE_BLINK_LEFT: u32 = 9u;
const EYE_BLINK_RIGHT: u32 = 10u;
const EYE_LOOK_DOWN_LEFT: u32 = 11u;
const EYE_LOOK_DOWN_RIGHT: u32 = 12u;
const EYE_LOOK_IN_LEFT: u32 = 13u;
const EYE_LOOK_IN_RIGHT: u32 = 14u;
const EYE_LOOK_OUT_LEFT: u32 = 15u;
const EYE_LOOK_OUT_RIGHT: u32 = 16u;
const EYE_LOOK_UP_LEFT: u32 = 17u;
const EYE_LOOK_UP_RIGHT: u32 = 18u;
const EYE_SQUINT_LEFT: u32 = 19u;
const EYE_SQUINT_RIGHT: u32 = 20u;
const EYE_WIDE_LEFT: u32 = 21u;
const EYE_WIDE_RIGHT: u32 = 22u;
const JAW_FORWARD: u32 = 23u;
const JAW_LEFT: u32 = 24u;
const JAW_OPEN: u32 = 25u;
const JAW_RIGHT: u32 = 26u;
const MOUTH_CLOSE: u32 = 27u;
const MOUTH_DIMPLE_LEFT: u32 = 28u;
const MOUTH_DIMPLE_RIGHT: u32 = 29u;
const MOUTH_FROWN_LEFT: u32 = 30u;
const MOUTH_FROWN_RIGHT: u32 = 31u;
const MOUTH_FUNNEL: u32 = 32u;
const MOUTH_LEFT: u32 = 33u;
const MOUTH_LOWER_DOWN_LEFT: u32 = 34u;
const MOUTH_LOWER_DOWN_RIGHT: u32 = 35u;
const MOUTH_PRESS_LEFT: u32 = 36u;
const MOUTH_PRESS_RIGHT: u32 = 37u;
const MOUTH_PUCKER: u32 = 38u;
const MOUTH_RIGHT: u32 = 39u;
const MOUTH_ROLL_LOWER: u32 = 40u;
const MOUTH_ROLL_UPPER: u32 = 41u;
const MOUTH_SHRUG_LOWER: u32 = 42u;
const MOUTH_SHRUG_UPPER: u32 = 43u;
const MOUTH_SMILE_LEFT: u32 = 44u;
const MOUTH_SMILE_RIGHT: u32 = 45u;
const MOUTH_STRETCH_LEFT: u32 = 46u;
const MOUTH_STRETCH_RIGHT: u32 = 47u;
const MOUTH_UPPER_UP_LEFT: u32 = 48u;
const MOUTH_UPPER_UP_RIGHT: u32 = 49u;
const NOSE_SNEER_LEFT: u32 = 50u;
const NOSE_SNEER_RIGHT: u32 = 51u;

/// How much both corners of the mouth smile: 0 (not at all) to 1.
fn smile(face: u32) -> f32 {
    return 0.5 * (blendshape(face, MOUTH_SMILE_LEFT) + blendshape(face, MOUTH_SMILE_RIGHT));
}

/// How far the mouth is open: 0 (closed) to 1.
fn mouth_open(face: u32) -> f32 {
    return blendshape(face, JAW_OPEN);
}

/// 0 (both eyes open) to 1 (both closed): as closed as the more open eye, so that a wink is none.
fn blink(face: u32) -> f32 {
    return min(blendshape(face, EYE_BLINK_LEFT), blendshape(face, EYE_BLINK_RIGHT));
}

/// How far the brows are raised: 0 (at rest) to 1.
fn brow_up(face: u32) -> f32 {
    let outer = 0.5 * (blendshape(face, BROW_OUTER_UP_LEFT) + blendshape(face, BROW_OUTER_UP_RIGHT));
    return max(blendshape(face, BROW_INNER_UP), outer);
}

/// How far the head is turned, in radians: 0 straight ahead, positive to the picture's right.
fn yaw(face: u32) -> f32 {
    let ahead = faces[face].head[2].xyz;
    return select(0.0, atan2(ahead.x, ahead.z), is_present(face));
}

/// How far the head is raised, in radians: 0 straight ahead, positive looks up.
fn pitch(face: u32) -> f32 {
    let ahead = faces[face].head[2].xyz;
    return select(0.0, atan2(ahead.y, length(ahead.xz)), is_present(face));
}

/// How far the head leans, in radians: 0 upright, positive to the picture's right (clockwise).
fn roll(face: u32) -> f32 {
    let side = faces[face].head[0].xyz;
    return select(0.0, -atan2(side.y, length(side.xz)), is_present(face));
}

/// How much a face is seen in full profile, told by how narrow its mouth is beside its height: 0 from the front and in
/// three quarters; at 1 the nets guess at the far half, and take the head for less turned than it is.
fn profile(face: u32) -> f32 {
    let wide = distance(spot(face, 61u), spot(face, 291u));
    let tall = distance(spot(face, 10u), spot(face, 152u));
    return smoothstep(0.2, 0.155, wide / max(tall, 1e-4));
}
