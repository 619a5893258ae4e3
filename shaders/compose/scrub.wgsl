// Makes particles that hold what is no number as they were at first: they would hold it for ever.

/// Particles as words; the last two of each are whole numbers.
@group(1) @binding(0) var<storage, read_write> swarm: array<array<u32, 16>>;

const EXPONENT: u32 = 0x7f800000u;

@compute @workgroup_size(64)
fn scrub(@builtin(global_invocation_id) at: vec3u) {
    var numbers = true;
    for (var word = 0u; word < 14u; word++) {
        numbers = numbers && (swarm[at.x][word] & EXPONENT) != EXPONENT;
    }
    if !numbers {
        swarm[at.x] = array<u32, 16>();
    }
}
