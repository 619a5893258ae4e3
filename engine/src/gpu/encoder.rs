//! Recording: writes, draws and dispatches, in order.

use super::{
    Buffer, ComputePipeline, Dispatch, Draw, Gpu, GpuError, Levels, Load, Render, Resource, Texture, belt,
    bindings::Traffic,
    pending::{One, Pending, Step},
    render::{check_fit, computed, view_as},
    shader::cover,
};
use crate::telemetry::Work;

/// Commands on their way to [`Gpu::submit`].
#[derive(Debug)]
pub struct Encoder {
    gpu: Gpu,
    raw: wgpu::CommandEncoder,
    pending: Pending,
    load: belt::Load,
    work: Work,
}

impl Encoder {
    pub(super) fn new(gpu: Gpu, raw: wgpu::CommandEncoder) -> Self {
        Self { gpu, raw, pending: Pending::default(), load: belt::Load::default(), work: Work::default() }
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
        if self.pending.sees(buffer.raw()) {
            self.flush();
        }
        if let Some((staging, from)) = self.load.stage(self.gpu.belt(), self.gpu.device(), bytes) {
            self.raw.copy_buffer_to_buffer(staging, from, buffer.raw(), offset, length);
        }
    }

    /// Makes `buffer` zero, after what was recorded before and before what is recorded next.
    pub fn clear(&mut self, buffer: &Buffer) {
        self.raw().clear_buffer(buffer.raw(), 0, None);
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
        let mut pass = self.raw().begin_render_pass(&wgpu::RenderPassDescriptor {
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
                    store: wgpu::StoreOp::Discard,
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
        let uses = pipeline.bindings().uses_of(resources);
        self.push(Step::One(One::new(pipeline, groups, workgroups, uses)));
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

    /// Records `dispatches`, one after the other.
    pub fn compute(&mut self, dispatches: &[Dispatch]) {
        for dispatch in dispatches {
            self.work += dispatch.work();
            self.push(Step::One(dispatch.pending()));
        }
    }

    /// Records `levels`, one after the other.
    pub fn compute_levels(&mut self, label: &str, levels: &Levels) {
        self.work += levels.work();
        self.push(Step::Levels(label.to_owned(), levels.clone()));
    }

    /// Ends the pass that dispatches share, for those who measure what a pass costs.
    pub fn end_pass(&mut self) {
        self.flush();
    }

    fn push(&mut self, step: Step) {
        if self.pending.follows_copy(&step) {
            self.flush();
        }
        self.pending.push(step);
    }

    /// Records what is pending.
    fn flush(&mut self) {
        let levels = self.pending.record(&mut self.raw);
        self.gpu.count_levels(levels);
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

    /// Copies the whole of a texture into another of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn copy(&mut self, from: &Texture, to: &Texture) {
        assert_eq!(from.desc(), to.desc(), "only textures of the same shape are copied");
        self.work.copied += from.desc().bytes();
        self.raw().copy_texture_to_texture(
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
        self.raw().copy_texture_to_texture(from.raw().as_image_copy(), target, shape.extent(0));
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
        self.raw().copy_texture_to_texture(from.raw().as_image_copy(), place, size);
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
        self.raw().copy_texture_to_texture(place, to.raw().as_image_copy(), size);
    }

    /// Copies the whole of a buffer to the start of another, as it is at this point.
    pub(super) fn bring(&mut self, from: &Buffer, to: &wgpu::Buffer) {
        self.pending.copy(from.raw(), to);
    }

    /// Has `buffer` mapped once all of this encoder is done.
    pub(super) fn map_when_done(
        &mut self,
        buffer: &wgpu::Buffer,
        mode: wgpu::MapMode,
        done: impl FnOnce(Result<(), wgpu::BufferAsyncError>) + Send + 'static,
    ) {
        self.raw.map_buffer_on_submit(buffer, mode, .., done);
    }

    #[cfg(test)]
    pub(super) fn pending(&self) -> &Pending {
        &self.pending
    }

    /// wgpu's own encoder, with all that was recorded so far.
    pub(super) fn raw(&mut self) -> &mut wgpu::CommandEncoder {
        self.flush();
        &mut self.raw
    }

    /// Ends the engine's part and gives wgpu's encoder to the program that embeds it, which submits it.
    pub fn into_host(mut self) -> wgpu::CommandEncoder {
        self.flush();
        self.load.close(self.gpu.belt(), &self.raw);
        self.raw
    }
}

/// The size of a level of `whole`, which must be that of `part`.
fn level_of(whole: &Texture, level: u32, part: &Texture) -> wgpu::Extent3d {
    let (shape, size) = (whole.desc(), whole.desc().extent(level));
    assert!(level < shape.mips, "level {level} of {}", shape.mips);
    let same = (part.desc().extent(0), part.format()) == (size, shape.format);
    assert!(same, "level {level} takes and gives what is of its shape");
    size
}
