//! Draws a look over the picture: filters become passes, passes become commands.
//!
//! ```text
//! Look --program--> pipelines, textures (once)
//! Look, size, tier --plan--> [Pass] (plain data) --record--> commands (every frame)
//! ```
//!
//! What outlives a frame is kept beside the plan: targets that persist or have a history (`kept`), the states of events
//! (`events`), particles. It begins with its item, and anew after a jump in time.
//!
//! All light is linear and all alpha premultiplied. Faces are read from the state's buffer and the person from
//! the matte's texture, never from landmarks in host memory, so nothing here knows where the nets ran. A pass
//! per face draws every slot that may hold one; an empty one has no area.

mod check;
mod clock;
mod compiled;
mod draw;
mod events;
mod film;
mod fits;
mod head;
mod hook;
mod kept;
mod later;
mod library;
mod measure;
mod merged;
mod one_face;
pub mod plan;
mod program;
mod record;
mod reference;
mod tools;
mod variants;

use std::sync::Arc;

use crate::{
    filter::{Look, Place, Requires, Values},
    gpu::{
        Buffer, BufferUse, ComputePipeline, Depth, Encoder, Gpu, GpuError, PassDesc, PassPipeline, Texture,
        TextureDesc, TextureFormat, timer::Timer,
    },
    quality::Tier,
    scene::{Picture, Scene},
    scheduler::WorkPlan,
};

pub use check::{Checked, check};
use clock::{Clock, Now};
use compiled::Compiled;
use head::Shape;
use kept::Kept;
pub use later::Rest;
pub use library::engine as engine_modules;
use measure::Measures;
use merged::Merged;
use plan::Plan;
use program::Program;
pub use reference::reference;
use tools::Tools;

/// Why a look can't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The device, or a shader that is wrong at its author's place.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// Something does not fit together, at this place.
    #[error("{place}: {message}")]
    Place {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// A shader reads what the manifest does not mention.
    #[error(
        "{place}: {pass} reads `{name}`, which the manifest does not mention: add `{fix}` to filter.toml"
    )]
    Undeclared {
        /// Where the manifest names the pass.
        place: Box<Place>,
        /// Filter and pass.
        pass: String,
        /// The resource.
        name: String,
        /// The line to add.
        fix: String,
    },
}

/// Draws one look.
#[derive(Debug)]
pub struct Composer {
    look: Look,
    programs: Vec<Program>,
    merged: Merged,
    tools: Tools,
    shared: Arc<Shared>,
    /// The tier at which it can be drawn whatever is still to be made.
    first: Tier,
    planned: Option<Planned>,
    kept: Kept,
    clock: Clock,
    /// Taps since the last frame, and where the last one was.
    taps: (u32, [f32; 2]),
    seed: u32,
}

/// The plan in use, and what it was made for.
#[derive(Debug)]
struct Planned {
    size: [u32; 2],
    tier: Tier,
    plan: Plan,
}

/// What all looks on a device draw with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Parts(Arc<Shared>);

impl Parts {
    /// Compiles and uploads it.
    ///
    /// # Errors
    /// The device can't hold it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        Ok(Self(Arc::new(Shared::new(gpu, Compiled::default())?)))
    }

    /// The same for another device of the same adapter. What is compiled for both is resolved once, if the [`Rest`] of the
    /// first is still there.
    ///
    /// # Errors
    /// As [`Parts::new`].
    pub fn beside(&self, gpu: &Gpu) -> Result<Self, GpuError> {
        Ok(Self(Arc::new(Shared::new(gpu, Compiled::beside(&self.0.compiled))?)))
    }

    fn compiled(&self) -> &Compiled {
        &self.0.compiled
    }
}

/// What all filters draw with.
#[derive(Debug)]
struct Shared {
    /// Filters' pipelines.
    compiled: Compiled,
    tools: tools::Compiled,
    /// `antifaz::frame::Frame`.
    frame: Buffer,
    face: Shape,
    head: Shape,
    measures: Measures,
    /// The matte while there is none: all person.
    no_matte: Texture,
    /// Intermediates that a tier has dropped: transparent.
    nothing: Texture,
    /// As [`library::LAYS`].
    lay: Vec<PassPipeline>,
    /// Makes the target of a compute pass transparent.
    clear: ComputePipeline,
    /// Makes particles numbers again.
    scrub: ComputePipeline,
    /// For one sample and for several.
    occluders: [PassPipeline; 2],
}

impl Composer {
    /// Compiles a look's shaders and uploads its textures and meshes.
    ///
    /// # Errors
    /// A shader is wrong (with its author's place), reads what its manifest does not mention, or the device
    /// can't hold what is asked for.
    pub fn new(gpu: &Gpu, look: Look) -> Result<Self, ComposeError> {
        Self::with(gpu, &Parts::new(gpu)?, look)
    }

    /// As [`Composer::new`], with what other composers of the device have compiled already.
    ///
    /// # Errors
    /// As [`Composer::new`].
    pub fn with(gpu: &Gpu, parts: &Parts, look: Look) -> Result<Self, ComposeError> {
        let (composer, rest) = Self::at_first(gpu, parts, look, Tier::default())?;
        rest.make(gpu)?;
        Ok(composer)
    }

    /// As [`Composer::with`], with what one tier draws with. Until the rest is made too, every frame is drawn at that tier.
    ///
    /// # Errors
    /// As [`Composer::new`]; all that can be wrong at any tier is found.
    pub fn at_first(gpu: &Gpu, parts: &Parts, look: Look, tier: Tier) -> Result<(Self, Rest), ComposeError> {
        let shared = Arc::clone(&parts.0);
        let programs = look.0.iter().map(|item| Program::new(gpu, &shared.compiled, item, tier));
        let mut programs: Vec<Program> = programs.collect::<Result<_, _>>()?;
        let mut rest = Rest { shared: Arc::clone(&shared), later: Vec::new(), shaders: Vec::new() };
        for (item, program) in look.0.iter().zip(&mut programs) {
            let (later, shaders) = program.take_later();
            rest.later.extend(later.into_iter().map(|later| (Arc::clone(&item.filter), later)));
            rest.shaders.extend(shaders);
        }
        let mut merged = Merged::new(gpu, &shared.compiled, &look, &programs);
        rest.shaders.extend(merged.take_shaders());
        let composer = Self {
            merged,
            programs,
            tools: Tools::new(gpu, &shared.tools, &look)?,
            look,
            shared,
            first: tier,
            planned: None,
            kept: Kept::default(),
            clock: Clock::default(),
            taps: (0, [0.5; 2]),
            seed: 0,
        };
        Ok((composer, rest))
    }

    /// What it shares with other composers.
    pub fn parts(&self) -> Parts {
        Parts(Arc::clone(&self.shared))
    }

    /// Takes over the values of another composer's look, where filter, name and type are the same, and its seed.
    pub fn take_values(&mut self, other: &Self) {
        for (item, old) in self.look.0.iter_mut().zip(&other.look.0) {
            item.take_values(old);
        }
        self.seed = other.seed;
        self.planned = None;
    }

    /// The look that is drawn.
    pub fn look(&self) -> &Look {
        &self.look
    }

    /// What the nets must find for it.
    pub fn requires(&self) -> Requires {
        self.look.requires()
    }

    /// Changes the values of the look's item of this number, from the next frame on. `false`: there is none.
    pub fn set_values(&mut self, item: usize, values: Values) -> bool {
        let Some(item) = self.look.0.get_mut(item) else { return false };
        item.values = values;
        self.planned = None;
        true
    }

    /// The user has touched or clicked the picture at `uv`: 0..1 from the left upper corner of the unmirrored picture.
    pub fn tap(&mut self, uv: [f32; 2]) {
        self.taps = (self.taps.0.saturating_add(1), uv);
    }

    /// What random numbers follow from, from the next frame on: 0 where none is set.
    pub fn set_seed(&mut self, seed: u32) {
        self.seed = seed;
    }

    /// Records the look over a scene's picture; where nothing is to be drawn, the picture is handed on.
    ///
    /// # Errors
    /// The device can't hold what is asked for.
    pub fn compose(
        &mut self,
        gpu: &Gpu,
        encoder: &mut Encoder,
        scene: Scene,
        plan: WorkPlan,
    ) -> Result<Picture, ComposeError> {
        self.draw(gpu, encoder, scene, plan, None)
    }

    /// As [`Composer::compose`], with a mark of `timer` before the first pass and after each of them.
    ///
    /// # Errors
    /// As [`Composer::compose`].
    pub fn compose_timed(
        &mut self,
        gpu: &Gpu,
        encoder: &mut Encoder,
        scene: Scene,
        plan: WorkPlan,
        timer: &mut Timer,
    ) -> Result<Picture, ComposeError> {
        self.draw(gpu, encoder, scene, plan, Some(timer))
    }

    fn draw(
        &mut self,
        gpu: &Gpu,
        encoder: &mut Encoder,
        scene: Scene,
        plan: WorkPlan,
        timer: Option<&mut Timer>,
    ) -> Result<Picture, ComposeError> {
        let size = scene.picture.texture.size();
        let (taps, tap) = self.taps;
        self.taps.0 = 0;
        for program in &mut self.programs {
            program.show_films(encoder, scene.picture.time)?;
        }
        let now = Now { tick: self.clock.tick(scene.picture.time), taps, tap, seed: self.seed };
        // No frame waits for a compiler.
        let made = self.programs.iter().all(|program| program.has(plan.tier));
        let tier = if made { plan.tier } else { self.first };
        if self.planned.as_ref().is_none_or(|planned| (planned.size, planned.tier) != (size, tier)) {
            self.write_params(encoder, tier);
            self.planned = Some(Planned { size, tier, plan: self.plan(size, tier) });
        }
        let Some(planned) = self.planned.as_ref().filter(|planned| !planned.plan.passes.is_empty()) else {
            self.kept = Kept::default();
            return Ok(scene.picture);
        };
        let mut kept = std::mem::take(&mut self.kept);
        kept.open(gpu, encoder, self, planned, now.tick)?;
        let picture = record::record(gpu, encoder, self, planned, &mut kept, (scene, now), timer)?;
        self.kept = kept;
        Ok(picture)
    }

    /// What is drawn for a picture of `size` at a tier.
    pub fn plan(&self, size: [u32; 2], tier: Tier) -> Plan {
        self.merged.plan(&self.look, size, tier, &self.programs)
    }

    /// Writes every filter's values, with those of the tier's rung in their place.
    fn write_params(&self, encoder: &mut Encoder, tier: Tier) {
        for (item, program) in self.look.0.iter().zip(&self.programs) {
            let Some(buffer) = &program.params else { continue };
            let mut values = item.values.as_slice().to_vec();
            for (input, value) in plan::rung(item, tier).into_iter().flat_map(|rung| &rung.set) {
                values[*input] = *value;
            }
            encoder.write(buffer, 0, &program.params(&item.filter, &values));
        }
    }
}

impl Shared {
    fn new(gpu: &Gpu, compiled: Compiled) -> Result<Self, GpuError> {
        let library = engine_modules();
        let texel = |format, bytes: &[u8]| gpu.texture_with(&TextureDesc::new([1, 1], format), bytes);
        let lay = library.resolve("compose::lay", &[])?;
        let lay = |entry| {
            let desc = PassDesc::covering("lay", "vertex_main", entry, TextureFormat::Srgb8);
            PassPipeline::new(gpu, &lay, &desc)
        };
        let occluder = library.resolve("compose::occluder", &[])?;
        let occluder = |samples| {
            let desc = PassDesc {
                depth: Depth::Only,
                samples,
                ..PassDesc::new("occluder", "vertex_main", "nothing", TextureFormat::Srgb8)
            };
            PassPipeline::new(gpu, &occluder, &desc)
        };
        Ok(Self {
            compiled,
            tools: tools::Compiled::default(),
            frame: gpu.buffer("frame", BufferUse::Uniform, size_of::<record::Frame>() as u64)?,
            face: Shape::face(gpu)?,
            head: Shape::head(gpu)?,
            measures: Measures::new(gpu, &library)?,
            no_matte: texel(TextureFormat::R8, &[255])?,
            nothing: texel(TextureFormat::Srgb8, &[0; 4])?,
            lay: library::LAYS.into_iter().map(lay).collect::<Result<_, _>>()?,
            clear: ComputePipeline::new(gpu, &library.resolve("compose::clear", &[])?, "clear", "clear")?,
            scrub: ComputePipeline::new(gpu, &library.resolve("compose::scrub", &[])?, "scrub", "scrub")?,
            occluders: [occluder(1)?, occluder(plan::SMOOTH_SAMPLES)?],
        })
    }
}
