// Flattens the picture and keeps its edges.
//
// Jan Eric Kyprianidis, Amir Semmo, Henry Kang, Jürgen Döllner, Anisotropic Kuwahara Filtering with Polynomial
// Weighting Functions (TPCG 2010), without the anisotropy: the disc around each place is split into eight overlapping
// sectors, and the calmest sectors give the colour. So no colour is mixed across an edge.

import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{flat_tones};

/// Samples from the middle to the rim of the disc.
const REACH: i32 = 4;
/// Radius of the disc, in heights of the picture.
const RADIUS: f32 = 0.0105;

/// How much a place (in radii of the disc) belongs to the sectors to the right, below, left and above.
fn sectors(v: vec2f) -> vec4f {
    let inside = max(vec4f(v, -v) + 0.33 - 3.77 * (v * v).yxyx, vec4f(0.0));
    return inside * inside;
}

@fragment
fn flatten(in: Varying) -> @location(0) vec4f {
    // Never less than a pixel from sample to sample.
    let rows = f32(REACH) / RADIUS;
    let unit = vec2f(frame.size.y / frame.size.x, 1.0) / min(rows, frame.size.y);
    // A column for each sector: red, green, blue and weight. The second four lie between the first.
    var straight = mat4x4f();
    var slanted = mat4x4f();
    // The squares of the colours in them.
    var straight_squares = vec4f(0.0);
    var slanted_squares = vec4f(0.0);
    for (var y = -REACH; y <= REACH; y++) {
        for (var x = -REACH; x <= REACH; x++) {
            let v = vec2f(f32(x), f32(y)) / f32(REACH);
            if dot(v, v) > 1.1 {
                continue;
            }
            // Roots of light are as even to the eye as coded values, and cost less.
            let color = sqrt(max(picture_at(in.uv + vec2f(f32(x), f32(y)) * unit).rgb, vec3f(0.0)));
            let near = exp(-2.5 * dot(v, v));
            let a = sectors(v) * near;
            let b = sectors(vec2f(v.x + v.y, v.y - v.x) * 0.70710678) * near;
            let texel = vec4f(color, 1.0);
            straight += mat4x4f(texel * a.x, texel * a.y, texel * a.z, texel * a.w);
            slanted += mat4x4f(texel * b.x, texel * b.y, texel * b.z, texel * b.w);
            straight_squares += dot(color, color) * a;
            slanted_squares += dot(color, color) * b;
        }
    }
    let sum = calmest(straight, straight_squares) + calmest(slanted, slanted_squares);
    let root = sum.rgb / sum.w;
    return vec4f(root * root, 1.0);
}

/// The mean colours of four sectors, the calmer the heavier, and their weight.
fn calmest(sectors: mat4x4f, squares: vec4f) -> vec4f {
    var sum = vec4f(0.0);
    for (var i = 0; i < 4; i++) {
        let mean = sectors[i].rgb / sectors[i].w;
        let spread = max(squares[i] / sectors[i].w - dot(mean, mean), 0.0);
        // The power decides how clearly the calmest sector wins.
        let calm = 1.0 / (1.0 + pow(255.0 * spread, 4.0));
        sum += vec4f(mean, 1.0) * max(calm, 1e-6);
    }
    return sum;
}
