// A full-frame pass that keeps the person and draws everything else anew.

import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{foreground_at, person_at};
import antifaz::noise::{value_noise};
import package::inputs::{params};

// With a picture of your own: import `backdrop` from `package::inputs`, `linear` from `antifaz::frame`, and
// return textureSampleLevel(backdrop, linear, uv, 0.0).rgb.
fn background(uv: vec2f) -> vec3f {
    let sky = mix(params.sky.rgb, params.glow.rgb, smoothstep(0.15, 0.95, uv.y));
    // Clouds that drift: noise, wider than high. `frame.time` is in seconds.
    let at = uv * vec2f(3.0 * frame.size.x / frame.size.y, 9.0) + vec2f(0.05 * frame.time, 0.0);
    let clouds = 0.6 * value_noise(at, 1u) + 0.4 * value_noise(at * 2.3, 2u);
    return mix(sky, vec3f(0.9, 0.75, 0.7), 0.35 * smoothstep(0.55, 0.85, clouds));
}

@fragment
fn replace(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let behind = background(in.uv) * source.a;
    // At the edge a pixel is person and old background at once: `foreground_at` is the person's share alone.
    let shown = mix(behind, foreground_at(in.uv), person_at(in.uv));
    return vec4f(mix(source.rgb, shown, params.strength), source.a);
}
