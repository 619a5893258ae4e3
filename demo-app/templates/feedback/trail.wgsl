// Two passes: `remember` writes the trail, `show` lays it over the picture.

import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params, trail};

/// Within this of the middle the picture stays as it is, in its heights; from there the trail comes in softly.
const CLEAR: vec2f = vec2f(0.12, 0.6);

@fragment
fn remember(in: Varying) -> @location(0) vec4f {
    // What is here now was nearer to the middle a frame ago. `frame.delta` is the time since then, in seconds: with it
    // trails are the same at every frame rate.
    let origin = params.middle + (in.uv - params.middle) * exp(-params.speed * frame.delta);
    let before = textureSampleLevel(trail, linear, origin, 0.0);

    // With every turn a little of the colour is replaced.
    let aged = mix(before.rgb, params.tint.rgb * luma(before.rgb) * 1.4, 1.0 - exp(-0.9 * frame.delta));

    // How much of the old is left: half after so many seconds. In the first frame there is nothing old: its alpha is 0.
    let left = exp2(-frame.delta / params.seconds) * before.a;
    return vec4f(mix(picture_at(in.uv).rgb, aged, left), 1.0);
}

@fragment
fn show(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let old = textureSampleLevel(trail, linear, in.uv, 0.0).rgb;
    let away = length((in.uv - params.middle) * vec2f(frame.size.x / frame.size.y, 1.0));
    let amount = params.strength * smoothstep(CLEAR.x, CLEAR.y, away);
    return vec4f(mix(source.rgb, old * source.a, amount), source.a);
}
