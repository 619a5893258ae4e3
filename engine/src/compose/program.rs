//! A filter made ready to draw: pipelines for each of its passes in every tier, its textures and meshes.

use std::sync::Arc;

use crate::{
    filter::{Asset, Filter, LookItem, Prop, Space, Value},
    gpu::{
        Blend, Buffer, BufferUse, Cull, Depth, Gpu, GpuError, Member, PassDesc, PassPipeline, Resource,
        Texture, TextureDesc, TextureFormat,
        shader::{Guard, Shader, ShaderError, Stage},
    },
    quality::Tier,
};

use super::{ComposeError, kept::Kept, library, plan};

/// All tiers, for variants.
const TIERS: [Tier; 3] = [Tier::Low, Tier::Medium, Tier::High];

/// A filter of a look, ready to draw.
#[derive(Debug)]
pub(super) struct Program {
    /// For each pass, the variants that differ, and which one each tier uses.
    passes: Vec<Variants>,
    /// Under the names that shaders know them by.
    textures: Vec<(String, Texture)>,
    pub(super) props: Vec<PropBuffers>,
    /// The uniform `params`, where any pass reads it.
    pub(super) params: Option<Buffer>,
}

#[derive(Debug)]
pub(super) struct Variants {
    pipelines: Vec<Arc<Pipelines>>,
    by_tier: [usize; 3],
    warnings: Vec<ShaderError>,
}

/// What one variant of a pass draws with.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) solid: PassPipeline,
    /// For the transparent part of a prop.
    pub(super) blended: Option<PassPipeline>,
}

/// A prop's mesh on the GPU.
#[derive(Debug)]
pub(super) struct PropBuffers {
    pub(super) vertices: Buffer,
    pub(super) materials: Buffer,
    pub(super) indices: Buffer,
    pub(super) opaque: u32,
    pub(super) count: u32,
    pub(super) occluded: bool,
}

impl Program {
    /// Compiles and uploads all that the filter of `item` needs.
    pub(super) fn new(gpu: &Gpu, kept: &Kept, item: &LookItem) -> Result<Self, ComposeError> {
        let filter = &*item.filter;
        let passes = (0..filter.passes.len()).map(|pass| Variants::new(gpu, kept, filter, pass));
        let passes = passes.collect::<Result<Vec<_>, _>>()?;
        let members = members(&passes);
        let params = match params(filter, item.values.as_slice(), members) {
            bytes if bytes.is_empty() => None,
            bytes => Some(gpu.buffer_with(&filter.name, BufferUse::Uniform, &bytes)?),
        };
        let textures = filter.assets.iter().map(|asset| texture(gpu, asset)).collect::<Result<_, _>>()?;
        let props = filter.props.iter().map(|prop| PropBuffers::new(gpu, prop)).collect::<Result<_, _>>()?;
        Ok(Self { passes, textures, props, params })
    }

    /// The bytes of `params` for these values.
    pub(super) fn params(&self, filter: &Filter, values: &[Value]) -> Vec<u8> {
        params(filter, values, members(&self.passes))
    }

    /// What a pass draws with at a tier.
    pub(super) fn pipelines(&self, pass: usize, tier: Tier) -> &Pipelines {
        let variants = &self.passes[pass];
        &variants.pipelines[variants.by_tier[tier as usize]]
    }

    /// The filter's own resources under their names in shaders.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, Resource<'_>)> {
        let textures =
            self.textures.iter().map(|(name, texture)| (name.as_str(), Resource::Texture(texture)));
        textures.chain(self.params.iter().map(|params| ("params", Resource::Buffer(params))))
    }
}

impl Variants {
    /// Compiles what the tiers make of a pass.
    pub(super) fn new(gpu: &Gpu, kept: &Kept, filter: &Filter, pass: usize) -> Result<Self, ComposeError> {
        check_size(filter, pass)?;
        let mut library = library::of_filter(filter);
        let root = library::add_root(&mut library, filter, pass);
        let entry = filter.passes[pass].entry.as_str();
        let guard = Guard { package: "package", finite: is_float(filter, pass).then_some(entry) };
        let mut made: Vec<(String, u32)> = Vec::new();
        let mut variants = Self { pipelines: Vec::new(), by_tier: [0; 3], warnings: Vec::new() };
        for tier in TIERS {
            let flags = [
                ("tier_low", tier == Tier::Low),
                ("tier_medium", tier == Tier::Medium),
                ("tier_high", tier == Tier::High),
            ];
            // Most filters are the same in every tier.
            let samples = plan::samples(&filter.passes[pass], tier);
            let same = made.iter().position(|made| made.1 == samples).filter(|_| !library.has_conditions());
            if let Some(same) = same {
                variants.by_tier[tier as usize] = same;
                continue;
            }
            let shader = library
                .resolve_guarded(&root, &flags, guard)
                .map_err(|error| in_place(filter, pass, error))?;
            let key = (shader.text().to_owned(), samples);
            let known = made.iter().position(|made| *made == key);
            variants.by_tier[tier as usize] = known.unwrap_or(made.len());
            if known.is_none() {
                variants.pipelines.push(Pipelines::get(gpu, kept, filter, pass, &shader, key.1)?);
                variants.warnings.extend_from_slice(shader.warnings());
                made.push(key);
            }
        }
        Ok(variants)
    }

    /// What naga lets pass and others may not.
    pub(super) fn warnings(&self) -> &[ShaderError] {
        &self.warnings
    }
}

impl Pipelines {
    fn get(
        gpu: &Gpu,
        kept: &Kept,
        filter: &Filter,
        pass: usize,
        shader: &Shader,
        samples: u32,
    ) -> Result<Arc<Self>, ComposeError> {
        let label = format!("{}/{}", filter.name, filter.passes[pass].name);
        let format = if is_float(filter, pass) { TextureFormat::Rgba16Float } else { TextureFormat::Srgb8 };
        let pass = &filter.passes[pass];
        check_declarations(pass, shader)?;
        let desc = PassDesc { samples, ..PassDesc::new(&label, library::VERTEX, &pass.entry, format) };
        let (solid, blended) = match pass.space {
            Space::Frame => (desc, None),
            Space::FaceMesh => {
                (PassDesc { blend: Blend::Over, depth: Depth::Write, cull: Cull::Back, ..desc }, None)
            }
            Space::Prop(_) => (
                PassDesc { blend: Blend::Over, depth: Depth::Write, ..desc },
                Some(PassDesc { blend: Blend::Over, depth: Depth::Test, ..desc }),
            ),
        };
        let key = format!("{solid:?} {blended:?}\n{}", shader.text());
        let pipelines = kept.get(key, || -> Result<Self, ComposeError> {
            let solid = PassPipeline::new(gpu, shader, &solid)?;
            let blended = blended.map(|desc| PassPipeline::new(gpu, shader, &desc)).transpose()?;
            Ok(Self { solid, blended })
        })?;
        check_declared(filter, pass, &label, &pipelines.solid)?;
        Ok(pipelines)
    }
}

/// An error in one of the engine's own files is none of them: the entry point doesn't fit what it is used for.
fn in_place(filter: &Filter, pass: usize, error: ShaderError) -> ComposeError {
    if filter.modules.iter().any(|module| module.file == error.file) {
        return GpuError::from(error).into();
    }
    let pass = &filter.passes[pass];
    let message = format!("`{}` can't be the fragment stage of this pass: {}", pass.entry, error.message);
    ComposeError::Place { place: pass.places[1].clone(), message }
}

/// Whether the target of a pass holds numbers of any size.
fn is_float(filter: &Filter, pass: usize) -> bool {
    filter.passes[pass].target.is_some_and(|target| filter.targets[target].float)
}

/// Pixels of an intermediate, at most, for a picture of full HD: what is larger would fill the memory of most
/// devices.
const MOST_PIXELS: u64 = 1 << 24;

/// An intermediate must be of a size that can be held.
fn check_size(filter: &Filter, pass: usize) -> Result<(), ComposeError> {
    let pass = &filter.passes[pass];
    let Some(target) = pass.target.map(|target| &filter.targets[target]) else { return Ok(()) };
    let [width, height] = [0, 1].map(|side: usize| target.size[side].pixels([1920, 1080]));
    if u64::from(width) * u64::from(height) <= MOST_PIXELS {
        return Ok(());
    }
    let message = format!(
        "the target `{}` is {width}x{height} for a picture of 1920x1080, too large to be held",
        target.name
    );
    Err(ComposeError::Place { place: pass.places[0].clone(), message })
}

/// A pass needs its entry point, and takes its resources from the manifest alone.
fn check_declarations(pass: &crate::filter::Pass, shader: &Shader) -> Result<(), ComposeError> {
    let known = shader.entries(Stage::Fragment);
    if !known.contains(&pass.entry.as_str()) {
        let found = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has `{}`", known.join("`, `")),
        };
        let message = format!("the shader has no fragment stage `{}`; {found}", pass.entry);
        return Err(ComposeError::Place { place: pass.places[1].clone(), message });
    }
    match shader.declared_in("package", "package::inputs").first() {
        Some(name) => {
            let message = format!(
                "`{name}` can't be bound: declare what a shader reads in filter.toml, and import it from \
                 `package::inputs`"
            );
            Err(GpuError::from(shader.complain(name, message)).into())
        }
        None => Ok(()),
    }
}

/// What a shader reads must be declared: nets are run and passes are ordered by what the manifest says.
fn check_declared(
    filter: &Filter,
    pass: &crate::filter::Pass,
    label: &str,
    pipeline: &PassPipeline,
) -> Result<(), ComposeError> {
    let undeclared = |name: &str, fix: String| {
        let place = pass.places[0].clone().into();
        Err(ComposeError::Undeclared { place, pass: label.to_owned(), name: name.to_owned(), fix })
    };
    if pipeline.uses("matte") && !filter.requires.matte {
        return undeclared("matte", "requires = { segment = [\"person\"] }".to_owned());
    }
    if pipeline.uses("faces") && !filter.requires.face {
        return undeclared("faces", "requires = { face = [\"mesh\"] }".to_owned());
    }
    for (number, target) in filter.targets.iter().enumerate() {
        if pipeline.uses(&target.name) && !pass.reads.contains(&number) {
            return undeclared(&target.name, format!("reads = [\"{}\"]", target.name));
        }
    }
    Ok(())
}

/// The fields of `params`, from the first pipeline that reads them.
fn members(passes: &[Variants]) -> &[Member] {
    let pipelines = passes.iter().flat_map(|pass| &pass.pipelines);
    let members = pipelines.map(|pipelines| pipelines.solid.uniform_members("params"));
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
        }
    }
    bytes
}

fn texture(gpu: &Gpu, asset: &Asset) -> Result<(String, Texture), GpuError> {
    match asset {
        Asset::Image(name, image) => {
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

impl PropBuffers {
    fn new(gpu: &Gpu, prop: &Prop) -> Result<Self, GpuError> {
        let storage = |bytes: &[u8]| gpu.buffer_with(&prop.name, BufferUse::Storage, bytes);
        let mesh = &prop.mesh;
        Ok(Self {
            vertices: storage(bytemuck::cast_slice(&mesh.vertices))?,
            materials: storage(bytemuck::cast_slice(&mesh.materials))?,
            indices: gpu.buffer_with(&prop.name, BufferUse::Index, bytemuck::cast_slice(&mesh.indices))?,
            opaque: mesh.opaque,
            count: mesh.indices.len() as u32,
            occluded: prop.occluded,
        })
    }
}
