// A smaller copy of a picture: each texel is the mean, in linear light, of evenly spread samples of what it covers.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var linear_clamp: sampler;
@group(0) @binding(2) var<uniform> shrink: Shrink;

struct Shrink {
    /// Size of the copy, in texels.
    size: vec2f,
    /// Samples of a texel, columns and rows.
    taps: vec2u,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(uv * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let corner = floor(position.xy);
    var sum = vec4f(0.0);
    for (var row = 0u; row < shrink.taps.y; row++) {
        for (var column = 0u; column < shrink.taps.x; column++) {
            let part = (vec2f(vec2u(column, row)) + 0.5) / vec2f(shrink.taps);
            sum += textureSampleLevel(picture, linear_clamp, (corner + part) / shrink.size, 0.0);
        }
    }
    return sum / f32(shrink.taps.x * shrink.taps.y);
}
