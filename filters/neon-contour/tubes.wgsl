// From the picture to thin bright lines: slopes of tone and colour, of which only the ridges are kept.

import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{matte_at};
import package::inputs::{params, slopes, soft};

/// Lines are found as in a picture of this many rows.
const ROWS: f32 = 540.0;

/// From sample to sample: as wide as a row of that picture, but at least a pixel.
fn unit() -> vec2f {
    return vec2f(frame.size.y / frame.size.x, 1.0) / min(ROWS, frame.size.y);
}

/// Colours as the eye compares them, and the person. Roots of light are nearly as even to the eye as coded values, and cost less.
@fragment
fn soften(in: Varying) -> @location(0) vec4f {
    let middle = sqrt(picture_at(in.uv).rgb);
    var sum = vec4f(middle, 1.0);
    // Neighbours of another colour count less, so that grain goes and edges stay.
    for (var i = 1; i < 18; i++) {
        let angle = f32(i) * 2.3999632;
        let ray = vec2f(cos(angle), sin(angle)) * sqrt(f32(i) / 18.0) * 3.2 * unit();
        let color = sqrt(picture_at(in.uv + ray).rgb);
        let d = color - middle;
        sum += vec4f(color, 1.0) * exp(-dot(d, d) * 60.0);
    }
    return vec4f(sum.rgb / sum.a, matte_at(in.uv));
}

/// The steepest slope of the colours (xy) and how steep the person's border is (zw).
@fragment
fn slope(in: Varying) -> @location(0) vec4f {
    let u = unit();
    var x = vec4f(0.0);
    var y = vec4f(0.0);
    for (var i = -1; i <= 1; i++) {
        let weight = f32(2 - abs(i)) * 0.25;
        let side = f32(i);
        x += weight * (textureSampleLevel(soft, linear, in.uv + vec2f(1.0, side) * u, 0.0)
            - textureSampleLevel(soft, linear, in.uv + vec2f(-1.0, side) * u, 0.0));
        y += weight * (textureSampleLevel(soft, linear, in.uv + vec2f(side, 1.0) * u, 0.0)
            - textureSampleLevel(soft, linear, in.uv + vec2f(side, -1.0) * u, 0.0));
    }
    // Di Zenzo: the direction in which all three channels together change most.
    let xx = dot(x.rgb, x.rgb);
    let yy = dot(y.rgb, y.rgb);
    let xy = dot(x.rgb, y.rgb);
    let angle = 0.5 * atan2(2.0 * xy, xx - yy);
    let steep = 0.5 * (xx + yy + sqrt((xx - yy) * (xx - yy) + 4.0 * xy * xy));
    return vec4f(vec2f(cos(angle), sin(angle)) * sqrt(steep), x.a, y.a);
}

fn steepness(uv: vec2f) -> f32 {
    return length(textureSampleLevel(slopes, linear, uv, 0.0).xy);
}

/// 1 on a line, 0 beside it.
@fragment
fn thin(in: Varying) -> @location(0) vec4f {
    let here = textureSampleLevel(slopes, linear, in.uv, 0.0);
    let steep = length(here.xy);
    let across = here.xy / max(steep, 1e-4) * unit();
    // A ridge is steeper than what lies to both of its sides; a soft rule leaves smooth lines.
    let sides = 0.5 * (steepness(in.uv + across * 2.0) + steepness(in.uv - across * 2.0));
    let ridge = smoothstep(0.0, 0.35, (steep - sides) / max(steep, 1e-4));
    let least = 0.36 * pow(0.12, params.detail);
    var line = ridge * smoothstep(least, least * 2.2, steep);
    // A line goes on to both sides in the same direction; specks of texture don't.
    let normal = here.xy / max(steep, 1e-4);
    let along = vec2f(-normal.y, normal.x) * unit();
    var onwards = 0.0;
    for (var i = -2; i <= 2; i++) {
        onwards += 0.2 * abs(dot(textureSampleLevel(slopes, linear, in.uv + along * f32(i) * 3.0, 0.0).xy, normal));
    }
    line *= smoothstep(0.35, 0.7, onwards / max(steep, 1e-4));
    if params.what == 1u {
        // The matte is coarser than the picture: its border must not stand beside that of the picture.
        let person = textureSampleLevel(soft, linear, in.uv, 0.0).a;
        line *= smoothstep(0.15, 0.6, person);
    }
    return vec4f(line, 0.0, 0.0, 1.0);
}
