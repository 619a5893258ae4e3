//! Recording: writes, draws and dispatches, in order.

use std::ops::Range;

use super::{
    Buffer, ComputePipeline, Dispatch, Gpu, GpuError, Levels, PassPipeline, Resource, Texture, TextureFormat,
    belt, bindings::Traffic, dispatch, shader::cover,
};
use crate::telemetry::Work;

/// Commands on their way to [`Gpu::submit`].
#[derive(Debug)]
pub struct Encoder {
    gpu: Gpu,
    raw: wgpu::CommandEncoder,
    load: belt::Load,
    work: Work,
}

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
    /// The depth texture, as large as the target; cleared to far at the start.
    pub depth: Option<&'a Texture>,
    /// Of a target with several samples: the texture that receives their mean.
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

impl Encoder {
    pub(super) fn new(gpu: Gpu, raw: wgpu::CommandEncoder) -> Self {
        Self { gpu, raw, load: belt::Load::default(), work: Work::default() }
    }

    /// The device that this records for.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// What was recorded so far, counted.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Writes `bytes` into `buffer` at `offset` (a multiple of 4), after what was recorded before and before
    /// what is recorded next. A length that is no multiple of 4 is padded with zeros.
    ///
    /// # Panics
    /// When the bytes don't fit, or `offset` is no multiple of 4.
    pub fn write(&mut self, buffer: &Buffer, offset: u64, bytes: &[u8]) {
        let length = (bytes.len() as u64).next_multiple_of(4);
        self.work.uploaded += length;
        assert!(offset.is_multiple_of(4), "offset {offset}");
        assert!(offset + length <= buffer.bytes(), "{length} bytes at {offset} of {}", buffer.bytes());
        if let Some((staging, from)) = self.load.stage(self.gpu.belt(), self.gpu.device(), bytes) {
            self.raw.copy_buffer_to_buffer(staging, from, buffer.raw(), offset, length);
        }
    }

    /// Makes `buffer` zero, after what was recorded before and before what is recorded next.
    pub fn clear(&mut self, buffer: &Buffer) {
        self.raw.clear_buffer(buffer.raw(), 0, None);
    }

    /// Records a pass of draws. One that covers a target is computed where that is faster, see [`PassDesc::covers`].
    ///
    /// [`PassDesc::covers`]: super::PassDesc::covers
    ///
    /// # Errors
    /// [`GpuError::Binding`] when a resource is missing or of another kind, or is the target itself;
    /// [`GpuError::Pipeline`] when a pipeline doesn't fit the target. Nothing of the pass is recorded then.
    pub fn render(&mut self, render: &Render<'_>) -> Result<(), GpuError> {
        let format = render.draws.first().map_or(render.target.format(), |draw| draw.pipeline.target());
        let mut bound = Vec::with_capacity(render.draws.len());
        for draw in render.draws {
            check_fit(render, draw, format)?;
        }
        if let Some((pipeline, draw)) = computed(render) {
            return self.cover(pipeline, draw, render.target);
        }
        for draw in render.draws {
            bound.push(draw.pipeline.bindings().groups(&self.gpu, draw.resources)?);
        }
        self.count(render);
        let view = view_as(render.target, format);
        let mut pass = self.raw.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some(render.label),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target: render.resolve.map(|resolve| view_as(resolve, format)),
                ops: wgpu::Operations {
                    load: match render.load {
                        Load::Keep => wgpu::LoadOp::Load,
                        Load::Clear([r, g, b, a]) => wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a }),
                    },
                    store: match render.resolve {
                        Some(_) => wgpu::StoreOp::Discard,
                        None => wgpu::StoreOp::Store,
                    },
                },
            })],
            depth_stencil_attachment: render.depth.map(|depth| wgpu::RenderPassDepthStencilAttachment {
                view: depth.view(),
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(1.0),
                    store: wgpu::StoreOp::Store,
                }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        for (draw, groups) in render.draws.iter().zip(&bound) {
            pass.set_pipeline(draw.pipeline.raw());
            for (index, group) in groups.iter().enumerate() {
                pass.set_bind_group(index as u32, group, &[]);
            }
            match draw.indices {
                Some(indices) => {
                    pass.set_index_buffer(indices.raw().slice(..), wgpu::IndexFormat::Uint32);
                    pass.draw_indexed(draw.vertices.clone(), 0, draw.instances.clone());
                }
                None => pass.draw(draw.vertices.clone(), draw.instances.clone()),
            }
        }
        Ok(())
    }

    /// Records a dispatch of `workgroups`.
    ///
    /// # Errors
    /// [`GpuError::Binding`] when a resource is missing or of another kind.
    pub fn dispatch(
        &mut self,
        pipeline: &ComputePipeline,
        resources: &[(&str, Resource<'_>)],
        workgroups: [u32; 3],
    ) -> Result<(), GpuError> {
        let groups = pipeline.bindings().groups(&self.gpu, resources)?;
        let Traffic { read, written } = pipeline.bindings().traffic(resources);
        self.work += Work { dispatches: 1, read, written, ..Work::default() };
        let mut pass = self.compute_pass(pipeline.bindings().label());
        dispatch::record(&mut pass, pipeline, &groups, workgroups);
        Ok(())
    }

    /// Computes what `draw` would draw over the whole of `target`.
    fn cover(
        &mut self,
        pipeline: &ComputePipeline,
        draw: &Draw<'_>,
        target: &Texture,
    ) -> Result<(), GpuError> {
        let own = [(cover::TARGET, Resource::Coded(target))];
        let resources: Vec<_> = own.into_iter().chain(draw.resources.iter().copied()).collect();
        let ([width, height], [columns, rows, _]) = (target.size(), pipeline.workgroup());
        self.dispatch(pipeline, &resources, [width.div_ceil(columns), height.div_ceil(rows), 1])
    }

    /// Records `dispatches`, one after the other, in a pass of their own.
    pub fn compute(&mut self, label: &str, dispatches: &[Dispatch]) {
        let mut work = self.work;
        let mut pass = self.compute_pass(label);
        for dispatch in dispatches {
            dispatch.record(&mut pass, &mut work);
        }
        drop(pass);
        self.work = work;
    }

    /// Records `levels`, one after the other, in a pass of their own.
    pub fn compute_levels(&mut self, label: &str, levels: &Levels) {
        self.work += levels.work();
        levels.record(&mut self.compute_pass(label));
    }

    fn count(&mut self, render: &Render<'_>) {
        let target = render.target.desc().bytes();
        // Of several samples only their mean is kept.
        let kept = render.resolve.map_or(target, |resolve| resolve.desc().bytes());
        let loaded = if render.load == Load::Keep { target } else { 0 };
        self.work += Work { passes: 1, read: loaded, written: kept, ..Work::default() };
        for draw in render.draws {
            let Traffic { read, written } = draw.pipeline.bindings().traffic(draw.resources);
            self.work += Work { draws: 1, read, written, ..Work::default() };
        }
    }

    fn compute_pass(&mut self, label: &str) -> wgpu::ComputePass<'_> {
        let desc = wgpu::ComputePassDescriptor { label: Some(label), timestamp_writes: None };
        self.raw.begin_compute_pass(&desc)
    }

    /// Copies the whole of a buffer into another.
    ///
    /// # Panics
    /// When the other is shorter.
    pub fn copy_buffer(&mut self, from: &Buffer, to: &Buffer) {
        assert!(from.bytes() <= to.bytes(), "{} bytes into {}", from.bytes(), to.bytes());
        self.work.copied += from.bytes();
        self.raw.copy_buffer_to_buffer(from.raw(), 0, to.raw(), 0, from.bytes());
    }

    /// Copies the whole of a texture into another of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn copy(&mut self, from: &Texture, to: &Texture) {
        assert_eq!(from.desc(), to.desc(), "only textures of the same shape are copied");
        self.work.copied += from.desc().bytes();
        self.raw.copy_texture_to_texture(
            from.raw().as_image_copy(),
            to.raw().as_image_copy(),
            from.desc().extent(0),
        );
    }

    /// Copies the whole of a texture into a layer of another of the same size and format.
    ///
    /// # Panics
    /// When they differ, or there is no such layer.
    pub fn copy_to_layer(&mut self, from: &Texture, to: &Texture, layer: u32) {
        let shape = from.desc();
        assert_eq!(
            (shape.size, shape.format),
            (to.size(), to.format()),
            "a layer takes what is of its shape"
        );
        assert!(layer < to.desc().layers, "layer {layer} of {}", to.desc().layers);
        self.work.copied += shape.bytes();
        let mut target = to.raw().as_image_copy();
        target.origin.z = layer;
        self.raw.copy_texture_to_texture(from.raw().as_image_copy(), target, shape.extent(0));
    }

    /// Copies the whole of a texture into a level of detail of another of the same format.
    ///
    /// # Panics
    /// When it is not of that level's size.
    pub fn copy_to_level(&mut self, from: &Texture, to: &Texture, level: u32) {
        let mut place = to.raw().as_image_copy();
        place.mip_level = level;
        let size = level_of(to, level, from);
        self.work.copied += from.desc().bytes();
        self.raw.copy_texture_to_texture(from.raw().as_image_copy(), place, size);
    }

    /// Copies a level of detail of a texture into another of that level's size and of the same format.
    ///
    /// # Panics
    /// When it is not of that level's size.
    pub fn copy_of_level(&mut self, from: &Texture, level: u32, to: &Texture) {
        let mut place = from.raw().as_image_copy();
        place.mip_level = level;
        let size = level_of(from, level, to);
        self.work.copied += to.desc().bytes();
        self.raw.copy_texture_to_texture(place, to.raw().as_image_copy(), size);
    }

    pub(super) fn raw(&mut self) -> &mut wgpu::CommandEncoder {
        &mut self.raw
    }

    /// Ends the engine's part and gives wgpu's encoder to the program that embeds it, which submits it.
    pub fn into_host(self) -> wgpu::CommandEncoder {
        self.load.close(self.gpu.belt(), &self.raw);
        self.raw
    }
}

fn view_as(texture: &Texture, format: TextureFormat) -> &wgpu::TextureView {
    if texture.format() == format { texture.view() } else { texture.coded_view() }
}

/// What computes all that `render` draws, where it can be computed.
fn computed<'r>(render: &Render<'r>) -> Option<(&'r ComputePipeline, &'r Draw<'r>)> {
    let [draw] = render.draws else { return None };
    let plain = render.load != Load::Keep && render.depth.is_none() && render.resolve.is_none();
    let whole = plain && draw.is_fullscreen() && render.target.is_writable();
    draw.pipeline.computed().filter(|_| whole).map(|pipeline| (pipeline, draw))
}

/// Whether `draw` can be part of `render`, whose target is seen as `format`.
fn check_fit(render: &Render<'_>, draw: &Draw<'_>, format: TextureFormat) -> Result<(), GpuError> {
    let label = draw.pipeline.bindings().label();
    let target = render.target.desc();
    let wrong = |wrong: String| Err(GpuError::Pipeline { label: label.to_owned(), wrong });
    let pipeline = draw.pipeline;
    if pipeline.target() != format || (format != target.format && format != target.format.coded()) {
        return wrong(format!("it draws {:?}, but the target is {:?}", pipeline.target(), target.format));
    }
    if pipeline.samples() != target.samples {
        return wrong(format!(
            "it draws {} samples, but the target has {}",
            pipeline.samples(),
            target.samples
        ));
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

/// The size of a level of `whole`, which must be that of `part`.
fn level_of(whole: &Texture, level: u32, part: &Texture) -> wgpu::Extent3d {
    let (shape, size) = (whole.desc(), whole.desc().extent(level));
    assert!(level < shape.mips, "level {level} of {}", shape.mips);
    let same = (part.desc().extent(0), part.format()) == (size, shape.format);
    assert!(same, "level {level} takes and gives what is of its shape");
    size
}
