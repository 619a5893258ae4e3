// Some arithmetic in every pixel, to find out whether a device draws or computes it faster.

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(uv * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    var value = position.xyx / 1024.0;
    for (var i = 0; i < 16; i++) {
        value = fract(sin(value.yzx * 12.9898) * 3.7 + value);
    }
    return vec4f(value, 1.0);
}
