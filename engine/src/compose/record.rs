//! From planned passes to commands.

use bytemuck::{Pod, Zeroable};

use super::{
    Composer, Planned,
    plan::{self, Draw, Slot},
};
use crate::{
    filter::Space,
    gpu::{
        self, Encoder, Gpu, GpuError, Load, Render, Resource, Sampler, Texture, TextureDesc, TextureFormat,
        timer::Timer,
    },
    scene::{MAX_FACES, Picture, Scene},
};

/// Seconds after which a shader's time starts anew: an f32 stays exact to a quarter of a millisecond.
const TIME_PERIOD: u64 = 3600;

/// `antifaz::frame::Frame`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Frame {
    size: [f32; 2],
    time: f32,
    index: u32,
    matte_age: u32,
    pad: [u32; 3],
}

impl Frame {
    fn of(scene: &Scene) -> Self {
        let picture = &scene.picture;
        let (hours_off, nanos) = (picture.time.as_secs() % TIME_PERIOD, picture.time.subsec_nanos());
        let matte_age = scene.matte.as_ref().map_or(0, |matte| picture.id.0.saturating_sub(matte.seen.0));
        Self {
            size: picture.texture.size().map(|side| side as f32),
            time: (hours_off as f64 + f64::from(nanos) * 1e-9) as f32,
            index: picture.id.0 as u32,
            matte_age: u32::try_from(matte_age).unwrap_or(u32::MAX),
            pad: [0; 3],
        }
    }
}

/// The textures of a frame: leased when first written.
struct Slots {
    input: Texture,
    pictures: [Option<Texture>; 2],
    layer: Option<Texture>,
    /// Intermediates of the item that is being drawn.
    named: Vec<Option<Texture>>,
    item: usize,
}

impl Slots {
    fn get(&self, slot: Slot) -> Option<&Texture> {
        match slot {
            Slot::Input => Some(&self.input),
            Slot::A => self.pictures[0].as_ref(),
            Slot::B => self.pictures[1].as_ref(),
            Slot::Layer => self.layer.as_ref(),
            Slot::Named(_, target) => self.named.get(target)?.as_ref(),
        }
    }

    fn put(&mut self, slot: Slot, texture: Texture) {
        match slot {
            Slot::Input => self.input = texture,
            Slot::A => self.pictures[0] = Some(texture),
            Slot::B => self.pictures[1] = Some(texture),
            Slot::Layer => self.layer = Some(texture),
            Slot::Named(_, target) => self.named[target] = Some(texture),
        }
    }

    /// Takes the target of a pass out, so that it can be drawn into while the rest is read.
    fn take(&mut self, gpu: &Gpu, pass: &plan::Pass, float: bool) -> Result<Texture, GpuError> {
        let held = match pass.target {
            Slot::Input => None,
            Slot::A => self.pictures[0].take(),
            Slot::B => self.pictures[1].take(),
            Slot::Layer => self.layer.take(),
            Slot::Named(_, target) => self.named[target].take(),
        };
        let format = if float { TextureFormat::Rgba16Float } else { TextureFormat::Srgb8 };
        held.map_or_else(|| gpu.texture(&TextureDesc::new(pass.size, format)), Ok)
    }
}

/// Records all passes and gives the finished picture.
pub(super) fn record(
    gpu: &Gpu,
    encoder: &mut Encoder,
    composer: &Composer,
    planned: &Planned,
    scene: Scene,
    mut timer: Option<&mut Timer>,
) -> Result<Picture, GpuError> {
    encoder.write(&composer.shared.frame, 0, bytemuck::bytes_of(&Frame::of(&scene)));
    let Scene { picture, faces, matte, .. } = scene;
    let Picture { id, time, texture, .. } = picture;
    let mut slots =
        Slots { input: texture, pictures: [None, None], layer: None, named: Vec::new(), item: usize::MAX };
    let matte = matte.map(|matte| matte.texture);
    let seen = Seen { faces: &faces, matte: matte.as_deref().unwrap_or(&composer.shared.no_matte) };
    let mut mark = |encoder: &mut Encoder| timer.iter_mut().for_each(|timer| timer.mark(encoder));
    mark(encoder);
    for pass in &planned.plan.passes {
        let mut float = false;
        if let Draw::Filter { item, pass } = pass.draw {
            let filter = &composer.look.0[item].filter;
            if slots.item != item {
                slots.item = item;
                slots.named = filter.targets.iter().map(|_| None).collect();
            }
            float = filter.passes[pass].target.is_some_and(|target| filter.targets[target].float);
        }
        let target = slots.take(gpu, pass, float)?;
        Recorder { gpu, composer, planned, slots: &slots, seen: &seen }.pass(encoder, pass, &target)?;
        slots.put(pass.target, target);
        mark(encoder);
    }
    let [a, b] = slots.pictures;
    let finished = match planned.plan.output {
        Slot::B => b,
        _ => a,
    };
    Ok(Picture { id, time, texture: finished.unwrap_or(slots.input), host: None })
}

/// What vision saw, on the GPU.
struct Seen<'a> {
    faces: &'a gpu::Buffer,
    matte: &'a Texture,
}

struct Recorder<'a> {
    gpu: &'a Gpu,
    composer: &'a Composer,
    planned: &'a Planned,
    slots: &'a Slots,
    seen: &'a Seen<'a>,
}

impl Recorder<'_> {
    fn pass(&self, encoder: &mut Encoder, pass: &plan::Pass, target: &Texture) -> Result<(), GpuError> {
        let shared = &self.composer.shared;
        let mut resources = self.engine_resources(pass);
        match pass.draw {
            Draw::Lay => {
                resources
                    .extend(self.slots.get(Slot::Layer).map(|layer| ("layer", Resource::Texture(layer))));
                let draws = [gpu::Draw::fullscreen(&shared.lay, &resources)];
                encoder.render(&Render::new(&pass.label, target, &draws))
            }
            Draw::Filter { item, pass: number } => {
                let program = &self.composer.programs[item];
                let filter = &self.composer.look.0[item].filter;
                resources.extend(program.resources());
                for (index, named) in filter.targets.iter().enumerate() {
                    let texture = self.slots.get(Slot::Named(item, index)).unwrap_or(&shared.nothing);
                    resources.push((&named.name, Resource::Texture(texture)));
                }
                if let Space::Prop(prop) = filter.passes[number].space {
                    let prop = &program.props[prop];
                    resources.push(("prop_vertices", Resource::Buffer(&prop.vertices)));
                    resources.push(("prop_materials", Resource::Buffer(&prop.materials)));
                }
                let draws = self.draws(pass, item, number, &resources);
                self.render(encoder, pass, target, &draws, filter.passes[number].space)
            }
        }
    }

    fn engine_resources<'r>(&'r self, pass: &plan::Pass) -> Vec<(&'r str, Resource<'r>)> {
        let shared = &self.composer.shared;
        let picture = self.slots.get(pass.reads).unwrap_or(&shared.nothing);
        vec![
            ("frame", Resource::Buffer(&shared.frame)),
            ("picture", Resource::Texture(picture)),
            ("linear", Resource::Sampler(Sampler::Linear)),
            ("faces", Resource::Buffer(self.seen.faces)),
            ("matte", Resource::Texture(self.seen.matte)),
            ("face_points", Resource::Buffer(&shared.face.points)),
            ("head_points", Resource::Buffer(&shared.head.points)),
        ]
    }

    fn draws<'r>(
        &'r self,
        planned: &plan::Pass,
        item: usize,
        pass: usize,
        resources: &'r [(&'r str, Resource<'r>)],
    ) -> Vec<gpu::Draw<'r>> {
        let program = &self.composer.programs[item];
        let shared = &self.composer.shared;
        let pipelines = program.pipelines(pass, self.planned.tier);
        let mesh = |pipeline, vertices, indices| gpu::Draw {
            pipeline,
            resources,
            vertices,
            instances: 0..MAX_FACES as u32,
            indices: Some(indices),
        };
        match self.composer.look.0[item].filter.passes[pass].space {
            Space::Frame => vec![gpu::Draw::fullscreen(&pipelines.solid, resources)],
            Space::FaceMesh => vec![mesh(&pipelines.solid, 0..shared.face.count, &shared.face.indices)],
            Space::Prop(prop) => {
                let prop = &program.props[prop];
                let occluder = &shared.occluders[usize::from(planned.samples > 1)];
                let hidden =
                    prop.occluded.then(|| mesh(occluder, 0..shared.head.count, &shared.head.indices));
                let solid = mesh(&pipelines.solid, 0..prop.opaque, &prop.indices);
                let blended = pipelines.blended.iter().filter(|_| prop.count > prop.opaque);
                let blended = blended.map(|pipeline| mesh(pipeline, prop.opaque..prop.count, &prop.indices));
                hidden.into_iter().chain([solid]).chain(blended).collect()
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
        let depth = (space != Space::Frame).then(|| leased(TextureFormat::Depth32)).transpose()?;
        let smooth = (pass.samples > 1).then(|| leased(target.format())).transpose()?;
        encoder.render(&Render {
            label: &pass.label,
            target: smooth.as_ref().unwrap_or(target),
            load: if pass.clear { Load::Clear([0.0; 4]) } else { Load::Keep },
            depth: depth.as_ref(),
            resolve: smooth.as_ref().map(|_| target),
            draws,
        })
    }
}
