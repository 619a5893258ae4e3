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
    kernels::shrink::within,
    quality::Tier,
    scene::{FaceState, Faces, Matte, Picture, Scene},
    scheduler::WorkPlan,
    vision::is_wide,
};

/// Longest side of the picture that is drawn on to warm up: what kernels shrink to 256 is as large as in a frame, and halves
/// and quarters are no powers of two.
const LONGEST: u32 = 272;

/// Makes looks ready for an engine, on whatever thread it is called. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Preparer {
    gpu: Gpu,
    pub(super) parts: Parts,
    pub(super) drawn: Drawn,
}

/// The tier of the newest frame, and the size of its picture.
#[derive(Clone, Debug)]
pub(super) struct Drawn(Arc<Mutex<(Tier, [u32; 2])>>);

impl Drawn {
    pub(super) fn set(&self, tier: Tier, size: [u32; 2]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (tier, size);
    }

    fn get(&self) -> (Tier, [u32; 2]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Drawn {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((Tier::default(), [1280, 720]))))
    }
}

/// A look that is ready: [`Engine::swap`](super::Engine::swap) draws it.
#[derive(Debug)]
pub struct Prepared(Composer);

impl Preparer {
    pub(super) fn new(gpu: Gpu, parts: Parts, drawn: Drawn) -> Self {
        Self { gpu, parts, drawn }
    }

    /// For a device without an engine, and pictures of 1280x720.
    ///
    /// # Errors
    /// The device can't hold what all looks draw with.
    pub fn of(gpu: Gpu) -> Result<Self, GpuError> {
        Ok(Self { parts: Parts::new(&gpu)?, gpu, drawn: Drawn::default() })
    }

    /// For pictures of this size, where there is no engine that knows better.
    pub fn expecting(self, size: [u32; 2]) -> Self {
        self.drawn.set(self.tier(), size);
        self
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// The tier at which the engine draws now; the highest without an engine.
    pub fn tier(&self) -> Tier {
        self.drawn.get().0
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
        let (size, mask) = warm_sizes(self.drawn.get().1);
        let all = vec![255; (mask[0] * mask[1]) as usize];
        let matte = gpu.texture_with(&TextureDesc::new(mask, TextureFormat::R8), &all)?;
        let faces = Faces::from(Arc::new(faces));
        let matte = Matte { texture: Arc::new(matte), seen: id };
        let grey = vec![128; (size[0] * size[1] * 4) as usize];
        for tier in tiers {
            let texture = gpu.texture_with(&TextureDesc::new(size, TextureFormat::Srgb8), &grey)?;
            let picture = Picture { id, time: Duration::ZERO, texture, host: None };
            let (faces, matte) = (faces.clone(), Some(matte.clone()));
            // What is compiled for one face is compiled for all.
            let scene = Scene { picture, seen: id, faces, slots: 1, matte };
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

/// The sizes of a picture to warm up with, and of its mask, for frames of `size`. Drivers compile for formats rather than
/// sizes, so small ones do; but software compiles anew for a side that is a power of two where it was none, and the reverse.
fn warm_sizes(size: [u32; 2]) -> ([u32; 2], [u32; 2]) {
    let small = within(size, LONGEST);
    let alike = |axis: usize| match (size[axis].is_power_of_two(), small[axis].is_power_of_two()) {
        (true, false) => small[axis].next_power_of_two(),
        (false, true) => (small[axis] + 1).max(3),
        _ => small[axis],
    };
    // As the nets' masks: see `MatteNet::Auto`.
    let mask = if is_wide(size) { [256, 144] } else { [256, 256] };
    ([alike(0), alike(1)], mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_picture_is_a_power_of_two_where_the_large_one_is() {
        for size in [
            [1920, 1080],
            [1280, 720],
            [1024, 768],
            [1000, 750],
            [720, 1280],
            [512, 512],
            [64, 48],
            [4096, 3],
        ] {
            let (small, _) = warm_sizes(size);
            for (large, small) in size.iter().zip(small) {
                assert_eq!(large.is_power_of_two(), small.is_power_of_two(), "{size:?}");
                assert!((1..=512).contains(&small), "{size:?}");
            }
        }
        assert_eq!(warm_sizes([1920, 1080]), ([272, 153], [256, 144]));
        assert_eq!(warm_sizes([720, 1280]).1, [256, 256]);
    }
}
