// Fur in shells, as in cat-ears: each shell is drawn only where a hair is long enough to reach it.

import antifaz::expression::{pitch};
import antifaz::fur::{Coat, fur_light, hair, reaches, whisker};
import antifaz::prop::{HEAD, PropPoint, Varying, beside_head, thickened};
import antifaz::shading::{exposure};
import antifaz::studio::{studio_diffuse};
import antifaz::swing::{lag, turned_about, twitch};
import package::inputs::{params, springs};

const SKIN: u32 = 0u;
const WHISKER: u32 = 1u;
const GROUND: u32 = 2u;
const SHELLS: f32 = 10.0;
/// Root of the right ear and the direction along it, in cm; its length (make_bunny.py).
const ROOT: vec3f = vec3f(3.3, 14.6, -6.4);
const ALONG: vec3f = vec3f(0.156, 0.984, -0.087);
const HEIGHT: f32 = 12.5;
const BELOW: f32 = 2.0;
/// The top of the head, which the ears follow.
const TOP: vec3f = vec3f(0.0, 14.0, -4.0);
const FUR: Coat = Coat(vec2f(0.085, 0.42), vec2f(1.1), vec2f(0.5, 0.9));

/// Place on the ear: across and along, in cm.
fn place(at: vec3f) -> vec2f {
    let from_root = vec3f(abs(at.x), at.yz) - ROOT;
    return vec2f(dot(from_root, vec3f(0.988, -0.156, 0.0)), dot(from_root, ALONG));
}

/// Moves an ear: it lags behind the head, stands up with the brows, flops over when the mouth opens, and twitches.
fn move_ear(point: PropPoint, face: u32) -> PropPoint {
    if point.material == WHISKER {
        return thickened(point, face, 1.0);
    }
    let side = sign(point.position.x);
    let root = ROOT * vec3f(side, 1.0, 1.0);
    let spring = springs[face];
    let along = clamp(place(point.position).y / HEIGHT, 0.0, 1.2);
    let late = lag(spring, face, TOP);
    let bent = vec3f(late.z, 0.0, -late.x) * along / HEIGHT * 1.5;
    let risen = spring.color.x * vec3f(0.05, 0.0, 0.13 * side);
    // One ear falls to the front, the other one to its side.
    let falls = select(vec3f(1.2, 0.0, 0.35), vec3f(0.3, 0.0, -0.75), side > 0.0);
    let fallen = spring.color.y * smoothstep(0.15, 0.7, along) * falls;
    let twitched = 0.12 * twitch(face * 2u + u32(side > 0.0), 4.9) * vec3f(0.4, 0.0, -side);
    let turn = clamp(bent, vec3f(-0.9), vec3f(0.9)) + risen + fallen + twitched;
    var moved = point;
    // Where the head looks up they would come down to the forehead: the crown is seen there, and they stay on it.
    let more = vec3f(1.2 * max(pitch(face), 0.0), 0.0, 0.0);
    let from_root = (point.position - root) * params.size * (1.0 + 0.10 * spring.color.x - 0.04 * spring.color.y);
    let standing = root + turned_about(from_root, turn * params.lively);
    moved.position = HEAD + turned_about(standing - HEAD, more);
    moved.normal = turned_about(turned_about(point.normal, turn * params.lively), more);
    return moved;
}

/// Where the front of the ear has fur: its rim and its root. `luck` differs by hair.
fn furry(at: vec2f, luck: f32) -> f32 {
    let v = clamp((at.y + BELOW) / (HEIGHT + BELOW), 0.0, 1.0);
    let half = 2.2 * pow(1.0 - pow(v, 2.9), 0.8) * (1.0 + 0.22 * sin(3.1415927 * min(v * 1.25, 1.0)));
    let u = at.x / max(half, 0.05) + 0.22 * (luck - 0.5);
    let rim = max(smoothstep(0.55, 0.85, abs(u)), smoothstep(0.84, 0.93, v + 0.05 * (luck - 0.5)));
    return max(rim, smoothstep(3.7, 1.7, at.y + 1.2 * (luck - 0.5)));
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    let outward = normalize(in.normal);
    let normal = select(-outward, outward, dot(outward, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    let light = exposure(in.skin);
    let at = place(in.canonical);
    let pixel = length(fwidth(at)) / 0.085;
    if in.material == WHISKER {
        let along = clamp((abs(in.canonical.x) - 1.7) / 5.7, 0.0, 1.0);
        return whisker(in, along, 0.045, vec3f(light)) * params.whiskers;
    }
    let h = f32(max(in.material, GROUND) - GROUND) / SHELLS;
    let strand = hair(FUR, at, h, select(0u, 1u, in.canonical.x > 0.0));
    // The ear grows out of the hair.
    let hairline = 1.0 + 0.06 * select(strand.y, 0.5, in.material == SKIN);
    let rooted = smoothstep(hairline - 0.03, hairline + 0.03, beside_head(in.place, in.face))
        * smoothstep(-BELOW, 0.0, at.y - 0.4 * abs(at.x) - strand.y);
    if in.material == SKIN {
        // Deep in the ear it is dark; thin skin lets light through near its tip.
        let deep = (smoothstep(0.0, 5.5, at.y) * 0.7 + 0.3) * (1.0 - 0.35 * smoothstep(0.5, 2.4, abs(at.x)));
        let skin = params.inner.rgb * deep * (studio_diffuse(normal) * 0.72 + vec3f(0.10, 0.05, 0.04))
            * (0.8 + 0.4 * strand.y);
        return vec4f(min(skin * light, vec3f(1.0)), 1.0) * rooted;
    }
    let cover = select(reaches(strand.x, h, pixel) * furry(at, strand.y), 1.0, in.material == GROUND);
    let tip = smoothstep(0.55, 1.0, at.y / HEIGHT + 0.16 * (strand.y - 0.5));
    let color = mix(params.fur.rgb, params.tip.rgb, tip) * (0.62 + 0.6 * strand.y);
    let shade = fur_light(normal, facing, max(h, 0.1), 0.55);
    return vec4f(min(color * shade * light, vec3f(1.0)), 1.0) * cover * rooted;
}
