// Noise that is the same on every device: integer hashes.

/// Three whole numbers that have nothing to do with each other or with `seed`. Mark Jarzynski and Marc Olano, Hash Functions for GPU Rendering (JCGT 2020): pcg3d.
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
    // As the digits of numbers from 1 to 2: to convert whole numbers takes GPUs several times as long.
    return bitcast<vec3f>((hash3(seed) >> vec3u(9u)) | vec3u(0x3f800000u)) - 1.0;
}

/// A smooth field with cells of size 1, 0..1.
fn value_noise(at: vec2f, seed: u32) -> f32 {
    return value_noise3(at, seed).x;
}

/// Three such fields that have nothing to do with each other, for little more than one costs.
fn value_noise3(at: vec2f, seed: u32) -> vec3f {
    let cell = vec2i(floor(at));
    let f = fract(at);
    let t = f * f * (3.0 - 2.0 * f);
    let top = mix(_corner3(cell, seed), _corner3(cell + vec2i(1, 0), seed), t.x);
    let bottom = mix(_corner3(cell + vec2i(0, 1), seed), _corner3(cell + vec2i(1, 1), seed), t.x);
    return mix(top, bottom, t.y);
}

/// Values of a whole place, 0..1.
fn _corner3(cell: vec2i, seed: u32) -> vec3f {
    return random3(vec3u(bitcast<vec2u>(cell), seed));
}

/// The first of them.
fn _corner(cell: vec2i, seed: u32) -> f32 {
    return _corner3(cell, seed).x;
}

/// A value of `seed` and a whole number, 0..1.
fn random(number: u32, seed: u32) -> f32 {
    return random3(vec3u(number, seed, 0x9e3779b9u)).x;
}

/// A smooth field without a preferred grid, with features of size 1, -1..1: gradient noise.
fn gradient_noise(at: vec2f, seed: u32) -> f32 {
    let cell = vec2i(floor(at));
    let f = fract(at);
    let t = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    let top = mix(_slope(cell, f, vec2i(0, 0), seed), _slope(cell, f, vec2i(1, 0), seed), t.x);
    let bottom = mix(_slope(cell, f, vec2i(0, 1), seed), _slope(cell, f, vec2i(1, 1), seed), t.x);
    return 1.5 * mix(top, bottom, t.y);
}

/// What one corner of a cell adds to gradient noise, `step` away from its left upper corner.
fn _slope(cell: vec2i, f: vec2f, step: vec2i, seed: u32) -> f32 {
    let turn = 6.2831853 * _corner(cell + step, seed);
    return dot(vec2f(cos(turn), sin(turn)), f - vec2f(step));
}

/// Sums `octaves` (1..8) of gradient noise, each twice as fine and half as strong: clouds, smoke. About -1..1.
fn fractal_noise(at: vec2f, octaves: u32, seed: u32) -> f32 {
    var sum = 0.0;
    var place = at;
    var strength = 0.5;
    for (var i = 0u; i < min(octaves, 8u); i++) {
        sum += strength * gradient_noise(place, seed + i);
        place = 2.0 * place;
        strength *= 0.5;
    }
    return sum;
}

/// Cells with one point each: distance to the nearest and second nearest point, and a value 0..1 of the nearest's cell.
fn cell_noise(at: vec2f, seed: u32) -> vec3f {
    let home = vec2i(floor(at));
    var found = vec3f(9.0, 9.0, 0.0);
    for (var y = -1; y <= 1; y++) {
        for (var x = -1; x <= 1; x++) {
            let cell = home + vec2i(x, y);
            let point = random3(vec3u(bitcast<vec2u>(cell), seed));
            let distance = length(vec2f(cell) + point.xy - at);
            if distance < found.x {
                found = vec3f(distance, found.x, point.z);
            } else {
                found.y = min(found.y, distance);
            }
        }
    }
    return found;
}
