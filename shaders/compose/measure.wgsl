// What the corners of a face have in common, once for each face.

import antifaz::color::{luma};
import antifaz::expression::{yaw};
import antifaz::face::{_EyeMeasure, _Measure, head_place, is_present, landmark, landmark_on_screen};
import antifaz::face_mesh::{face_points};
import antifaz::frame::{frame, picture_at};
import antifaz::prop::{_project, pixel_at};
import antifaz::warp::{span, spot};

@group(1) @binding(0) var<storage, read_write> measures: array<_Measure, 8>;

/// The mean colour of the skin between forehead and chin, and its luminance in w.
fn mean_skin(face: u32) -> vec4f {
    var points = array<u32, 9>(151u, 108u, 337u, 50u, 280u, 205u, 425u, 5u, 199u);
    var sum = vec3f(0.0);
    for (var i = 0u; i < 9u; i++) {
        sum += picture_at(landmark(face, points[i]).xy).rgb;
    }
    let mean = sum / 9.0;
    return vec4f(mean, luma(mean));
}

/// From the projection of the head straight ahead to the face in the picture: the landmarks at the bridge of the nose and
/// the eye corners meet, since props are looked at there.
fn settle(face: u32) -> vec2f {
    var points = array<u32, 5>(168u, 168u, 6u, 33u, 263u);
    var sum = vec2f(0.0);
    for (var i = 0u; i < 5u; i++) {
        let clip = _project(head_place(face, face_points[points[i]].canonical));
        sum += landmark_on_screen(face, points[i]) - clip.xy / clip.w;
    }
    return sum / 5.0;
}

/// Between forehead and ear, where landmark 356 lies on the canonical face, in cm.
const TEMPLE: vec3f = vec3f(7.74, 2.36, -2.01);

fn breadth(face: u32) -> f32 {
    let left = head_place(face, TEMPLE * vec3f(-1.0, 1.0, 1.0));
    let right = head_place(face, TEMPLE);
    let told = right.xy / pixel_at(right) - left.xy / pixel_at(left);
    let seen = (landmark(face, 356u) - landmark(face, 127u)).xy * frame.size * vec2f(1.0, -1.0);
    // In profile there is nothing to measure.
    let wide = smoothstep(0.4, 0.8, abs(cos(yaw(face))));
    return clamp(mix(1.0, dot(seen, told) / max(dot(told, told), 1.0), wide), 0.9, 1.15);
}

/// Landmarks of the left and of the right eye: its outer and its inner corner, the middles of its upper and of its lower lid,
/// and the middle of its iris. The four landmarks after that are its rim, from the right of the picture counterclockwise.
const EYES: array<array<u32, 5>, 2> =
    array(array(263u, 362u, 386u, 374u, 473u), array(33u, 133u, 159u, 145u, 468u));

fn eye(face: u32, side: u32) -> _EyeMeasure {
    var points = EYES[side];
    let iris = points[4];
    let width = max(span(face, points[0], points[1]), 1e-5);
    let open = span(face, points[2], points[3]) / width;
    let across = 0.5 * (spot(face, iris + 1u) - spot(face, iris + 3u));
    // Lids push the rim's upper and lower landmark together; turning the eye only the others.
    let radius = max(max(length(across), 0.5 * distance(spot(face, iris + 2u), spot(face, iris + 4u))), 1e-5);
    let middle = 0.5 * (spot(face, points[0]) + spot(face, points[1]));
    return _EyeMeasure(middle, spot(face, iris), across, width, open, radius);
}

@compute @workgroup_size(8)
fn measure(@builtin(global_invocation_id) at: vec3u) {
    let face = at.x;
    var found: _Measure;
    if is_present(face) {
        found = _Measure(mean_skin(face), settle(face), breadth(face), array(eye(face, 0u), eye(face, 1u)));
    }
    measures[face] = found;
}
