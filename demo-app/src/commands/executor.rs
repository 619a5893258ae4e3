//! What `antifaz net` can run a net with.

use antifaz::nets::{Backend, Fusing, Precision};
use clap::ValueEnum;

/// An executor of nets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetBackend {
    /// Slow and obvious loops: the reference of tests
    Scalar,
    /// The project's own SIMD kernels
    #[default]
    Cpu,
    /// candle
    Candle,
    /// WGSL on the GPU
    Gpu,
}

/// Of weights on the GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetPrecision {
    /// The nearest half, in half the bytes
    F16,
    /// As the file gives them
    F32,
}

/// How steps become kernels on the GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetKernels {
    /// As suits the device
    #[default]
    Auto,
    /// Many steps a kernel
    Fused,
    /// A step a kernel
    Single,
}

impl From<NetKernels> for Fusing {
    fn from(kernels: NetKernels) -> Self {
        match kernels {
            NetKernels::Auto => Self::Auto,
            NetKernels::Fused => Self::Fused,
            NetKernels::Single => Self::Single,
        }
    }
}

impl From<NetPrecision> for Precision {
    fn from(precision: NetPrecision) -> Self {
        match precision {
            NetPrecision::F16 => Self::F16,
            NetPrecision::F32 => Self::F32,
        }
    }
}

impl From<NetBackend> for Backend {
    fn from(backend: NetBackend) -> Self {
        match backend {
            NetBackend::Scalar => Self::Scalar,
            NetBackend::Cpu => Self::Cpu,
            NetBackend::Candle => Self::Candle,
            NetBackend::Gpu => Self::Gpu,
        }
    }
}
