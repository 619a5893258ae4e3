// Chroma keying. A colour is split into its brightness and two differences of colour. Those are turned so that one axis
// points to the wall's colour: along it a colour is like the wall, across it is of another hue.

import antifaz::color::{decode, encode, luma};
import antifaz::frame::{covering, frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{backdrop, params, wall};

/// Colours of less brightness are noise for the most part.
const SHADE: f32 = 0.22;

/// Coded colour to brightness (x) and differences of colour (yz): YCbCr of Rec. 709, without its offsets.
fn split(coded: vec3f) -> vec3f {
    let y = luma(coded);
    return vec3f(y, (coded.b - y) / 1.8556, (coded.r - y) / 1.5748);
}

fn joined(y: f32, difference: vec2f) -> vec3f {
    let r = y + 1.5748 * difference.y;
    let b = y + 1.8556 * difference.x;
    return vec3f(r, (y - 0.2126 * r - 0.0722 * b) / 0.7152, b);
}

/// How much a colour is like the wall's (x: 1 as colourful) and how far beside its hue (y). In the shade the wall is as
/// much less colourful as it is darker, so both are set against the brightness.
fn likeness(parts: vec3f) -> vec2f {
    let key = split(encode(params.key.rgb));
    let axis = key.yz / max(length(key.yz), 0.02);
    let turned = vec2f(dot(parts.yz, axis), abs(parts.y * axis.y - parts.z * axis.x));
    let colourful = length(key.yz) / (key.x + SHADE);
    return turned / ((parts.x + SHADE) * max(colourful, 0.05));
}

/// 1 where the wall is seen, 0 where something is in front of it.
@fragment
fn pull(in: Varying) -> @location(0) vec4f {
    // Cameras store colour at half the size: the differences of colour are smoothed, the brightness is not.
    let texel = 1.0 / frame.size;
    var difference = vec2f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = vec2f(f32(i % 3) - 1.0, f32(i / 3) - 1.0);
        difference += split(encode(picture_at(in.uv + shift * texel).rgb)).yz;
    }
    let parts = vec3f(luma(encode(picture_at(in.uv).rgb)), difference / 9.0);
    let like = likeness(parts);
    // A cone around the wall's hue.
    let inside = like.x - 1.6 * like.y;
    let high = mix(1.0, 0.35, params.tolerance);
    let low = high * (1.0 - params.softness) - 0.15 * params.tolerance * params.softness;
    return vec4f(vec3f(smoothstep(low, high, inside)), 1.0);
}

/// The same colour without the part that the wall shone on it.
fn clean(light: vec3f) -> vec3f {
    let parts = split(encode(light));
    let key = split(encode(params.key.rgb));
    let colourful = max(length(key.yz), 0.02);
    let axis = key.yz / colourful;
    let along = dot(parts.yz, axis);
    let across = abs(parts.y * axis.y - parts.z * axis.x);
    let shone = max(along - 0.12 * across, 0.0) * params.spill;
    // The wall's light is as bright as it is colourful.
    let y = parts.x - 0.6 * shone / colourful * key.x;
    return decode(clamp(joined(y, parts.yz - axis * shone), vec3f(0.0), vec3f(1.0)));
}

@fragment
fn join(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let open = textureSampleLevel(wall, linear, in.uv, 0.0).r;
    var back = covering(backdrop, in.uv);
    if params.behind == 1u {
        back = params.color;
    }
    if params.behind == 2u {
        back = vec4f(0.0);
    }
    // What the wall adds to a half covered pixel is taken off, as light; what it shone on people, as colour.
    let own = max(source.rgb - open * params.key.rgb, vec3f(0.0)) / max(1.0 - open, 0.02);
    let front = clean(min(mix(source.rgb, own, 0.7 * params.spill), vec3f(1.0)));
    let result = vec4f(front, 1.0) * (1.0 - open) + back * open;
    return mix(source, result * source.a, params.strength);
}
