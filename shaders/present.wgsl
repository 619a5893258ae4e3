// A picture in a window: whole, centred, with black bars where the shapes differ.

struct Placement {
    // The part of the window that the picture covers.
    share: vec2f,
    // 1 flips left and right, as a mirror does.
    mirror: u32,
}

@group(0) @binding(0) var<uniform> placement: Placement;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var picture_sampler: sampler;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let uv = vec2f(f32(index & 1u) * 2.0, f32(index >> 1u) * 2.0);
    return Corner(vec4f(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0), uv);
}

@fragment
fn present(in: Corner) -> @location(0) vec4f {
    var uv = (in.uv - 0.5) / placement.share + 0.5;
    if placement.mirror == 1u {
        uv.x = 1.0 - uv.x;
    }
    let light = textureSampleLevel(picture, picture_sampler, uv, 0.0).rgb;
    let inside = all(uv >= vec2f(0.0)) && all(uv <= vec2f(1.0));
    return vec4f(select(vec3f(0.0), coded(light), inside), 1.0);
}

@group(0) @binding(3) var notice: texture_2d<f32>;

// Coded values over coded values, pixel for pixel.
@fragment
fn lay_notice(in: Corner) -> @location(0) vec4f {
    let at = vec2i(in.position.xy);
    let inside = all(at < vec2i(textureDimensions(notice)));
    return select(vec4f(0.0), textureLoad(notice, at, 0), inside);
}

// The sRGB curve: windows are not sure to have a format that applies it.
fn coded(light: vec3f) -> vec3f {
    let low = light * 12.92;
    let high = 1.055 * pow(max(light, vec3f(0.0)), vec3f(1.0 / 2.4)) - 0.055;
    return select(high, low, light <= vec3f(0.0031308));
}
