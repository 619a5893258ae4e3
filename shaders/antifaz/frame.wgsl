// The picture that a pass draws on, its size and the clock.

struct Frame {
    /// Width and height of the picture in pixels.
    size: vec2f,
    /// Seconds since the source started, from 0 again every hour.
    time: f32,
    /// Counts captured frames.
    index: u32,
    /// How many frames the person mask is older than the picture.
    matte_age: u32,
    /// Seconds since the frame before, 0 in the first one and after a jump in time.
    delta: f32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var linear: sampler;

/// The picture as the passes before left it: linear light, premultiplied alpha.
fn picture_at(uv: vec2f) -> vec4f {
    return textureSampleLevel(picture, linear, uv, 0.0);
}
