// Light that gets past the door of an old camera: tongues of light from the edges of the picture, deep red where they are
// faint and nearly white where they are strong, as film shows them. Light adds to light.

import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::noise::{random3, value_noise};
import package::inputs::{leaks, params};

/// Soft clouds, 0..1.
fn clouds(at: vec2f, seed: u32) -> f32 {
    return (value_noise(at, seed) * 4.0 + value_noise(at * 2.03 + 17.0, seed + 1u) * 2.0
        + value_noise(at * 4.1 + 5.0, seed + 2u)) / 7.0;
}

/// A tongue of light that comes in at a place of the edge, at time `t` of its life of 1.
fn tongue(at: vec2f, number: u32, t: f32) -> f32 {
    let random = random3(vec3u(number, 7u, 1u));
    let more = random3(vec3u(number, 8u, 2u));
    // Most come from the left or the right, where the film runs.
    let side = select(-1.0, 1.0, random.x < 0.5);
    let half_width = 0.5 * frame.size.x / frame.size.y;
    var entry = vec2f(side * (half_width + 0.12), random.y - 0.5);
    if random.z < 0.3 {
        entry = vec2f((random.y - 0.5) * 2.0 * half_width, side * 0.62);
    }
    entry += (more.xy - 0.5) * 0.5 * t;
    let inwards = normalize(vec2f(0.0) - entry + (more.zy - 0.5) * 0.7);
    let d = at - entry;
    let along = dot(d, inwards);
    let across = dot(d, vec2f(-inwards.y, inwards.x));
    // Waves in its border keep it from looking like a lamp.
    let wave = clouds(at * 1.6 + vec2f(f32(number) * 3.1, t * 0.8), number * 3u) - 0.5;
    let reach = mix(0.3, 0.75, more.x) * (1.0 + 0.6 * wave);
    let width = mix(0.16, 0.4, more.y) * (1.0 + 0.5 * wave);
    let body = exp(-along * along / (reach * reach) - across * across / (width * width));
    return body * sin(3.1415927 * t) * sin(3.1415927 * t);
}

/// What film makes of a leak of this strength: colours come in one after another.
fn film(strength: f32, place: f32) -> vec3f {
    let s = vec3f(strength);
    if params.tint == 1u {
        return vec3f(1.0, 0.22, 0.5) * smoothstep(vec3f(0.0), vec3f(0.8, 1.4, 1.0), s) * 1.15;
    }
    if params.tint == 2u {
        // The glass of a lens bends each colour by its own angle.
        let hue = 0.5 + 0.5 * cos(6.2831853 * (place * 0.55 + vec3f(0.0, 0.36, 0.68)));
        return mix(hue * hue, vec3f(1.0, 0.85, 0.7), smoothstep(0.5, 1.2, strength)) * smoothstep(0.0, 0.9, strength);
    }
    return smoothstep(vec3f(0.0, 0.12, 0.5), vec3f(0.65, 1.15, 1.9), s) * vec3f(1.1, 0.85, 0.7);
}

/// All light that leaks in.
@fragment
fn shine(in: Varying) -> @location(0) vec4f {
    let at = (in.uv - 0.5) * vec2f(frame.size.x / frame.size.y, 1.0);
    let time = frame.time * params.speed * 0.3;

    // Four tongues at any time, each in another part of its life; a new one takes the place of one that ended.
    var amount = 0.0;
    for (var i = 0u; i < 4u; i++) {
        let life = time + 0.6 + f32(i) * 0.25;
        amount += tongue(at, u32(life) * 4u + i, fract(life));
    }
    // A wide veil breathes behind them.
    let veil = clouds(at * 0.7 + vec2f(time * 0.6, -time * 0.4), 90u);
    amount += 0.3 * smoothstep(0.45, 0.85, veil) * (0.4 + length(at));
    return vec4f(film(amount * 1.3 * params.strength, amount * 1.2 + at.x * 0.4 + time), 1.0);
}

@fragment
fn leak(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let light = textureSampleLevel(leaks, linear, in.uv, 0.0).rgb;

    // Fogged film has no black, and its colours are tired.
    let fog = vec3f(0.035, 0.018, 0.02) * params.fade * params.strength;
    let tired = mix(source.rgb, vec3f(luma(source.rgb)), 0.22 * params.fade * params.strength);
    let base = fog + tired * (1.0 - fog);

    // Neighbouring steps of a wide gradient must not show.
    let dither = (random3(vec3u(vec2u(in.position.xy), u32(frame.time * 24.0))) - 0.5) / 255.0;
    // As two exposures of one film: light adds, and bright places saturate.
    let exposed = 1.0 - (1.0 - min(base, vec3f(1.0))) * (1.0 - min(light, vec3f(0.97)));
    let graded = exposed + dither * sqrt(max(exposed, vec3f(0.0)));
    return vec4f(clamp(graded, vec3f(0.0), vec3f(1.0)) * source.a, source.a);
}
