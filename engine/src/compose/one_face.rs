//! What a filter for one face sees: a copy of the faces in which no other is there.

use crate::{
    gpu::{Buffer, BufferUse, ComputePipeline, Encoder, Gpu, GpuError, Resource},
    scene::{FACE_STATE_BYTES, MAX_FACES},
};

/// The kernel copies a face as so many `vec4`.
const _: () = assert!(FACE_STATE_BYTES == (MAX_FACES * 500 * 16) as u64);

/// The copy, and the kernel that makes it.
#[derive(Debug)]
pub(super) struct OneFace {
    kernel: ComputePipeline,
    slot: Buffer,
    pub(super) faces: Buffer,
}

impl OneFace {
    pub(super) fn new(gpu: &Gpu, slot: u32) -> Result<Self, GpuError> {
        let shader = super::engine_modules().resolve("compose::one_face", &[])?;
        Ok(Self {
            kernel: ComputePipeline::new(gpu, &shader, "one face", "show")?,
            slot: gpu.buffer_with("the one face", BufferUse::Uniform, &slot.to_le_bytes())?,
            faces: gpu.buffer("one face", BufferUse::Storage, FACE_STATE_BYTES)?,
        })
    }

    pub(super) fn record(&self, encoder: &mut Encoder, faces: &Buffer) -> Result<(), GpuError> {
        let resources = [
            ("shown", Resource::Buffer(&self.slot)),
            ("all", Resource::Buffer(faces)),
            ("view", Resource::Buffer(&self.faces)),
        ];
        encoder.dispatch(&self.kernel, &resources, [1, 1, 1])
    }
}
