//! What the passes of a filter draw or compute with, in every tier.

use std::sync::Arc;

use crate::{
    filter::{self, Filter, Space},
    gpu::{
        Blend, ComputePipeline, Cull, Depth, Gpu, Member, PassDesc, PassPipeline,
        shader::{Guard, Shader, ShaderError, Stage},
    },
    quality::Tier,
};

use super::{
    ComposeError,
    compiled::Compiled,
    fits::{check_declarations, check_declared, check_needs, check_size, fitting, in_place},
    hook, kept,
    later::{Later, Place},
    library, measure, plan,
};

/// All tiers, for variants.
pub(super) const TIERS: [Tier; 3] = [Tier::Low, Tier::Medium, Tier::High];

/// The variants of a pass that differ, and which one each tier uses.
#[derive(Debug)]
pub(super) struct Variants {
    places: Vec<Place>,
    by_tier: [usize; 3],
    joins: Joins,
    alone: Alone,
    measures: bool,
    sees_picture: bool,
    warnings: Vec<ShaderError>,
    later: Vec<Later>,
    shaders: Vec<Arc<Shader>>,
}

/// How a pass can be drawn together with its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Joins {
    /// It can't.
    Nothing,
    /// It draws every pixel of the picture: passes after it can go on with what it has drawn.
    First,
    /// It also sees only the pixel that it draws: it can go on with what a pass before it has drawn.
    Anywhere,
}

/// What invocations have one of, however many passes are drawn at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alone {
    /// It counts the turns of its loops: each pass has as many as there may be.
    pub(super) counts: bool,
    /// Its module has variables of the invocation: each pass finds them as they begin.
    pub(super) private: bool,
}

/// What one variant of a pass draws or computes with.
#[derive(Debug)]
pub(super) enum Pipelines {
    /// It draws.
    Draw {
        /// Draws all that `opaque` has not given its colour.
        main: PassPipeline,
        /// For the opaque part of a prop that has transparent ones, which are seen only before it.
        opaque: Option<Opaque>,
    },
    /// It computes.
    Compute(ComputePipeline),
}

/// What draws the opaque part of a prop before the rest.
#[derive(Debug)]
pub(super) struct Opaque {
    pub(super) pipeline: PassPipeline,
    /// Whether it draws all of it. Else only how deep it lies, which compiles in no time, and the rest draws the colour; that
    /// will not do where the shader leaves pixels out.
    pub(super) coloured: bool,
}

impl Variants {
    /// Judges what all tiers make of a pass, and compiles what `first` draws with. Of the others that is left for later
    /// which has the same shader.
    pub(super) fn new(
        gpu: &Gpu,
        compiled: &Compiled,
        filter: &Filter,
        pass: usize,
        first: Tier,
    ) -> Result<Self, ComposeError> {
        check_size(filter, pass)?;
        let mut library = library::of_filter(filter, &filter.passes[pass]);
        let root = library::add_root(&mut library, filter, pass);
        let entry = filter.passes[pass].entry.as_str();
        // What computes returns nothing that could be looked at.
        let drawn = is_float(filter, pass) && !filter.passes[pass].compute;
        let guard = Guard { package: "package", finite: drawn.then_some(entry) };
        let mut known: Vec<(Arc<Shader>, u32)> = Vec::new();
        let (alone, places, warnings, later, shaders) = Default::default();
        let mut variants = Self {
            places,
            by_tier: [0; 3],
            joins: Joins::Anywhere,
            alone,
            measures: false,
            sees_picture: false,
            warnings,
            later,
            shaders,
        };
        let varies = library.has_conditions("package");
        for tier in std::iter::once(first).chain(TIERS.into_iter().filter(|tier| *tier != first)) {
            let flags = [&flags(tier)[..], &[("compute", filter.passes[pass].compute)]].concat();
            // Most filters are the same in every tier.
            let shader = match known.first().filter(|_| !varies) {
                Some((shader, _)) => Arc::clone(shader),
                None => compiled
                    .shader(library.fingerprint(&root, &flags, guard), || {
                        library.resolve_guarded(&root, &flags, guard)
                    })
                    .map_err(|error| {
                        hook::blame(filter, pass, (&flags, guard), &error)
                            .unwrap_or_else(|| in_place(filter, pass, error))
                    })?,
            };
            let samples = plan::samples(&filter.passes[pass], tier);
            let mut alike = (0..known.len()).filter(|at| known[*at].0.text() == shader.text()).peekable();
            let is_new = alike.peek().is_none();
            let same = alike.find(|at| known[*at].1 == samples);
            variants.by_tier[tier as usize] = same.unwrap_or(known.len());
            if same.is_some() {
                continue;
            }
            let place = Place::default();
            if is_new {
                let made = Pipelines::get(gpu, compiled, filter, pass, &shader, samples)?;
                variants.measures |= made.uses(measure::MEASURES);
                variants.sees_picture |= made.uses("picture") || made.uses("picture_levels");
                place.get_or_init(|| made);
                variants.warnings.extend_from_slice(shader.warnings());
                variants.joins = variants.joins.min(joins(&filter.passes[pass], &shader));
                variants.alone.counts |= shader.counts_turns();
                variants.alone.private |= shader.has_private();
            } else {
                let (shader, place) = (Arc::clone(&shader), Arc::clone(&place));
                variants.later.push(Later { pass, shader, samples, place });
            }
            variants.places.push(place);
            known.push((shader, samples));
        }
        variants.shaders = known.into_iter().map(|(shader, _)| shader).collect();
        Ok(variants)
    }

    /// What is drawn with at a tier. `None`: it is still to be made.
    pub(super) fn at(&self, tier: Tier) -> Option<&Pipelines> {
        self.places[self.by_tier[tier as usize]].get().map(|made| &**made)
    }

    /// What is still to be made, and the shaders of all that is made.
    pub(super) fn take_later(&mut self) -> (Vec<Later>, Vec<Arc<Shader>>) {
        (std::mem::take(&mut self.later), std::mem::take(&mut self.shaders))
    }

    /// How it can be drawn together with its neighbours.
    pub(super) fn joins(&self) -> Joins {
        self.joins
    }

    /// What it must not share with others that it is drawn together with.
    pub(super) fn alone(&self) -> Alone {
        self.alone
    }

    /// Whether it reads the picture, or its levels.
    pub(super) fn sees_picture(&self) -> bool {
        self.sees_picture
    }

    /// Whether it reads what is measured of faces before the filter's first pass.
    pub(super) fn measures(&self) -> bool {
        self.measures
    }

    /// What naga lets pass and others may not.
    pub(super) fn warnings(&self) -> &[ShaderError] {
        &self.warnings
    }

    /// The members of the uniform called `global`, from the first variant that reads it.
    pub(super) fn members(&self, global: &str) -> &[Member] {
        let made = self.places.iter().filter_map(|place| place.get());
        let members = made.map(|pipelines| match &**pipelines {
            Pipelines::Draw { main, .. } => main.uniform_members(global),
            Pipelines::Compute(pipeline) => pipeline.uniform_members(global),
        });
        members.into_iter().find(|members| !members.is_empty()).unwrap_or(&[])
    }
}

impl Pipelines {
    /// Compiles a variant, unless it is known.
    pub(super) fn get(
        gpu: &Gpu,
        compiled: &Compiled,
        filter: &Filter,
        pass: usize,
        shader: &Shader,
        samples: u32,
    ) -> Result<Arc<Self>, ComposeError> {
        let label = format!("{}/{}", filter.name, filter.passes[pass].name);
        let format = kept::format(is_float(filter, pass));
        let pass = &filter.passes[pass];
        check_declarations(pass, shader)?;
        if pass.compute {
            let essence = shader.essence(&[(Stage::Compute, &pass.entry)]);
            let key = format!("{} computes\n{essence}", pass.entry);
            let pipelines = compiled
                .get(key, || ComputePipeline::new(gpu, shader, &label, &pass.entry).map(Self::Compute))
                .map_err(|error| fitting(pass, ComposeError::from(error)))?;
            check_needs(filter, pass, &label, shader)?;
            check_declared(filter, pass, &label, |name| pipelines.uses(name))?;
            return Ok(pipelines);
        }
        let blend = blend(pass);
        let desc = PassDesc { samples, blend, ..PassDesc::new(&label, library::VERTEX, &pass.entry, format) };
        let discards = shader.discards(&pass.entry);
        let (main, opaque) = match pass.space {
            Space::Frame => (PassDesc { covers: true, ..desc }, None),
            Space::FaceUv | Space::Particles(_) => (desc, None),
            Space::FaceMesh => (PassDesc { depth: Depth::Write, cull: Cull::Back, ..desc }, None),
            Space::Prop(prop) => {
                let solid = PassDesc { depth: Depth::Write, ..desc };
                let deep = PassDesc { fragment: solid.fragment.filter(|_| discards), ..solid };
                match filter.props[prop].mesh.has_blended() {
                    true => (PassDesc { depth: Depth::Test, ..desc }, Some(deep)),
                    false => (solid, None),
                }
            }
        };
        let essence = shader.essence(&[(Stage::Vertex, library::VERTEX), (Stage::Fragment, &pass.entry)]);
        let key = format!("{main:?} {opaque:?}\n{essence}");
        let pipelines = compiled.get(key, || -> Result<Self, ComposeError> {
            let Some(opaque) = opaque else {
                return Ok(Self::Draw { main: PassPipeline::new(gpu, shader, &main)?, opaque: None });
            };
            let [main, pipeline] = PassPipeline::pair(gpu, shader, [&main, &opaque])?;
            Ok(Self::Draw { main, opaque: Some(Opaque { pipeline, coloured: discards }) })
        });
        let pipelines = pipelines.map_err(|error| fitting(pass, error))?;
        check_needs(filter, pass, &label, shader)?;
        check_declared(filter, pass, &label, |name| pipelines.uses(name))?;
        Ok(pipelines)
    }

    fn uses(&self, global: &str) -> bool {
        match self {
            Self::Draw { main, .. } => main.uses(global),
            Self::Compute(pipeline) => pipeline.uses(global),
        }
    }
}

/// Whether the target of a pass holds numbers of any size.
fn is_float(filter: &Filter, pass: usize) -> bool {
    filter.passes[pass].target.is_some_and(|target| filter.targets[target].float)
}

/// What `@if` knows of a tier.
pub(super) fn flags(tier: Tier) -> [(&'static str, bool); 3] {
    [
        ("tier_low", tier == Tier::Low),
        ("tier_medium", tier == Tier::Medium),
        ("tier_high", tier == Tier::High),
    ]
}

/// How a pass can be drawn together with its neighbours, by one of its shaders.
fn joins(pass: &filter::Pass, shader: &Shader) -> Joins {
    let over_picture = pass.target.is_none() && pass.blend == filter::Blend::Replace;
    let covers = over_picture && pass.space == Space::Frame && !pass.compute;
    let whole =
        !shader.discards(&pass.entry) && shader.is_callable(&pass.entry, "antifaz::fullscreen::Varying");
    match covers && whole {
        false => Joins::Nothing,
        true if shader.is_pointwise(&pass.entry) => Joins::Anywhere,
        true => Joins::First,
    }
}

/// How the draws of a pass meet each other: on its target, or on the layer, which then meets the picture as a whole.
fn blend(pass: &filter::Pass) -> Blend {
    match pass.blend {
        _ if pass.target.is_none() && pass.space == Space::Frame => Blend::Replace,
        filter::Blend::Multiply if pass.target.is_none() => Blend::Over,
        filter::Blend::Replace => Blend::Replace,
        filter::Blend::Over => Blend::Over,
        filter::Blend::Add => Blend::Add,
        filter::Blend::Multiply => Blend::Multiply,
        filter::Blend::Screen => Blend::Screen,
    }
}
