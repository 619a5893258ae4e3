// What the warp asks of each eye, as measure_faces.wgsl.

import antifaz::eyes::{LEFT, eye};
import antifaz::face::{FACES, is_present};
import antifaz::particles::{Particle};
import antifaz::warp::{spot};
import package::inputs::{measured_eyes};

/// Landmarks in the middle of the upper and of the lower lid, and at the outer corner.
const LIDS: array<vec3u, 2> = array(vec3u(386u, 374u, 263u), vec3u(159u, 145u, 33u));

/// An eye: two for each face. `position`: its iris, and in z the iris's radius; `velocity`: from there to the rim, and in z
/// how far it is open; `color`: its middle, and from there to the corner at the person's left; `size`, `spin`: how far the
/// upper and the lower lid are from that line; `age`: its width as if seen straight on.
@compute @workgroup_size(64)
fn measure_eyes(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x / 2u;
    let side = at.x % 2u;
    var found: Particle;
    if face < FACES && is_present(face) {
        let eye = eye(face, side);
        let lids = LIDS[side];
        let half = (spot(face, lids.z) - eye.middle) * select(-1.0, 1.0, side == LEFT);
        let across = normalize(vec2f(-half.y, half.x));
        found.position = vec3f(eye.iris, eye.radius);
        found.velocity = vec3f(eye.across, eye.open);
        found.color = vec4f(eye.middle, half);
        found.age = eye.width;
        found.size = abs(dot(spot(face, lids.x) - eye.middle, across));
        found.spin = abs(dot(spot(face, lids.y) - eye.middle, across));
    }
    measured_eyes[at.x] = found;
}
