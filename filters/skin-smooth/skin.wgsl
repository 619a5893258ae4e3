// The picture made small, as tones: the eye compares the square roots of light.

import antifaz::frame::{picture_at};
import antifaz::fullscreen::{Varying};

fn tone(light: vec3f) -> vec3f {
    return sqrt(max(light, vec3f(0.0)));
}

@fragment
fn shrink(in: Varying) -> @location(0) vec4f {
    let cell = fwidth(in.uv);
    var sum = vec3f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = (vec2f(f32(i % 3), f32(i / 3)) - 1.0) / 3.0;
        sum += tone(picture_at(in.uv + shift * cell).rgb);
    }
    return vec4f(sum / 9.0, 1.0);
}
