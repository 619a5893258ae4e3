// One level of a Gaussian pyramid: half the size of the level above, each texel the mean of 4 x 4 of it with the weights
// 1 3 3 1, as four bilinear samples. `kernels::levels::cpu` is the twin.

@group(0) @binding(0) var above: texture_2d<f32>;
@group(0) @binding(1) var linear_clamp: sampler;

struct Varying {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Varying {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return Varying(vec4f(uv * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0), uv);
}

@fragment
fn fragment(in: Varying) -> @location(0) vec4f {
    let step = 0.75 / vec2f(textureDimensions(above));
    var sum = vec4f(0.0);
    for (var i = 0; i < 4; i++) {
        let shift = vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0;
        sum += textureSampleLevel(above, linear_clamp, in.uv + shift * step, 0.0);
    }
    return sum / 4.0;
}
