// People in front of another background. Three things make them belong there: no trace of the old background in the
// half covered pixels of the edge, light of the new one that wraps around them, and a little of its colour on all of them.

import antifaz::color::{luma};
import antifaz::frame::{covering, frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{ambient, backdrop, edges, inner, lights, outer, params};
import package::matting::{refined};

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

fn person_at(uv: vec2f, light: vec3f) -> f32 {
    let alpha = refined(edges, linear, uv, light);
    return smoothstep(0.55 * params.choke, 1.0, alpha);
}

/// Colour times weight, and the weight: only what is surely a person counts.
@fragment
fn people(in: Varying) -> @location(0) vec4f {
    let quarter = 0.25 * fwidth(in.uv);
    var sum = vec4f(0.0);
    for (var i = 0; i < 4; i++) {
        let uv = in.uv + (vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0) * quarter;
        let light = picture_at(uv).rgb;
        let person = person_at(uv, light);
        sum += vec4f(light, 1.0) * pow(person, 4.0);
    }
    return sum / 4.0;
}

@fragment
fn spread(in: Varying) -> @location(0) vec4f {
    var sum = textureSampleLevel(inner, linear, in.uv, 0.0);
    var weights = 1.0;
    for (var i = 1; i < 40; i++) {
        let share = f32(i) / 40.0;
        let angle = f32(i) * GOLDEN_ANGLE;
        let at = in.uv + vec2f(cos(angle), sin(angle)) * sqrt(share) * 0.028 * aspect();
        let weight = exp(-3.0 * share);
        sum += textureSampleLevel(inner, linear, at, 0.0) * weight;
        weights += weight;
    }
    return sum / weights;
}

/// The background, far out of focus.
@fragment
fn ambience(in: Varying) -> @location(0) vec4f {
    var sum = vec3f(0.0);
    for (var i = 0; i < 48; i++) {
        let angle = f32(i) * GOLDEN_ANGLE;
        let at = in.uv + vec2f(cos(angle), sin(angle)) * sqrt(f32(i) / 48.0) * 0.12 * aspect();
        sum += scene(clamp(at, vec2f(0.0), vec2f(1.0)));
    }
    return vec4f(sum / 48.0, 1.0);
}

@fragment
fn join(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let person = person_at(in.uv, source.rgb);
    let around = textureSampleLevel(outer, linear, in.uv, 0.0);
    let light = textureSampleLevel(ambient, linear, in.uv, 0.0).rgb;

    // At the edge the picture's colour is partly that of the old background.
    let clean = mix(source.rgb, around.rgb / max(around.a, 1e-3), smoothstep(0.0, 0.05, around.a));
    var front = mix(clean, source.rgb, smoothstep(0.75, 1.0, person));

    // The mean light of the whole background, as a tint and as brightness.
    var mean = vec3f(0.0);
    for (var i = 0; i < 9; i++) {
        let at = (vec2f(f32(i % 3), f32(i / 3)) + 0.5) / 3.0;
        mean += textureSampleLevel(ambient, linear, at, 0.0).rgb / 9.0;
    }
    let tint = mean / max(luma(mean), 0.01);
    let level = clamp(pow(luma(mean) / 0.2, 0.5), 0.5, 1.15);
    front *= mix(vec3f(1.0), mix(vec3f(1.0), tint, 0.5) * level, params.tint);
    // Light from behind reaches around the border.
    let border = 1.0 - smoothstep(0.35, 0.95, around.a);
    front += light * border * (0.25 + 0.75 * front) * params.wrap;

    let joined = mix(scene(in.uv), min(front, vec3f(1.0)), person);
    return vec4f(mix(source.rgb, joined * source.a, params.strength), source.a);
}
