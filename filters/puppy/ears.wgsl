// Fur in shells, as in cat-ears: each shell is drawn only where a hair is long enough to reach it.

import antifaz::fur::{Coat, fur_light, hair, reaches};
import antifaz::noise::{value_noise};
import antifaz::prop::{PropPoint, Varying};
import antifaz::shading::{exposure};
import antifaz::swing::{lag, turned_about, twitch};
import package::inputs::{params, springs};

const GROUND: u32 = 2u;
const SHELLS: f32 = 12.0;
/// Root of the right ear and its length below the fold, in cm (make_puppy.py).
const ROOT: vec3f = vec3f(4.2, 12.6, -4.4);
const LENGTH: f32 = 11.0;
/// The side of the head, which the ears follow.
const TOP: vec3f = vec3f(0.0, 8.0, -3.0);
/// Hairs hang down.
const FUR: Coat = Coat(vec2f(0.09, 0.6), vec2f(0.9, 0.35), vec2f(0.8, 1.1));

/// Moves an ear: it swings when the head moves, rises with the brows, flies out when the mouth opens, and twitches.
fn move_ear(point: PropPoint, face: u32) -> PropPoint {
    let side = sign(point.position.x);
    let root = ROOT * vec3f(side, 1.0, 1.0);
    let spring = springs[face];
    // From the fold downward it hangs free.
    let along = clamp((distance(point.position, root) - 1.5) / LENGTH, 0.0, 1.0);
    let late = lag(spring, face, TOP);
    // It hangs: what lags to the right swings around the root the other way, and never into the head.
    let swung = vec3f(-late.z, 0.0, late.x) * along / LENGTH * 1.6;
    let outward = clamp(swung.z * side, -0.06, 0.9) * side;
    let risen = side * along * (0.30 * spring.color.x + 0.45 * spring.color.y);
    let twitched = side * 0.14 * along * abs(twitch(face * 2u + u32(side > 0.0), 5.3));
    let turn = vec3f(clamp(swung.x, -0.6, 0.6), 0.0, outward + risen + twitched);
    var moved = point;
    moved.position = root + turned_about((point.position - root) * params.size, turn * params.lively);
    moved.normal = turned_about(point.normal, turn * params.lively);
    return moved;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    let outward = normalize(in.normal);
    let normal = select(-outward, outward, dot(outward, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    let light = exposure(in.skin);
    // Across the flap, and down along it, in cm.
    let at = vec2f(abs(in.canonical.x) - 0.6 * in.canonical.z, 14.0 - in.canonical.y);
    // The ear grows out of the hair: its root is not seen.
    let from_root = distance(vec3f(abs(in.canonical.x), in.canonical.yz), ROOT);
    let rooted = smoothstep(2.6, 4.6, from_root + 0.8 * (value_noise(in.canonical.xy * 4.0, 3u) - 0.5));

    let h = f32(max(in.material, GROUND) - GROUND) / SHELLS;
    let strand = hair(FUR, at, h, select(0u, 1u, in.canonical.x > 0.0));
    let pixel = length(fwidth(at)) / FUR.hair.x;
    var cover = 1.0;
    if in.material > GROUND {
        cover = reaches(strand.x, h, pixel);
    }
    let tip = smoothstep(6.0, 12.0, at.y + 1.6 * (strand.y - 0.5));
    let color = mix(params.fur.rgb, params.tip.rgb, tip) * (0.62 + 0.6 * strand.y);
    let sheen = pow(max(0.0, 1.0 - abs(normal.y - 0.35)), 6.0) * 0.25;
    let shade = fur_light(normal, facing, h, 0.5) + sheen * h;
    return vec4f(min(color * shade * light, vec3f(1.0)), 1.0) * cover * rooted;
}
