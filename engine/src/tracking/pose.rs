//! Where the head is: the canonical face is laid onto the landmarks, in centimetres before a camera.
//!
//! The method is that of MediaPipe's face geometry module. Landmarks have a depth relative to the face alone; so the
//! face's distance is found first, as the ratio of sizes between the landmarks on the near plane and the canonical
//! face (twice, the second time with perspective undone), then the pose. Each fit is a weighted similarity
//! (Akca, "Generalized Procrustes analysis", 2003) whose rotation comes from Horn's quaternion method ("Closed-form
//! solution of absolute orientation using unit quaternions", 1987), which can't mirror.

use glam::{DMat3, DQuat, DVec3, Mat4, Vec2, Vec3, Vec4};

use super::mesh::{self, Mesh};

/// Vertical field of view of the assumed camera, in degrees. It looks along -z, y up.
pub const FOV_Y_DEGREES: f32 = 63.0;
/// Its near plane, in centimetres.
pub const NEAR: f32 = 1.0;
/// Its far plane, in centimetres.
pub const FAR: f32 = 10_000.0;
/// The bridge of the nose and the outer corners of the eyes.
const EYES: [usize; 3] = [6, 33, 263];

/// From camera space to clip space (depth 0..1) for a picture of `size` pixels.
pub fn projection(size: [u32; 2]) -> Mat4 {
    let aspect = size[0] as f32 / size[1] as f32;
    let zoom = 1.0 / (FOV_Y_DEGREES.to_radians() / 2.0).tan();
    let depth = FAR / (NEAR - FAR);
    Mat4::from_cols(
        Vec4::new(zoom / aspect, 0.0, 0.0, 0.0),
        Vec4::new(0.0, zoom, 0.0, 0.0),
        Vec4::new(0.0, 0.0, depth, -1.0),
        Vec4::new(0.0, 0.0, depth * NEAR, 0.0),
    )
}

/// From the canonical face space (cm) to camera space (cm). `landmarks`: x, y in uv of the picture, z in units of
/// its width; at least the 468 of the canonical face. `size` is the picture's, in pixels. `None` where the face is
/// too small or flat to tell, or a point is not finite.
pub fn estimate(landmarks: impl ExactSizeIterator<Item = Vec3>, size: [u32; 2]) -> Option<Mat4> {
    let mesh = mesh::canonical();
    if landmarks.len() < mesh::POINTS {
        return None;
    }
    let mut points = [Vec3::ZERO; mesh::POINTS];
    points.iter_mut().zip(landmarks).for_each(|(point, landmark)| *point = landmark);
    let landmarks = &points;
    let near = f64::from(NEAR);
    let height = 2.0 * near * (f64::from(FOV_Y_DEGREES).to_radians() / 2.0).tan();
    let width = height * f64::from(size[0]) / f64::from(size[1]);
    let on_near_plane = |point: &Vec3| {
        let point = point.as_dvec3();
        DVec3::new((point.x - 0.5) * width, (0.5 - point.y) * height, point.z * width)
    };
    let count = landmarks.len() as f64;
    let depth = landmarks.iter().map(|point| on_near_plane(point).z).sum::<f64>() / count;
    // Depth grows away from the camera until here; camera space has it negative.
    let unproject = |point: &Vec3, scale: f64| {
        let point = on_near_plane(point);
        let z = (point.z - depth + near) / scale;
        DVec3::new(point.x * z / near, point.y * z / near, -z)
    };
    let first = fit(mesh, landmarks, |point| on_near_plane(point) * DVec3::new(1.0, 1.0, -1.0))?.scale;
    let second = fit(mesh, landmarks, |point| unproject(point, first))?.scale;
    let pose = fit(mesh, landmarks, |point| unproject(point, first * second))?;
    let matrix = Mat4::from_cols(
        (pose.turn.x_axis * pose.scale).as_vec3().extend(0.0),
        (pose.turn.y_axis * pose.scale).as_vec3().extend(0.0),
        (pose.turn.z_axis * pose.scale).as_vec3().extend(0.0),
        pose.shift.as_vec3().extend(1.0),
    );
    matrix.is_finite().then_some(matrix)
}

/// The pose of the same head straight ahead: [`estimate`] of the landmarks, moved so that the eyes and the bridge of
/// the nose are in the middle of the picture. The assumed camera's field of view is wide and rarely the real one's;
/// far from the middle it would turn the head by what the landmarks, which know no camera, do not show. Arguments and
/// result as there.
pub fn straight_ahead(
    landmarks: impl ExactSizeIterator<Item = Vec3> + Clone,
    size: [u32; 2],
) -> Option<Mat4> {
    let count = EYES.len() as f32;
    let eyes = landmarks.clone().enumerate().filter(|(at, _)| EYES.contains(at));
    let middle = eyes.map(|(_, point)| point.truncate()).sum::<Vec2>() / count;
    estimate(landmarks.map(|point| point + (Vec2::splat(0.5) - middle).extend(0.0)), size)
}

/// `turn * scale * point + shift`.
struct Similarity {
    turn: DMat3,
    scale: f64,
    shift: DVec3,
}

/// The similarity that lays the canonical face onto `place(landmark)`, least squares by the mesh's weights.
fn fit(mesh: &Mesh, landmarks: &[Vec3], place: impl Fn(&Vec3) -> DVec3) -> Option<Similarity> {
    let pairs = || {
        let weighted = mesh.weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        weighted.map(|(i, &weight)| (f64::from(weight), mesh.positions[i].as_dvec3(), place(&landmarks[i])))
    };
    let total: f64 = pairs().map(|(weight, ..)| weight).sum();
    let from_center = pairs().map(|(weight, from, _)| from * weight).sum::<DVec3>() / total;
    let to_center = pairs().map(|(weight, _, to)| to * weight).sum::<DVec3>() / total;
    // Columns: sums of (target) x (each source axis).
    let (mut cross, mut spread) = (DMat3::ZERO, 0.0);
    for (weight, from, to) in pairs() {
        let (from, to) = (from - from_center, to - to_center);
        cross += DMat3::from_cols(to * from.x, to * from.y, to * from.z) * weight;
        spread += from.length_squared() * weight;
    }
    let turn = best_turn(&cross)?;
    let along = (0..3).map(|axis| turn.col(axis).dot(cross.col(axis))).sum::<f64>();
    let scale = along / spread;
    let usable = scale.is_finite() && scale > 1e-9;
    usable.then(|| Similarity { turn, scale, shift: to_center - turn * from_center * scale })
}

/// The rotation R that makes the trace of `transpose(R) * cross` largest: the eigenvector of the largest
/// eigenvalue of Horn's symmetric 4x4 matrix.
fn best_turn(cross: &DMat3) -> Option<DMat3> {
    let m = |row: usize, column: usize| cross.col(column)[row];
    let trace = m(0, 0) + m(1, 1) + m(2, 2);
    let axis = [m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1)];
    let mut matrix = [[0.0; 4]; 4];
    matrix[0][0] = trace;
    for i in 0..3 {
        matrix[0][i + 1] = axis[i];
        matrix[i + 1][0] = axis[i];
        for j in 0..3 {
            matrix[i + 1][j + 1] = m(i, j) + m(j, i) - if i == j { trace } else { 0.0 };
        }
    }
    if !matrix.iter().flatten().all(|value| value.is_finite()) {
        return None;
    }
    let (values, vectors) = eigen(matrix);
    let best = (0..4).max_by(|&a, &b| values[a].total_cmp(&values[b]))?;
    let [w, x, y, z] = std::array::from_fn(|row| vectors[row][best]);
    Some(DMat3::from_quat(DQuat::from_xyzw(x, y, z, w).normalize()))
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut a: [[f64; 4]; 4]) -> ([f64; 4], [[f64; 4]; 4]) {
    let mut vectors = [[0.0; 4]; 4];
    (0..4).for_each(|i| vectors[i][i] = 1.0);
    let size: f64 = a.iter().flatten().map(|value| value * value).sum();
    for _sweep in 0..32 {
        let off: f64 = (0..4).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off <= size * 1e-28 {
            break;
        }
        for (p, q) in (0..4).flat_map(|q| (0..q).map(move |p| (p, q))) {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let sine = tangent * cosine;
            for row in &mut a {
                (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
            }
            let (row_p, row_q) = (a[p], a[q]);
            a[p] = std::array::from_fn(|k| cosine * row_p[k] - sine * row_q[k]);
            a[q] = std::array::from_fn(|k| sine * row_p[k] + cosine * row_q[k]);
            for row in &mut vectors {
                (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
            }
        }
    }
    (std::array::from_fn(|i| a[i][i]), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [u32; 2] = [640, 360];

    /// The canonical face, moved by `pose`, as an ideal landmark net would give it.
    fn seen(pose: &Mat4) -> Vec<Vec3> {
        let projection = projection(SIZE);
        let places: Vec<Vec3> =
            mesh::canonical().positions.iter().map(|point| pose.transform_point3(*point)).collect();
        let middle = places.iter().map(|place| place.z).sum::<f32>() / places.len() as f32;
        // Depth in units of the picture's width, at the face's own distance.
        let width =
            2.0 * (FOV_Y_DEGREES.to_radians() / 2.0).tan() * -middle * SIZE[0] as f32 / SIZE[1] as f32;
        let uv =
            |place: &Vec3| projection.project_point3(*place).truncate() * glam::Vec2::new(0.5, -0.5) + 0.5;
        places.iter().map(|place| uv(place).extend((middle - place.z) / width)).collect()
    }

    #[test]
    fn a_projected_head_is_found_again() {
        for (yaw, pitch, distance) in [(0.0, 0.0, 40.0), (0.5, 0.2, 60.0), (-0.7, -0.3, 90.0)] {
            let turn = glam::Quat::from_euler(glam::EulerRot::YXZ, yaw, pitch, 0.1);
            let pose = Mat4::from_rotation_translation(turn, Vec3::new(4.0, -3.0, -distance));
            let found = estimate(seen(&pose).into_iter(), SIZE).unwrap();
            let (scale, rotation, place) = found.to_scale_rotation_translation();
            assert!(
                rotation.angle_between(turn).to_degrees() < 3.0,
                "{} degrees",
                rotation.angle_between(turn).to_degrees()
            );
            assert!((place.length() / distance - 1.0).abs() < 0.06, "{place} for {distance}");
            assert!((scale.x - 1.0).abs() < 0.06, "{scale}");
        }
    }

    #[test]
    fn a_head_is_straight_ahead_wherever_its_face_is() {
        let turn = glam::Quat::from_euler(glam::EulerRot::YXZ, 0.4, 0.1, -0.1);
        let face = seen(&Mat4::from_rotation_translation(turn, Vec3::new(0.0, 0.0, -50.0)));
        let moved = |x: f32| face.iter().map(move |point| *point + Vec3::new(x, 0.1, 0.0));
        let here = straight_ahead(moved(0.0), SIZE).unwrap();
        for x in [-0.4, 0.4] {
            assert!(here.abs_diff_eq(straight_ahead(moved(x), SIZE).unwrap(), 1e-3));
            assert!(!here.abs_diff_eq(estimate(moved(x), SIZE).unwrap(), 1e-1));
        }
    }

    #[test]
    fn faces_without_size_and_broken_points_have_no_pose() {
        assert_eq!(estimate([Vec3::splat(0.5); 468].into_iter(), SIZE), None);
        assert_eq!(estimate([Vec3::ZERO; 10].into_iter(), SIZE), None);
        let mut points = seen(&Mat4::from_translation(Vec3::new(0.0, 0.0, -50.0)));
        assert!(estimate(points.iter().copied(), SIZE).is_some());
        points[4].x = f32::NAN;
        assert_eq!(estimate(points.iter().copied(), SIZE), None);
    }

    #[test]
    fn a_mirrored_set_of_points_still_gives_a_rotation() {
        let mirrored = DMat3::from_diagonal(DVec3::new(3.0, 2.0, -1.0));
        assert!((best_turn(&mirrored).unwrap().determinant() - 1.0).abs() < 1e-9);
    }
}
