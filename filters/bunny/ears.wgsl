// Fur in shells, as in cat-ears: each shell is drawn only where a hair is long enough to reach it.

import antifaz::noise::{random3, value_noise};
import antifaz::prop::{Varying};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

const SKIN: u32 = 0u;
const WHISKER: u32 = 1u;
const GROUND: u32 = 2u;
const SHELLS: f32 = 12.0;
/// Root of the right ear and the direction along it, in cm; its length (make_bunny.py).
const ROOT: vec3f = vec3f(3.4, 13.2, -4.4);
const ALONG: vec3f = vec3f(0.156, 0.984, -0.087);
const HEIGHT: f32 = 12.5;
const HALF: f32 = 2.3;

/// Place on the ear: across and along, in cm.
fn place(at: vec3f) -> vec2f {
    let from_root = vec3f(abs(at.x), at.yz) - ROOT;
    return vec2f(dot(from_root, vec3f(0.988, -0.156, 0.0)), dot(from_root, ALONG));
}

/// One hair for each narrow cell, leaning along the ear. x: how long it is, y: how light.
fn hair(at: vec2f, h: f32, side: u32) -> vec2f {
    // Hairs bend a little to the sides, each lock its own way.
    let lock = value_noise(at * 1.1, 31u + side) - 0.5;
    let root = vec2f(at.x + lock * 0.9 * h + lock * 0.5, at.y - 0.5 * h) / vec2f(0.085, 0.42);
    let column = floor(root.x);
    let shift = random3(vec3u(bitcast<u32>(i32(column)), 5u, side)).x;
    let luck = random3(vec3u(bitcast<u32>(i32(column)), bitcast<u32>(i32(floor(root.y + shift))), 7u + side));
    // A hair is round: thin at the sides of its cell, thinner towards its tip.
    let middle = 1.0 - abs(fract(root.x) * 2.0 - 1.0);
    return vec2f((0.35 + 0.65 * luck.x) * smoothstep(0.0, 0.35 + 0.4 * h, middle), luck.y);
}

/// Where the front of the ear has fur: its rim and its root. `luck` differs by hair.
fn furry(at: vec2f, luck: f32) -> f32 {
    let v = clamp(at.y / HEIGHT, 0.0, 1.0);
    let half = HALF * pow(1.0 - pow(v, 2.6), 0.8) * (1.0 + 0.22 * sin(3.1415927 * min(v * 1.25, 1.0)));
    let u = at.x / max(half, 0.05) + 0.22 * (luck - 0.5);
    let rim = max(smoothstep(0.55, 0.85, abs(u)), smoothstep(0.84, 0.93, v + 0.05 * (luck - 0.5)));
    return max(rim, smoothstep(0.30, 0.14, v + 0.1 * (luck - 0.5)));
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    let outward = normalize(in.normal);
    let normal = select(-outward, outward, dot(outward, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    // The light's colour, as far as the skin tells it.
    let tint = mix(vec3f(1.0), in.skin.rgb / max(in.skin.w, 0.004), 0.12);
    let exposure = clamp(pow(in.skin.w / 0.26, 0.75), 0.12, 1.3) * tint;
    let at = place(in.canonical);
    let pixel = length(fwidth(at)) / 0.085;
    // The ear grows out of the hair: its root is not seen.
    let rooted = smoothstep(0.1, 1.9, at.y + 0.5 * (value_noise(in.canonical.xy * 5.0, 3u) - 0.5));

    if in.material == WHISKER {
        let shade = 0.55 * studio_diffuse(normal) + 0.25 * studio_light(reflect(-eye, normal), 0.4);
        return vec4f(min(shade * exposure, vec3f(1.0)), 1.0) * params.whiskers;
    }
    if in.material == SKIN {
        // Deep in the ear it is dark; thin skin lets light through near its tip.
        let deep = (smoothstep(0.0, 5.5, at.y) * 0.7 + 0.3) * (1.0 - 0.35 * smoothstep(0.5, 2.4, abs(at.x)));
        let skin = params.inner.rgb * deep * (studio_diffuse(normal) * 0.72 + vec3f(0.10, 0.05, 0.04))
            * (0.8 + 0.4 * hair(at, 0.0, 9u).y);
        return vec4f(min(skin * exposure, vec3f(1.0)), 1.0) * rooted;
    }
    let h = f32(in.material - GROUND) / SHELLS;
    let side = select(0u, 1u, in.canonical.x > 0.0);
    let strand = hair(at, h, side);
    // Pixels wider than a hair see the mean of several.
    let soft = clamp(0.12 + 0.5 * pixel, 0.12, 1.0);
    var cover = 1.0;
    if in.material != GROUND {
        cover = smoothstep(h - soft * 0.5, h + soft * 0.5, strand.x) * (1.0 - 0.45 * h) * furry(at, strand.y);
    }
    let tip = smoothstep(0.55, 1.0, at.y / HEIGHT + 0.16 * (strand.y - 0.5));
    let color = mix(params.fur.rgb, params.tip.rgb, tip) * (0.62 + 0.6 * strand.y);
    // Roots lie in the shade of their neighbours; tips shine through against the light.
    let shade = studio_diffuse(normal) * mix(0.3, 0.95, h) + 0.55 * h * pow(1.0 - facing, 2.0);
    return vec4f(min(color * shade * exposure, vec3f(1.0)), 1.0) * cover * rooted;
}
