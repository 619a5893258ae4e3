// A damaged signal. All of it comes from hashes of the time in steps and of the place, so the same clip always breaks in
// the same way.

import antifaz::color::{encode, luma};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::noise::{random3, value_noise};
import package::inputs::{params, signal};

/// A broken signal changes this often in a second.
const RATE: f32 = 14.0;
/// Rows of blocks in the picture.
const BLOCK_ROWS: f32 = 40.0;
/// No pixel's middle lies just between two blocks, where devices would round it to either.
const ASIDE: f32 = 0.007;

/// How bad the signal is at a time: calm, then bursts that end at once.
fn burst(time: f32) -> f32 {
    let wave = value_noise(vec2f(time * 1.7, 3.5), 11u) * 0.7 + value_noise(vec2f(time * 5.3, 7.5), 12u) * 0.3;
    return smoothstep(0.0, 0.1, wave - 0.8 + 0.6 * params.bursts);
}

/// How far a row is torn sideways, in heights of the picture.
fn tear(y: f32, step: u32, force: f32) -> f32 {
    // Bands of three sizes; few of them are torn, each by its own amount.
    var shift = 0.0;
    for (var i = 0u; i < 3u; i++) {
        let rows = array<f32, 3>(5.0, 17.0, 71.0)[i];
        let random = random3(vec3u(u32(y * rows + 100.0 * random3(vec3u(step, i, 5u)).x), step, i));
        let torn = step_at(random.x, 0.32 * force);
        shift += torn * (random.y - 0.5) * array<f32, 3>(0.1, 0.24, 0.14)[i];
    }
    // The whole picture sways a little, as tape does.
    return shift * force + 0.02 * force * (value_noise(vec2f(y * 9.0, f32(step) * 0.7), 21u) - 0.5);
}

fn step_at(value: f32, share: f32) -> f32 {
    return select(0.0, 1.0, value < share);
}

/// Where the picture ends it starts again from the other side.
fn wrapped(uv: vec2f) -> vec3f {
    return picture_at(vec2f(1.0 - abs(1.0 - abs(uv.x)), uv.y)).rgb;
}

/// A value in two half floats. One alone would be off by a part of a pixel.
fn in_two(value: f32) -> vec2f {
    let coarse = round(value * 1024.0) / 1024.0;
    return vec2f(coarse, value - coarse);
}

/// The hashes, once instead of in each pixel. A row of pixels has in the first column how wide its blocks are, force and
/// lean; then of each of its blocks how far to the side (torn as the row is) and down it looks, and its lamp: 0 is none.
@fragment
fn receive(in: Varying) -> @location(0) vec4f {
    let step = u32(frame.time * RATE);
    let force = params.strength * mix(0.3, 1.0, burst(frame.time));
    let row = u32(in.uv.y * BLOCK_ROWS + ASIDE);
    if in.position.x < 1.0 {
        let lean = 0.25 * (random3(vec3u(step, 1u, 2u)).x - 0.5);
        return vec4f(in_two(random3(vec3u(row, step / 2u, 41u)).x), force, lean);
    }
    let column = u32(in.position.x) - 1u;
    let block = random3(vec3u(column, row, step / 2u));
    var shift = vec2f(tear(in.uv.y, step, force), 0.0);
    var lamp = 0.0;
    // A broken block shows what is elsewhere. They come in clusters.
    if block.x < 0.8 * force * force * params.blocks {
        let cluster = value_noise(vec2f(f32(column) * 0.9, f32(row) * 0.2 + f32(step / 2u) * 7.3), 31u);
        if 0.55 < cluster {
            shift += (block.yz - 0.5) * vec2f(0.25, 0.1);
            lamp = step_at(block.y, 0.5) * (1.0 + step_at(block.z, 0.5));
        }
    }
    return vec4f(in_two(shift.x), shift.y, lamp);
}

@fragment
fn damage(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    // What the row and the block say. Blocks are of several widths.
    let y = u32(in.position.y);
    let row = textureLoad(signal, vec2u(0u, y), 0);
    let force = row.z;
    let at = in.uv.x / aspect.x * BLOCK_ROWS + ASIDE;
    let cells = 2.0 + 8.0 * (row.x + row.y);
    let block = textureLoad(signal, vec2u(1u + u32(at / cells), y), 0);
    let shift = vec2f(block.x + block.y, block.z);
    let uv = in.uv + shift * aspect;

    // Red and blue leave green to both sides, more so in torn rows.
    let drift = params.split * 0.01 * params.strength * (0.5 + force + 12.0 * min(abs(shift.x), 0.2));
    let lean = vec2f(1.0, row.w) * drift * aspect;
    let red = wrapped(uv + lean);
    let green = wrapped(uv);
    let blue = wrapped(uv - lean);
    var color = vec3f(red.r, green.g, blue.b);

    // Some blocks are left with two colours.
    if block.w > 0.5 {
        let coarse = floor(luma(encode(color)) * 5.0 + 0.5) / 5.0;
        let lamp = select(vec3f(1.0, 0.04, 0.35), vec3f(0.0, 0.75, 0.9), block.w > 1.5);
        color = mix(vec3f(0.02, 0.0, 0.06), lamp, coarse * coarse);
    }

    // Rows of the screen, of the same height in every picture but never below two pixels.
    let period = max(frame.size.y / 270.0, 3.0);
    let between = 0.5 - 0.5 * cos(6.2831853 * in.position.y / period);
    color *= 1.0 + params.lines * params.strength * (0.4 - 0.7 * between);

    // A bar of static runs down during a burst.
    let bar = fract(in.uv.y - frame.time * 0.6);
    let fuzz = smoothstep(0.06, 0.0, abs(bar - 0.5)) * force * force;
    if fuzz > 0.0 {
        let place = vec2u(in.uv / aspect * 400.0 * vec2f(0.4, 1.0) + ASIDE);
        let grain = random3(vec3u(place, u32(frame.time * RATE)));
        color += fuzz * step_at(grain.x, 0.25) * grain.y * vec3f(0.5, 0.55, 0.6);
    }
    return vec4f(clamp(color, vec3f(0.0), vec3f(source.a)), source.a);
}
