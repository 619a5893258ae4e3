// Printing with dots. Each ink has a screen, a smooth hill in each cell, and prints where the picture is darker than the
// hill is high: dots grow with the tone until they join, and leave holes in the shadows.

import antifaz::color::{encode, luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying, pixel_of};
import package::inputs::{params, soft};

/// Inks let light through: cyan, magenta, yellow and black, in linear light.
const CYAN: vec3f = vec3f(0.0, 0.38, 0.79);
const MAGENTA: vec3f = vec3f(0.82, 0.0, 0.22);
const YELLOW: vec3f = vec3f(1.0, 0.83, 0.0);
const BLACK: vec3f = vec3f(0.012, 0.011, 0.014);
/// Printers turn the screens against each other, so that they make rosettes and no moiré.
const TURNS: vec4f = vec4f(15.0, 75.0, 0.0, 45.0);
/// Fewer pixels from dot to dot would make noise of them.
const FEWEST: f32 = 4.0;

@fragment
fn soften(in: Varying) -> @location(0) vec4f {
    let texel = pixel_of(in);
    var sum = vec4f(0.0);
    for (var i = 0; i < 9; i++) {
        let shift = vec2f(f32(i % 3) - 1.0, f32(i / 3) - 1.0);
        sum += picture_at(in.uv + shift * texel * 0.5);
    }
    return sum / 9.0;
}

/// Cosine and sine, exact everywhere: those of some devices are so coarse that dots far from the middle would shift.
fn direction(degrees: f32) -> vec2f {
    let quarter = round(degrees / 90.0);
    let a = radians(degrees - 90.0 * quarter);
    let q = a * a;
    let c = 1.0 - q * (0.5 - q * (1.0 / 24.0 - q * (1.0 / 720.0 - q / 40320.0)));
    let s = a * (1.0 - q * (1.0 / 6.0 - q * (1.0 / 120.0 - q / 5040.0)));
    let turned = select(vec2f(c, s), vec2f(-s, c), (i32(quarter) & 1) == 1);
    return select(turned, -turned, (i32(quarter) & 2) == 2);
}

/// How much of a pixel is inked, for an ink that shall cover `amount` of the paper. `at` is in pixels.
fn printed(at: vec2f, cell: f32, degrees: f32, amount: f32, rows: bool) -> f32 {
    let x = direction(degrees + params.angle);
    let cells = mat2x2f(x, vec2f(-x.y, x.x)) * at / cell;
    let phase = (cells - round(cells)) * 6.2831853;
    var hill = 0.5 - 0.25 * (cos(phase.x) + cos(phase.y));
    // Height gained from one pixel to the next.
    var slope = 1.5708 / cell * length(sin(phase));
    if rows {
        hill = 0.5 - 0.5 * cos(phase.y);
        slope = 3.1416 / cell * abs(sin(phase.y));
    }
    // The hill starts a little below 0 and ends above 1, so that white stays clean and black closes.
    let edge = amount * 1.12 - 0.06 - hill;
    return smoothstep(-0.6, 0.6, edge / max(slope, 1.4 / cell));
}

@fragment
fn press(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let at = (in.uv - 0.5) * frame.size;
    let cell = max(params.cell * 0.01 * frame.size.y, FEWEST);
    // Half way between light and its coded value: true to the tone from afar, and clear from near.
    let light = textureSampleLevel(soft, linear, in.uv, 0.0).rgb;
    let tone = mix(encode(light), light, 0.35);

    var paper = params.paper.rgb;
    if params.style == 0u {
        let lack = 1.0 - tone;
        // Black takes over what the three inks have in common, more so in the shadows.
        let grey = min(lack.r, min(lack.g, lack.b));
        let black = grey * smoothstep(0.1, 1.0, grey);
        let inks = clamp((lack - black) / max(1.0 - black, 0.05), vec3f(0.0), vec3f(1.0));
        paper *= mix(vec3f(1.0), YELLOW, printed(at, cell, TURNS.z, inks.b, false));
        paper *= mix(vec3f(1.0), MAGENTA, printed(at, cell, TURNS.y, inks.g, false));
        paper *= mix(vec3f(1.0), CYAN, printed(at, cell, TURNS.x, inks.r, false));
        paper *= mix(vec3f(1.0), BLACK, printed(at, cell, TURNS.w, black, false));
    } else {
        let lines = params.style == 2u;
        let amount = printed(at, cell, select(45.0, 20.0, lines), 1.0 - luma(tone), lines);
        paper = mix(paper, params.ink.rgb, amount);
    }
    return vec4f(mix(source.rgb, paper * source.a, params.strength), source.a);
}
