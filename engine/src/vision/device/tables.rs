//! What the pose and the blendshapes net take of a face, worked out beforehand.

use bytemuck::{Pod, Zeroable};
use glam::DVec3;

use crate::tracking::{BLENDSHAPE_LANDMARKS, mesh};

/// Points that the pose can be fitted to, as many as lanes work on it.
const BASIS: usize = 64;

/// A point that the pose is fitted to.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Basis {
    /// On the canonical face, from its weighted middle, and the weight: all weights make one.
    at: [f32; 4],
    landmark: u32,
    unused: [u32; 3],
}

/// `Tables` of `vision::pose` in the shaders.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Tables {
    /// The weighted middle of the canonical face, and the weighted mean of squared distances from it.
    canonical: [f32; 4],
    expression: [u32; BLENDSHAPE_LANDMARKS.len()],
    unused: [u32; 2],
    basis: [Basis; BASIS],
}

impl Tables {
    /// Of the canonical face.
    pub(super) fn new() -> Box<Self> {
        let mesh = mesh::canonical();
        let weighted = || {
            let all = mesh.weights.iter().zip(&mesh.positions).enumerate();
            all.filter(|(_, (weight, _))| **weight > 0.0)
                .map(|(index, (weight, at))| (index, f64::from(*weight), at.as_dvec3()))
        };
        let weight: f64 = weighted().map(|(_, weight, _)| weight).sum();
        let center = weighted().map(|(_, weight, at)| at * weight).sum::<DVec3>() / weight;
        let spread: f64 = weighted().map(|(_, weight, at)| (at - center).length_squared() * weight).sum();
        let mut tables: Box<Self> = bytemuck::zeroed_box();
        tables.canonical = center.as_vec3().extend((spread / weight) as f32).to_array();
        tables.expression = BLENDSHAPE_LANDMARKS.map(u32::from);
        for (basis, (index, share, at)) in tables.basis.iter_mut().zip(weighted()) {
            basis.at = (at - center).as_vec3().extend((share / weight) as f32).to_array();
            basis.landmark = index as u32;
        }
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_points_that_the_pose_is_fitted_to_have_a_lane() {
        let tables = Tables::new();
        let weighted = mesh::canonical().weights.iter().filter(|weight| **weight > 0.0).count();
        let shares = || tables.basis.iter().map(|basis| basis.at[3]).filter(|share| *share > 0.0);
        assert_eq!(shares().count(), weighted);
        assert!((shares().sum::<f32>() - 1.0).abs() < 1e-6 && weighted > 3 && tables.canonical[3] > 0.0);
    }
}
