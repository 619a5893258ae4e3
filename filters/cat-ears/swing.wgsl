// What the ears know of the frames before: a spring for each head, and how far brows and mouth have moved.

import antifaz::expression::{brow_up, mouth_open};
import antifaz::frame::{frame};
import antifaz::swing::{follow};
import package::ears::{TOP};
import package::inputs::{springs};

@compute @workgroup_size(64)
fn swing(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x;
    var spring = follow(springs[face], face, TOP, 15.0, 0.28);
    if spring.seed != 0u {
        let shown = vec2f(smoothstep(0.22, 0.55, brow_up(face)), smoothstep(0.12, 0.5, mouth_open(face)));
        // Not at once, but soon.
        let fresh = spring.seed != springs[face].seed || frame.anew == 1u;
        let kept = select(mix(shown, spring.color.xy, exp(-14.0 * frame.delta)), shown, fresh);
        spring.color = vec4f(kept, 0.0, 0.0);
    }
    springs[face] = spring;
}
