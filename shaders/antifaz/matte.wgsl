// The person in the picture.

import antifaz::frame::{frame, linear, picture_at};

/// One channel, 0 (background) to 1 (person), stretched over the picture; all person while there is none.
@group(0) @binding(4) var matte: texture_2d<f32>;
/// The picture as it came, and the person in alpha.
@group(0) @binding(11) var person_edges: texture_2d<f32>;
/// Linear light of the person around each place times its weight, and the weight.
@group(0) @binding(12) var person_front: texture_2d<f32>;
/// The same of the background.
@group(0) @binding(13) var person_back: texture_2d<f32>;

/// How much of the picture at a place (uv, 0..1) is person, by the net's mask as it is: 0 to 1. Coarse, for what needs no edge.
fn matte_at(uv: vec2f) -> f32 {
    return textureSampleLevel(matte, linear, uv, 0.0).r;
}

/// Whether there is a mask: it comes some frames after the first picture. All is person before.
fn matte_known() -> bool {
    return frame.matte_known != 0u;
}

/// How much of a place is person, 0..1: the mask fitted to the edges of the picture and kept steady from frame to frame.
/// A filter that asks says `requires = { segment = ["edges"] }`.
fn person_at(uv: vec2f) -> f32 {
    return textureSampleLevel(person_edges, linear, uv, 0.0).a;
}

/// The colour of the person alone, linear light: where a pixel is person and background at once, without the background's
/// share; beyond the edge, the colour of the person nearby. Far from any person, the picture. Asks for `edges`, too.
fn foreground_at(uv: vec2f) -> vec3f {
    let seen = textureSampleLevel(person_edges, linear, uv, 0.0);
    let front = textureSampleLevel(person_front, linear, uv, 0.0);
    let back = textureSampleLevel(person_back, linear, uv, 0.0);
    let near = front.rgb / max(front.a, 1e-4);
    let behind = mix(seen.rgb, back.rgb / max(back.a, 1e-4), smoothstep(0.0, 0.1, back.a));
    // Marco Forte, Approximate Fast Foreground Colour Estimation (ICIP 2021): what the mean colours do not explain is the
    // person's own.
    let own = near + seen.a * (seen.rgb - seen.a * near - (1.0 - seen.a) * behind);
    let change = (own - seen.rgb) * smoothstep(0.0, 0.05, front.a);
    return max(picture_at(uv).rgb + change, vec3f(0.0));
}
