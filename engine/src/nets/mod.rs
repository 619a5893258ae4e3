//! Small nets, from the files that their makers publish.
//!
//! ```text
//! .tflite bytes --import--> Graph --passes--> Plan --executor--> outputs
//!                (checked)  (typed ops,      (fused steps,
//!                            static shapes)   order, lifetimes; printable)
//! ```
//!
//! A [`Graph`] says what the model's maker meant, a [`Plan`] what is done about it; both are plain data. An
//! [`Executor`] runs a plan on tensors in host memory: [`Backend`] lists them. Tensors are `f32`, in the
//! model's own order (rows, columns, channels: NHWC) at this boundary; an executor may keep them otherwise
//! inside. Deliberately absent: integer arithmetic, shapes that change at run time, control flow.

use std::sync::Arc;

pub mod bundle;
#[cfg(feature = "candle")]
mod candle;
pub mod cpu;
mod error;
pub mod graph;
pub mod models;
pub mod plan;
mod resample;
mod scalar;
mod tflite;
mod wgsl;

use crate::{gpu::Gpu, workers::Workers};

pub use error::NetError;
pub use graph::Graph;
pub use models::{ModelId, Models};
pub use plan::Plan;
pub use wgsl::{Described, Program, described};

/// Where a plan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Naive loops: the oracle of every test.
    Scalar,
    /// The project's own SIMD kernels.
    Cpu,
    /// candle-core tensors.
    Candle,
    /// The GPU that draws the filters.
    Gpu,
}

impl Backend {
    /// All backends.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Cpu, Self::Candle, Self::Gpu];

    /// Lower-case name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Cpu => "cpu",
            Self::Candle => "candle",
            Self::Gpu => "gpu",
        }
    }
}

/// How wide the vectors of [`Backend::Cpu`] are. Not every machine has every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SimdLevel {
    /// What the compiler makes of plain loops.
    Portable,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// AVX-512 with its VL, DQ and BW parts.
    Avx512,
    /// NEON.
    Neon,
}

impl SimdLevel {
    /// All levels.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Avx2, Self::Avx512, Self::Neon];

    /// Those that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        cpu::levels()
    }

    /// Lower-case name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }
}

/// How [`Backend::Gpu`] keeps weights. Values and sums are f32 always: a residual that is rounded again and again drifts,
/// and fused kernels hardly write values to memory that could be saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// As the file gives them; on hardware in half the bytes where it gives f16.
    #[default]
    F32,
    /// The nearest f16, in half the bytes. No feature of the device is needed: shaders unpack two from a word.
    F16,
}

/// How the steps of a net become kernels of [`Backend::Gpu`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fusing {
    /// As suits the device.
    #[default]
    Auto,
    /// Many steps a kernel: workgroups meet between them.
    Fused,
    /// A step a kernel: for devices on which it takes long until a workgroup has met, as drivers that draw on the CPU.
    Single,
}

/// How a net is made for [`Backend::Gpu`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GpuNet {
    /// Of weights.
    pub precision: Precision,
    /// Of steps.
    pub fusing: Fusing,
}

/// A tensor at the boundary of a net.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// As its maker named it.
    pub name: String,
    /// Usually rows, columns and channels of a batch of one: NHWC.
    pub shape: Vec<usize>,
}

impl TensorInfo {
    /// Number of values.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A loaded net. Nothing is allocated by `run`, candle and the GPU excepted.
pub trait Executor: Send {
    /// In the model's own order.
    fn inputs(&self) -> &[TensorInfo];
    /// In the model's own order.
    fn outputs(&self) -> &[TensorInfo];
    /// Runs the net on one tensor for each input, row-major.
    ///
    /// # Errors
    /// [`NetError::InputCount`] and [`NetError::InputSize`].
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError>;
    /// Output `index` of the last run, row-major; zeros before the first.
    ///
    /// # Panics
    /// Where there is no such output.
    fn output(&self, index: usize) -> &[f32];
}

/// Makes `plan` ready to run on `backend`, whose steps `workers` share.
///
/// # Errors
/// [`NetError::Backend`] where the backend is not part of this build, and for [`Backend::Gpu`], see [`load_on`];
/// [`NetError::Unsupported`] where a step needs absurd
/// tables.
pub fn load(
    plan: Arc<Plan>,
    backend: Backend,
    workers: &Arc<Workers>,
) -> Result<Box<dyn Executor>, NetError> {
    match backend {
        Backend::Scalar => Ok(Box::new(scalar::Scalar::new(plan))),
        Backend::Cpu => Ok(Box::new(cpu::Cpu::new(plan, Arc::clone(workers))?)),
        #[cfg(feature = "candle")]
        Backend::Candle => Ok(Box::new(candle::Candle::new(plan, workers)?)),
        #[cfg(not(feature = "candle"))]
        Backend::Candle => Err(NetError::Backend {
            name: "candle",
            reason: "this build lacks the cargo feature `candle`; use cpu or scalar".into(),
        }),
        Backend::Gpu => Err(NetError::Backend {
            name: "gpu",
            reason: "it needs a device, see `load_on`; here use cpu, candle or scalar".into(),
        }),
    }
}

/// Makes `plan` ready to run on [`Backend::Gpu`], on the device `gpu`, whose kernels `workers` compile. Its `run` waits for
/// the results.
///
/// # Errors
/// [`NetError::Gpu`] where the device refuses a kernel, or has not enough memory.
pub fn load_on(
    plan: Arc<Plan>,
    gpu: &Gpu,
    how: GpuNet,
    workers: &Workers,
) -> Result<Box<dyn Executor>, NetError> {
    match wgsl::Wgsl::new(&plan, gpu, how, workers) {
        Ok(net) => Ok(Box::new(net)),
        Err(error) => Err(NetError::Gpu(error.to_string())),
    }
}

/// Makes `plan` ready to run on the device `gpu`, for up to `faces` inputs at a time; inputs and outputs stay there. Kernels
/// are compiled by `workers` side by side.
///
/// # Errors
/// As [`load_on`].
pub fn program(
    plan: &Arc<Plan>,
    gpu: &Gpu,
    how: GpuNet,
    faces: usize,
    workers: &Workers,
) -> Result<Program, NetError> {
    Program::new(plan, gpu, how, faces, workers).map_err(|error| NetError::Gpu(error.to_string()))
}

/// Makes `plan` ready to run on [`Backend::Cpu`] with vectors of `level`: [`load`] takes the fastest.
///
/// # Errors
/// [`NetError::Backend`] where the machine lacks the level; [`NetError::Unsupported`] as [`load`].
pub fn load_at(
    plan: Arc<Plan>,
    level: SimdLevel,
    workers: &Arc<Workers>,
) -> Result<Box<dyn Executor>, NetError> {
    match cpu::Cpu::at(plan, Arc::clone(workers), level) {
        Some(net) => Ok(Box::new(net?)),
        None => {
            let names: Vec<_> = SimdLevel::available().into_iter().map(SimdLevel::name).collect();
            let reason = format!("this machine has no {}; it has {}", level.name(), names.join(", "));
            Err(NetError::Backend { name: "cpu", reason })
        }
    }
}

/// Checks what a caller hands to [`Executor::run`].
fn check_inputs(infos: &[TensorInfo], inputs: &[&[f32]]) -> Result<(), NetError> {
    if infos.len() != inputs.len() {
        return Err(NetError::InputCount { want: infos.len(), got: inputs.len() });
    }
    for (info, input) in infos.iter().zip(inputs) {
        if info.values() != input.len() {
            return Err(NetError::InputSize {
                name: info.name.clone(),
                shape: info.shape.clone(),
                want: info.values(),
                got: input.len(),
            });
        }
    }
    Ok(())
}
