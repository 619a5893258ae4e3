//! First draws that hold up no picture.
//!
//! Mesa's software driver compiles a shader when something is first drawn with it, in the queue, and every frame behind
//! it waits for a quarter of a second. It keeps the result on disk: what a second device draws first, the device that
//! draws the picture takes from there.

use super::{EngineError, Prepared, Preparer};
use crate::{
    filter::Look,
    gpu::{Gpu, GpuError},
    quality::Tier,
};

/// A device on which looks are drawn before they are drawn in a picture.
#[derive(Debug)]
pub struct Rehearsal {
    there: Preparer,
    /// What has not changed since is not compiled again.
    last: Option<Prepared>,
}

impl Rehearsal {
    /// For what `preparer` prepares. `None` where it would spare nobody anything: see
    /// [`Gpu::understudy`](crate::gpu::Gpu::understudy).
    ///
    /// # Errors
    /// The adapter gives no second device, or that can't hold what all looks draw with.
    pub fn open(preparer: &Preparer) -> Result<Option<Self>, GpuError> {
        let Some(gpu) = pollster::block_on(preparer.gpu().understudy())? else { return Ok(None) };
        let there = Preparer::new(gpu.clone(), preparer.parts.beside(&gpu)?, preparer.drawn.clone());
        Ok(Some(Self { there, last: None }))
    }

    /// Draws a look once at a tier, and waits for it. Afterwards the other device compiles nothing for it at that tier, and
    /// [`Preparer::warm_up`] is not needed.
    ///
    /// # Errors
    /// When it can't be drawn after all. [`GpuError::DeviceLost`], as it is, whenever its device is gone afterwards: that is
    /// not the one that draws the picture.
    pub fn draw(&mut self, look: Look, tier: Tier) -> Result<(), EngineError> {
        let drawn = self.try_to_draw(look, tier);
        match self.gpu().poll() {
            Err(lost @ GpuError::DeviceLost { .. }) => Err(lost.into()),
            _ => drawn,
        }
    }

    fn try_to_draw(&mut self, look: Look, tier: Tier) -> Result<(), EngineError> {
        // Held until the end: the other device may need the shaders.
        let (mut prepared, _rest) = self.there.compile_first(look, tier)?;
        self.there.warm_up(&mut prepared, &[tier])?;
        self.gpu().wait()?;
        self.last = Some(prepared);
        Ok(())
    }

    /// Its device.
    pub fn gpu(&self) -> &Gpu {
        self.there.gpu()
    }

    /// Whether its device is gone: then another one must be opened.
    pub fn is_lost(&self) -> bool {
        matches!(self.gpu().poll(), Err(GpuError::DeviceLost { .. }))
    }
}
