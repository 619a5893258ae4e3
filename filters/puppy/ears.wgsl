// Fur in shells, as in cat-ears: each shell is drawn only where a hair is long enough to reach it.

import antifaz::noise::{random3, value_noise};
import antifaz::prop::{Varying};
import antifaz::studio::{studio_diffuse};
import package::inputs::{params};

const GROUND: u32 = 2u;
const SHELLS: f32 = 12.0;

/// One hair for each narrow cell, hanging down. x: how long it is, y: how light.
fn hair(at: vec2f, h: f32, side: u32) -> vec2f {
    // Locks: hairs bend to the sides together.
    let lock = value_noise(at * vec2f(0.9, 0.35), 31u + side) - 0.5;
    let root = vec2f(at.x + lock * (1.1 * h + 0.8), at.y - 0.5 * h) / vec2f(0.09, 0.6);
    let column = floor(root.x);
    let shift = random3(vec3u(bitcast<u32>(i32(column)), 5u, side)).x;
    let luck = random3(vec3u(bitcast<u32>(i32(column)), bitcast<u32>(i32(floor(root.y + shift))), 7u + side));
    // A hair is round: thin at the sides of its cell, thinner towards its tip.
    let middle = 1.0 - abs(fract(root.x) * 2.0 - 1.0);
    return vec2f((0.35 + 0.65 * luck.x) * smoothstep(0.0, 0.35 + 0.4 * h, middle), luck.y);
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
    // Across the flap, and down along it, in cm.
    let at = vec2f(abs(in.canonical.x) - 0.6 * in.canonical.z, 14.0 - in.canonical.y);
    // The ear grows out of the hair: its root is not seen.
    let from_root = distance(vec3f(abs(in.canonical.x), in.canonical.yz), vec3f(4.2, 12.6, -4.4));
    let rooted = smoothstep(2.6, 4.6, from_root + 0.8 * (value_noise(in.canonical.xy * 4.0, 3u) - 0.5));

    let h = f32(max(in.material, GROUND) - GROUND) / SHELLS;
    let strand = hair(at, h, select(0u, 1u, in.canonical.x > 0.0));
    // Pixels wider than a hair see the mean of several.
    let pixel = length(fwidth(at)) / 0.09;
    let soft = clamp(0.12 + 0.5 * pixel, 0.12, 1.0);
    var cover = 1.0;
    if in.material > GROUND {
        cover = smoothstep(h - soft * 0.5, h + soft * 0.5, strand.x) * (1.0 - 0.45 * h);
    }
    let tip = smoothstep(6.0, 12.0, at.y + 1.6 * (strand.y - 0.5));
    let color = mix(params.fur.rgb, params.tip.rgb, tip) * (0.62 + 0.6 * strand.y);
    // Roots lie in the shade of their neighbours; tips shine through against the light.
    let sheen = pow(max(0.0, 1.0 - abs(normal.y - 0.35)), 6.0) * 0.25;
    let shade = studio_diffuse(normal) * mix(0.3, 0.95, h) + 0.5 * h * pow(1.0 - facing, 2.0) + sheen * h;
    return vec4f(min(color * shade * exposure, vec3f(1.0)), 1.0) * cover * rooted;
}
