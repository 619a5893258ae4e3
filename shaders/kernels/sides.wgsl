// The colours of the person and of the background, in a table half as large as the small picture.

import kernels::matting::{cell_at, guide, lines, person_of};

/// Cells to either side of a corner of four that are averaged to its colour.
const AROUND: i32 = 3;

/// The mean light around a place where there is surely a person, times its weight; and the weight.
@fragment fn front(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return gathered(position.xy, true);
}

/// The same where there is surely none.
@fragment fn back(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return gathered(position.xy, false);
}

fn gathered(here: vec2f, of_person: bool) -> vec4f {
    let size = textureDimensions(guide);
    let middle = vec2i(round(here * vec2f(size) / vec2f((size + 1u) / 2u)));
    var sum = vec4f(0.0);
    for (var y = -AROUND; y < AROUND; y++) {
        for (var x = -AROUND; x < AROUND; x++) {
            let at = middle + vec2i(x, y);
            let cell = cell_at(guide, at).rgb;
            let person = person_of(cell_at(lines, at), cell);
            let share = select(1.0 - person, person, of_person);
            // Who is only partly there carries the other's colour; who is nearer says more.
            let weight = share * share * share * share / f32(1 + x * (x + 1) + y * (y + 1));
            sum += vec4f(cell * cell, 1.0) * weight;
        }
    }
    return sum;
}
