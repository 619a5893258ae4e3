// What hangs from a head or stands on it, and follows its motion late: ears, tails, earrings. A spring for each face is
// kept in a swarm of 8 particles that is never drawn, `[[particles]] name = "springs"`, `count = 8`; a compute pass moves
// it, a pass's `vertex` function reads it. See filters/cat-ears.
//
//     @compute @workgroup_size(64)
//     fn swing(@builtin(global_invocation_id) at: vec3u) {
//         springs[at.x] = follow(springs[at.x], at.x, vec3f(0.0, 14.0, -4.0), 13.0, 0.3);
//     }

import antifaz::face::{FACES, faces, is_present};
import antifaz::frame::{frame};
import antifaz::particles::{Particle};

// How far behind a spring may be, in cm: no head is that quick. Depth is the least certain and counts less.
const FARTHEST: f32 = 15.0;

/// The spring of a face, a frame later. It is tied to the place `at` of the canonical face space (cm), swings `rate` radians
/// a second, and comes to rest by `damping` (1: without swinging over). In `position` it keeps where it is, in cm from the
/// camera; `color` is free for what else shall be kept for the face. Where the head is suddenly elsewhere, as after a cut,
/// the spring is at rest there.
fn follow(spring: Particle, face: u32, at: vec3f, rate: f32, damping: f32) -> Particle {
    var next = spring;
    if face >= FACES || !is_present(face) {
        next.seed = 0u;
        return next;
    }
    let tied = (faces[face].pose * vec4f(at, 1.0)).xyz;
    // A face that has just come is at rest.
    let behind = length((tied - spring.position) * vec3f(1.0, 1.0, 0.4));
    if frame.anew == 1u || spring.seed != faces[face].id + 1u || behind > FARTHEST {
        next.position = tied;
        next.velocity = vec3f(0.0);
        next.seed = faces[face].id + 1u;
        return next;
    }
    // Short steps: a spring in long ones flies apart.
    let seconds = min(frame.delta, 0.1) / 8.0;
    for (var i = 0; i < 8; i++) {
        next.velocity += (rate * rate * (tied - next.position) - 2.0 * damping * rate * next.velocity) * seconds;
        next.position += next.velocity * seconds;
    }
    return next;
}

/// How far the spring of a face lags behind, in cm of the canonical face space. Depth counts less.
fn lag(spring: Particle, face: u32, at: vec3f) -> vec3f {
    if spring.seed != faces[face].id + 1u {
        return vec3f(0.0);
    }
    let pose = faces[face].pose;
    let behind = (spring.position - (pose * vec4f(at, 1.0)).xyz) * vec3f(1.0, 1.0, 0.4);
    return vec3f(dot(pose[0].xyz, behind), dot(pose[1].xyz, behind), dot(pose[2].xyz, behind));
}

/// Turns around an axis through 0, by its length in radians: around z to the viewer's left, around x to the viewer.
fn turned_about(at: vec3f, axis: vec3f) -> vec3f {
    let angle = length(axis);
    if angle < 1e-6 {
        return at;
    }
    let k = axis / angle;
    return at * cos(angle) + cross(k, at) * sin(angle) + k * dot(k, at) * (1.0 - cos(angle));
}

/// A short jerk now and then, -1..1, in most of the time 0: one for each `seed`, about every `period` seconds.
fn twitch(seed: u32, period: f32) -> f32 {
    let shift = fract(0.618 * f32(seed) + 0.35);
    let t = fract(frame.time / period + shift) * period;
    return sin(30.0 * t) * exp(-9.0 * t);
}
