// The vertex stage of the space `particles`: a square for each particle that is alive.

import antifaz::frame::{frame};
import antifaz::sdf::{turned};

/// Beside the screen.
const _NOWHERE: vec4f = vec4f(2.0, 2.0, 2.0, 1.0);

/// What a compute pass moves. All is 0 at first; `position`, `age`, `life` and `size` say whether and where it is drawn,
/// all else is the author's own.
struct Particle {
    /// x, y: uv of the picture. z: depth, as authors like it; later particles are drawn over earlier ones.
    position: vec3f,
    /// Seconds. It is alive while this is less than `life`.
    age: f32,
    /// The author's own, such as uv per second.
    velocity: vec3f,
    /// How long it lives, in seconds.
    life: f32,
    /// Linear light, premultiplied alpha.
    color: vec4f,
    /// Side of the square, in heights of the picture.
    size: f32,
    /// How far it is turned, in radians, clockwise.
    spin: f32,
    /// The author's own, such as where its random values start.
    seed: u32,
    /// The author's own, such as which shape it has.
    kind: u32,
}

/// What the fragment stage gets in the space `particles`.
struct Varying {
    /// Place on the target in pixels.
    @builtin(position) position: vec4f,
    /// Place in the square, 0..1, from its left upper corner.
    @location(0) uv: vec2f,
    /// Place in the picture, 0..1, y down.
    @location(1) at: vec2f,
    /// The particle's own: linear light, premultiplied alpha.
    @location(2) @interpolate(flat) color: vec4f,
    /// How much of its life is over, 0..1.
    @location(3) @interpolate(flat) lived: f32,
    /// The particle's number.
    @location(4) @interpolate(flat) number: u32,
    /// The particle's own.
    @location(5) @interpolate(flat) kind: u32,
    /// The particle's own.
    @location(6) @interpolate(flat) seed: u32,
}

/// Corner `index` (of 6) of the particle of this number.
fn vertex(index: u32, number: u32, particle: Particle) -> Varying {
    var out: Varying;
    out.position = _NOWHERE;
    if !(particle.age < particle.life) {
        return out;
    }
    var corners = array<u32, 6>(0u, 1u, 2u, 2u, 1u, 3u);
    let which = corners[index];
    out.uv = vec2f(f32(which & 1u), f32(which >> 1u));
    let offset = turned(out.uv - 0.5, -particle.spin) * particle.size;
    out.at = particle.position.xy + offset * vec2f(frame.size.y / frame.size.x, 1.0);
    out.position = vec4f(out.at * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0);
    out.color = particle.color;
    out.lived = particle.age / particle.life;
    out.number = number;
    out.kind = particle.kind;
    out.seed = particle.seed;
    return out;
}
