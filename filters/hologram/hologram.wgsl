// The person as light from a projector: one colour, lines that wander down, a bright rim, and rows that tear.

import antifaz::blur::{blurred};
import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{person_at};
import antifaz::noise::{value_noise};
import package::inputs::{crowd, params};
import package::tear::{tear};

/// How much person there is around a place.
@fragment
fn gather(in: Varying) -> @location(0) vec4f {
    let step = vec2f(frame.size.y / frame.size.x, 1.0) * 0.02;
    var sum = 0.0;
    for (var i = 0; i < 16; i++) {
        let angle = f32(i) * 2.3999632;
        sum += person_at(in.uv + vec2f(cos(angle), sin(angle)) * step * sqrt((f32(i) + 0.5) / 16.0));
    }
    return vec4f(sum / 16.0, 0.0, 0.0, 1.0);
}

/// What the eye notices of light: shapes, less their shading. `around`: the root of the light around.
fn shape(uv: vec2f, around: f32) -> f32 {
    let here = sqrt(luma(picture_at(uv).rgb));
    // Local contrast, and some of the light itself.
    return clamp(0.66 * here + 1.3 * (here - around) - 0.02, 0.0, 1.0);
}

@fragment
fn project(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let torn = tear(in.uv.y);
    let uv = in.uv + vec2f(torn, 0.0);
    // Its colours come apart sideways.
    let apart = vec2f(0.0035 + 0.01 * abs(torn), 0.0);
    let mean = sqrt(luma(blurred(uv, 0.028).rgb));
    let left = shape(uv - apart, mean);
    let middle = shape(uv, mean);
    let right = shape(uv + apart, mean);
    let person = person_at(uv);
    // Less person around than here is the edge, more is the glow beside it.
    let around = textureSampleLevel(crowd, linear, uv, 0.0).r;
    let rim = max(person - around, 0.0);
    let glow = max(around - person, 0.0);

    // About 110 lines, but never finer than three pixels.
    let rows = min(110.0, frame.size.y / 3.5);
    let wave = 0.5 + 0.5 * cos((in.uv.y * rows - frame.time * 5.0) * 6.2831853);
    let lines = mix(1.0, 0.35 + 0.9 * wave, params.lines);
    // A bright bar sweeps down; the lamp flickers a little.
    let sweep = fract(in.uv.y - frame.time * 0.22);
    let bar = 1.0 + 0.5 * exp(-sweep * 14.0) * params.lines;
    let lamp = 0.93 + 0.07 * value_noise(vec2f(frame.time * 11.0, 0.5), 21u);

    // The colours of the two fringes lie beside that of the light and add up to it.
    let base = params.color.rgb;
    let fringe = vec3f(base.b, base.r, base.g) * 0.35;
    var light = base * middle * middle * 2.1 + fringe * max(left - middle, 0.0) + base.brg * max(right - middle, 0.0);
    // The brightest burns out to white.
    light += vec3f(pow(middle, 5.0)) * 1.1;
    light = (light * lines + base * rim * 1.7) * bar * lamp + base * 0.02;

    // Behind, the room lies dark and takes a little of the light.
    let dark = 1.0 - 0.93 * params.backdrop;
    let room = source.rgb * dark * dark + base * 0.02 * params.backdrop;
    // A hologram lets a trace of the room through.
    let shown = mix(room + base * glow * 0.5 * params.backdrop, room * 0.25 + light, person);
    return vec4f(mix(source.rgb, min(shown, vec3f(1.0)), params.strength) * source.a, source.a);
}
