// What has been fitted, applied to the picture and kept steady from frame to frame.

import kernels::matting::{before, linear_clamp, lines, matting, person_of, picture, stillness, tone};

/// Person that differs by less is the same.
const ALIKE: f32 = 0.002;
/// How far an edge goes on in a frame, to either side, in picture heights.
const EDGE: f32 = 0.016;
/// Differences of the person that noise makes, and those that motion makes.
const DIFFERS: vec2f = vec2f(0.15, 0.6);

/// The place of sample `i` of 4 between the pixels around a place.
fn between(uv: vec2f, i: i32, size: vec2f) -> vec2f {
    return uv + (vec2f(f32(i & 1), f32(i >> 1)) - 0.5) / size;
}

/// What of the person is found now and what was there in the frame before, put together.
fn settled(now: f32, before_this: f32, uv: vec2f, size: vec2f) -> f32 {
    var changed = vec3f(0.0);
    var corners = vec4f(0.0);
    // Most of a picture is far from any edge. A software device leaves loops early, but goes through both sides of an `if`.
    let samples = select(4, 0, abs(now - before_this) < ALIKE);
    for (var i = 0; i < samples; i++) {
        let at = between(uv, i, size);
        changed += abs(tone(textureSampleLevel(picture, linear_clamp, at, 0.0).rgb)
            - tone(textureSampleLevel(before, linear_clamp, at, 0.0).rgb)) / 4.0;
        let way = vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0;
        corners[i] = textureSampleLevel(before, linear_clamp, uv + way * vec2f(size.y / size.x, 1.0) * EDGE, 0.0).a;
    }
    let still = stillness(changed);
    // A line that neither goes on to two sides nor is seen now is what an edge has left behind.
    let least = max(min(corners.x, corners.w), min(corners.y, corners.z));
    let most = min(max(corners.x, corners.w), max(corners.y, corners.z));
    let then = clamp(before_this, min(now, least), max(now, most));
    let differs = smoothstep(DIFFERS.x, DIFFERS.y, abs(now - then));
    let highest = max(max(corners.x, corners.y), max(corners.z, corners.w));
    let lowest = min(min(corners.x, corners.y), min(corners.z, corners.w));
    let share = mix(matting.kept, matting.lasting, differs) * (1.0 - differs * (highest - lowest));
    return mix(now, then, share * still);
}

/// The picture, and the person in alpha. Where the picture stands still, most of the frame before is kept; the more it
/// has changed, the less. Four samples between the pixels smooth the steps of an edge, and a camera's noise.
///
/// An edge that goes on is believed at once: where person and background have one colour, the picture does not tell that it
/// moved, and the edge before would stay as a second outline. But nobody comes or goes in the middle of what stands still:
/// a mask that says so has to say it for long.
@fragment
fn steady(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let size = vec2f(textureDimensions(before));
    let uv = position.xy / size;
    let line = textureSampleLevel(lines, linear_clamp, uv, 0.0);
    var now = 0.0;
    for (var i = 0; i < 4; i++) {
        now += person_of(line, tone(textureSampleLevel(picture, linear_clamp, between(uv, i, size), 0.0).rgb)) / 4.0;
    }
    let light = textureSampleLevel(picture, linear_clamp, uv, 0.0).rgb;
    let then = textureLoad(before, vec2i(position.xy), 0).a;
    return vec4f(light, settled(now, then, uv, size));
}
