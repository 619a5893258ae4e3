//! Results of a frame on their way to host memory.

use std::{sync::Arc, time::Duration};

use crate::{
    frame::FrameId,
    gpu::{Gpu, readback::Ticket},
    scene::{FaceState, HostMatte, Observation},
    vision::VisionError,
};

/// Face state and mask of a frame.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) id: FrameId,
    pub(super) time: Duration,
    pub(super) faces: Ticket,
    pub(super) matte: Option<Mask>,
}

/// A mask of so many columns and rows.
#[derive(Debug)]
pub(super) enum Mask {
    /// The net's own values.
    Raw([u32; 2], Ticket),
    /// The texture that filters see: 8 bits, four times.
    Calmed([u32; 2], Ticket),
}

impl Arrival {
    /// In host memory, waiting where it has not landed.
    pub(super) fn wait(self, gpu: &Gpu) -> Result<Observation, VisionError> {
        let mut faces = FaceState::empty();
        let bytes = self.faces.wait(gpu)?;
        let room = bytemuck::bytes_of_mut(&mut *faces);
        let length = room.len().min(bytes.len());
        room[..length].copy_from_slice(&bytes[..length]);
        let matte = self.matte.map(|mask| mask.wait(gpu)).transpose()?.map(Arc::new);
        Ok(Observation { seen: self.id, time: self.time, faces: Arc::from(faces), matte })
    }
}

impl Mask {
    fn wait(self, gpu: &Gpu) -> Result<HostMatte, VisionError> {
        let (size, alpha): (_, Vec<f32>) = match self {
            Self::Raw(size, ticket) => {
                let bytes = ticket.wait(gpu)?;
                let value = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes).clamp(0.0, 1.0);
                (size, bytes.as_chunks().0.iter().map(value).collect())
            }
            Self::Calmed(size, ticket) => {
                let texels = ticket.wait(gpu)?;
                (size, texels.as_chunks::<4>().0.iter().map(|texel| f32::from(texel[0]) / 255.0).collect())
            }
        };
        let cells = (size[0] * size[1]) as usize;
        Ok(HostMatte { size, alpha: alpha.into_iter().take(cells).collect() })
    }
}
