// A lens out of focus: every light of the background becomes a disc. What the person covers has no weight, so that
// nothing of the person bleeds into the background.

import antifaz::frame::{frame, linear, picture_at};
import antifaz::color::{luma};
import antifaz::fullscreen::{Varying, pixel_of};
import antifaz::matte::{foreground_at, person_at};
import package::inputs::{behind, discs, filled, params};

const GOLDEN_ANGLE: f32 = 2.3999632;

/// Picture times weight, and the weight: 1 in the background, 0 in the person.
@fragment
fn background(in: Varying) -> @location(0) vec4f {
    let quarter = 0.25 * pixel_of(in);
    var sum = vec4f(0.0);
    for (var i = 0; i < 4; i++) {
        let shift = vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0;
        let uv = in.uv + shift * quarter;
        let light = picture_at(uv).rgb;
        // Half covered pixels carry the person's colour: they count less than their share.
        let free = 1.0 - person_at(uv);
        let weight = free * free;
        // A camera clips lights: the brightest count for more, and an even wall stays as it is.
        let open = 1.0 + 6.0 * params.glow * smoothstep(0.7, 1.0, luma(light));
        sum += vec4f(light, 1.0) * weight * open;
    }
    return sum / 4.0;
}

/// The disc around a place, in a spiral that covers it evenly.
@fragment
fn lens(in: Varying) -> @location(0) vec4f {
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    let reach = params.radius * 0.01 * params.strength;
    // A little turn from pixel to pixel, the same in every frame, hides the spiral; `fill` smooths it.
    let turn = fract(52.9829189 * fract(dot(floor(in.position.xy), vec2f(0.06711056, 0.00583715)))) * 6.2831853;
    var sum = textureSampleLevel(behind, linear, in.uv, 0.0);
    for (var i = 0; i < params.taps; i++) {
        let angle = f32(i) * GOLDEN_ANGLE + turn;
        let radius = sqrt((f32(i) + 0.5) / f32(params.taps)) * reach;
        let uv = in.uv + vec2f(cos(angle), sin(angle)) * radius * aspect;
        // What lies outside is not known; the border row must not stand for all of it.
        let inside = all(uv >= vec2f(0.0)) && all(uv <= vec2f(1.0));
        sum += select(vec4f(0.0), textureSampleLevel(behind, linear, uv, 0.0), inside);
    }
    return sum / f32(params.taps + 1);
}

/// Smooths the spiral's grain.
@fragment
fn fill(in: Varying) -> @location(0) vec4f {
    let texel = 1.0 / vec2f(textureDimensions(discs));
    var sum = vec4f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = vec2f(f32(i % 3) - 1.0, f32(i / 3) - 1.0);
        sum += textureSampleLevel(discs, linear, in.uv + shift * texel * 1.1, 0.0);
    }
    return sum / 9.0;
}

/// The sharp person over the blurred background.
@fragment
fn join(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let person = person_at(in.uv);
    let blurred = textureSampleLevel(filled, linear, in.uv, 0.0);
    // Deep inside the person there is nothing to blur, and nothing of it is seen.
    let backdrop = mix(source.rgb, blurred.rgb / max(blurred.a, 1e-4), smoothstep(0.0, 0.02, blurred.a));
    return vec4f(mix(min(backdrop, vec3f(1.0)), foreground_at(in.uv), person), source.a);
}
