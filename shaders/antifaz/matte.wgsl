// The person in the picture.

import antifaz::frame::{linear};

/// One channel, 0 (background) to 1 (person), stretched over the picture; all person while there is none.
@group(0) @binding(4) var matte: texture_2d<f32>;

/// How much of the picture at a place (uv, 0..1) is person: 0 to 1.
fn matte_at(uv: vec2f) -> f32 {
    return textureSampleLevel(matte, linear, uv, 0.0).r;
}
