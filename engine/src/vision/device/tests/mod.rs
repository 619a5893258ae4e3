//! The kernels between the nets and their twins on the CPU, with the same made-up net outputs.

mod corrupt;
mod crops;
mod decode;
mod dice;
mod faces;
mod mask;
mod rig;
