//! A filter made ready to draw: pipelines for each of its passes in every tier, its textures and meshes.

use std::{sync::Arc, time::Duration};

use crate::{
    filter::{Asset, Filter, Given, Image, Keep, LookItem, Particles, Prop, Value},
    gpu::{
        Buffer, BufferUse, Encoder, Gpu, GpuError, Member, Resource, Texture, TextureDesc, TextureFormat,
        shader::Shader,
    },
    quality::Tier,
};

use super::{
    ComposeError,
    compiled::Compiled,
    events::{self, Events},
    film::Projector,
    later::Later,
    one_face::OneFace,
    variants::{Alone, Joins, Pipelines, Variants},
};

/// The uniform that says which layer of each history is the newest.
pub(super) const NEWEST: &str = "newest_layers";

/// Whether any target of a filter is kept for several frames.
pub(super) fn has_history(filter: &Filter) -> bool {
    filter.targets.iter().any(|target| matches!(target.keep, Keep::History(_)))
}

/// Bytes of a particle, as `antifaz::particles` has it.
const PARTICLE: u64 = 64;

/// How many particles a buffer holds: whole workgroups, so that no shader has to ask which ones are there.
pub(super) fn particles_length(count: u32) -> u32 {
    count.next_multiple_of(64)
}

/// A filter of a look, ready to draw.
#[derive(Debug)]
pub(super) struct Program {
    /// What each pass draws with.
    passes: Vec<Variants>,
    /// Under the names that shaders know them by.
    textures: Vec<(String, Texture)>,
    films: Vec<Projector>,
    pub(super) props: Vec<PropBuffers>,
    /// The uniform `params`, where any pass reads it.
    pub(super) params: Option<Buffer>,
    /// The uniform [`NEWEST`], where the filter has histories.
    pub(super) newest: Option<Buffer>,
    /// Where the filter has events.
    pub(super) events: Option<Events>,
    /// Where the filter is for one face.
    pub(super) one_face: Option<OneFace>,
    /// Under the names that shaders know them by.
    pub(super) particles: Vec<(String, Buffer)>,
}

/// A prop's mesh on the GPU.
#[derive(Debug)]
pub(super) struct PropBuffers {
    pub(super) vertices: Buffer,
    /// From each piece's own space to that of the prop.
    pub(super) pieces: Buffer,
    pub(super) textures: Texture,
    pub(super) materials: Buffer,
    pub(super) indices: Buffer,
    pub(super) opaque: u32,
    pub(super) count: u32,
    pub(super) occluded: bool,
}

impl Program {
    /// Compiles and uploads all that the filter of `item` needs at a tier.
    pub(super) fn new(
        gpu: &Gpu,
        compiled: &Compiled,
        item: &LookItem,
        tier: Tier,
    ) -> Result<Self, ComposeError> {
        let filter = &*item.filter;
        let passes = (0..filter.passes.len()).map(|pass| Variants::new(gpu, compiled, filter, pass, tier));
        let passes = passes.collect::<Result<Vec<_>, _>>()?;
        let members = members(&passes);
        let params = match params(filter, item.values.as_slice(), members) {
            bytes if bytes.is_empty() => None,
            bytes => Some(gpu.buffer_with(&filter.name, BufferUse::Uniform, &bytes)?),
        };
        let textures = filter.assets.iter().enumerate().map(|(number, asset)| {
            let given = item.pictures.iter().rfind(|(asset, _)| *asset == number);
            let still = given.and_then(|(_, given)| match given {
                Given::Still(image) => Some(&**image),
                Given::Film(_) => None,
            });
            texture(gpu, asset, still)
        });
        let textures = textures.collect::<Result<_, _>>()?;
        let props = filter.props.iter().map(|prop| PropBuffers::new(gpu, prop)).collect::<Result<_, _>>()?;
        let particles = filter.particles.iter().map(|Particles { name, count }| {
            let bytes = PARTICLE * u64::from(particles_length(*count));
            Ok((name.clone(), gpu.buffer(name, BufferUse::Storage, bytes)?))
        });
        let particles = particles.collect::<Result<_, GpuError>>()?;
        let newest = has_history(filter)
            .then(|| gpu.buffer(&filter.name, BufferUse::Uniform, 16 * filter.targets.len() as u64));
        Ok(Self {
            passes,
            textures,
            films: Projector::all(gpu, item)?,
            props,
            params,
            newest: newest.transpose()?,
            events: Events::new(gpu, filter)?,
            one_face: item.face.map(|slot| OneFace::new(gpu, slot)).transpose()?,
            particles,
        })
    }

    /// The bytes of `params` for these values.
    pub(super) fn params(&self, filter: &Filter, values: &[Value]) -> Vec<u8> {
        params(filter, values, members(&self.passes))
    }

    /// Records the upload of what films show at `time`.
    pub(super) fn show_films(&mut self, encoder: &mut Encoder, time: Duration) -> Result<(), GpuError> {
        let textures = &mut self.textures;
        self.films.iter_mut().try_for_each(|film| film.show(encoder, time, textures))
    }

    /// How a pass can be drawn together with its neighbours.
    pub(super) fn joins(&self, pass: usize) -> Joins {
        self.passes[pass].joins()
    }

    /// What a pass must not share with others that it is drawn together with.
    pub(super) fn alone(&self, pass: usize) -> Alone {
        self.passes[pass].alone()
    }

    /// Whether a pass reads the picture as the passes before left it, or its levels.
    pub(super) fn sees_picture(&self, pass: usize) -> bool {
        self.passes[pass].sees_picture()
    }

    /// Whether any pass reads what is measured of faces.
    pub(super) fn measures(&self) -> bool {
        self.passes.iter().any(Variants::measures)
    }

    /// What a pass draws with at a tier. `None`: it is still to be made.
    pub(super) fn pipelines(&self, pass: usize, tier: Tier) -> Option<&Pipelines> {
        self.passes[pass].at(tier)
    }

    /// Whether all that a tier draws with is made.
    pub(super) fn has(&self, tier: Tier) -> bool {
        self.passes.iter().all(|pass| pass.at(tier).is_some())
    }

    /// What is still to be made, and the shaders of all that is made.
    pub(super) fn take_later(&mut self) -> (Vec<Later>, Vec<Arc<Shader>>) {
        let (later, shaders): (Vec<_>, Vec<_>) = self.passes.iter_mut().map(Variants::take_later).unzip();
        (later.into_iter().flatten().collect(), shaders.into_iter().flatten().collect())
    }

    /// The filter's own resources under their names in shaders.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, Resource<'_>)> {
        let textures =
            self.textures.iter().map(|(name, texture)| (name.as_str(), Resource::Texture(texture)));
        let params = self.params.iter().map(|params| ("params", Resource::Buffer(params)));
        let newest = self.newest.iter().map(|newest| (NEWEST, Resource::Buffer(newest)));
        let events = self.events.iter().map(|events| (events::STATES, Resource::Buffer(&events.states)));
        let particles = self.particles.iter().map(|(name, buffer)| (name.as_str(), Resource::Buffer(buffer)));
        textures.chain(params).chain(newest).chain(events).chain(particles)
    }
}

/// The fields of `params`, from the first pass that reads them.
fn members(passes: &[Variants]) -> &[Member] {
    let members = passes.iter().map(|pass| pass.members("params"));
    members.into_iter().find(|members| !members.is_empty()).unwrap_or(&[])
}

fn params(filter: &Filter, values: &[Value], members: &[Member]) -> Vec<u8> {
    let size = members.iter().map(|member| member.offset + 4 * member.width).max().unwrap_or(0);
    let mut bytes = vec![0; size.next_multiple_of(16) as usize];
    for (input, value) in filter.inputs.iter().zip(values) {
        let Some(member) = members.iter().find(|member| member.name == input.name) else { continue };
        let place = &mut bytes[member.offset as usize..];
        match value {
            Value::Float(value) => place[..4].copy_from_slice(&value.to_le_bytes()),
            Value::Int(value) => place[..4].copy_from_slice(&value.to_le_bytes()),
            Value::Number(value) => place[..4].copy_from_slice(&value.to_le_bytes()),
            Value::Color(value) => place[..16].copy_from_slice(bytemuck::bytes_of(value)),
            Value::Vec2(value) => place[..8].copy_from_slice(bytemuck::bytes_of(value)),
            Value::Vec3(value) => place[..12].copy_from_slice(bytemuck::bytes_of(value)),
            Value::Vec4(value) => place[..16].copy_from_slice(bytemuck::bytes_of(value)),
        }
    }
    bytes
}

/// An asset's texture; `given` is in the place of its picture.
fn texture(gpu: &Gpu, asset: &Asset, given: Option<&Image>) -> Result<(String, Texture), GpuError> {
    match asset {
        Asset::Image(name, image) | Asset::Text(name, image, _) => {
            let image = given.unwrap_or(image);
            let desc = TextureDesc::new(
                image.size,
                if image.coded { TextureFormat::Rgba8 } else { TextureFormat::Srgb8 },
            );
            Ok((name.clone(), gpu.texture_with(&desc, &image.rgba)?))
        }
        Asset::Lut(name, lut) => {
            let size = [lut.size as u32, (lut.size * lut.size) as u32];
            let desc = TextureDesc::new(size, TextureFormat::Rgba16Float);
            let halves = lut.colors.iter().flat_map(|[r, g, b]| [*r, *g, *b, 1.0]).map(half::f16::from_f32);
            let texels: Vec<u8> = halves.flat_map(half::f16::to_le_bytes).collect();
            Ok((name.clone(), gpu.texture_with(&desc, &texels)?))
        }
    }
}

/// The textures of a prop as the layers of one, two at least: one alone would be no array.
fn textures(gpu: &Gpu, textures: &[Image]) -> Result<Texture, GpuError> {
    let size = textures.first().map_or([1, 1], |texture| texture.size);
    let (layers, mips) = ((textures.len() as u32).max(2), size[0].max(size[1]).ilog2() + 1);
    let desc = TextureDesc { layers, mips, ..TextureDesc::new(size, TextureFormat::Srgb8) };
    let made = gpu.texture(&desc)?;
    let levels: Vec<Vec<Vec<u8>>> = textures.iter().map(Image::levels).collect();
    for level in 0..mips {
        let [width, height] = size.map(|side| (side >> level).max(1));
        let mut texels: Vec<u8> = levels.iter().flat_map(|levels| levels[level as usize].clone()).collect();
        texels.resize((width * height * 4 * layers) as usize, 0);
        made.write(gpu, level, &texels);
    }
    Ok(made)
}

impl PropBuffers {
    fn new(gpu: &Gpu, prop: &Prop) -> Result<Self, GpuError> {
        let storage = |bytes: &[u8]| gpu.buffer_with(&prop.name, BufferUse::Storage, bytes);
        let mesh = &prop.mesh;
        Ok(Self {
            pieces: storage(bytemuck::cast_slice(&mesh.rig.pose(0.0)))?,
            textures: textures(gpu, &mesh.textures)?,
            vertices: storage(bytemuck::cast_slice(&mesh.vertices))?,
            materials: storage(bytemuck::cast_slice(&mesh.materials))?,
            indices: gpu.buffer_with(&prop.name, BufferUse::Index, bytemuck::cast_slice(&mesh.indices))?,
            opaque: mesh.opaque,
            count: mesh.indices.len() as u32,
            occluded: prop.occluded,
        })
    }
}
