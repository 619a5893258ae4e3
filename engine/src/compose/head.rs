//! The canonical face, and the head behind it, as buffers.

use glam::{Quat, Vec3};

use crate::{
    gpu::{Buffer, BufferUse, Gpu, GpuError},
    tracking::mesh::{self, Mesh},
};

/// The skull as an ellipsoid in the canonical face space, in cm: its middle and half axes. It lies just inside
/// the rim of the face, so that the two meet without a gap that temples would show through.
const SKULL: [Vec3; 2] = [Vec3::new(0.0, 1.2, -4.6), Vec3::new(7.25, 10.2, 8.4)];
/// The right ear of the picture in the same way, and how far it stands off the head, in radians.
const EAR: [Vec3; 2] = [Vec3::new(8.3, -0.4, -8.2), Vec3::new(0.5, 3.0, 1.8)];
const EAR_OFF: f32 = 0.4;
/// Cells around the ellipsoid, and from pole to pole.
const CELLS: [u32; 2] = [32, 20];

/// A mesh that every filter shares.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) points: Buffer,
    pub(super) indices: Buffer,
    pub(super) count: u32,
}

impl Shape {
    /// The canonical face for `antifaz::face_mesh`: position and u, normal and v of each point.
    pub(super) fn face(gpu: &Gpu) -> Result<Self, GpuError> {
        let mesh = mesh::canonical();
        let points: Vec<[f32; 8]> = normals(mesh)
            .iter()
            .enumerate()
            .map(|(i, normal)| {
                let (at, uv) = (mesh.positions[i], mesh.uv[i]);
                [at.x, at.y, at.z, uv.x, normal.x, normal.y, normal.z, uv.y]
            })
            .collect();
        let indices: Vec<u32> = mesh.triangles.iter().flatten().map(|index| u32::from(*index)).collect();
        Self::upload(gpu, "canonical face", bytemuck::cast_slice(&points), &indices)
    }

    /// Face, skull and ears for `compose::occluder`: position, and the number of the landmark or -1.
    pub(super) fn head(gpu: &Gpu) -> Result<Self, GpuError> {
        let mesh = mesh::canonical();
        let mut points: Vec<[f32; 4]> =
            mesh.positions.iter().enumerate().map(|(i, at)| [at.x, at.y, at.z, i as f32]).collect();
        let mut indices: Vec<u32> = mesh.triangles.iter().flatten().map(|index| u32::from(*index)).collect();
        ellipsoid(&mut points, &mut indices, SKULL, Quat::IDENTITY);
        for side in [1.0, -1.0] {
            let [middle, axes] = EAR;
            let middle = middle * Vec3::new(side, 1.0, 1.0);
            ellipsoid(&mut points, &mut indices, [middle, axes], Quat::from_rotation_y(-side * EAR_OFF));
        }
        Self::upload(gpu, "head", bytemuck::cast_slice(&points), &indices)
    }

    fn upload(gpu: &Gpu, label: &str, points: &[u8], indices: &[u32]) -> Result<Self, GpuError> {
        Ok(Self {
            points: gpu.buffer_with(label, BufferUse::Storage, points)?,
            indices: gpu.buffer_with(label, BufferUse::Index, bytemuck::cast_slice(indices))?,
            count: indices.len() as u32,
        })
    }
}

/// Adds an ellipsoid of this middle and these half axes, turned around its middle.
fn ellipsoid(points: &mut Vec<[f32; 4]>, indices: &mut Vec<u32>, [middle, axes]: [Vec3; 2], turn: Quat) {
    let first = points.len() as u32;
    let [around, high] = CELLS;
    for y in 0..=high {
        for x in 0..=around {
            let (along, rise) = (
                std::f32::consts::TAU * x as f32 / around as f32,
                std::f32::consts::PI * y as f32 / high as f32,
            );
            let unit = Vec3::new(rise.sin() * along.sin(), rise.cos(), rise.sin() * along.cos());
            let at = middle + turn * (axes * unit);
            points.push([at.x, at.y, at.z, -1.0]);
            if x < around && y < high {
                let corner = first + y * (around + 1) + x;
                let below = corner + around + 1;
                indices.extend([corner, below, corner + 1, corner + 1, below, below + 1]);
            }
        }
    }
}

/// Normals of the points: those of the triangles around, weighted by area.
fn normals(mesh: &Mesh) -> Vec<Vec3> {
    let mut sums = vec![Vec3::ZERO; mesh.positions.len()];
    for triangle in &mesh.triangles {
        let corners = triangle.map(usize::from);
        let [a, b, c] = corners.map(|corner| mesh.positions[corner]);
        corners.iter().for_each(|corner| sums[*corner] += (b - a).cross(c - a));
    }
    sums.into_iter().map(|sum| sum.normalize_or(Vec3::Z)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_look_outward() {
        let normals = normals(mesh::canonical());
        let (nose, left, right) = (4, 234, 454);
        assert!(normals[nose].z > 0.8);
        assert!(normals[left].x < -0.5 && normals[right].x > 0.5);
    }

    #[test]
    fn the_skull_lies_within_the_rim_of_the_face() {
        let [middle, axes] = SKULL;
        let outside =
            mesh::canonical().positions.iter().filter(|at| ((**at - middle) / axes).length() > 0.97);
        assert!(outside.count() > 440);
    }

    #[test]
    fn ears_stand_beside_the_skull() {
        let [skull, axes] = SKULL;
        assert!(((EAR[0] - skull) / axes).length() > 1.0);
        // Behind the rim of the face, where it is widest.
        let rim = mesh::canonical().positions.iter().fold(Vec3::ZERO, |a, b| if b.x > a.x { *b } else { a });
        assert!(EAR[0].z + EAR[1].z < rim.z && EAR[0].x + EAR[1].x > rim.x, "{rim}");
    }
}
