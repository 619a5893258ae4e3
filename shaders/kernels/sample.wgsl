// A place of the picture as the nets see it: pixels are taken by index, places are in 32nds of a pixel, and the mean of
// the four pixels around one is rounded to code values, as on the CPU.

const STEPS = 32;
/// Places further away than this, in steps, are outside any picture.
const FAR = 1e9;

/// Seen without its sRGB curve.
@group(0) @binding(1) var picture: texture_2d<f32>;

/// Code values of a pixel; outside the picture those of its edge, or black.
fn pixel(at: vec2i, edge: bool) -> vec3i {
    let size = vec2i(textureDimensions(picture));
    let near = clamp(at, vec2i(0), size - 1);
    if !edge && any(near != at) {
        return vec3i(0);
    }
    return vec3i(round(textureLoad(picture, near, 0).rgb * 255.0));
}

/// The code values at `place`, in steps.
fn sample(place: vec2i, edge: bool) -> vec3i {
    // Shifts round down, below zero too.
    let base = place >> vec2u(5u);
    let part = place & vec2i(STEPS - 1);
    let rest = vec2i(STEPS) - part;
    let sum = pixel(base, edge) * rest.x * rest.y
        + pixel(base + vec2i(1, 0), edge) * part.x * rest.y
        + pixel(base + vec2i(0, 1), edge) * rest.x * part.y
        + pixel(base + vec2i(1, 1), edge) * part.x * part.y;
    return (sum + vec3i(STEPS * STEPS / 2)) / vec3i(STEPS * STEPS);
}
