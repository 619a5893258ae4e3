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

/// The root of a texel, and its square.
fn texel(at: vec2i) -> vec4f {
    let root = textureLoad(roots, clamp(at, vec2i(0), vec2i(textureDimensions(roots)) - 1), 0).rgb;
    return vec4f(root, dot(root, root));
}

/// The flat colour, and its tone in alpha.
@fragment
fn flatten(in: Varying) -> @location(0) vec4f {
    let at = vec2i(in.position.xy);
    // Of four sectors, and of four that lie between them: a column for each.
    var weights = vec2f(sectors(vec2f(0.0)).x);
    let middle = texel(at) * weights.x;
    var straight = mat4x4f(middle, middle, middle, middle);
    var slanted = straight;
    for (var y = 0; y <= REACH; y++) {
        for (var x = 1; x <= REACH; x++) {
            let v = vec2f(f32(x), f32(y)) / f32(REACH);
            if dot(v, v) > 1.1 {
                continue;
            }
            // A place and three more, each a quarter of a turn on: what one is to a sector, the next is to the next.
            let near = mat4x4f(texel(at + vec2i(x, y)), texel(at + vec2i(-y, x)), texel(at - vec2i(x, y)), texel(at + vec2i(y, -x)));
            let a = sectors(v) * exp(-2.5 * dot(v, v));
            let b = sectors(vec2f(v.x + v.y, v.y - v.x) * 0.70710678) * exp(-2.5 * dot(v, v));
            straight += near * mat4x4f(a.xwzy, a.yxwz, a.zyxw, a.wzyx);
            slanted += near * mat4x4f(b.xwzy, b.yxwz, b.zyxw, b.wzyx);
            weights += vec2f(dot(a, vec4f(1.0)), dot(b, vec4f(1.0)));
        }
    }
    let sum = calmest(straight * (1.0 / weights.x)) + calmest(slanted * (1.0 / weights.y));
    let root = sum.rgb / sum.w;
    return vec4f(root * root, luma(encode(root * root)));
}

/// The means of four sectors, the calmer the heavier, and their weight.
fn calmest(sectors: mat4x4f) -> vec4f {
    var sum = vec4f(0.0);
    for (var i = 0; i < 4; i++) {
        let mean = sectors[i].rgb;
        let spread = max(sectors[i].w - dot(mean, mean), 0.0);
        // The power decides how clearly the calmest sector wins.
        sum += vec4f(mean, 1.0) * max(1.0 / (1.0 + pow(255.0 * spread, 4.0)), 1e-6);
    }
    return sum;
}
