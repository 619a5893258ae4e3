//! What the engine makes for filters that ask: the refined matte, the picture in levels.

use std::sync::{Arc, OnceLock};

use super::{ComposeError, kept::Kept, plan::Slot, record::Slots};
use crate::{
    filter::Look,
    frame::FrameId,
    gpu::{Encoder, Gpu, GpuError, Texture},
    kernels::{levels::Levels, matting, matting::Matting},
};

/// Kernels that all composers of a device share, compiled when a look first needs them.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    matting: OnceLock<Arc<Matting>>,
    levels: OnceLock<Arc<Levels>>,
}

/// The kernels that a look needs.
#[derive(Debug)]
pub(super) struct Tools {
    matting: Option<Arc<Matting>>,
    levels: Option<Arc<Levels>>,
}

impl Tools {
    /// Compiles what `look` needs, whatever its values are.
    pub(super) fn new(gpu: &Gpu, compiled: &Compiled, look: &Look) -> Result<Self, ComposeError> {
        let edges = look.0.iter().any(|item| item.filter.requires.edges);
        let levels = look.0.iter().any(|item| item.filter.passes.iter().any(|pass| pass.levels));
        Ok(Self {
            matting: edges.then(|| get(&compiled.matting, || Matting::new(gpu))).transpose()?,
            levels: levels.then(|| get(&compiled.levels, || Levels::new(gpu))).transpose()?,
        })
    }

    /// Makes the levels of what the next passes read.
    pub(super) fn levels(
        &self,
        encoder: &mut Encoder,
        slots: &mut Slots,
        reads: Slot,
    ) -> Result<(), GpuError> {
        if let (Some(kernel), Some(picture)) = (&self.levels, slots.get(reads)) {
            let levels = kernel.record(encoder, picture)?;
            slots.put(Slot::Levels, levels);
        }
        Ok(())
    }

    /// Fits the person to the picture as it came, of the frame `id`. The mask is that of the frame `seen`, where there is
    /// one.
    pub(super) fn person(
        &self,
        encoder: &mut Encoder,
        kept: &mut Kept,
        (picture, id): (&Texture, FrameId),
        (mask, seen): (&Texture, Option<FrameId>),
        delta: f32,
    ) -> Result<(), GpuError> {
        let Some(kernel) = &self.matting else { return Ok(()) };
        // The first mask has nothing in common with none.
        let goes_on = std::mem::replace(&mut kept.had_matte, seen.is_some()) == seen.is_some();
        let frame = matting::Frame {
            picture,
            number: id.0,
            mask,
            seen: seen.unwrap_or(id).0,
            delta: if goes_on { delta } else { 0.0 },
        };
        kernel.record(encoder, &frame, &mut kept.person)
    }
}

/// What `known` holds, or else what `make` makes.
fn get<T>(known: &OnceLock<Arc<T>>, make: impl FnOnce() -> Result<T, GpuError>) -> Result<Arc<T>, GpuError> {
    match known.get() {
        Some(kernel) => Ok(Arc::clone(kernel)),
        None => {
            let made = Arc::new(make()?);
            // Another thread may have been faster: either will do.
            Ok(Arc::clone(known.get_or_init(|| made)))
        }
    }
}
