// Mirrors that show a piece of the picture over and over, each time turned over.

import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params};

const TURN: f32 = 6.2831853;
/// From the middle of the tube to each of its three mirrors, in heights of the picture.
const TUBE: f32 = 0.2;
/// The ways to them.
const MIRRORS = array<vec2f, 3>(vec2f(0.0, 1.0), vec2f(-0.8660254, -0.5), vec2f(0.8660254, -0.5));
/// Each mirror keeps this much of the light.
const KEPT: f32 = 0.93;

/// A place in front of the mirrors, and how much light is left after all mirrors on the way (z).
fn tiles(at: vec2f) -> vec3f {
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
    return vec3f(place, left);
}

/// Two mirrors that meet in the middle: everything is folded onto half a wedge that points up.
fn star(at: vec2f) -> vec3f {
    let wedge = TURN / f32(params.points);
    let turns = atan2(at.x, -at.y) / wedge;
    let angle = abs(fract(turns + 0.5) - 0.5) * wedge;
    return vec3f(length(at) * vec2f(sin(angle), -cos(angle)), pow(KEPT, abs(round(turns)) * 0.7));
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

    // Four samples in a turned square: edges that meet at the mirrors would be jagged.
    var sum = vec3f(0.0);
    for (var i = 0; i < 4; i++) {
        let shift = array<vec2f, 4>(vec2f(-0.125, -0.375), vec2f(0.375, -0.125), vec2f(-0.375, 0.125), vec2f(0.125, 0.375))[i];
        let place = turned(at + shift / frame.size.y, spin) / params.zoom;
        var seen = tiles(place);
        if params.style == 1u {
            seen = star(place);
        }
        // The piece stays upright on the whole, and sways.
        let piece = turned(seen.xy, 0.35 * sin(spin * 1.3)) * aspect;
        // Thick glass splits colours, the more so away from the middle.
        let split = piece * 0.02 * params.tube;
        sum.r += picture_at(mirrored(params.source + piece + split)).r * seen.z;
        sum.g += picture_at(mirrored(params.source + piece)).g * seen.z;
        sum.b += picture_at(mirrored(params.source + piece - split)).b * seen.z;
    }

    // The tube ends in the dark.
    let corner = 0.5 * length(vec2f(frame.size.x / frame.size.y, 1.0));
    let rim = smoothstep(0.6, 1.1, length(at) / corner);
    let color = sum / 4.0 * (1.0 - 0.85 * params.tube * rim);
    return vec4f(mix(source.rgb, color, params.strength), source.a);
}
