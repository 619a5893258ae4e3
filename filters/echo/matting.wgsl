// Fits the matte's edge to the edges of the picture.
//
// Kaiming He, Jian Sun, Xiaoou Tang, Guided Image Filtering (ECCV 2010), with a colour guide: around each place
// the matte is approximated by a linear function of the picture's colour; the functions are averaged, and applied
// to the full picture.

import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{matte_at};
import package::inputs::{edges, fitted, small};

/// Half of the window's side, in cells of the small picture.
const REACH: i32 = 4;
/// Differences of colour below its root (of coded values, 0..1) are taken for noise.
const NOISE: f32 = 0.0015;

/// Colours are compared as the eye does: by the square root of light.
fn tone(light: vec3f) -> vec3f {
    return sqrt(max(light, vec3f(0.0)));
}

/// The matte at a place of the picture, 0..1, from the averaged functions.
fn refined(table: texture_2d<f32>, lookup: sampler, uv: vec2f, light: vec3f) -> f32 {
    let line = textureSampleLevel(table, lookup, uv, 0.0);
    let alpha = dot(line.rgb, tone(light)) + line.a;
    return smoothstep(0.06, 0.94, alpha);
}

/// The picture made small, and the matte.
@fragment
fn guide(in: Varying) -> @location(0) vec4f {
    let cell = fwidth(in.uv);
    var sum = vec3f(0.0);
    for (var y = 0; y < 3; y++) {
        for (var x = 0; x < 3; x++) {
            let shift = (vec2f(f32(x), f32(y)) - 1.0) / 3.0;
            sum += tone(picture_at(in.uv + shift * cell).rgb);
        }
    }
    return vec4f(sum / 9.0, matte_at(in.uv));
}

fn cell_at(table: texture_2d<f32>, at: vec2i) -> vec4f {
    return textureLoad(table, clamp(at, vec2i(0), vec2i(textureDimensions(table)) - 1), 0);
}

/// For each cell the function (slope in rgb, offset in a) that fits the matte in its window best.
@fragment
fn fit(in: Varying) -> @location(0) vec4f {
    let here = vec2i(in.position.xy);
    var mean = vec4f(0.0);
    var with_matte = vec3f(0.0);
    var squares = vec3f(0.0); // rr gg bb
    var mixed = vec3f(0.0); // rg rb gb
    for (var y = -REACH; y <= REACH; y++) {
        for (var x = -REACH; x <= REACH; x++) {
            let at = cell_at(small, here + vec2i(x, y));
            mean += at;
            with_matte += at.rgb * at.a;
            squares += at.rgb * at.rgb;
            mixed += at.rrg * at.gbb;
        }
    }
    let count = f32((2 * REACH + 1) * (2 * REACH + 1));
    mean /= count;
    let covariance = with_matte / count - mean.rgb * mean.a;
    let s = squares / count - mean.rgb * mean.rgb + NOISE;
    let m = mixed / count - mean.rrg * mean.gbb;
    // The symmetric matrix (s.x m.x m.y; m.x s.y m.z; m.y m.z s.z), inverted by its adjugate.
    let first = vec3f(s.y * s.z - m.z * m.z, m.y * m.z - m.x * s.z, m.x * m.z - m.y * s.y);
    let second = vec3f(first.y, s.x * s.z - m.y * m.y, m.x * m.y - s.x * m.z);
    let third = vec3f(first.z, second.z, s.x * s.y - m.x * m.x);
    let determinant = dot(vec3f(s.x, m.x, m.y), first);
    let product = vec3f(dot(first, covariance), dot(second, covariance), dot(third, covariance));
    let slope = clamp(product / max(determinant, 1e-12), vec3f(-40.0), vec3f(40.0));
    return vec4f(slope, mean.a - dot(slope, mean.rgb));
}

/// The mean of the functions whose windows cover a cell.
@fragment
fn smooth_fit(in: Varying) -> @location(0) vec4f {
    let here = vec2i(in.position.xy);
    var sum = vec4f(0.0);
    for (var y = -REACH; y <= REACH; y++) {
        for (var x = -REACH; x <= REACH; x++) {
            sum += cell_at(fitted, here + vec2i(x, y));
        }
    }
    let count = f32((2 * REACH + 1) * (2 * REACH + 1));
    return sum / count;
}
