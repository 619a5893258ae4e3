// The kernels that `antifaz bench --latency` times. They compute nothing of use, but the results depend on all of it.

@group(0) @binding(0) var<storage, read> before: array<f32>;
@group(0) @binding(1) var<storage, read_write> after: array<f32>;
@group(0) @binding(2) var<uniform> rounds: u32;
@group(0) @binding(3) var<storage, read> next: array<u32>;
@group(0) @binding(4) var<storage, read> texels: array<u32>;
@group(0) @binding(5) var picture: texture_2d<f32>;

// A level: each value needs another invocation's.
@compute @workgroup_size(64)
fn level(@builtin(global_invocation_id) at: vec3u) {
    after[at.x] = before[(at.x + 1u) % arrayLength(&before)] * 0.5 + 1.0;
}

// One of two halves is written while the other may still be read: a barrier a round is enough.
var<workgroup> values: array<f32, 512>;

@compute @workgroup_size(256)
fn barriers(@builtin(local_invocation_index) i: u32) {
    var value = f32(i);
    for (var round = 0u; round < rounds; round++) {
        let start = (round & 1u) * 256u;
        values[start + i] = value;
        workgroupBarrier();
        value = values[start + ((i + 1u) & 255u)] * 0.5 + 1.0;
    }
    after[i] = value;
}

// Thousands of loads, each from the place that the one before names.
@compute @workgroup_size(1)
fn chase() {
    var at = 0u;
    for (var i = 0u; i < rounds * 1000u; i++) {
        at = next[at];
    }
    after[0] = f32(at);
}

// 1 MiB from 16384 invocations, 16 texels each.
@compute @workgroup_size(256)
fn sum_buffer(@builtin(global_invocation_id) at: vec3u) {
    var sum = vec4f();
    for (var i = 0u; i < 16u; i++) {
        sum += unpack4x8unorm(texels[i * 16384u + at.x]);
    }
    after[at.x] = dot(sum, vec4f(1.0));
}

@compute @workgroup_size(256)
fn sum_texture(@builtin(global_invocation_id) at: vec3u) {
    var sum = vec4f();
    for (var i = 0u; i < 16u; i++) {
        sum += textureLoad(picture, vec2u(at.x & 511u, i * 32u + (at.x >> 9u)), 0);
    }
    after[at.x] = dot(sum, vec4f(1.0));
}
