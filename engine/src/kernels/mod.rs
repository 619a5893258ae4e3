//! Image kernels, each beside its CPU twin.

pub mod convert;
pub mod crop;
pub mod faces;
pub mod islands;
pub mod levels;
pub mod matting;
pub mod resize;
pub mod shrink;
pub mod ycbcr;
