//! Where nets run best on this machine.

use std::time::{Duration, Instant};

use super::{Crew, EngineError};
use crate::{
    gpu::{Gpu, Levels},
    nets::{self, Backend, GpuNet, ModelId, Models},
    vision::VisionError,
};

/// A backend, and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where to run the nets.
    pub backend: Backend,
    /// For people.
    pub reason: String,
}

/// Timed runs of a net, after as many to warm up.
const RUNS: usize = 10;

impl Choice {
    /// Measures the face detector here and there, and takes the GPU where it is no slower. A driver that draws on the CPU
    /// is not measured: there nets run faster without it.
    ///
    /// # Errors
    /// When the net can't be loaded, or the device fails.
    pub fn measure(gpu: &Gpu, models: &Models, crew: &Crew) -> Result<Self, EngineError> {
        let adapter = &gpu.adapter().name;
        if gpu.adapter().software {
            let reason = format!("{adapter} draws on the CPU");
            return Ok(Self { backend: Backend::Cpu, reason });
        }
        let there = on_device(gpu, models, crew)?;
        let here = on_cpu(models, crew)?;
        let [gpu_ms, cpu_ms] = [there, here].map(|time| time.as_secs_f64() * 1e3);
        let reason =
            format!("the face detector takes {gpu_ms:.2} ms on {adapter} and {cpu_ms:.2} ms on the CPU");
        Ok(Self { backend: if there <= here { Backend::Gpu } else { Backend::Cpu }, reason })
    }
}

/// From submitting the detector until it is done.
fn on_device(gpu: &Gpu, models: &Models, crew: &Crew) -> Result<Duration, EngineError> {
    let plan = models.plan(ModelId::FaceDetector).map_err(VisionError::from)?;
    let program =
        nets::program(&plan, gpu, GpuNet::default(), 1, crew.workers()).map_err(VisionError::from)?;
    let levels = Levels::new(program.levels(1));
    median(|| {
        let mut encoder = gpu.encoder("choice");
        encoder.compute_levels("choice", &levels);
        gpu.submit(encoder)?;
        Ok(gpu.wait()?)
    })
}

fn on_cpu(models: &Models, crew: &Crew) -> Result<Duration, EngineError> {
    let plan = models.plan(ModelId::FaceDetector).map_err(VisionError::from)?;
    let mut net = nets::load(plan, Backend::Cpu, crew.workers()).map_err(VisionError::from)?;
    let input = vec![0.0; net.inputs()[0].values()];
    median(|| Ok(net.run(&[&input]).map_err(VisionError::from)?))
}

fn median(mut run: impl FnMut() -> Result<(), EngineError>) -> Result<Duration, EngineError> {
    let mut times = Vec::with_capacity(RUNS);
    for repetition in 0..RUNS * 2 {
        let start = Instant::now();
        run()?;
        if repetition >= RUNS {
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
