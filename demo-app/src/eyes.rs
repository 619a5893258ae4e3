//! Where the nets run, and looking at frames with them one by one.

use antifaz::{
    engine::{Choice, Crew},
    frame::Frame,
    gpu::Gpu,
    nets::Backend,
    scene::Observation,
    scheduler::WorkPlan,
    vision::{DeviceObserver, Observer, VisionOptions},
};

use crate::{cli::Common, error::AppError, offline, values::Nets, walk};

/// The nets of a command that goes through a file frame by frame. Each frame is waited for.
pub(crate) enum Eyes {
    /// In host memory; the crew outlives what it helps.
    Host(Box<Observer>, #[expect(dead_code, reason = "its threads help the nets")] Crew),
    /// On the GPU.
    Device(Box<DeviceObserver>),
}

impl Eyes {
    /// Loads the nets that `options` ask for, to run where `nets` says.
    pub(crate) fn open(
        nets: Nets,
        threads: usize,
        options: impl Fn(Backend) -> VisionOptions,
        common: &Common,
    ) -> Result<Self, AppError> {
        let (models, crew) = (offline::models(), offline::crew(threads)?);
        // Nobody needs a GPU who does not ask for one.
        let gpu = match nets {
            Nets::Gpu => Some(walk::gpu(common)?),
            Nets::Auto if common.adapter.is_some() => Some(walk::gpu(common)?),
            Nets::Auto if has_hardware() => walk::gpu(common).ok(),
            _ => None,
        };
        let backend = match &gpu {
            Some(gpu) => backend(nets, gpu)?,
            None => without_gpu(nets),
        };
        Ok(match gpu {
            Some(gpu) if backend == Backend::Gpu => {
                Self::Device(Box::new(DeviceObserver::new(&models, options(backend), &gpu, crew.workers())?))
            }
            _ => Self::Host(Box::new(Observer::new(&models, options(backend), crew.workers())?), crew),
        })
    }

    /// What is seen in `frame`.
    pub(crate) fn look(&mut self, frame: &Frame) -> Result<Observation, AppError> {
        Ok(match self {
            Self::Host(observer, _) => observer.look(frame, &WorkPlan::default())?,
            Self::Device(observer) => observer.observe(frame)?,
        })
    }
}

/// Whether there is an adapter that is no software.
fn has_hardware() -> bool {
    pollster::block_on(Gpu::adapters()).iter().any(|adapter| !adapter.software)
}

/// The backend that `nets` asks for in a program that draws on `gpu`.
pub(crate) fn backend(nets: Nets, gpu: &Gpu) -> Result<Backend, AppError> {
    match nets {
        Nets::Auto => {
            let choice = choice(gpu)?;
            log::info!("nets on the {}: {}", choice.backend.name(), choice.reason);
            Ok(choice.backend)
        }
        Nets::Gpu => Ok(Backend::Gpu),
        nets => Ok(without_gpu(nets)),
    }
}

/// What `auto` means on `gpu`.
pub(crate) fn choice(gpu: &Gpu) -> Result<Choice, AppError> {
    Ok(Choice::measure(gpu, &offline::models(), &offline::crew(offline::net_threads())?)?)
}

fn without_gpu(nets: Nets) -> Backend {
    match nets {
        Nets::Auto | Nets::Cpu => Backend::Cpu,
        Nets::Candle => Backend::Candle,
        Nets::Scalar => Backend::Scalar,
        Nets::Gpu => Backend::Gpu,
    }
}
