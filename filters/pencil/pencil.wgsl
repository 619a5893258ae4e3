// A pencil drawing. Contours are where a place is darker than what is around it; tones are hatched in layers, each at
// another angle, that come in one after another as it gets darker. Paper takes graphite on its bumps first.

import antifaz::color::{encode, luma, saturate_by};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::noise::{random3, value_noise, value_noise3};
import package::inputs::{around, calmed, params};

/// Sizes on the paper are those of a sheet with this many rows.
const ROWS: f32 = 720.0;
const GRAPHITE: vec3f = vec3f(0.035, 0.036, 0.04);

/// A row of that sheet in uv, but at least a pixel.
fn unit() -> vec2f {
    return vec2f(frame.size.y / frame.size.x, 1.0) / min(ROWS, frame.size.y);
}

/// The picture without the sensor's grain, and its tone in alpha.
@fragment
fn calm(in: Varying) -> @location(0) vec4f {
    let middle = picture_at(in.uv).rgb;
    let root = sqrt(middle);
    var sum = vec4f(middle, 1.0);
    // Neighbours of another colour count less: grain goes, edges stay.
    for (var i = 1; i < 14; i++) {
        let angle = f32(i) * 2.3999632;
        let ray = vec2f(cos(angle), sin(angle)) * sqrt(f32(i) / 14.0) * 2.8 * unit();
        let color = picture_at(in.uv + ray).rgb;
        // Roots of light are nearly as even to the eye as coded values, and cost less.
        let d = sqrt(color) - root;
        sum += vec4f(color, 1.0) * exp(-dot(d, d) * 60.0);
    }
    let calm = sum.rgb / sum.a;
    return vec4f(calm, luma(encode(calm)));
}

fn tone_at(uv: vec2f) -> f32 {
    return textureSampleLevel(calmed, linear, uv, 0.0).a;
}

/// Mean tones in a narrow (x) and a wide disc (y).
@fragment
fn spread(in: Varying) -> @location(0) vec4f {
    var narrow = 0.0;
    var wide = 0.0;
    for (var i = 0; i < 16; i++) {
        let angle = f32(i) * 2.3999632;
        let ray = vec2f(cos(angle), sin(angle)) * sqrt((f32(i) + 0.5) / 16.0) * unit();
        narrow += tone_at(in.uv + ray * 4.0);
        wide += tone_at(in.uv + ray * 13.0);
    }
    return vec4f(narrow / 16.0, wide / 16.0, 0.0, 1.0);
}

/// Strokes at an angle, 0..1: noise that is much longer than wide. `at` is in rows.
fn strokes(at: vec2f, degrees: f32, width: f32, seed: u32) -> f32 {
    let angle = radians(degrees);
    let along = dot(at, vec2f(cos(angle), sin(angle)));
    let across = dot(at, vec2f(-sin(angle), cos(angle)));
    return value_noise(vec2f(along / 16.0, across) / width, seed);
}

/// A layer of hatching: how much graphite lies where `amount` of the paper shall be covered.
fn layer(lines: f32, amount: f32) -> f32 {
    return smoothstep(0.0, 0.3, lines - mix(0.7, 0.25, amount)) * min(amount * 1.4, 1.0);
}

@fragment
fn draw(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let at = in.uv * frame.size * (min(ROWS, frame.size.y) / frame.size.y);
    let drawing = u32(frame.time * params.redraw) * 31u;
    let near = textureSampleLevel(around, linear, in.uv, 0.0).xy;
    let tone = tone_at(in.uv);

    // The hand trembles: contours are drawn a little beside where they are.
    let hand = value_noise3(at / 16.0, drawing) - 0.5;
    let shake = hand.xy * 2.0 * unit();
    let shaken = tone_at(in.uv + shake);
    let beside = textureSampleLevel(around, linear, in.uv + shake, 0.0).xy;
    let fine = 1.0 - shaken / max(beside.x, 0.04);
    let broad = 1.0 - near.x / max(near.y, 0.04);
    let line = smoothstep(0.015, 0.22, fine) * 1.1 + 0.6 * smoothstep(0.03, 0.4, broad);

    // The tones, a little lighter than they are: paper is part of a drawing.
    let color = textureSampleLevel(calmed, linear, in.uv, 0.0).rgb;
    var dark = clamp(1.0 - 1.12 * tone, 0.0, 1.0);
    if params.pencil == 1u {
        // What is colourful is coloured in, however light it is.
        let coded = encode(color);
        let most = max(coded.r, max(coded.g, coded.b));
        let colourful = (most - min(coded.r, min(coded.g, coded.b))) / max(most, 0.1);
        dark = max(dark, 0.25 + 0.75 * smoothstep(0.0, 0.5, colourful));
    }
    let h = params.hatching * 1.5;
    // A hand bends its strokes a little, and its pressure changes.
    let bent = at + 5.0 * value_noise(at / 90.0, drawing + 9u);
    let pressed = 0.14 * hand.z;
    let first = strokes(bent, -52.0, 2.0, drawing + 2u) + pressed;
    let second = strokes(bent, -38.0, 1.9, drawing + 3u) + pressed;
    let third = strokes(bent, 24.0, 2.2, drawing + 4u) + pressed;
    let hatch = 0.75 * layer(first, clamp((dark - 0.12) * 1.15 * h, 0.0, 0.85))
        + 0.65 * layer(second, clamp((dark - 0.42) * 1.6 * h, 0.0, 0.9))
        + 0.75 * layer(third, clamp((dark - 0.66) * 2.2 * h, 0.0, 0.95));
    // A stump has rubbed some of it into the paper.
    let rubbed = select(0.35, 0.55, params.pencil == 1u) * dark * dark * params.hatching;

    // The sheet stays the same from drawing to drawing.
    let bumps = 0.6 * value_noise(at / 1.7, 77u) + 0.4 * random3(vec3u(vec2u(at), 78u)).x;
    let laid = 1.4 * params.contours * line + 0.62 * hatch + rubbed;
    let caught = laid * mix(1.0, smoothstep(0.05, 0.75, bumps + 0.25 * laid), params.grain);
    let density = 1.0 - exp(-1.5 * max(caught, 0.0));

    var pigment = GRAPHITE;
    if params.pencil == 1u {
        // Coloured pencils: the hue of the picture, deeper, as the paper lightens it.
        let vivid = max(saturate_by(color, 1.7), vec3f(0.0));
        pigment = vivid * 0.8 / max(max(vivid.r, max(vivid.g, vivid.b)), 0.25) * mix(0.12, 0.75, tone);
    }
    let sheet = params.paper.rgb * (1.0 - 0.06 * params.grain * (1.0 - bumps));
    let drawn = mix(sheet, pigment, density * select(0.92, 0.98, params.pencil == 1u));
    return vec4f(mix(source.rgb, drawn * source.a, params.strength), source.a);
}
