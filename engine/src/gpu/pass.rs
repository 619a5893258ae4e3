//! Pipelines, made from a resolved shader.

use super::{
    ComputePipeline, Gpu, GpuError, Member, TextureFormat,
    bindings::Bindings,
    health,
    shader::{Shader, Stage, cover},
};

/// How a drawn colour meets the one below. Colours are premultiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Blend {
    /// Takes its place, alpha too.
    #[default]
    Replace,
    /// Lies over it.
    Over,
    /// Is added to it.
    Add,
    /// Darkens it, as exact as what is below is opaque.
    Multiply,
    /// Lightens it.
    Screen,
}

/// What a draw does with the depth texture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Nothing: there is none.
    #[default]
    Absent,
    /// Draws what is not behind it.
    Test,
    /// Draws what is not behind it, and writes it.
    Write,
    /// Writes depth and no colour: an occluder.
    Only,
}

/// Which side of a triangle is left out. Its front is counter-clockwise as seen on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cull {
    /// None.
    #[default]
    Nothing,
    /// The back.
    Back,
    /// The front.
    Front,
}

/// What vertices make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Topology {
    /// Each three a triangle.
    #[default]
    Triangles,
    /// Each with the two before a triangle.
    TriangleStrip,
    /// Each two a line.
    Lines,
}

/// How a pipeline draws. `PassDesc { blend: Blend::Over, ..PassDesc::new(..) }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PassDesc<'a> {
    /// For messages: the filter and pass.
    pub label: &'a str,
    /// Name of the vertex entry point. Vertices come from storage buffers by `vertex_index`.
    pub vertex: &'a str,
    /// Name of the fragment entry point; `None` draws depth alone.
    pub fragment: Option<&'a str>,
    /// Format of the target. `Rgba8` draws coded values into an `Srgb8` texture.
    pub target: TextureFormat,
    /// How colours meet.
    pub blend: Blend,
    /// What is done with depth.
    pub depth: Depth,
    /// Which sides are left out.
    pub cull: Cull,
    /// What vertices make.
    pub topology: Topology,
    /// Samples of the target.
    pub samples: u32,
    /// Whether nothing but [`Draw::fullscreen`](super::Draw::fullscreen) is drawn with it, and the fragment stage is given
    /// nothing but its place: `position`, and at location 0 a uv of 0..1, y down. Where [`Gpu::computes`] such a pass is
    /// computed, if its shader can be.
    pub covers: bool,
}

impl<'a> PassDesc<'a> {
    /// Replaces colours; no depth, no culling, triangles, one sample.
    pub fn new(label: &'a str, vertex: &'a str, fragment: &'a str, target: TextureFormat) -> Self {
        Self {
            label,
            vertex,
            fragment: Some(fragment),
            target,
            blend: Blend::default(),
            depth: Depth::default(),
            cull: Cull::default(),
            topology: Topology::default(),
            samples: 1,
            covers: false,
        }
    }

    /// Draws over the whole of a target: see [`PassDesc::covers`].
    pub fn covering(label: &'a str, vertex: &'a str, fragment: &'a str, target: TextureFormat) -> Self {
        Self { covers: true, ..Self::new(label, vertex, fragment, target) }
    }

    /// Whether it may be computed just as well.
    fn is_plain(&self) -> bool {
        self.covers && self.blend == Blend::Replace && self.depth == Depth::Absent && self.samples == 1
    }

    fn draws_colour(&self) -> bool {
        self.fragment.is_some() && self.depth != Depth::Only
    }
}

/// Draws triangles into a texture.
#[derive(Debug)]
pub struct PassPipeline {
    raw: wgpu::RenderPipeline,
    bindings: Bindings,
    target: TextureFormat,
    samples: u32,
    depth: bool,
    computed: Option<Box<ComputePipeline>>,
}

impl PassPipeline {
    /// Compiles `shader`'s entry points. Takes tens of milliseconds; the first draw then may take more.
    ///
    /// # Errors
    /// [`GpuError::Pipeline`] when an entry point is missing or the resources can't be bound,
    /// [`GpuError::Validation`] when the driver refuses.
    pub fn new(gpu: &Gpu, shader: &Shader, desc: &PassDesc<'_>) -> Result<Self, GpuError> {
        Self::of(gpu, shader, &compiled(gpu, shader, desc.label)?, desc)
    }

    /// Two pipelines of one shader, which is compiled once.
    ///
    /// # Errors
    /// As [`PassPipeline::new`].
    pub fn pair(gpu: &Gpu, shader: &Shader, descs: [&PassDesc<'_>; 2]) -> Result<[Self; 2], GpuError> {
        let module = compiled(gpu, shader, descs[0].label)?;
        Ok([Self::of(gpu, shader, &module, descs[0])?, Self::of(gpu, shader, &module, descs[1])?])
    }

    fn of(
        gpu: &Gpu,
        shader: &Shader,
        module: &wgpu::ShaderModule,
        desc: &PassDesc<'_>,
    ) -> Result<Self, GpuError> {
        let vertex = entry(shader, desc.label, desc.vertex, Stage::Vertex)?;
        let fragment =
            desc.fragment.map(|name| entry(shader, desc.label, name, Stage::Fragment)).transpose()?;
        let entries: Vec<_> = std::iter::once(vertex).chain(fragment).collect();
        let bindings = Bindings::reflect(gpu, shader, desc.label, &entries)?;
        let raw = health::scoped(gpu.device(), "compiles a pipeline", || {
            render_pipeline(gpu, (shader, module), desc, &entries, &bindings)
        })
        .map_err(|error| named(error, desc.label))?;
        let depth = desc.depth != Depth::Absent;
        let computed = fragment.filter(|_| gpu.computes() && desc.is_plain()).and_then(|fragment| {
            let Some(shader) = shader.covering(fragment, desc.target) else {
                log::debug!("{} is drawn: it needs what only drawing gives", desc.label);
                return None;
            };
            let made = ComputePipeline::new(gpu, &shader, desc.label, cover::ENTRY);
            made.inspect_err(|error| log::debug!("{} is drawn: {error}", desc.label)).ok().map(Box::new)
        });
        Ok(Self { raw, bindings, target: desc.target, samples: desc.samples, depth, computed })
    }

    /// What does the same to a whole target that shaders can write.
    pub(super) fn computed(&self) -> Option<&ComputePipeline> {
        self.computed.as_deref()
    }

    /// The members of the uniform called `global`; none where it is not used.
    pub fn uniform_members(&self, global: &str) -> &[Member] {
        self.bindings.members(global)
    }

    /// Whether the pipeline reads or writes the resource called `global`.
    pub fn uses(&self, global: &str) -> bool {
        self.bindings.uses(global)
    }

    pub(super) fn raw(&self) -> &wgpu::RenderPipeline {
        &self.raw
    }

    pub(super) fn bindings(&self) -> &Bindings {
        &self.bindings
    }

    pub(super) fn target(&self) -> TextureFormat {
        self.target
    }

    pub(super) fn samples(&self) -> u32 {
        self.samples
    }

    pub(super) fn depth(&self) -> bool {
        self.depth
    }
}

fn compiled(gpu: &Gpu, shader: &Shader, label: &str) -> Result<wgpu::ShaderModule, GpuError> {
    health::scoped(gpu.device(), "compiles a shader", || shader.compile(gpu, label))
        .map_err(|error| named(error, label))
}

fn render_pipeline(
    gpu: &Gpu,
    (shader, module): (&Shader, &wgpu::ShaderModule),
    desc: &PassDesc<'_>,
    entries: &[usize],
    bindings: &Bindings,
) -> wgpu::RenderPipeline {
    let name = |entry: &usize| shader.module().entry_points[*entry].name.as_str();
    let layout = bindings.pipeline_layout(gpu);
    let targets = [Some(wgpu::ColorTargetState {
        format: desc.target.wgpu(),
        blend: blend(desc.blend).or_else(|| needless_blend(gpu, desc)),
        write_mask: if desc.draws_colour() { wgpu::ColorWrites::ALL } else { wgpu::ColorWrites::empty() },
    })];
    let options = wgpu::PipelineCompilationOptions::default();
    // The pass has a colour target even where only depth is drawn, and every pipeline in it must know that.
    let (fragment, fragment_entry) = match entries.get(1) {
        Some(entry) => (module.clone(), name(entry)),
        None => (no_colour(gpu), "nothing"),
    };
    gpu.device().create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(desc.label),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: entries.first().map(name),
            compilation_options: options.clone(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState {
            topology: match desc.topology {
                Topology::Triangles => wgpu::PrimitiveTopology::TriangleList,
                Topology::TriangleStrip => wgpu::PrimitiveTopology::TriangleStrip,
                Topology::Lines => wgpu::PrimitiveTopology::LineList,
            },
            cull_mode: match desc.cull {
                Cull::Nothing => None,
                Cull::Back => Some(wgpu::Face::Back),
                Cull::Front => Some(wgpu::Face::Front),
            },
            ..Default::default()
        },
        depth_stencil: depth_state(desc.depth),
        multisample: wgpu::MultisampleState { count: desc.samples, ..Default::default() },
        fragment: Some(wgpu::FragmentState {
            module: &fragment,
            entry_point: Some(fragment_entry),
            compilation_options: options,
            targets: &targets,
        }),
        multiview_mask: None,
        cache: gpu.pipeline_cache(),
    })
}

/// A fragment stage without output.
fn no_colour(gpu: &Gpu) -> wgpu::ShaderModule {
    gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("no colour"),
        source: wgpu::ShaderSource::Wgsl("@fragment fn nothing() {}".into()),
    })
}

fn depth_state(depth: Depth) -> Option<wgpu::DepthStencilState> {
    (depth != Depth::Absent).then(|| wgpu::DepthStencilState {
        format: TextureFormat::Depth32.wgpu(),
        depth_write_enabled: Some(depth != Depth::Test),
        depth_compare: Some(wgpu::CompareFunction::LessEqual),
        stencil: wgpu::StencilState::default(),
        bias: wgpu::DepthBiasState::default(),
    })
}

fn blend(blend: Blend) -> Option<wgpu::BlendState> {
    use wgpu::BlendFactor as Factor;
    let part = |src_factor, dst_factor| wgpu::BlendComponent {
        src_factor,
        dst_factor,
        operation: wgpu::BlendOperation::Add,
    };
    let over = part(Factor::One, Factor::OneMinusSrcAlpha);
    let (color, alpha) = match blend {
        Blend::Replace => return None,
        Blend::Over => (over, over),
        Blend::Add => (part(Factor::One, Factor::One), part(Factor::One, Factor::One)),
        Blend::Multiply => (part(Factor::Dst, Factor::OneMinusSrcAlpha), over),
        Blend::Screen => (part(Factor::One, Factor::OneMinusSrc), over),
    };
    Some(wgpu::BlendState { color, alpha })
}

/// A blend that takes nothing of what is below, so that nothing changes but the compiler's work: Mesa's software driver
/// makes a second program of each shader that replaces colours, in its first draw, for triangles that cover whole blocks.
/// Floats are left alone: nothing times what is no number is no number.
fn needless_blend(gpu: &Gpu, desc: &PassDesc<'_>) -> Option<wgpu::BlendState> {
    let twice = desc.draws_colour() && desc.depth == Depth::Absent && desc.samples == 1;
    (gpu.adapter().is_llvmpipe() && twice && desc.target.is_fixed_point())
        .then_some(wgpu::BlendState::REPLACE)
}

/// The number of the entry point called `name`.
pub(super) fn entry(shader: &Shader, label: &str, name: &str, stage: Stage) -> Result<usize, GpuError> {
    shader.entry(name, stage).ok_or_else(|| GpuError::Pipeline {
        label: label.to_owned(),
        wrong: match shader.entries(stage).as_slice() {
            [] => format!("its shader has no {stage} entry point"),
            known => format!("its shader has no {stage} entry point `{name}`, but `{}`", known.join("`, `")),
        },
    })
}

/// Says which pipeline the driver refused.
pub(super) fn named(error: GpuError, label: &str) -> GpuError {
    match error {
        GpuError::Validation { message } => GpuError::Pipeline { label: label.to_owned(), wrong: message },
        other => other,
    }
}
