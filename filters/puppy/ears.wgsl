// Fur in shells, as in cat-ears: each shell is drawn only where a hair is long enough to reach it.

import antifaz::expression::{pitch, roll, yaw};
import antifaz::face::{head_direction};
import antifaz::fur::{Coat, fur_light, hair, reaches};
import antifaz::prop::{HEAD, PropPoint, Varying, beside_head};
import antifaz::shading::{exposure};
import antifaz::swing::{lag, turned_about, twitch};
import package::inputs::{params, springs};

const GROUND: u32 = 2u;
const SHELLS: f32 = 10.0;
/// Root of the right ear and its length below the fold, in cm (make_puppy.py).
const ROOT: vec3f = vec3f(3.9, 14.6, -6.8);
const LENGTH: f32 = 11.0;
/// The side of the head, which the ears follow.
const TOP: vec3f = vec3f(0.0, 8.0, -3.0);
/// Hairs hang down.
const FUR: Coat = Coat(vec2f(0.09, 0.6), vec2f(0.9, 0.35), vec2f(0.4, 0.9));

/// Moves an ear: it swings when the head moves, rises with the brows, flies out when the mouth opens, and twitches.
fn move_ear(point: PropPoint, face: u32) -> PropPoint {
    let side = sign(point.position.x);
    let root = ROOT * vec3f(side, 1.0, 1.0);
    let spring = springs[face];
    // From the fold downward it hangs free.
    let along = clamp((distance(point.position, root) - 1.5) / LENGTH, 0.0, 1.0);
    let late = lag(spring, face, TOP);
    // It hangs: what lags to the right swings around the root the other way, and never into the head.
    let hung = vec3f(pitch(face), 0.0, roll(face)) * 0.5;
    let swung = (vec3f(-late.z, 0.0, late.x) / LENGTH * 1.6 + hung) * along;
    let outward = clamp(swung.z * side, -0.06, 0.9) * side;
    let risen = side * along * (0.30 * spring.color.x + 0.45 * spring.color.y);
    let twitched = side * 0.14 * along * abs(twitch(face * 2u + u32(side > 0.0), 5.3));
    let turn = vec3f(clamp(swung.x, -0.6, 0.6), 0.0, outward + risen + twitched);
    // In profile the nets see a head as less turned than it is: ears that stand so far out show it. And where it looks
    // up, they would come down to the forehead.
    let aside = sign(yaw(face)) * 0.8 * max(abs(yaw(face)) - 0.3, 0.0);
    let more = vec3f(0.9 * max(pitch(face), 0.0), aside, 0.0);
    let hanging = root + turned_about((point.position - root) * params.size, turn * params.lively);
    var moved = point;
    moved.position = HEAD + turned_about(hanging - HEAD, more);
    moved.normal = turned_about(turned_about(point.normal, turn * params.lively), more);
    return moved;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    let outward = normalize(in.normal);
    let normal = select(-outward, outward, dot(outward, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    // Across the flap, and along it from its root, in cm.
    let at = in.uv;
    let from_root = params.size * distance(vec3f(abs(in.canonical.x), in.canonical.yz), ROOT);
    let h = f32(max(in.material, GROUND) - GROUND) / SHELLS;
    let strand = hair(FUR, at, h, select(0u, 1u, in.canonical.x > 0.0));
    let pixel = length(fwidth(at)) / FUR.hair.x;
    // The ear grows out of the hair.
    let hairline = 0.97 + 0.06 * strand.y;
    var cover = smoothstep(hairline - 0.03, hairline + 0.03, beside_head(in.place, in.face));
    // Of an ear beyond the head, the head hides all but its fold, which would lie on the hair like a scrap.
    let side = normalize(head_direction(in.face, vec3f(sign(in.canonical.x), 0.0, 0.0)));
    cover *= smoothstep(-0.68, -0.55, dot(side, eye));
    if in.material > GROUND {
        cover *= reaches(strand.x, h, pixel);
    }
    let tip = smoothstep(11.3, 17.8, at.y + 1.6 * (strand.y - 0.5));
    let color = mix(params.fur.rgb, params.tip.rgb, tip) * (0.7 + 0.44 * strand.y);
    let sheen = pow(max(0.0, 1.0 - abs(normal.y - 0.35)), 6.0) * 0.25;
    // Thick and round: darker where it turns away, below the fold, on its inner side, and towards its edges, which
    // curl: seen flat, from the side of the head, they alone give it a shape.
    let curl = mix(1.08, 0.72, smoothstep(0.8, 3.8, abs(at.x) + 0.3 * (strand.y - 0.5)));
    let round = mix(0.6, 1.1, smoothstep(0.1, 0.95, facing)) * mix(0.75, 1.0, smoothstep(2.0, 6.0, from_root)) * curl;
    let shade = (fur_light(normal, facing, max(h, 0.08), 0.5) + sheen * h) * round;
    return vec4f(min(color * shade * exposure(in.skin), vec3f(1.0)), 1.0) * cover;
}
