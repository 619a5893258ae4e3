//! Looks that are made ready beside the walk: compiled and drawn once, before any frame shows them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::EngineError;
use crate::{
    compose::{Checked, Composer, Parts, Rest, check},
    filter::{Filter, Look},
    frame::FrameId,
    gpu::{BufferUse, Gpu, GpuError, TextureDesc, TextureFormat},
    quality::Tier,
    scene::{FaceState, MAX_FACES, Matte, Picture, Scene},
    scheduler::WorkPlan,
};

/// Drivers compile for formats, not for sizes: a small picture does.
const SIZE: [u32; 2] = [64, 36];

/// Makes looks ready for an engine, on whatever thread it is called. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Preparer {
    gpu: Gpu,
    parts: Parts,
    tier: Drawn,
}

/// The tier of the newest frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn(Arc<Mutex<Tier>>);

impl Drawn {
    pub(super) fn set(&self, tier: Tier) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tier;
    }

    fn get(&self) -> Tier {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look that is ready: [`Engine::swap`](super::Engine::swap) draws it.
#[derive(Debug)]
pub struct Prepared(Composer);

impl Preparer {
    pub(super) fn new(gpu: Gpu, parts: Parts, tier: Drawn) -> Self {
        Self { gpu, parts, tier }
    }

    /// For a device without an engine.
    ///
    /// # Errors
    /// The device can't hold what all looks draw with.
    pub fn of(gpu: Gpu) -> Result<Self, GpuError> {
        Ok(Self { parts: Parts::new(&gpu)?, gpu, tier: Drawn::default() })
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// The tier at which the engine draws now; the highest without an engine.
    pub fn tier(&self) -> Tier {
        self.tier.get()
    }

    /// All that is wrong with a filter's shaders.
    pub fn check(&self, filter: &Filter) -> Checked {
        check(&self.gpu, &self.parts, filter)
    }

    /// Compiles a look.
    ///
    /// # Errors
    /// As [`Engine::set_look`](super::Engine::set_look).
    pub fn compile(&self, look: Look) -> Result<Prepared, EngineError> {
        Ok(Prepared(Composer::with(&self.gpu, &self.parts, look)?))
    }

    /// Compiles what a look is drawn with at one tier. Until the rest is made too, it is drawn at that tier: that may
    /// happen after the swap, on this thread.
    ///
    /// # Errors
    /// As [`Engine::set_look`](super::Engine::set_look).
    pub fn compile_first(&self, look: Look, tier: Tier) -> Result<(Prepared, Rest), EngineError> {
        let (composer, rest) = Composer::at_first(&self.gpu, &self.parts, look, tier)?;
        Ok((Prepared(composer), rest))
    }

    /// Draws a look once, off screen, at each of `tiers`: many drivers compile when a pipeline is first drawn with. It is
    /// not waited for: a frame that is submitted afterwards is drawn afterwards, with this look or another.
    ///
    /// # Errors
    /// When it can't be drawn after all.
    pub fn warm_up(&self, prepared: &mut Prepared, tiers: &[Tier]) -> Result<(), EngineError> {
        let (gpu, id) = (&self.gpu, FrameId(0));
        let faces = gpu.buffer("faces", BufferUse::Storage, size_of::<FaceState>() as u64)?;
        let matte = gpu.texture_with(&TextureDesc::new([1, 1], TextureFormat::R8), &[255])?;
        let (faces, matte) = (Arc::new(faces), Matte { texture: Arc::new(matte), seen: id });
        let grey = vec![128; (SIZE[0] * SIZE[1] * 4) as usize];
        for tier in tiers {
            let texture = gpu.texture_with(&TextureDesc::new(SIZE, TextureFormat::Srgb8), &grey)?;
            let picture = Picture { id, time: Duration::ZERO, texture, host: None };
            let (faces, matte) = (Arc::clone(&faces), Some(matte.clone()));
            let scene = Scene { picture, seen: id, faces, slots: MAX_FACES as u32, matte };
            let mut encoder = gpu.encoder("warm-up");
            let plan = WorkPlan { tier: *tier, ..WorkPlan::default() };
            // The textures go back only after the submit: they are drawn into until then.
            let _drawn = prepared.0.compose(gpu, &mut encoder, scene, plan)?;
            gpu.submit(encoder)?;
        }
        Ok(())
    }
}

impl Prepared {
    /// The composer itself, to draw with it without an engine.
    pub fn into_composer(self) -> Composer {
        self.0
    }
}
