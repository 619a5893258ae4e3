//! What is drawn in one pass, and whether that fits together.

use std::ops::Range;

use super::{Buffer, ComputePipeline, GpuError, PassPipeline, Resource, Texture, TextureFormat};

/// What a target holds before the first draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// What it held.
    Keep,
    /// This colour: linear light, premultiplied.
    Clear([f64; 4]),
}

/// Draws into one target, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Render<'a> {
    /// For messages and profilers.
    pub label: &'a str,
    /// What is drawn into.
    pub target: &'a Texture,
    /// What it holds before.
    pub load: Load,
    /// The depth texture, as large as the target; cleared to far at the start, lost at the end.
    pub depth: Option<&'a Texture>,
    /// Of a target with several samples, which are cleared at the start and lost at the end: the texture that receives their
    /// mean.
    pub resolve: Option<&'a Texture>,
    /// What is drawn.
    pub draws: &'a [Draw<'a>],
}

impl<'a> Render<'a> {
    /// Draws over the whole of `target`: what it held doesn't count.
    pub fn new(label: &'a str, target: &'a Texture, draws: &'a [Draw<'a>]) -> Self {
        Self { label, target, load: Load::Clear([0.0; 4]), depth: None, resolve: None, draws }
    }
}

/// One draw.
#[derive(Clone, Debug)]
pub struct Draw<'a> {
    /// How.
    pub pipeline: &'a PassPipeline,
    /// The shader's globals, by name. What the pipeline doesn't use is ignored.
    pub resources: &'a [(&'a str, Resource<'a>)],
    /// The vertices; places in `indices` where there are any.
    pub vertices: Range<u32>,
    /// The instances.
    pub instances: Range<u32>,
    /// u32 numbers of vertices.
    pub indices: Option<&'a Buffer>,
}

impl<'a> Draw<'a> {
    /// One triangle over the whole target.
    pub fn fullscreen(pipeline: &'a PassPipeline, resources: &'a [(&'a str, Resource<'a>)]) -> Self {
        Self { pipeline, resources, vertices: 0..3, instances: 0..1, indices: None }
    }

    fn is_fullscreen(&self) -> bool {
        self.vertices == (0..3) && self.instances == (0..1) && self.indices.is_none()
    }
}

pub(super) fn view_as(texture: &Texture, format: TextureFormat) -> &wgpu::TextureView {
    if texture.format() == format { texture.view() } else { texture.coded_view() }
}

/// What computes all that `render` draws, where it can be computed.
pub(super) fn computed<'r>(render: &Render<'r>) -> Option<(&'r ComputePipeline, &'r Draw<'r>)> {
    let [draw] = render.draws else { return None };
    let plain = render.load != Load::Keep && render.depth.is_none() && render.resolve.is_none();
    let whole = plain && draw.is_fullscreen() && render.target.is_writable();
    draw.pipeline.computed().filter(|_| whole).map(|pipeline| (pipeline, draw))
}

/// Whether `draw` can be part of `render`, whose target is seen as `format`.
pub(super) fn check_fit(render: &Render<'_>, draw: &Draw<'_>, format: TextureFormat) -> Result<(), GpuError> {
    let label = draw.pipeline.bindings().label();
    let target = render.target.desc();
    let wrong = |wrong: String| Err(GpuError::Pipeline { label: label.to_owned(), wrong });
    let pipeline = draw.pipeline;
    let coded = target.samples == 1 && format == target.format.coded();
    if pipeline.target() != format || (format != target.format && !coded) {
        return wrong(format!("it draws {:?}, but the target is {:?}", pipeline.target(), target.format));
    }
    if pipeline.samples() != target.samples {
        return wrong(format!(
            "it draws {} samples, but the target has {}",
            pipeline.samples(),
            target.samples
        ));
    }
    if target.samples > 1 && (render.resolve.is_none() || render.load == Load::Keep) {
        return wrong(
            "of several samples nothing is kept: they are cleared first and resolved after".to_owned(),
        );
    }
    if pipeline.depth() != render.depth.is_some() {
        return wrong("it and the pass don't agree whether there is a depth texture".to_owned());
    }
    let read = |texture: &Texture| texture.raw() == render.target.raw();
    for (name, resource) in draw.resources {
        let same = matches!(resource, Resource::Texture(texture) | Resource::Coded(texture) if read(texture));
        if same && pipeline.uses(name) {
            return Err(GpuError::Binding {
                label: label.to_owned(),
                name: (*name).to_owned(),
                wrong: "is read while it is drawn into".to_owned(),
            });
        }
    }
    Ok(())
}
