// Hides faces.

import antifaz::blur::{blurred};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params, places};
import package::places::{in_heights, place_of, reach};

/// First row: center and top of the oval. Second row: half of its width, seconds since the face was seen, 1 where there
/// ever was one, and how fast it has moved, in heights of the picture a second. Third row: the size of its cells.
@fragment
fn remember(in: Varying) -> @location(0) vec4f {
    let slot = u32(in.position.x);
    let row = u32(in.position.y);
    if !is_present(slot) {
        var before = textureLoad(places, vec2u(slot, row), 0);
        if row == 1u {
            before.y = min(before.y + frame.delta, 100.0);
        }
        return before;
    }
    let top = in_heights(landmark(slot, 10u).xy);
    let chin = in_heights(landmark(slot, 152u).xy);
    let left = in_heights(landmark(slot, 234u).xy);
    let right = in_heights(landmark(slot, 454u).xy);
    let up = (top - chin) * 0.5;
    // The hair line lies above the topmost landmark.
    let center = (top + chin + left + right) * 0.25 + 0.1 * up;
    if row == 0u {
        return vec4f(center, up * 1.15);
    }
    let past = textureLoad(places, vec2u(slot, 1u), 0);
    if row == 2u {
        let kept = textureLoad(places, vec2u(slot, 2u), 0).x;
        return vec4f(step_of_cells(length(up) * 1.15 * (1.0 + params.margin), kept, past.z == 1.0), 0.0, 0.0, 1.0);
    }
    var speed = past.w * exp(-3.0 * frame.delta);
    if past.z == 1.0 && past.y == 0.0 && frame.delta > 0.0 {
        let moved = distance(center, textureLoad(places, vec2u(slot, 0u), 0).xy);
        speed = max(speed, min(moved / frame.delta, 2.0));
    }
    // A face in profile is narrow between its landmarks, but its head isn't.
    let half_width = max(distance(left, right) * 0.5, length(up) * 0.8);
    return vec4f(half_width, 0.0, 1.0, speed);
}

/// The size of the cells over a face of this height: the logarithm of their side, in heights of the picture, in halves. It
/// changes in few steps, and stays until another one fits clearly better: cells that grow and shrink with every move would
/// shimmer, and give away more than still ones.
fn step_of_cells(height: f32, before: f32, is_known: bool) -> f32 {
    let fitting = 2.0 * log2(max(2.0 * height / f32(params.cells), 2.0 / frame.size.y));
    return select(round(fitting), before, is_known && abs(fitting - before) < 0.85);
}

@fragment
fn hide(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let at = in_heights(in.uv);
    let pixel = 1.0 / frame.size.y;
    // What is seen in place of this pixel, and how much of it: of all faces here, that of the most hidden one, then of the
    // largest.
    var cover = 0.0;
    var middle = in.uv;
    var radius = 0.0;
    for (var slot = 0u; slot < FACES; slot++) {
        let place = place_of(slot);
        let height = length(place.up);
        if params.style == 0u {
            // Whole cells: those whose middle is in the oval, and half a cell more.
            let side = place.cell;
            let cell = (floor(at / side) + 0.5) * side;
            let more = place.shown > cover || (place.shown == cover && 0.6 * side > radius);
            if place.shown > 0.0 && more && reach(place, cell, 0.4 * side) < 1.0 {
                cover = place.shown;
                middle = min(cell / in_heights(vec2f(1.0)), vec2f(1.0));
                radius = 0.6 * side;
            }
        } else {
            let soft_edge = select(0.25, 1.5 * pixel / max(height, pixel), params.style == 2u);
            let inside = smoothstep(1.0 + soft_edge, 1.0, reach(place, at, 0.0)) * place.shown;
            cover = max(cover, inside);
            // A small face does not show what a large one hides.
            radius = max(radius, select(0.0, 0.6 * height, inside > 0.0));
        }
    }
    if cover <= 0.0 {
        return source;
    }
    var shown = params.color.rgb;
    if params.style != 2u {
        shown = blurred(middle, radius).rgb;
    }
    return vec4f(mix(source.rgb, shown, cover), source.a);
}
