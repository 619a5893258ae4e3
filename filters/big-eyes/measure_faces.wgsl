// What the warp asks of each face, measured once a frame instead of once a pixel. Nothing is drawn from this swarm: its
// particles are places to keep it in. All is in picture heights, as in `antifaz::warp`.

import antifaz::color::{luma};
import antifaz::face::{FACES, is_present, landmark};
import antifaz::frame::{picture_at};
import antifaz::particles::{Particle};
import antifaz::warp::{span, spot};
import package::inputs::{measured_faces};

/// A face. `seed`: whether there is one; `position`: its nose, and in z its size; `velocity`: its mouth; `color`: between its
/// eyes, and from its right eye to its left; `size`: how light its cheeks are.
@compute @workgroup_size(64)
fn measure_faces(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x;
    var found: Particle;
    if face < FACES && is_present(face) {
        let cheeks = picture_at(landmark(face, 50u).xy).rgb + picture_at(landmark(face, 280u).xy).rgb;
        found.seed = 1u;
        found.position = vec3f(spot(face, 1u), max(span(face, 33u, 263u), 1e-5));
        found.velocity = vec3f(0.5 * (spot(face, 13u) + spot(face, 14u)), 0.0);
        found.color = vec4f(spot(face, 168u), spot(face, 263u) - spot(face, 33u));
        found.size = 0.5 * luma(cheeks);
    }
    measured_faces[face] = found;
}
