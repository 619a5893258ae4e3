//! What was seen goes to the GPU, beside the picture: the only place where vision touches the device.

use std::sync::Arc;

use crate::{
    frame::FrameId,
    gpu::{Buffer, BufferUse, Encoder, Gpu, GpuError, Texture, TextureDesc, TextureFormat},
    scene::{FaceState, HostMatte, Matte, Observation, Picture, Scene},
};

/// State buffers in rotation: one that is drawn, one that is recorded, one to spare.
const RING: usize = 3;

/// Brings observations to the GPU. Frames in flight never share a state buffer.
#[derive(Debug)]
pub struct SceneWriter {
    faces: Vec<Arc<Buffer>>,
    next: usize,
    matte: Option<Matte>,
    /// The observation that the current buffer holds.
    written: Option<FrameId>,
}

impl SceneWriter {
    /// Makes the state buffers.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let bytes = size_of::<FaceState>() as u64;
        let make = |_| gpu.buffer("faces", BufferUse::Storage, bytes).map(Arc::new);
        Ok(Self {
            faces: (0..RING).map(make).collect::<Result<_, _>>()?,
            next: 0,
            matte: None,
            written: None,
        })
    }

    /// The picture with what `observation` says of it, or of an earlier one. An observation that the device
    /// already holds is not brought again.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn observe(
        &mut self,
        encoder: &mut Encoder,
        picture: Picture,
        observation: &Observation,
    ) -> Result<Scene, GpuError> {
        if self.written != Some(observation.seen) {
            self.next = (self.next + 1) % RING;
            encoder.write(&self.faces[self.next], 0, bytemuck::bytes_of(&*observation.faces));
            self.matte = match &observation.matte {
                Some(matte) => {
                    Some(Matte { texture: Arc::new(upload(encoder.gpu(), matte)?), seen: observation.seen })
                }
                None => None,
            };
            self.written = Some(observation.seen);
        }
        let faces = Arc::clone(&self.faces[self.next]);
        let (seen, slots) = (observation.seen, observation.faces.slots());
        Ok(Scene { picture, seen, faces: faces.into(), slots, matte: self.matte.clone() })
    }
}

/// 8 bits are enough for the soft edge of a 256-cell mask, and filterable everywhere.
fn upload(gpu: &Gpu, matte: &HostMatte) -> Result<Texture, GpuError> {
    let texels: Vec<u8> = matte.alpha.iter().map(|alpha| (alpha * 255.0 + 0.5) as u8).collect();
    gpu.texture_with(&TextureDesc::new(matte.size, TextureFormat::R8), &texels)
}
