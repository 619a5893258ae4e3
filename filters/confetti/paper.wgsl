// A piece of paper that tumbles: it is seen narrow and broad in turn, its other side is lighter, and where it faces the
// lamp it shines.

import antifaz::frame::{frame};
import antifaz::noise::{random3};
import antifaz::particles::{Varying};
import antifaz::sdf::{box, circle, cover, star};

const DISC: u32 = 1u;
const STREAMER: u32 = 2u;
const STAR: u32 = 3u;
/// The lamp, in the plane across the axis that the paper turns around.
const LAMP: vec2f = vec2f(0.6, 0.8);

@fragment
fn paper(in: Varying) -> @location(0) vec4f {
    let own = random3(vec3u(in.seed, 3u, 4u));
    let p = in.uv * 2.0 - 1.0;
    let pixel = 2.0 * length(vec2f(dpdx(in.uv.x), dpdy(in.uv.x)));
    // How far it is turned around its long side, bent a little along it.
    let turn = (5.0 + 9.0 * own.x) * select(-1.0, 1.0, own.y > 0.5) * frame.time + 6.2831853 * own.y;
    let narrow = max(abs(cos(turn)), 0.09);
    var bend = 0.5 * p.y;
    var distance = box(p, vec2f(0.9, 0.55 * narrow));
    if in.kind == DISC {
        distance = circle(p / vec2f(1.0, narrow), 0.72) * narrow;
    } else if in.kind == STAR {
        distance = star(p / vec2f(1.0, narrow), 5u, 0.95, 0.45) * narrow;
    } else if in.kind == STREAMER {
        // A ribbon in a spring's turns.
        let wave = sin(7.0 * p.x + turn);
        distance = box(vec2f(p.x, p.y - 0.16 * wave), vec2f(0.98, 0.05 + 0.07 * abs(cos(3.5 * p.x + 0.5 * turn))));
        bend = 0.9 * wave;
    }
    let normal = vec2f(sin(turn + bend), cos(turn + bend));
    let facing = dot(normal, LAMP);
    let shade = 0.42 + 0.62 * abs(facing);
    let shine = smoothstep(0.93, 1.0, abs(facing)) * (0.18 + 0.45 * own.z);
    let back = mix(in.color.rgb, vec3f(0.55 * max(max(in.color.r, in.color.g), in.color.b)), 0.35);
    let side = select(in.color.rgb, back, normal.y < 0.0);
    let color = min(side * shade + shine, vec3f(1.0));
    // It fades at the end of its life, if the ground doesn't come first.
    return vec4f(color, 1.0) * cover(distance, max(pixel, 0.02)) * smoothstep(1.0, 0.9, in.lived);
}
