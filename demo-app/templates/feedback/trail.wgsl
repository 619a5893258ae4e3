// Two passes: `remember` writes the trail, `show` lays it over the picture.

import antifaz::color::{luma, screen};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params, trail};

/// What is brighter than this draws a trail.
const BRIGHT: f32 = 0.45;
/// How far a trail drifts in a second, in heights of the picture.
const DRIFT: vec2f = vec2f(0.0, -0.12);

@fragment
fn remember(in: Varying) -> @location(0) vec4f {
    // What was here a frame ago was elsewhere: it has drifted since. `frame.delta` is the time since then, so that trails
    // are the same at every frame rate.
    let before = textureSampleLevel(trail, linear, in.uv - DRIFT * frame.delta, 0.0);
    // Half is left after so many seconds. Without this, old light would never go.
    let left = exp2(-frame.delta / params.seconds);
    let aged = mix(before.rgb, params.tint.rgb * luma(before.rgb), 0.9 * frame.delta) * left;

    let source = picture_at(in.uv).rgb;
    let light = source * smoothstep(BRIGHT, BRIGHT + 0.3, luma(source));
    // The brighter of both, not their sum: what stands still must not grow brighter and brighter.
    return vec4f(max(light, aged), 1.0);
}

@fragment
fn show(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let kept = textureSampleLevel(trail, linear, in.uv, 0.0).rgb;
    // Only what is brighter than the picture is now: what stands still has no trail.
    let old = clamp(kept - source.rgb, vec3f(0.0), vec3f(1.0));
    let glow = vec4f(old * params.strength, 0.0);
    // `screen` lightens and never goes beyond white.
    return vec4f(screen(glow, source).rgb, source.a);
}
