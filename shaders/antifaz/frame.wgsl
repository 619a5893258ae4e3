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
    /// The same for a whole run, another for another: what random numbers follow from. 0 where the run asks for none.
    seed: u32,
    /// 1 in the first frame and after a jump in time, else 0.
    anew: u32,
    /// Where the user last touched or clicked the picture, in uv; the middle before.
    tap: vec2f,
    /// Taps since the frame before.
    taps: u32,
    /// 1 where there is a person mask, else 0.
    matte_known: u32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var linear: sampler;

/// The picture as the passes before left it: linear light, premultiplied alpha.
fn picture_at(uv: vec2f) -> vec4f {
    return textureSampleLevel(picture, linear, uv, 0.0);
}
