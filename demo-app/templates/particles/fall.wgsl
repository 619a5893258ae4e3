// A compute pass: `fall` runs once for each particle, and moves it.

import antifaz::frame::{frame};
import antifaz::noise::{gradient_noise, random3};
import antifaz::particles::{Particle};
import package::inputs::{flakes, params};

/// A flake that begins to fall: above the picture, or, when the picture begins, anywhere in it.
fn fresh(i: u32, anywhere: bool) -> Particle {
    // Three random numbers, 0..1. The same number, frame and seed give the same ones: a clip renders the same twice.
    let luck = random3(vec3u(i, frame.index, frame.seed));
    var flake: Particle;
    // x and y are uv, 0..1 from the left upper corner. z is free: here, how near the flake is.
    flake.position = vec3f(luck.x * 1.4 - 0.2, select(-0.05, luck.y * 1.1, anywhere), luck.z * luck.z);
    // The side of its square, in heights of the picture.
    flake.size = mix(0.008, 0.03, flake.position.z) * params.size;
    flake.color = vec4f(vec3f(0.9, 0.93, 1.0), 1.0) * mix(0.45, 0.9, flake.position.z);
    // It is alive while `age` is less than `life`.
    flake.life = 60.0;
    // Free for authors, like `kind`.
    flake.seed = u32(luck.x * 1000.0);
    return flake;
}

@compute @workgroup_size(64)
fn fall(@builtin(global_invocation_id) at: vec3u) {
    let i = at.x;
    var flake = flakes[i];
    if flake.age >= flake.life {
        // Not all at once: of the dead ones some begin in each second. `frame.anew` is 1 in the first frame.
        let luck = random3(vec3u(i, frame.index, frame.seed + 1u));
        if luck.x > params.amount || (frame.anew == 0u && luck.y > 2.0 * frame.delta) {
            return;
        }
        flake = fresh(i, frame.anew == 1u);
    }
    // Near flakes fall faster. Air that whirls is noise that changes with time.
    let whirl = gradient_noise(flake.position.xy * 3.0 + 0.3 * frame.time, flake.seed % 4u);
    let near = mix(0.08, 0.22, flake.position.z);
    flake.velocity = vec3f((params.wind + 0.5 * whirl) * near, near, 0.0);

    // In heights of the picture: uv is wider than high on most pictures.
    flake.position += flake.velocity * vec3f(frame.size.y / frame.size.x, 1.0, 0.0) * frame.delta;
    flake.age += frame.delta;
    flake.spin += (whirl + 0.3) * frame.delta;
    if flake.position.y > 1.05 || abs(flake.position.x - 0.5) > 0.75 {
        flake.life = 0.0;
    }
    flakes[i] = flake;
}
