//! What all corners of a face have in common, measured on the GPU before the passes of a filter that asks.

use crate::{
    gpu::{
        Buffer, BufferUse, ComputePipeline, Encoder, Gpu, GpuError, Resource, Sampler, Texture,
        shader::Library,
    },
    scene::MAX_FACES,
};

/// What shaders call the measures.
pub(super) const MEASURES: &str = "_measures";

/// Bytes of `antifaz::face::_Measure`.
const MEASURE: u64 = 112;

/// The kernel, and what it has measured: one buffer for all filters of a look, which follow one another.
#[derive(Debug)]
pub(super) struct Measures {
    kernel: ComputePipeline,
    pub(super) buffer: Buffer,
}

impl Measures {
    pub(super) fn new(gpu: &Gpu, library: &Library) -> Result<Self, GpuError> {
        let shader = library.resolve("compose::measure", &[])?;
        Ok(Self {
            kernel: ComputePipeline::new(gpu, &shader, "measure faces", "measure")?,
            buffer: gpu.buffer("measures of faces", BufferUse::Storage, MEASURE * MAX_FACES as u64)?,
        })
    }

    /// Measures `faces` in `picture`.
    pub(super) fn record(
        &self,
        encoder: &mut Encoder,
        [frame, faces, face_points]: [&Buffer; 3],
        picture: &Texture,
    ) -> Result<(), GpuError> {
        let resources = [
            ("frame", Resource::Buffer(frame)),
            ("picture", Resource::Texture(picture)),
            ("linear", Resource::Sampler(Sampler::Linear)),
            ("faces", Resource::Buffer(faces)),
            ("face_points", Resource::Buffer(face_points)),
            ("measures", Resource::Buffer(&self.buffer)),
        ];
        encoder.dispatch(&self.kernel, &resources, [1, 1, 1])
    }
}
