// Fur in shells: a surface is drawn many times, each time a little further out, and only where a hair is long enough
// to reach that shell. Together they are hairs with a soft outline. See filters/cat-ears.

import antifaz::noise::{random3, value_noise};
import antifaz::prop::{Varying, pixel_at};
import antifaz::studio::{studio_diffuse};

/// What fur is like.
struct Coat {
    /// Width of a hair and its length along the surface, in cm.
    hair: vec2f,
    /// Locks for each cm, across and along.
    locks: vec2f,
    /// How far a lock bends to its side: at its root, and more at its tip.
    bend: vec2f,
}

/// One hair for each narrow cell. `at`: across and along the surface, in cm; `h`: height of the shell, 0..1. x: how long
/// it is, y: how light.
fn hair(coat: Coat, at: vec2f, h: f32, seed: u32) -> vec2f {
    let lock = value_noise(at * coat.locks, 31u + seed) - 0.5;
    let root = vec2f(at.x + lock * coat.bend.y * h + lock * coat.bend.x, at.y - 0.5 * h) / coat.hair;
    let column = floor(root.x);
    let shift = random3(vec3u(bitcast<u32>(i32(column)), 5u, seed)).x;
    let luck = random3(vec3u(bitcast<u32>(i32(column)), bitcast<u32>(i32(floor(root.y + shift))), 7u + seed));
    // A hair is round: thin at the sides of its cell, thinner towards its tip.
    let middle = 1.0 - abs(fract(root.x) * 2.0 - 1.0);
    return vec2f((0.35 + 0.65 * luck.x) * smoothstep(0.0, 0.35 + 0.4 * h, middle), luck.y);
}

/// How much of a pixel a hair of this length covers in the shell `h`. `pixel`: a pixel's width in hairs; wide ones see the
/// mean of several.
fn reaches(long: f32, h: f32, pixel: f32) -> f32 {
    let soft = clamp(0.12 + 0.5 * pixel, 0.12, 1.0);
    return smoothstep(h - soft * 0.5, h + soft * 0.5, long) * (1.0 - 0.45 * h);
}

/// The light on hairs in the shell `h`: roots lie in the shade of their neighbours, tips shine through against the light.
fn fur_light(normal: vec3f, facing: f32, h: f32, through: f32) -> vec3f {
    return studio_diffuse(normal) * mix(0.3, 0.95, h) + through * h * pow(1.0 - facing, 2.0);
}

/// A whisker, premultiplied: a tube that was `thickened` by a pixel, across which it fades, so that a fine one is faint and not
/// broken into dots. `along` it is 0 at its root and 1 at its tip; `radius` in cm at its root.
fn whisker(in: Varying, along: f32, radius: f32, light: vec3f) -> vec4f {
    let pixels = (radius * pow(1.0 - along, 0.7) + 0.006) / pixel_at(in.place);
    let facing = max(dot(normalize(in.normal), normalize(-in.place)), 0.0);
    let across = sqrt(max(1.0 - facing * facing, 0.0));
    let cover = clamp((1.0 - across) * (pixels + 1.0), 0.0, 1.0) * min(pow(2.0 * pixels, 0.6), 1.0);
    return vec4f(min((0.85 - 0.35 * across) * light, vec3f(1.0)), 1.0) * cover * smoothstep(0.0, 0.05, along);
}
