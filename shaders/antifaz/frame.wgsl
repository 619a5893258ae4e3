// The picture that a pass draws on, its size and the clock.

/// What is the same for all pixels of a frame.
struct Frame {
    /// Width and height of the picture in pixels.
    size: vec2f,
    /// Seconds since the source started, from 0 again every hour.
    time: f32,
    /// Counts captured frames from 0.
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
    /// How often the user touched or clicked since the frame before.
    taps: u32,
    /// 1 where there is a person mask, else 0.
    matte_known: u32,
}

/// The frame that is drawn.
@group(0) @binding(0) var<uniform> frame: Frame;
/// The picture as the passes before left it; `picture_at` samples it.
@group(0) @binding(1) var picture: texture_2d<f32>;
/// Interpolates between pixels, and repeats the edge beyond it.
@group(0) @binding(2) var linear: sampler;

/// The picture at a place (uv, 0..1) as the passes before left it: linear light, premultiplied alpha.
@if(!merged)
fn picture_at(uv: vec2f) -> vec4f {
    return textureSampleLevel(picture, linear, uv, 0.0);
}

/// Where filters share a pass, the first sees the picture; those after it see only the pixel that they draw, as the one
/// before has left it.
@if(merged)
fn picture_at(uv: vec2f) -> vec4f {
    if carries {
        return carried;
    }
    return textureSampleLevel(picture, linear, uv, 0.0);
}

/// What the passes before have left in a shared pass, and whether there are any.
@if(merged)
var<private> carried: vec4f;
@if(merged)
var<private> carries: bool;

/// Another picture as large as it must be to cover this one, its middle in the middle: for `image` inputs.
fn covering(image: texture_2d<f32>, uv: vec2f) -> vec4f {
    let size = vec2f(textureDimensions(image));
    let scale = max(frame.size.x / size.x, frame.size.y / size.y);
    let shown = frame.size / (size * scale);
    return textureSampleLevel(image, linear, (uv - 0.5) * shown + 0.5, 0.0);
}
