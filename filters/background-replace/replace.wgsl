// People in front of another background. Three things make them belong there: no trace of the old background in the
// half covered pixels of the edge, light of the new one that wraps around them, and a little of its colour on all of them.

import antifaz::color::{luma};
import antifaz::frame::{covering, frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{foreground_at, person_at};
import package::inputs::{ambient, around, backdrop, lights, params};

const GOLDEN_ANGLE: f32 = 2.3999632;

fn aspect() -> vec2f {
    return vec2f(frame.size.y / frame.size.x, 1.0);
}

/// The new background.
fn scene(uv: vec2f) -> vec3f {
    if params.scene == 0u {
        return covering(backdrop, uv).rgb;
    }
    if params.scene == 1u {
        return covering(lights, uv).rgb;
    }
    // A wall with a lamp on it that stands behind the people.
    let from_lamp = length((uv - vec2f(0.5, 0.48)) / aspect() * vec2f(0.8, 1.0));
    return params.studio.rgb * (0.22 + 1.1 * exp(-2.6 * from_lamp * from_lamp));
}

fn person(uv: vec2f) -> f32 {
    return smoothstep(0.55 * params.choke, 1.0, person_at(uv));
}

/// How much person there is around a place: less at the border, where light from behind reaches.
@fragment
fn surround(in: Varying) -> @location(0) vec4f {
    var sum = vec2f(0.0);
    for (var i = 0; i < 24; i++) {
        let share = f32(i) / 24.0;
        let angle = f32(i) * GOLDEN_ANGLE;
        let at = in.uv + vec2f(cos(angle), sin(angle)) * sqrt(share) * 0.028 * aspect();
        sum += vec2f(person(at), 1.0) * exp(-3.0 * share);
    }
    return vec4f(sum.x / sum.y, 0.0, 0.0, 1.0);
}

/// The background, far out of focus.
@fragment
fn ambience(in: Varying) -> @location(0) vec4f {
    var sum = vec3f(0.0);
    for (var i = 0; i < 32; i++) {
        let angle = f32(i) * GOLDEN_ANGLE;
        let at = in.uv + vec2f(cos(angle), sin(angle)) * sqrt(f32(i) / 32.0) * 0.12 * aspect();
        sum += scene(clamp(at, vec2f(0.0), vec2f(1.0)));
    }
    return vec4f(sum / 32.0, 1.0);
}

@fragment
fn join(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let cover = person(in.uv);
    let near = textureSampleLevel(around, linear, in.uv, 0.0).r;
    let light = textureSampleLevel(ambient, linear, in.uv, 0.0).rgb;

    // At the edge the picture's colour is partly that of the old background.
    var front = foreground_at(in.uv);

    // The mean light of the whole background, as a tint and as brightness.
    var mean = vec3f(0.0);
    for (var i = 0; i < 4; i++) {
        let at = (vec2f(f32(i % 2), f32(i / 2)) + 0.5) / 2.0;
        mean += textureSampleLevel(ambient, linear, at, 0.0).rgb / 4.0;
    }
    let tint = mean / max(luma(mean), 0.01);
    let level = clamp(sqrt(luma(mean) / 0.2), 0.5, 1.15);
    front *= mix(vec3f(1.0), mix(vec3f(1.0), tint, 0.5) * level, params.tint);
    // Light from behind reaches around the border.
    let border = 1.0 - smoothstep(0.35, 0.95, near);
    front += light * border * (0.25 + 0.75 * front) * params.wrap;

    let joined = mix(scene(in.uv), min(front, vec3f(1.0)), cover);
    return vec4f(mix(source.rgb, joined * source.a, params.strength), source.a);
}
