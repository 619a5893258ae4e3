// Flattens the picture and keeps its edges.
//
// Jan Eric Kyprianidis, Amir Semmo, Henry Kang, Jürgen Döllner, Anisotropic Kuwahara Filtering with Polynomial
// Weighting Functions (TPCG 2010), without the anisotropy: the disc around each place is split into eight overlapping
// sectors, and the calmest sectors give the colour. So no colour is mixed across an edge.

import antifaz::color::{decode, encode};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{flat_tones};

/// Samples from the middle to the rim of the disc.
const REACH: i32 = 4;
/// Radius of the disc, in heights of the picture.
const RADIUS: f32 = 0.0105;
const SECTORS: i32 = 8;

@fragment
fn flatten(in: Varying) -> @location(0) vec4f {
    // Never less than a pixel from sample to sample.
    let rows = f32(REACH) / RADIUS;
    let unit = vec2f(frame.size.y / frame.size.x, 1.0) / min(rows, frame.size.y);
    // Red, green, blue and weight of each sector, and the squares.
    var means = array<vec4f, 8>();
    var squares = array<vec3f, 8>();
    for (var y = -REACH; y <= REACH; y++) {
        for (var x = -REACH; x <= REACH; x++) {
            let v = vec2f(f32(x), f32(y)) / f32(REACH);
            if dot(v, v) > 1.1 {
                continue;
            }
            let color = encode(picture_at(in.uv + vec2f(f32(x), f32(y)) * unit).rgb);
            let near = exp(-2.5 * dot(v, v));
            for (var s = 0; s < SECTORS; s++) {
                let angle = f32(s) * 0.78539816;
                let along = dot(v, vec2f(cos(angle), sin(angle)));
                let across = dot(v, vec2f(-sin(angle), cos(angle)));
                let inside = max(along + 0.33 - 3.77 * across * across, 0.0);
                let weight = inside * inside * near;
                means[s] += vec4f(color, 1.0) * weight;
                squares[s] += color * color * weight;
            }
        }
    }
    var sum = vec4f(0.0);
    for (var s = 0; s < SECTORS; s++) {
        let mean = means[s].rgb / means[s].w;
        let spread = abs(squares[s] / means[s].w - mean * mean);
        // The power decides how clearly the calmest sector wins.
        let calm = 1.0 / (1.0 + pow(255.0 * (spread.r + spread.g + spread.b), 4.0));
        sum += vec4f(mean, 1.0) * max(calm, 1e-6);
    }
    return vec4f(decode(sum.rgb / sum.w), 1.0);
}
