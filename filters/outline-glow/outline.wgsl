// A line around the person and its light. A blur of the person's shape falls off across its border in a known way, so
// it tells how far the border is: that gives a line of even width without a search.

import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying, pixel_of};
import antifaz::matte::{foreground_at, person_at};
import package::inputs::{far_halo, near_halo, params, rim, shape, widened};

fn aspect() -> vec2f {
    return vec2f(frame.size.y / frame.size.x, 1.0);
}

/// Whether it is the person, 0..1: a line is drawn around what is sure.
fn surely(person: f32) -> f32 {
    return smoothstep(0.45, 0.65, person);
}

/// Red: the person, 0..1. Green: how much the mask only half believes in it.
@fragment
fn cut(in: Varying) -> @location(0) vec4f {
    let quarter = 0.25 * pixel_of(in);
    var sum = 0.0;
    for (var i = 0; i < 4; i++) {
        let uv = in.uv + (vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0) * quarter;
        sum += person_at(uv);
    }
    let shape = surely(sum / 4.0);
    return vec4f(shape, 4.0 * shape * (1.0 - shape), 0.0, 1.0);
}

/// The mean in a bell along a line, `sigma` in uv.
fn bell_along(table: texture_2d<f32>, uv: vec2f, sigma: vec2f) -> vec2f {
    var sum = vec3f(0.0);
    for (var i = -4; i <= 4; i++) {
        let d = 0.6 * f32(i);
        sum += vec3f(textureSampleLevel(table, linear, uv + d * sigma, 0.0).rg, 1.0) * exp(-0.5 * d * d);
    }
    return sum.xy / sum.z;
}

/// The spread of the bell that the line is made from, in heights of the picture.
fn line_sigma() -> f32 {
    return max(params.width * 0.01, 1.2 / frame.size.y);
}

@fragment
fn widen_across(in: Varying) -> @location(0) vec4f {
    return vec4f(bell_along(shape, in.uv, vec2f(line_sigma() * aspect().x, 0.0)), 0.0, 1.0);
}

/// Red: the line. Green: 0.5 at the border of the person, 0.16 at the outer edge of the line. Blue: half belief around.
@fragment
fn widen(in: Varying) -> @location(0) vec4f {
    let blurred = bell_along(widened, in.uv, vec2f(0.0, line_sigma()));
    let line = smoothstep(0.1, 0.2, blurred.x) * smoothstep(0.95, 0.75, blurred.x);
    return vec4f(line, blurred, 1.0);
}

/// The mean in a bell around a place, `sigma` in heights of the picture.
fn bell(table: texture_2d<f32>, uv: vec2f, sigma: f32) -> f32 {
    var sum = vec2f(0.0);
    for (var i = 0; i < 24; i++) {
        let angle = f32(i) * 2.3999632;
        let radius = 2.4 * sqrt((f32(i) + 0.5) / 24.0);
        let at = uv + vec2f(cos(angle), sin(angle)) * radius * sigma * aspect();
        sum += vec2f(textureSampleLevel(table, linear, at, 0.0).r, 1.0) * exp(-0.5 * radius * radius);
    }
    return sum.x / sum.y;
}

/// Light of the line.
@fragment
fn shed_near(in: Varying) -> @location(0) vec4f {
    return vec4f(bell(rim, in.uv, 0.018), 0.0, 0.0, 1.0);
}

@fragment
fn shed_far(in: Varying) -> @location(0) vec4f {
    return vec4f(bell(near_halo, in.uv, 0.055), 0.0, 0.0, 1.0);
}

fn hue(uv: vec2f) -> vec3f {
    let at = uv.y * 0.8 + uv.x * 0.3 - frame.time * 0.15;
    let mixed = mix(params.first.rgb, params.second.rgb, 0.5 - 0.5 * cos(6.2831853 * at));
    return mixed / max(max(mixed.r, max(mixed.g, mixed.b)), 0.2);
}

@fragment
fn draw(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let person = person_at(in.uv);
    let near = textureSampleLevel(rim, linear, in.uv, 0.0);
    // A little wider than the line, so that no background shows between line and person; what the mask half believes is not
    // filled.
    let tube = smoothstep(0.11, 0.19, near.y) * smoothstep(0.9, 0.6, near.y) * smoothstep(0.6, 0.35, near.z);
    let back = source.rgb * mix(1.0, 0.12, params.dim * params.strength);
    let own = foreground_at(in.uv);
    var color: vec3f;
    if params.style == 0u {
        let beat = 0.8 + 0.2 * cos(6.2831853 * frame.time * params.pulse);
        let near_light = textureSampleLevel(near_halo, linear, in.uv, 0.0).r;
        let far_light = textureSampleLevel(far_halo, linear, in.uv, 0.0).r;
        let tint = hue(in.uv);
        let shine = tint * (near_light + 1.6 * far_light) * params.glow * beat;
        let glowing = mix(tint, vec3f(1.0), 0.3 * smoothstep(0.16, 0.32, near.y)) * tube * beat;
        let behind = 1.0 - (1.0 - min(back, vec3f(1.0))) * exp(-1.5 * (shine + 1.3 * glowing));
        // The light wraps around the shoulders, and tints what it falls on.
        let wrap = (1.0 - smoothstep(0.5, 0.98, near.y)) * params.glow * beat;
        let lit = own + tint * (own * 1.2 + 0.12) * wrap;
        color = mix(behind, lit, person);
    } else {
        let below = in.uv - vec2f(-0.006, 0.012) * aspect();
        let shadow = textureSampleLevel(near_halo, linear, below, 0.0).x + textureSampleLevel(rim, linear, below, 0.0).y;
        let shaded = back * (1.0 - 0.7 * params.glow * clamp(shadow * 1.2, 0.0, 1.0));
        color = mix(mix(shaded, params.first.rgb, tube), own, surely(person));
    }
    return vec4f(mix(source.rgb, clamp(color, vec3f(0.0), vec3f(1.0)) * source.a, params.strength), source.a);
}
