// The space `face_uv`: the triangles of each face at their place in the face texture. What is drawn there lies on the
// skin, however the head turns. Each face has its own tile of the target: 4 in a row, 2 rows.

import antifaz::face::{is_present};
import antifaz::face_mesh::{Varying, placed, point};

/// Tiles in a row, and rows.
const TILES: vec2f = vec2f(4.0, 2.0);

/// The place in the target of a place in the texture of a face (0..1, y down).
fn tile(face: u32, uv: vec2f) -> vec2f {
    return (vec2f(f32(face % 4u), f32(face / 4u)) + clamp(uv, vec2f(0.0), vec2f(1.0))) / TILES;
}

/// As in the space `face_mesh`, at another place.
fn vertex(index: u32, face: u32) -> Varying {
    var out = placed(point(index, face), face);
    if is_present(face) {
        out.position = vec4f(tile(face, out.uv) * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0);
    }
    return out;
}
