//! From arguments to the parts of a walk: look, source, device, engine.

use std::path::Path;

use antifaz::{
    Engine,
    engine::EngineOptions,
    filter::Look,
    gpu::{Gpu, GpuOptions},
    nets::Backend,
    source::{self, Camera, CameraOptions, Source, Synthetic, SyntheticOptions},
};

use crate::{
    cli::Common,
    error::AppError,
    eyes, offline, pipelines,
    values::{Nets, Size},
};

/// The environment variable that names the adapter where `--adapter` does not.
const ADAPTER: &str = "ANTIFAZ_ADAPTER";

/// Where frames come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Input {
    Camera(u32),
    File(std::path::PathBuf),
    Synthetic,
}

impl Input {
    /// What the arguments name; clap has seen to it that they name one at most.
    pub(crate) fn named(camera: Option<u32>, file: Option<&Path>, synthetic: bool) -> Option<Self> {
        let camera = camera.map(Self::Camera);
        camera.or(file.map(|path| Self::File(path.to_owned()))).or(synthetic.then_some(Self::Synthetic))
    }

    /// Opens it; cameras and the synthetic source come in `size` where they can.
    pub(crate) fn open(&self, size: Option<Size>) -> Result<Box<dyn Source>, source::SourceError> {
        let size = size.map(<[u32; 2]>::from);
        Ok(match self {
            Self::Camera(index) => {
                let defaults = CameraOptions::default();
                let options = CameraOptions { size: size.unwrap_or(defaults.size), ..defaults };
                Box::new(Camera::open(*index, &options)?)
            }
            Self::File(path) => source::open(path)?,
            Self::Synthetic => {
                let defaults = SyntheticOptions::default();
                let options = SyntheticOptions { size: size.unwrap_or(defaults.size), ..defaults };
                Box::new(Synthetic::new(options)?)
            }
        })
    }
}

/// The device that `--adapter`, or else ANTIFAZ_ADAPTER, asks for.
pub(crate) fn gpu_options(common: &Common) -> GpuOptions {
    let adapter = common.adapter.clone().or_else(|| std::env::var(ADAPTER).ok());
    GpuOptions { adapter, timestamps: true, covers: common.passes.into() }
}

/// A device of its own, without a window.
pub(crate) fn gpu(common: &Common) -> Result<Gpu, AppError> {
    let gpu = pollster::block_on(Gpu::new(&gpu_options(common)))?;
    pipelines::load(&gpu);
    Ok(gpu)
}

/// An engine with the default models.
pub(crate) fn engine(gpu: Gpu, look: Look, nets: Nets, options: EngineOptions) -> Result<Engine, AppError> {
    let backend = eyes::backend(nets, &gpu)?;
    engine_on(gpu, look, backend, options)
}

/// An engine with the default models, whose nets run on `backend`.
pub(crate) fn engine_on(
    gpu: Gpu,
    look: Look,
    backend: Backend,
    options: EngineOptions,
) -> Result<Engine, AppError> {
    let options = EngineOptions { backend, threads: offline::net_threads(), ..options };
    let engine = Engine::new(gpu, offline::models(), look, options)?;
    pipelines::store(engine.gpu());
    Ok(engine)
}
