// Mirrors that show a piece of the picture over and over, each time turned over.

import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params};

const TURN: f32 = 6.2831853;
/// From the middle of the tube to each of its three mirrors, in heights of the picture.
const TUBE: f32 = 0.2;
/// The ways to them.
const MIRRORS = array<vec2f, 3>(vec2f(0.0, 1.0), vec2f(-0.8660254, -0.5), vec2f(0.8660254, -0.5));
/// The middle of a pixel, and a turned square within it.
const SAMPLES = array<vec2f, 5>(
    vec2f(0.0), vec2f(-0.125, -0.375), vec2f(0.375, -0.125), vec2f(-0.375, 0.125), vec2f(0.125, 0.375)
);
/// Each mirror keeps this much of the light.
const KEPT: f32 = 0.93;

/// A place in front of the mirrors, how much light is left after all mirrors on the way (z), and how far the nearest mirror
/// is (w).
fn tiles(at: vec2f) -> vec4f {
    var place = at;
    var left = 1.0;
    // Done when it lies in front of all three.
    var passed = 0;
    for (var i = 0; i < 24 && passed < 3; i++) {
        let mirror = MIRRORS[i % 3];
        let behind = dot(place, mirror) - TUBE;
        passed = select(passed + 1, 0, behind > 0.0);
        place -= 2.0 * max(behind, 0.0) * mirror;
        left *= select(1.0, KEPT, behind > 0.0);
    }
    let to = TUBE - vec3f(dot(place, MIRRORS[0]), dot(place, MIRRORS[1]), dot(place, MIRRORS[2]));
    return vec4f(place, left, min(to.x, min(to.y, to.z)));
}

/// The same of two mirrors that meet in the middle: everything is folded onto half a wedge that points up.
fn star(at: vec2f) -> vec4f {
    let wedge = TURN / f32(params.points);
    let turns = atan2(at.x, -at.y) / wedge;
    let angle = abs(fract(turns + 0.5) - 0.5) * wedge;
    let to = length(at) * sin(min(angle, 0.5 * wedge - angle));
    return vec4f(length(at) * vec2f(sin(angle), -cos(angle)), pow(KEPT, abs(round(turns)) * 0.7), to);
}

fn turned(at: vec2f, angle: f32) -> vec2f {
    return vec2f(at.x * cos(angle) - at.y * sin(angle), at.x * sin(angle) + at.y * cos(angle));
}

/// Past its border the picture is mirrored, too.
fn mirrored(uv: vec2f) -> vec2f {
    return 1.0 - abs(1.0 - fract(uv * 0.5) * 2.0);
}

@fragment
fn mirrors(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let at = (in.uv - 0.5) * vec2f(frame.size.x / frame.size.y, 1.0);
    let aspect = vec2f(frame.size.y / frame.size.x, 1.0);
    let spin = frame.time * params.spin / 60.0 * TURN;

    // Edges that meet at the mirrors would be jagged: there, and where the picture is made smaller, four samples are taken.
    // Elsewhere one will do.
    let pixel = 1.0 / (frame.size.y * params.zoom);
    var sum = vec3f(0.0);
    for (var i = select(0, 1, params.zoom < 0.9); i < 5; i++) {
        let place = turned(at + SAMPLES[i] / frame.size.y, spin) / params.zoom;
        var seen = tiles(place);
        if params.style == 1u {
            seen = star(place);
        }
        // The piece stays upright on the whole, and sways.
        let piece = turned(seen.xy, 0.35 * sin(spin * 1.3)) * aspect;
        // Thick glass splits colours, the more so away from the middle.
        let split = piece * 0.02 * params.tube;
        let red = picture_at(mirrored(params.source + piece + split)).r;
        let green = picture_at(mirrored(params.source + piece)).g;
        let blue = picture_at(mirrored(params.source + piece - split)).b;
        let alone = i == 0 && seen.w > pixel;
        sum += vec3f(red, green, blue) * seen.z * select(select(0.25, 0.0, i == 0), 1.0, alone);
        if alone {
            break;
        }
    }

    // The tube ends in the dark.
    let corner = 0.5 * length(vec2f(frame.size.x / frame.size.y, 1.0));
    let rim = smoothstep(0.6, 1.1, length(at) / corner);
    let color = sum * (1.0 - 0.85 * params.tube * rim);
    return vec4f(mix(source.rgb, color, params.strength), source.a);
}
