//! Pipelines that compute.

use super::{
    Gpu, GpuError, Member,
    bindings::Bindings,
    health,
    pass::{entry, named},
    shader::{Shader, Stage},
};

/// Computes, without a target.
#[derive(Debug)]
pub struct ComputePipeline {
    raw: wgpu::ComputePipeline,
    bindings: Bindings,
    workgroup: [u32; 3],
}

impl ComputePipeline {
    /// Compiles the compute entry point called `name`. Workgroup memory is not zeroed at start.
    ///
    /// # Errors
    /// As [`PassPipeline::new`](super::PassPipeline::new).
    pub fn new(gpu: &Gpu, shader: &Shader, label: &str, name: &str) -> Result<Self, GpuError> {
        Self::of(gpu, shader, label, name, Shader::compile)
    }

    /// As [`ComputePipeline::new`], for shaders that the engine has written itself: loops whose counts, and divisors
    /// which, are constants are not watched while they run.
    pub(crate) fn counted(gpu: &Gpu, shader: &Shader, label: &str, name: &str) -> Result<Self, GpuError> {
        Self::of(gpu, shader, label, name, Shader::compile_counted)
    }

    fn of(
        gpu: &Gpu,
        shader: &Shader,
        label: &str,
        name: &str,
        compile: fn(&Shader, &Gpu, &str) -> wgpu::ShaderModule,
    ) -> Result<Self, GpuError> {
        let index = entry(shader, label, name, Stage::Compute)?;
        let bindings = Bindings::reflect(gpu, shader, label, &[index])?;
        let raw = health::scoped(gpu.device(), "compiles a pipeline", || {
            gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout: Some(&bindings.pipeline_layout(gpu)),
                module: &compile(shader, gpu, label),
                entry_point: Some(&shader.module().entry_points[index].name),
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: gpu.pipeline_cache(),
            })
        })
        .map_err(|error| named(error, label))?;
        Ok(Self { raw, bindings, workgroup: shader.module().entry_points[index].workgroup_size })
    }

    /// The members of the uniform called `global`; none where it is not used.
    pub fn uniform_members(&self, global: &str) -> &[Member] {
        self.bindings.members(global)
    }

    /// Whether the pipeline reads or writes the resource called `global`.
    pub fn uses(&self, global: &str) -> bool {
        self.bindings.uses(global)
    }

    /// Invocations of a workgroup.
    pub fn workgroup(&self) -> [u32; 3] {
        self.workgroup
    }

    pub(super) fn raw(&self) -> &wgpu::ComputePipeline {
        &self.raw
    }

    pub(super) fn bindings(&self) -> &Bindings {
        &self.bindings
    }
}
