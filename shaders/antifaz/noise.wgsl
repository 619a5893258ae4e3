// Noise that is the same on every device: integer hashes.

/// Mark Jarzynski and Marc Olano, Hash Functions for GPU Rendering (JCGT 2020): pcg3d.
fn hash3(seed: vec3u) -> vec3u {
    var v = seed * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> vec3u(16u);
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    return v;
}

/// Three independent values, 0..1.
fn random3(seed: vec3u) -> vec3f {
    return vec3f(hash3(seed) >> vec3u(8u)) / 16777216.0;
}

/// A smooth field with cells of size 1, 0..1.
fn value_noise(at: vec2f, seed: u32) -> f32 {
    let cell = vec2i(floor(at));
    let f = fract(at);
    let t = f * f * (3.0 - 2.0 * f);
    let top = mix(corner(cell, seed), corner(cell + vec2i(1, 0), seed), t.x);
    let bottom = mix(corner(cell + vec2i(0, 1), seed), corner(cell + vec2i(1, 1), seed), t.x);
    return mix(top, bottom, t.y);
}

fn corner(cell: vec2i, seed: u32) -> f32 {
    return random3(vec3u(bitcast<vec2u>(cell), seed)).x;
}
