// Flattens the picture and keeps its edges.
//
// Jan Eric Kyprianidis, Amir Semmo, Henry Kang, Jürgen Döllner, Anisotropic Kuwahara Filtering with Polynomial
// Weighting Functions (TPCG 2010), without the anisotropy: the disc around each place is split into eight overlapping
// sectors, and the calmest sectors give the colour. So no colour is mixed across an edge.

import antifaz::color::{encode, luma};
import antifaz::frame::{picture_at};
import antifaz::fullscreen::{Varying, pixel_of};
import package::inputs::{roots};

/// Radius of the disc, in texels.
const REACH: i32 = 3;

fn square(texel: vec4f) -> f32 {
    return dot(texel.rgb, texel.rgb);
}

/// How much a place (in radii of the disc) belongs to the sectors to the right, below, left and above.
fn sectors(v: vec2f) -> vec4f {
    let inside = max(vec4f(v, -v) + 0.33 - 3.77 * (v * v).yxyx, vec4f(0.0));
    return inside * inside;
}

/// The picture in small. Roots of light are nearly as even to the eye as coded values, and cost less.
@fragment
fn shrink(in: Varying) -> @location(0) vec4f {
    let quarter = 0.25 * pixel_of(in);
    var sum = vec3f(0.0);
    for (var i = 0; i < 4; i++) {
        sum += picture_at(in.uv + (vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0) * quarter).rgb;
    }
    return vec4f(sqrt(max(sum / 4.0, vec3f(0.0))), 1.0);
}

fn texel(at: vec2i) -> vec4f {
    return textureLoad(roots, clamp(at, vec2i(0), vec2i(textureDimensions(roots)) - 1), 0);
}

/// The flat colour, and its tone in alpha.
@fragment
fn flatten(in: Varying) -> @location(0) vec4f {
    // A column for each sector: red, green, blue and weight. The second four lie between the first.
    var straight = mat4x4f();
    var slanted = mat4x4f();
    // The squares of the colours in them.
    var straight_squares = vec4f(0.0);
    var slanted_squares = vec4f(0.0);
    let at = vec2i(in.position.xy);
    let middle = texel(at);
    let weight = sectors(vec2f(0.0)).x;
    straight += mat4x4f(middle, middle, middle, middle) * weight;
    slanted += mat4x4f(middle, middle, middle, middle) * weight;
    straight_squares += square(middle) * weight;
    slanted_squares += square(middle) * weight;
    // Four places at once, each a quarter of a turn from the last: their weights are the same, for other sectors.
    for (var y = 0; y <= REACH; y++) {
        for (var x = 1; x <= REACH; x++) {
            let place = vec2i(x, y);
            let v = vec2f(place) / f32(REACH);
            if dot(v, v) > 1.1 {
                continue;
            }
            let turned = vec2i(-y, x);
            let texels = mat4x4f(texel(at + place), texel(at + turned), texel(at - place), texel(at - turned));
            let squares = vec4f(square(texels[0]), square(texels[1]), square(texels[2]), square(texels[3]));
            let near = exp(-2.5 * dot(v, v));
            let a = sectors(v) * near;
            let b = sectors(vec2f(v.x + v.y, v.y - v.x) * 0.70710678) * near;
            let weights = mat4x4f(a.xwzy, a.yxwz, a.zyxw, a.wzyx);
            let slanted_weights = mat4x4f(b.xwzy, b.yxwz, b.zyxw, b.wzyx);
            straight += texels * weights;
            slanted += texels * slanted_weights;
            straight_squares += squares * weights;
            slanted_squares += squares * slanted_weights;
        }
    }
    let sum = calmest(straight, straight_squares) + calmest(slanted, slanted_squares);
    let root = sum.rgb / sum.w;
    return vec4f(root * root, luma(encode(root * root)));
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
