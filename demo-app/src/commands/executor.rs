//! What nets can be run with.

use antifaz::nets::{Backend, Fusing, GpuNet, Precision};
use clap::{Args, ValueEnum};

use crate::error::AppError;

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

/// How nets are made for the GPU.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct GpuNetArgs {
    /// How nets on the GPU keep weights; without it as the file gives them
    #[arg(long, value_name = "TYPE")]
    precision: Option<NetPrecision>,
    /// How nets on the GPU make kernels of the steps; without it as suits the device
    #[arg(long, value_name = "HOW")]
    kernels: Option<NetKernels>,
}

impl GpuNetArgs {
    /// What is asked for, where that `fits`; where not, nothing may be, and `otherwise` says why not and what to do.
    pub(crate) fn net(self, fits: bool, otherwise: &str) -> Result<GpuNet, AppError> {
        let given = [("--precision", self.precision.is_some()), ("--kernels", self.kernels.is_some())];
        if let Some((argument, _)) = given.iter().find(|(_, given)| *given && !fits) {
            return Err(AppError::Value { argument: (*argument).into(), problem: otherwise.into() });
        }
        Ok(GpuNet {
            precision: self.precision.map_or_else(Precision::default, Precision::from),
            fusing: self.kernels.unwrap_or_default().into(),
        })
    }
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
