//! What filters do with faces, on the CPU: twins of shader modules that filters import.

pub mod eyes;
pub mod shading;
pub mod skin;
pub mod warp;
