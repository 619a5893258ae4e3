//! One planned pass as commands: what it binds, what it draws or computes.

use super::{
    Composer, Planned,
    kept::Kept,
    library, measure, merged,
    plan::{self, Draw, Slot},
    record::Slots,
    variants::{Opaque, Pipelines},
};
use crate::{
    filter::{Blend, Keep, Space},
    gpu::{
        self, Buffer, ComputePipeline, Encoder, Gpu, GpuError, Load, Render, Resource, Sampler, Texture,
        TextureDesc, TextureFormat,
    },
    scene::Faces,
};

/// What vision saw, on the GPU.
pub(super) struct Seen<'a> {
    pub(super) faces: &'a Faces,
    pub(super) slots: u32,
    pub(super) matte: &'a Texture,
}

impl<'a> Seen<'a> {
    /// The faces for whoever looks at expressions, or doesn't.
    pub(super) fn faces(&self, expressions: bool) -> &'a Buffer {
        if expressions { &self.faces.whole } else { &self.faces.early }
    }
}

/// What a pass may read.
pub(super) struct Recorder<'a> {
    pub(super) gpu: &'a Gpu,
    pub(super) composer: &'a Composer,
    pub(super) planned: &'a Planned,
    pub(super) slots: &'a Slots,
    pub(super) kept: &'a Kept,
    pub(super) seen: &'a Seen<'a>,
}

impl Recorder<'_> {
    /// A pass that draws on `target`, or computes it.
    pub(super) fn pass(
        &self,
        encoder: &mut Encoder,
        pass: &plan::Pass,
        target: &Texture,
    ) -> Result<(), GpuError> {
        let (item, number) = match pass.draw {
            Draw::Lay { blend, .. } => return self.lay(encoder, pass, target, blend),
            Draw::Chain(chain) => return self.chain(encoder, pass, target, chain),
            Draw::Tool => return Ok(()),
            Draw::Filter { item, pass } => (item, pass),
        };
        if let (plan::Load::Before, Slot::Named(_, index)) = (pass.load, pass.target)
            && let Some(before) = self.kept.before(item, index)
        {
            encoder.copy(before, target);
        }
        let Some(pipelines) = self.composer.programs[item].pipelines(number, self.planned.tier) else {
            return Ok(());
        };
        let mut resources = self.resources(pass, item, number);
        match pipelines {
            Pipelines::Draw { main, opaque } => {
                let draws = self.draws(pass, (item, number), &resources, (main, opaque.as_ref()));
                let space = self.composer.look.0[item].filter.passes[number].space;
                self.render(encoder, pass, target, &draws, space)
            }
            Pipelines::Compute(pipeline) => {
                let canvas = (library::CANVAS, Resource::Texture(target));
                if pass.load == plan::Load::Clear {
                    dispatch(encoder, &self.composer.shared.clear, &[canvas], pass.size)?;
                }
                resources.push(canvas);
                dispatch(encoder, pipeline, &resources, pass.size)
            }
        }
    }

    /// A pass that moves particles.
    pub(super) fn step(&self, encoder: &mut Encoder, pass: &plan::Pass) -> Result<(), GpuError> {
        let Draw::Filter { item, pass: number } = pass.draw else { return Ok(()) };
        let resources = self.resources(pass, item, number);
        let program = &self.composer.programs[item];
        let Some(Pipelines::Compute(pipeline)) = program.pipelines(number, self.planned.tier) else {
            return Ok(());
        };
        dispatch(encoder, pipeline, &resources, pass.size)?;
        let Slot::Particles(_, swarm) = pass.target else { return Ok(()) };
        let swarm = [("swarm", Resource::Buffer(&program.particles[swarm].1))];
        dispatch(encoder, &self.composer.shared.scrub, &swarm, pass.size)
    }

    /// Lays the layer over the picture.
    fn lay(
        &self,
        encoder: &mut Encoder,
        pass: &plan::Pass,
        target: &Texture,
        blend: Blend,
    ) -> Result<(), GpuError> {
        let resources = self.shared_resources(pass);
        let draws = [gpu::Draw::fullscreen(&self.composer.shared.lay[library::lay(blend)], &resources)];
        encoder.render(&Render::new(&pass.label, target, &draws))
    }

    /// Draws the passes of a chain at once.
    fn chain(
        &self,
        encoder: &mut Encoder,
        pass: &plan::Pass,
        target: &Texture,
        chain: usize,
    ) -> Result<(), GpuError> {
        let steps = &self.planned.plan.chains[chain];
        let Some(Pipelines::Draw { main, .. }) = self.composer.merged.find(steps, self.planned.tier) else {
            return Ok(());
        };
        let mut items: Vec<usize> = self.planned.plan.items(pass.draw).collect();
        items.dedup();
        let named = |item| self.own(item).map(move |(own, resource)| (merged::name(item, own), resource));
        let own: Vec<(String, Resource<'_>)> = items.into_iter().flat_map(named).collect();
        let mut resources = self.shared_resources(pass);
        resources.extend(own.iter().map(|(name, resource)| (name.as_str(), *resource)));
        let draws = [gpu::Draw::fullscreen(main, &resources)];
        encoder.render(&Render::new(&pass.label, target, &draws))
    }

    /// All that the pass of this number, of the look's item of that number, may bind.
    fn resources<'r>(
        &'r self,
        pass: &plan::Pass,
        item: usize,
        number: usize,
    ) -> Vec<(&'r str, Resource<'r>)> {
        let program = &self.composer.programs[item];
        let filter = &self.composer.look.0[item].filter;
        // The first of a name counts.
        let one_face = program.one_face.as_ref();
        let mut resources: Vec<(&str, Resource<'_>)> =
            one_face.map(|one_face| ("faces", Resource::Buffer(&one_face.faces))).into_iter().collect();
        resources.extend(self.engine_resources(pass));
        resources.extend(self.own(item));
        if let Space::Prop(prop) = filter.passes[number].space {
            let prop = &program.props[prop];
            resources.push(("prop_vertices", Resource::Buffer(&prop.vertices)));
            resources.push(("prop_materials", Resource::Buffer(&prop.materials)));
            resources.push(("prop_pieces", Resource::Buffer(&prop.pieces)));
            resources.push(("prop_textures", Resource::Texture(&prop.textures)));
        }
        resources
    }

    /// What the engine's own passes and chains may bind, in which filters' resources have names of their own.
    fn shared_resources<'r>(&'r self, pass: &plan::Pass) -> Vec<(&'r str, Resource<'r>)> {
        let mut resources = self.engine_resources(pass);
        resources.extend(self.slots.get(Slot::Layer).map(|layer| ("layer", Resource::Texture(layer))));
        resources
    }

    /// The resources of an item under the names that its filter has for them: those of its targets, too.
    fn own(&self, item: usize) -> impl Iterator<Item = (&str, Resource<'_>)> {
        let targets = self.composer.look.0[item].filter.targets.iter().enumerate();
        let targets = targets.map(move |(index, named)| {
            let now = self.slots.get(Slot::Named(item, index));
            let before = self.kept.before(item, index);
            let texture = if let Keep::History(_) = named.keep { before } else { now.or(before) };
            let texture = texture.unwrap_or(&self.composer.shared.nothing);
            (named.name.as_str(), Resource::Texture(texture))
        });
        self.composer.programs[item].resources().chain(targets)
    }

    fn engine_resources<'r>(&'r self, pass: &plan::Pass) -> Vec<(&'r str, Resource<'r>)> {
        let shared = &self.composer.shared;
        let picture = self.slots.get(pass.reads).unwrap_or(&shared.nothing);
        let levels = self.slots.get(Slot::Levels).unwrap_or(&shared.nothing);
        let nothing = [&shared.nothing; 3];
        let look = &self.composer.look.0;
        let expressions =
            self.planned.plan.items(pass.draw).any(|item| look[item].filter.requires.blendshapes);
        let person = self.kept.person.refined();
        let [edges, front, back] = person.map_or(nothing, |found| [&found.person, &found.front, &found.back]);
        vec![
            ("frame", Resource::Buffer(&shared.frame)),
            ("picture", Resource::Texture(picture)),
            ("linear", Resource::Sampler(Sampler::Linear)),
            ("repeat", Resource::Sampler(Sampler::Repeat)),
            ("faces", Resource::Buffer(self.seen.faces(expressions))),
            ("matte", Resource::Texture(self.seen.matte)),
            ("person_edges", Resource::Texture(edges)),
            ("person_front", Resource::Texture(front)),
            ("person_back", Resource::Texture(back)),
            ("picture_levels", Resource::Texture(levels)),
            ("face_points", Resource::Buffer(&shared.face.points)),
            (measure::MEASURES, Resource::Buffer(&shared.measures.buffer)),
            ("head_points", Resource::Buffer(&shared.head.points)),
        ]
    }

    fn draws<'r>(
        &'r self,
        planned: &plan::Pass,
        (item, pass): (usize, usize),
        resources: &'r [(&'r str, Resource<'r>)],
        (main, opaque): (&'r gpu::PassPipeline, Option<&'r Opaque>),
    ) -> Vec<gpu::Draw<'r>> {
        let program = &self.composer.programs[item];
        let filter = &self.composer.look.0[item].filter;
        let shared = &self.composer.shared;
        let mesh = |pipeline, vertices, indices| gpu::Draw {
            pipeline,
            resources,
            vertices,
            instances: 0..self.seen.slots,
            indices: Some(indices),
        };
        match filter.passes[pass].space {
            Space::Frame => vec![gpu::Draw::fullscreen(main, resources)],
            Space::FaceMesh | Space::FaceUv => vec![mesh(main, 0..shared.face.count, &shared.face.indices)],
            Space::Particles(particles) => {
                let instances = 0..filter.particles[particles].count;
                // Two triangles each.
                vec![gpu::Draw { pipeline: main, resources, vertices: 0..6, instances, indices: None }]
            }
            Space::Prop(prop) => {
                let prop = &program.props[prop];
                let occluder = &shared.occluders[usize::from(planned.samples > 1)];
                let hidden =
                    prop.occluded.then(|| mesh(occluder, 0..shared.head.count, &shared.head.indices));
                let first = opaque.map(|opaque| mesh(&opaque.pipeline, 0..prop.opaque, &prop.indices));
                let start = opaque.filter(|opaque| opaque.coloured).map_or(0, |_| prop.opaque);
                let main = mesh(main, start..prop.count, &prop.indices);
                hidden.into_iter().chain(first).chain([main]).collect()
            }
        }
    }

    /// Draws into `target`, by way of a texture with several samples where the pass asks for them.
    fn render(
        &self,
        encoder: &mut Encoder,
        pass: &plan::Pass,
        target: &Texture,
        draws: &[gpu::Draw<'_>],
        space: Space,
    ) -> Result<(), GpuError> {
        let leased = |format| {
            self.gpu.texture(&TextureDesc { samples: pass.samples, ..TextureDesc::new(pass.size, format) })
        };
        let depth = space.has_depth().then(|| leased(TextureFormat::Depth32)).transpose()?;
        let smooth = (pass.samples > 1).then(|| leased(target.format())).transpose()?;
        encoder.render(&Render {
            label: &pass.label,
            target: smooth.as_ref().unwrap_or(target),
            load: match pass.load {
                plan::Load::Clear => Load::Clear([0.0; 4]),
                plan::Load::Keep | plan::Load::Before => Load::Keep,
            },
            depth: depth.as_ref(),
            resolve: smooth.as_ref().map(|_| target),
            draws,
        })
    }
}

/// As many workgroups as cover `size`.
fn dispatch(
    encoder: &mut Encoder,
    pipeline: &ComputePipeline,
    resources: &[(&str, Resource<'_>)],
    size: [u32; 2],
) -> Result<(), GpuError> {
    let [width, height, _] = pipeline.workgroup();
    encoder.dispatch(pipeline, resources, [size[0].div_ceil(width), size[1].div_ceil(height), 1])
}
