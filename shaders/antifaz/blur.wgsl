// Blurs of any radius at the cost of one: the engine keeps the picture as it is at this place of the look in levels, each
// half as large as the one above. A pass that blurs says `reads = ["picture.levels"]`.

import antifaz::frame::{frame, linear, picture_at};

/// Linear light, premultiplied alpha. The first level is half as large as the picture.
@group(0) @binding(14) var picture_levels: texture_2d<f32>;

/// A level's value, in a smooth curve (a cubic B-spline) through its texels: no texel is seen.
fn _smooth_level(uv: vec2f, level: u32) -> vec4f {
    let size = vec2f(textureDimensions(picture_levels, level));
    let at = uv * size - 0.5;
    let part = fract(at);
    let rest = 1.0 - part;
    // Four samples, each between two texels, have the weights of sixteen.
    let first = rest * rest * rest / 6.0;
    let last = part * part * part / 6.0;
    let second = 2.0 / 3.0 - 0.5 * part * part * (2.0 - part);
    let third = 1.0 - first - second - last;
    let low = first + second;
    let high = third + last;
    let base = at - part + 0.5;
    let left = (base - 1.0 + second / low) / size;
    let right = (base + 1.0 + last / high) / size;
    let lod = f32(level);
    let above = mix(
        textureSampleLevel(picture_levels, linear, vec2f(right.x, left.y), lod),
        textureSampleLevel(picture_levels, linear, left, lod),
        low.x,
    );
    let below = mix(
        textureSampleLevel(picture_levels, linear, right, lod),
        textureSampleLevel(picture_levels, linear, vec2f(left.x, right.y), lod),
        low.x,
    );
    return mix(below, above, low.y);
}

/// The square of a level's spread, in pixels of the picture: what made it, and the curve through it.
fn _spread_of(level: u32) -> f32 {
    let size = exp2(2.0 * f32(level + 1u));
    return size * (0.25 + 1.0 / 3.0) - 0.25;
}

/// The picture at a place, blurred: linear light, premultiplied alpha. `radius` is in heights of the picture, 0 (sharp)
/// to about 0.5; what lies further away hardly counts (it is twice the spread of a bell curve).
fn blurred(uv: vec2f, radius: f32) -> vec4f {
    let spread = max(radius, 0.0) * frame.size.y * 0.5;
    let wanted = spread * spread;
    let last = textureNumLevels(picture_levels) - 1u;
    if wanted < _spread_of(0u) {
        // A bell this narrow is a few pixels wide.
        var sum = vec4f(0.0);
        var weights = 0.0;
        for (var i = 0; i < 25; i++) {
            let shift = vec2f(f32(i % 5), f32(i / 5)) - 2.0;
            let weight = exp(-0.405 * dot(shift, shift));
            sum += picture_at(uv + 0.967 * spread * shift / frame.size) * weight;
            weights += weight;
        }
        return sum / weights;
    }
    // Spreads grow fourfold from level to level.
    let level = u32(clamp(0.5 * log2((wanted + 0.25) / (7.0 / 12.0)) - 1.0, 0.0, f32(last)));
    let next = min(level + 1u, last);
    let low = _spread_of(level);
    let share = select(0.0, clamp((wanted - low) / max(_spread_of(next) - low, 1e-6), 0.0, 1.0), next > level);
    return mix(_smooth_level(uv, level), _smooth_level(uv, next), share);
}
