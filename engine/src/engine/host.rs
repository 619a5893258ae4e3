//! Nets on the CPU for pictures that a host program hands in as textures: a small copy comes back to host memory.
//!
//! Live, one copy is under way at a time and is looked at when it lands, some frames later; nothing waits. Offline
//! the copy is waited for, so that each frame is drawn with what was seen in it.

use std::{sync::Arc, time::Duration};

use super::{EngineError, Pacing, eyes::Eyes};
use crate::{
    frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels},
    gpu::{
        Encoder, Gpu, GpuError, Texture,
        readback::{Readback, Ticket},
    },
    kernels::shrink::{Shrink, size_of_copy},
    scheduler::WorkPlan,
};

/// Copies of host pictures on their way to the nets.
#[derive(Debug)]
pub(super) struct HostPictures {
    shrink: Shrink,
    readback: Readback,
    pending: Option<Copy>,
}

#[derive(Debug)]
struct Copy {
    id: FrameId,
    time: Duration,
    size: [u32; 2],
    ticket: Ticket,
}

impl HostPictures {
    /// Compiles the copying kernel.
    pub(super) fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        Ok(Self { shrink: Shrink::new(gpu)?, readback: Readback::new(), pending: None })
    }

    /// Has `eyes` look at `picture`, now or soon.
    pub(super) fn look(
        &mut self,
        eyes: &mut Eyes,
        encoder: &mut Encoder,
        (picture, id, time): (&Texture, FrameId, Duration),
        (plan, pacing): (&WorkPlan, Pacing),
    ) -> Result<(), EngineError> {
        let gpu = encoder.gpu().clone();
        if pacing == Pacing::Offline {
            let mut own = gpu.encoder("host picture");
            let copy = self.start(&mut own, picture, id, time)?;
            gpu.submit(own)?;
            return eyes.look(&copy.frame(&gpu)?, plan);
        }
        if let Some(copy) = self.pending.take_if(|copy| copy.ticket.landed()) {
            eyes.look(&copy.frame(&gpu)?, plan)?;
        }
        if self.pending.is_none() {
            self.pending = Some(self.start(encoder, picture, id, time)?);
        }
        Ok(())
    }

    fn start(
        &self,
        encoder: &mut Encoder,
        picture: &Texture,
        id: FrameId,
        time: Duration,
    ) -> Result<Copy, GpuError> {
        let small = self.shrink.record(encoder, picture)?;
        let ticket = self.readback.start(encoder, &small)?;
        Ok(Copy { id, time, size: size_of_copy(picture.size()), ticket })
    }
}

impl Copy {
    /// The copy as a frame, waiting for it where it has not landed.
    fn frame(self, gpu: &Gpu) -> Result<Frame, EngineError> {
        let texels = self.ticket.wait(gpu)?;
        let pixels = Pixels::new(self.size, PixelFormat::Rgba8, ColorSpec::default(), texels);
        Ok(Frame { id: self.id, time: self.time, pixels: Arc::new(pixels.map_err(EngineError::Copy)?) })
    }
}
