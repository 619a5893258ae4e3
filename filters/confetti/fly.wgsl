// Throws pieces of paper into the air, and lets them fall: light things that the air soon brakes.

import antifaz::color::{luma};
import antifaz::event::{Event};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{frame, picture_at};
import antifaz::noise::{random3};
import antifaz::particles::{Particle};
import package::inputs::{cheer, params, pieces, pieces_count, pop};

/// For so many seconds after it begins a burst throws pieces.
const BURST: f32 = 0.3;
/// In heights of the picture for each second, twice.
const GRAVITY: f32 = 1.5;
const PARTY = array<vec3f, 6>(
    vec3f(0.93, 0.06, 0.16), vec3f(1.0, 0.56, 0.02), vec3f(0.99, 0.82, 0.08),
    vec3f(0.04, 0.62, 0.24), vec3f(0.03, 0.35, 0.92), vec3f(0.82, 0.10, 0.62));
const GOLD = array<vec3f, 6>(
    vec3f(1.0, 0.66, 0.18), vec3f(0.95, 0.53, 0.10), vec3f(1.0, 0.80, 0.42),
    vec3f(0.80, 0.42, 0.07), vec3f(0.92, 0.88, 0.80), vec3f(1.0, 0.72, 0.25));
const PASTEL = array<vec3f, 6>(
    vec3f(0.95, 0.48, 0.55), vec3f(0.98, 0.74, 0.50), vec3f(0.95, 0.90, 0.58),
    vec3f(0.50, 0.82, 0.62), vec3f(0.48, 0.68, 0.95), vec3f(0.74, 0.56, 0.92));

/// Where a burst comes from, in uv; how far apart its two ends are, in heights; 0 in w where there is none.
fn source(luck: f32) -> vec4f {
    var found = vec4f(0.0);
    var count = 0.0;
    for (var face = 0u; face < FACES; face++) {
        if !is_present(face) || cheer(face).since >= BURST {
            continue;
        }
        count += 1.0;
        // Each of the smiling faces throws as much.
        if fract(luck * 7.31 * count) * count < 1.0 {
            let left = landmark(face, 234u);
            let right = landmark(face, 454u);
            let wide = length((right.xy - left.xy) * vec2f(frame.size.x / frame.size.y, 1.0));
            found = vec4f(0.5 * (left.xy + right.xy), wide, 1.0);
        }
    }
    return select(found, vec4f(frame.tap, 0.0, 1.0), count == 0.0 && pop().since < BURST);
}

/// How bright things are in this picture.
fn brightness() -> f32 {
    var sum = 0.0;
    for (var i = 0u; i < 12u; i++) {
        sum += luma(picture_at((vec2f(f32(i % 4u), f32(i / 4u)) + 0.5) / vec2f(4.0, 3.0)).rgb);
    }
    return clamp(sqrt(sum / 12.0 / 0.16), 0.5, 1.15);
}

fn color(luck: f32) -> vec3f {
    let number = u32(luck * 5.999);
    var chosen = PARTY[number];
    if params.colors == 1u {
        chosen = GOLD[number];
    } else if params.colors == 2u {
        chosen = PASTEL[number];
    }
    return chosen * brightness();
}

/// Piece `i`, about to fly. Later pieces are drawn over earlier ones: they are nearer, and look larger.
fn piece(i: u32, luck: vec3f) -> Particle {
    var made: Particle;
    let near = f32(i) / f32(pieces_count);
    made.size = (0.018 + 0.03 * near * near * near + 0.012 * luck.x) * params.size;
    made.color = vec4f(color(luck.y), 1.0);
    // Mostly strips of paper; also discs, streamers and stars.
    made.kind = u32(step(0.55, luck.z) + step(0.76, luck.z) + step(0.88, luck.z));
    made.size *= select(1.0, 2.4, made.kind == 2u);
    made.seed = u32(luck.x * 65535.0) * 65536u + u32(luck.y * 65535.0);
    made.spin = 6.2831853 * luck.z * 17.0;
    made.life = 7.0;
    made.position.z = near;
    return made;
}

/// Out of one of the burst's two ends, up and away from its middle.
fn thrown(i: u32, origin: vec4f, luck: vec3f, more: vec3f) -> Particle {
    var made = piece(i, luck);
    let side = select(-1.0, 1.0, more.x > 0.5);
    let spread = (more.y - 0.5) * 1.3;
    let tilt = side * select(0.3, 1.2 * more.y, origin.z == 0.0) + spread;
    let speed = (1.4 + 2.8 * more.z) * mix(1.0, 0.7, f32(made.kind == 2u));
    made.velocity = vec3f(sin(tilt), -cos(tilt), 0.0) * speed;
    let shift = vec2f(side * 0.62 * origin.z, 0.35 * origin.z) + made.velocity.xy * 0.05 * luck.x;
    made.position = vec3f(origin.xy + shift * vec2f(frame.size.y / frame.size.x, 1.0), made.position.z);
    return made;
}

/// From above, or anywhere in the air.
fn dropped(i: u32, luck: vec3f, more: vec3f, anywhere: bool) -> Particle {
    var made = piece(i, luck);
    made.position = vec3f(more.x * 1.1 - 0.05, select(-0.05 - 0.3 * more.y, more.y * 1.2 - 0.1, anywhere), made.position.z);
    made.velocity = vec3f(0.0, 0.35, 0.0);
    return made;
}

fn moved(piece: Particle, seconds: f32) -> Particle {
    var made = piece;
    let own = random3(vec3u(made.seed, 1u, 2u));
    // Paper is braked by the air, more where it lies flat; then it slides to its sides.
    let flat = 0.5 + 0.5 * sin((2.0 + 4.0 * own.x) * made.age + 6.3 * own.y);
    let drag = mix(2.2, 4.6, flat) + 1.5 * own.z;
    made.velocity += vec3f((own.y - 0.5) * 2.4 * (1.0 - flat) * cos(1.7 * made.age + 6.3 * own.z), GRAVITY, 0.0) * seconds;
    made.velocity *= exp(-drag * seconds);
    made.position += made.velocity * vec3f(frame.size.y / frame.size.x, 1.0, 0.0) * seconds;
    made.spin += (own.x - 0.5) * 5.0 * seconds;
    made.age += seconds;
    // Below the picture, or far to its sides, it won't come back.
    if made.position.y > 1.08 || abs(made.position.x - 0.5) > 0.75 {
        made.life = 0.0;
    }
    return made;
}

@compute @workgroup_size(64)
fn fly(@builtin(global_invocation_id) at: vec3u) {
    let i = at.x;
    let piece = pieces[i];
    if piece.age < piece.life {
        pieces[i] = moved(piece, min(frame.delta, 0.1));
        return;
    }
    let luck = random3(vec3u(i, frame.index, frame.seed));
    let more = random3(vec3u(i, frame.index, frame.seed + 77u));
    let third = random3(vec3u(i, frame.index, frame.seed + 155u));
    let started = frame.anew == 1u;
    if third.x < params.shower && (started || third.y < 0.7 * frame.delta) {
        pieces[i] = dropped(i, luck, more, started);
        return;
    }
    let origin = source(third.z);
    let chance = 1.0 - exp(-9.0 * frame.delta);
    if origin.w == 0.0 || third.x > params.amount || (!started && third.y > chance) {
        return;
    }
    var made = thrown(i, origin, luck, more);
    // A picture that begins with a smile begins in the middle of the burst.
    for (var step = 0u; step < select(1u, 4u + u32(12.0 * third.y), started); step++) {
        made = moved(made, select(frame.delta * luck.z, 0.04, started));
    }
    pieces[i] = made;
}
