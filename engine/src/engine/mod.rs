//! The door of embedders: a frame or a texture in, a picture out.
//!
//! [`Engine::process`] is the walk from upload to compose: plan, upload, observe, compose, one submit.
//! [`Engine::record`] does the same within an encoder that the caller owns and submits. Making an engine takes time
//! (shaders and nets are built); in live mode processing never waits.
//!
//! Two ways to pace it, see [`Pacing`]: offline every frame is drawn with what was seen in that very frame, the
//! same output every time; live a frame is drawn with the latest that was seen, whose age the shaders can read.

mod choice;
mod crew;
mod eyes;
mod host;
mod prepare;
mod rehearsal;
mod watch;
mod worker;

use std::time::Duration;

use thiserror::Error;

use crate::{
    compose::{ComposeError, Composer},
    filter::{Look, Values},
    frame::{Frame, FrameId, PixelsError},
    gpu::{Encoder, Gpu, GpuError, Texture},
    kernels::convert::Convert,
    nets::{Backend, GpuNet, Models},
    scene::{MAX_FACES, Observation, Picture, Scene},
    scheduler::{Scheduler, WorkPlan},
    telemetry::{FrameReport, GpuTimes, Stage},
    vision::{SceneWriter, VisionError},
};
pub use choice::Choice;
pub use crew::Crew;
use eyes::{Eyes, vision_options};
use host::HostPictures;
use prepare::Drawn;
pub use prepare::{Prepared, Preparer};
pub use rehearsal::Rehearsal;
use watch::{Clock, Watch};

/// Whether frames wait for the nets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pacing {
    /// They do: files, tests.
    #[default]
    Offline,
    /// They don't: cameras, windows.
    Live,
}

/// How an engine works.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Where the nets run.
    pub backend: Backend,
    /// How nets are made for the GPU, where they run there.
    pub kernels: GpuNet,
    /// Threads of each net on the CPU.
    pub threads: usize,
    /// How many faces are followed where the look needs any, 1 to [`MAX_FACES`].
    pub faces: usize,
    /// Whether frames wait for the nets.
    pub pacing: Pacing,
    /// Time for one frame: filters get simpler when frames take longer.
    pub budget: Option<Duration>,
    /// Whether expressions are looked for even where the look asks for none.
    pub blendshapes: bool,
    /// As [`VisionOptions::late_blendshapes`](crate::vision::VisionOptions::late_blendshapes).
    pub late_blendshapes: bool,
    /// Whether the person mask is looked for even where the look asks for none.
    pub matte: bool,
    /// What the random numbers of filters follow from (`frame.seed`): the same seed gives the same pictures.
    pub seed: u32,
    /// Whether what was seen comes back to host memory where the nets run on the device that draws, some frames later.
    pub results: bool,
}

impl Default for EngineOptions {
    /// Offline, as many faces as there can be, the project's own kernels on one thread, no budget.
    fn default() -> Self {
        Self {
            backend: Backend::Cpu,
            kernels: GpuNet::default(),
            threads: 1,
            faces: MAX_FACES,
            pacing: Pacing::Offline,
            budget: None,
            blendshapes: false,
            late_blendshapes: false,
            matte: false,
            seed: 0,
            results: false,
        }
    }
}

/// Why a frame can't be processed, by stage.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The device.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The nets.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// The look.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The system gave no thread for the nets.
    #[error("no thread could be started for the nets: {0}")]
    Thread(std::io::Error),
    /// The small copy of a host's texture is no picture.
    #[error("the copy of the host program's texture can't be looked at: {0}")]
    Copy(PixelsError),
}

/// What an engine draws over.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made and taken apart once a frame, never stored")]
pub enum Input {
    /// A frame in host memory.
    Frame(Frame),
    /// A texture of the host program, on the engine's device ([`Texture::from_host`]). Nets on that device look at it
    /// as it is, nets on the CPU at a small copy. It must not change before the picture is done; where nothing is drawn, it is the picture.
    Texture {
        /// The texture.
        texture: Texture,
        /// Which frame it is, counted by the host.
        id: FrameId,
        /// That frame's time.
        time: Duration,
    },
}

impl From<Frame> for Input {
    fn from(frame: Frame) -> Self {
        Self::Frame(frame)
    }
}

impl Input {
    fn id(&self) -> FrameId {
        match self {
            Self::Frame(frame) => frame.id,
            Self::Texture { id, .. } => *id,
        }
    }
}

/// A finished picture.
#[derive(Debug)]
pub struct Rendered {
    /// The picture, to be kept as long as the caller likes.
    pub picture: Picture,
    /// The frame that the nets looked at: older than the picture's where they lag behind.
    pub seen: FrameId,
    /// What was seen, in host memory: what was drawn where the nets run on the CPU. Where they run on the device that
    /// draws, the newest that has come back of what [`EngineOptions::results`] asks for; it knows its frame.
    pub observation: Option<Observation>,
    /// What it cost so far, without source and sink.
    pub report: FrameReport,
}

/// Upload to compose.
#[derive(Debug)]
pub struct Engine {
    gpu: Gpu,
    models: Models,
    options: EngineOptions,
    convert: Convert,
    /// Outlives the nets that it helps.
    crew: Crew,
    eyes: Eyes,
    host: HostPictures,
    writer: SceneWriter,
    composer: Composer,
    scheduler: Scheduler,
    clock: Clock,
    drawn: Drawn,
    last: Option<FrameReport>,
}

impl Engine {
    /// Builds what `look` needs, and nothing else: nets that it does not ask for are not loaded.
    ///
    /// # Errors
    /// When a model or shader is broken, or the device can't hold what is needed.
    pub fn new(gpu: Gpu, models: Models, look: Look, options: EngineOptions) -> Result<Self, EngineError> {
        let mut composer = Composer::new(&gpu, look)?;
        composer.set_seed(options.seed);
        let crew = Crew::of(options.threads).map_err(EngineError::Thread)?;
        Ok(Self {
            convert: Convert::new(&gpu)?,
            eyes: Eyes::open(&models, &vision_options(&composer, &options), options.pacing, &crew, &gpu)?,
            crew,
            host: HostPictures::new(&gpu)?,
            writer: SceneWriter::new(&gpu)?,
            clock: Clock::new(&gpu)?,
            scheduler: Scheduler::new(options.budget),
            composer,
            models,
            options,
            gpu,
            drawn: Drawn::default(),
            last: None,
        })
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// The look that is drawn.
    pub fn look(&self) -> &Look {
        self.composer.look()
    }

    /// Draws another look from the next frame on. Faces are looked for anew.
    ///
    /// # Errors
    /// As [`Engine::new`]; then the old look stays.
    pub fn set_look(&mut self, look: Look) -> Result<(), EngineError> {
        let mut composer = Composer::with(&self.gpu, &self.composer.parts(), look)?;
        composer.set_seed(self.options.seed);
        self.change_composer(composer)
    }

    /// What makes looks ready on another thread while this engine goes on drawing.
    pub fn preparer(&self) -> Preparer {
        Preparer::new(self.gpu.clone(), self.composer.parts(), self.drawn.clone())
    }

    /// Draws a look that was made ready, from the next frame on. It keeps the values that the same filters have in the
    /// look that is drawn now.
    ///
    /// # Errors
    /// When nets that the old look did not ask for can't be made; then the old look stays.
    pub fn swap(&mut self, prepared: Prepared) -> Result<(), EngineError> {
        let mut composer = prepared.into_composer();
        composer.take_values(&self.composer);
        self.change_composer(composer)
    }

    fn change_composer(&mut self, composer: Composer) -> Result<(), EngineError> {
        let wanted = vision_options(&composer, &self.options);
        if wanted != vision_options(&self.composer, &self.options) {
            self.eyes = Eyes::open(&self.models, &wanted, self.options.pacing, &self.crew, &self.gpu)?;
        }
        self.composer = composer;
        Ok(())
    }

    /// Changes the values of the look's filter number `item`. `false`: there is none.
    pub fn set_values(&mut self, item: usize, values: Values) -> bool {
        self.composer.set_values(item, values)
    }

    /// The user has touched or clicked the picture at `uv`: 0..1 from the left upper corner of the unmirrored picture.
    /// Filters learn of it in the next frame.
    pub fn tap(&mut self, uv: [f32; 2]) {
        self.composer.tap(uv);
    }

    /// Looks at a still some times before it is processed: the first landmarks of a face, which only the detector has
    /// seen, can lie far from it, and in a clip the next frames put them right. Live it does nothing.
    ///
    /// # Errors
    /// When a net or the device fails.
    pub fn get_to_know(&mut self, still: &Frame) -> Result<(), EngineError> {
        self.eyes.get_to_know(still)
    }

    /// The walk of one frame, submitted.
    ///
    /// # Errors
    /// When a net or the device fails. The engine can go on with the next frame, unless the device is lost.
    pub fn process(&mut self, input: impl Into<Input>) -> Result<Rendered, EngineError> {
        let mut encoder = self.gpu.encoder("frame");
        let rendered = self.record(&mut encoder, input)?;
        self.gpu.submit(encoder)?;
        Ok(rendered)
    }

    /// The walk of one frame, recorded into `encoder`, which the caller submits before it uses the picture.
    ///
    /// # Errors
    /// As [`Engine::process`].
    pub fn record(
        &mut self,
        encoder: &mut Encoder,
        input: impl Into<Input>,
    ) -> Result<Rendered, EngineError> {
        let input = input.into();
        let plan = self.scheduler.plan(self.last.as_ref());
        let mut watch = Watch::start(input.id(), plan, &mut self.clock, encoder);

        let picture = self.upload(encoder, input)?;
        self.drawn.set(plan.tier, picture.texture.size());
        watch.end(Stage::Upload, &mut self.clock, encoder);

        let (scene, observation) = self.see(encoder, picture, &plan)?;
        let seen = scene.seen;
        watch.end(Stage::Vision, &mut self.clock, encoder);

        let picture = self.composer.compose(&self.gpu, encoder, scene, plan)?;
        watch.end(Stage::Compose, &mut self.clock, encoder);

        self.clock.end(encoder);
        let mut report = watch.report;
        report.total = watch.started.elapsed();
        report.age = picture.id.0.saturating_sub(seen.0);
        self.last = Some(report);
        Ok(Rendered { picture, seen, observation, report })
    }

    /// The picture with what is seen in it, or in an earlier one.
    fn see(
        &mut self,
        encoder: &mut Encoder,
        picture: Picture,
        plan: &WorkPlan,
    ) -> Result<(Scene, Option<Observation>), EngineError> {
        if let Some(observer) = self.eyes.on_device() {
            observer.want_results(self.options.results);
            let scene = match self.options.pacing {
                Pacing::Offline => observer.look_exactly(encoder, picture)?,
                Pacing::Live => observer.record(encoder, picture)?,
            };
            return Ok((scene, observer.latest().cloned()));
        }
        let observation = self.observe(encoder, &picture, plan)?;
        let scene = self.writer.observe(encoder, picture, &observation)?;
        Ok((scene, Some(observation)))
    }

    fn upload(&mut self, encoder: &mut Encoder, input: Input) -> Result<Picture, EngineError> {
        Ok(match input {
            Input::Frame(Frame { id, time, pixels }) => {
                Picture { id, time, texture: self.convert.record(encoder, &pixels)?, host: Some(pixels) }
            }
            Input::Texture { texture, id, time } => Picture { id, time, texture, host: None },
        })
    }

    fn observe(
        &mut self,
        encoder: &mut Encoder,
        picture: &Picture,
        plan: &WorkPlan,
    ) -> Result<Observation, EngineError> {
        let Picture { id, time, ref texture, ref host } = *picture;
        match host {
            _ if self.eyes.closed() => {}
            Some(pixels) => self.eyes.look(&Frame { id, time, pixels: pixels.clone() }, plan)?,
            None => {
                let how = (plan, self.options.pacing);
                self.host.look(&mut self.eyes, encoder, (texture, id, time), how)?;
            }
        }
        self.eyes.known(id, time)
    }

    /// Takes in what a frame cost in the end, sink included: the next plan builds on it.
    pub fn learn(&mut self, report: FrameReport) {
        self.last = Some(report);
    }

    /// Whether the GPU is timed stage by stage, as it is at first, or by the frame: marks between stages make a frame longer.
    pub fn time_stages(&mut self, by_stage: bool) {
        self.clock.by_stage = by_stage;
    }

    /// GPU times of an earlier frame that have arrived since the last call. Without timestamps on the device there are
    /// none.
    pub fn gpu_times(&mut self) -> Option<GpuTimes> {
        self.clock.landed()
    }
}
