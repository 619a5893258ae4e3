// Dense layers of 256 values to 256, one after the other in one workgroup. What includes this says what a `Weight` is.

@group(0) @binding(0) var<storage, read> weights: array<vec4<Weight>>;
@group(0) @binding(1) var<storage, read_write> after: array<f32>;
@group(0) @binding(2) var<uniform> rounds: u32;

var<workgroup> inputs: array<f32, 512>;

@compute @workgroup_size(256)
fn dense(@builtin(local_invocation_index) i: u32) {
    var value = f32(i) * 0.01;
    for (var round = 0u; round < rounds; round++) {
        let start = (round & 1u) * 256u;
        inputs[start + i] = value;
        workgroupBarrier();
        value = 0.0;
        for (var k = 0u; k < 64u; k++) {
            let at = start + k * 4u;
            let input = vec4f(inputs[at], inputs[at + 1u], inputs[at + 2u], inputs[at + 3u]);
            value += dot(vec4f(weights[(round * 64u + k) * 256u + i]), input);
        }
    }
    after[i] = value;
}
