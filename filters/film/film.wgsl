// The grade is looked up in coded values, where the table was made; grain and vignette act on light.

import antifaz::frame::{frame, picture_at};
import antifaz::color::{decode, encode, luma};
import antifaz::fullscreen::{Varying};
import antifaz::lut::{lut_at};
import antifaz::noise::{hash3, value_noise3};
import package::inputs::{grade, params};

/// Film runs at 24 pictures a second, whatever the camera does.
const GRAIN_RATE: f32 = 24.0;
/// Rows of the picture for which a grain is as large as a pixel.
const GRAIN_ROWS: f32 = 540.0;

/// Three layers of dye, each with its own grains: about normal, standard deviation about 1.
fn grains(at: vec2f, seed: u32) -> vec3f {
    let bits = hash3(vec3u(bitcast<vec2u>(vec2i(floor(at))), seed));
    // Both halves of each number, added and taken as the digits of a number from 1 to 2: hashing is most of what film costs.
    let halves = (bits & vec3u(0xffffu)) + (bits >> vec3u(16u));
    let sum = 2.0 * bitcast<vec3f>((halves << vec3u(6u)) | vec3u(0x3f800000u)) - 2.0;
    // Clumps of grains, larger and fainter.
    let clumps = value_noise3(at * 0.45, seed);
    let clump = clumps.x + clumps.y - 1.0;
    let own = (sum - 1.0) * 2.2;
    // Mostly common to the three layers: colour noise looks like a bad sensor.
    return mix(own, vec3f(own.x), 0.75) + clump * 0.9;
}

@fragment
fn expose(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    var light = source.rgb;

    // Light falls off towards the corners of the lens, as cos^4 does.
    let from_middle = (in.uv - 0.5) * frame.size / length(frame.size * 0.5);
    let cosine = 1.0 / (1.0 + 0.8 * params.vignette * dot(from_middle, from_middle));
    light *= cosine * cosine;

    var graded = lut_at(grade, encode(light));

    // Grain is strongest in the middle tones: there is none in clear film and little in the deepest black.
    let at = in.uv * frame.size * max(GRAIN_ROWS / frame.size.y, 0.5);
    let tone = luma(graded);
    let amount = params.grain * 0.045 * (0.35 + 2.6 * tone * (1.0 - tone));
    graded += grains(at, u32(frame.time * GRAIN_RATE)) * amount;

    let done = decode(clamp(graded, vec3f(0.0), vec3f(1.0)));
    return vec4f(mix(source.rgb, min(done, vec3f(source.a)), params.strength), source.a);
}
