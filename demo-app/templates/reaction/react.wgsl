// A full-frame pass that draws what events have set off. Events of the manifest are functions here: `wow(face)`, since its
// source is of a face, and `touch()`.

import antifaz::event::{fading};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::sdf::{cover, heart, ring, turned};
import package::inputs::{params, touch, wow};

/// Hearts beside each cheek.
const HEARTS: u32 = 3u;
/// Landmarks at the sides of the face, one for each side; there are 478.
const SIDES = array<u32, 2>(234u, 454u);

/// In heights of the picture, so that circles are round.
fn in_heights(uv: vec2f) -> vec2f {
    return uv * vec2f(frame.size.x / frame.size.y, 1.0);
}

/// How much of a pixel the hearts of a face cover.
fn hearts(at: vec2f, face: u32) -> f32 {
    let wide = distance(in_heights(landmark(face, SIDES[0]).xy), in_heights(landmark(face, SIDES[1]).xy));
    // Far from the face there is nothing to do: most pixels of most pictures.
    if distance(at, in_heights(landmark(face, 1u).xy)) > 1.6 * wide {
        return 0.0;
    }
    let event = wow(face);
    // `since` counts seconds from when the mouth has opened, `on` is 1 while it is open. A second after that all is over.
    let ends = 1.0 - smoothstep(0.6, 1.0, event.since);
    let shown = max(event.on, ends * f32(event.count > 0u));
    if shown <= 0.0 {
        return 0.0;
    }
    var covered = 0.0;
    for (var side = 0u; side < 2u; side++) {
        let middle = in_heights(landmark(face, SIDES[side]).xy);
        let outward = f32(side) * 2.0 - 1.0;
        for (var i = 0u; i < HEARTS; i++) {
            // Each pops up a little later than the one before, overshoots, and floats.
            let t = event.since - 0.12 * f32(i);
            let grown = max(1.0 - exp(-9.0 * t) * cos(11.0 * t), 0.0) * step(0.0, t);
            let place = middle + wide * vec2f(outward * (0.28 + 0.2 * f32(i % 2u)),
                0.1 - 0.33 * f32(i) + 0.03 * sin(3.0 * frame.time + f32(i)));
            let size = wide * (0.3 - 0.05 * f32(i)) * grown * shown;
            // A heart is 1 wide and 1 high: the picture is measured in its size.
            let p = turned((at - place) / max(size, 1e-4), outward * 0.3);
            covered = max(covered, cover(heart(p), 1.0 / (frame.size.y * max(size, 1e-4))) * step(1e-3, size));
        }
    }
    return covered;
}

@fragment
fn react(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let at = in_heights(in.uv);
    var color = source.rgb;
    for (var face = 0u; face < FACES; face++) {
        if is_present(face) {
            let covered = hearts(at, face) * params.strength;
            color = mix(color, params.color.rgb, covered);
        }
    }
    // A ring that grows from the place of the last tap: `fading` is 1 when the event begins, and 0 after so many seconds.
    let left = fading(touch(), 0.8);
    let edge = ring(at - in_heights(frame.tap), 0.6 * (1.0 - left * left), 0.06 * left);
    color += vec3f(0.5 * left * params.strength) * smoothstep(0.03, 0.0, edge);
    return vec4f(min(color, vec3f(source.a)), source.a);
}
