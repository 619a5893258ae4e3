// Moves parts of each face: a few smooth fields around landmarks say from where a pixel takes its light. Outside
// of them the picture stays as it is, to the bit.

import antifaz::face::{FACES};
import antifaz::frame::{picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::warp::{grown, in_heights, in_uv, moved};
import package::inputs::{fields};

/// The places of a face in the swarm: the first is the face itself, each of the others a field.
const PLACES: u32 = 21u;

@fragment
fn reshape(in: Varying) -> @location(0) vec4f {
    let at = in_heights(in.uv);
    var shift = vec2f(0.0);
    for (var face = 0u; face < FACES; face++) {
        let first = face * PLACES;
        let reach = fields[first].position;
        if fields[first].seed == 0u || distance(at, reach.xy) > reach.z {
            continue;
        }
        for (var i = 1u; i < PLACES; i++) {
            let middle = fields[first + i].position;
            let change = fields[first + i].velocity;
            shift += moved(at, middle.xy, change.xy, middle.z) + grown(at, middle.xy, change.z, middle.z);
        }
    }
    return picture_at(in.uv + in_uv(shift));
}
