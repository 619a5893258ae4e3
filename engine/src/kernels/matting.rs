//! Fits the person's mask to the edges of the picture, keeps it steady from frame to frame, and finds out which
//! colours lie on either side of the edge.
//!
//! A mask may be older than the picture: it is fitted to the picture that it was made of, and what is learned there
//! about colours is applied to the picture of now. The frame before is kept where the picture stands still, so that
//! edges neither shimmer nor trail behind, and longest where the mask changes all the same: the net errs there. A net that is
//! in doubt there changes nothing at all.

mod twin;

use bytemuck::{Pod, Zeroable};

pub use twin::{Floats, Twin};

use super::{
    islands::Islands,
    shrink::{size_of_copy, within},
};
use crate::gpu::{
    Buffer, BufferUse, Draw, Encoder, Gpu, GpuError, Load, PassDesc, PassPipeline, Render, Resource, Sampler,
    Texture, TextureDesc, TextureFormat, shader::Library,
};

/// How many pictures are remembered, for masks that are older than the picture.
const REMEMBERED: usize = 8;
/// How much of the frame before is kept in [`STEP`] seconds where nothing moves.
const KEPT: f32 = 0.88;
/// The same where the mask changes in the middle of what doesn't move.
const LASTING: f32 = 0.958;
/// The time between frames that [`KEPT`] and [`LASTING`] are meant for, in seconds.
const STEP: f32 = 1.0 / 30.0;
/// After more seconds the frame before says nothing.
const GAP: f32 = 0.5;
/// Longest side of the mask: what is larger would be more than the eye sees at an edge.
const MAX_SIDE: u32 = 1920;

/// The uniform of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Params {
    kept: f32,
    lasting: f32,
    /// Uniforms end at a multiple of 16 bytes.
    unused: [u32; 2],
}

impl Params {
    /// For a frame `delta` seconds after the one before; 0 where there was none.
    fn after(delta: f32) -> Self {
        let share = |share: f32| if delta > 0.0 && delta <= GAP { share.powf(delta / STEP) } else { 0.0 };
        Self { kept: share(KEPT), lasting: share(LASTING), unused: [0; 2] }
    }
}

/// A frame and the mask that is known for it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The picture.
    pub picture: &'a Texture,
    /// The number of its frame.
    pub number: u64,
    /// The mask, 0 (background) to 1 (person) in its first channel.
    pub mask: &'a Texture,
    /// The number of the frame that it was made of.
    pub seen: u64,
    /// Seconds since the frame before; 0 where this one doesn't go on from it.
    pub delta: f32,
}

/// What is found. Valid until the next frame is recorded.
#[derive(Debug)]
pub struct Refined {
    /// The picture, and the person in alpha: [`TextureFormat::Srgb8`], of [`size_of_mask`].
    pub person: Texture,
    /// Linear light of the person around each place times its weight, and the weight.
    pub front: Texture,
    /// The same of the background.
    pub back: Texture,
}

/// What is kept from frame to frame.
#[derive(Debug, Default)]
pub struct Memory {
    /// Small pictures with the numbers of their frames, the newest last.
    guides: Vec<(u64, Texture)>,
    /// As many as are missing there: nothing is made once the first frame is drawn.
    spare: Vec<Texture>,
    refined: Option<Refined>,
}

impl Memory {
    /// Makes sure that there are guides of this size; those of earlier frames are forgotten where a frame doesn't go on
    /// from them.
    fn open(&mut self, encoder: &Encoder, small: [u32; 2], anew: bool) -> Result<(), GpuError> {
        let guides = self.guides.iter().map(|(_, guide)| guide).chain(&self.spare);
        if guides.clone().count() == 0 || guides.clone().any(|guide| guide.size() != small) {
            let desc = TextureDesc::new(small, Step::Shrink.format());
            let spare = (0..=REMEMBERED).map(|_| encoder.gpu().texture(&desc));
            (self.guides, self.spare) = (Vec::new(), spare.collect::<Result<_, _>>()?);
        } else if anew {
            self.spare.extend(self.guides.drain(..).map(|(_, guide)| guide));
        }
        Ok(())
    }

    /// What the last frame gave.
    pub fn refined(&self) -> Option<&Refined> {
        self.refined.as_ref()
    }
}

/// The size of the mask for a picture of `size`.
pub fn size_of_mask(size: [u32; 2]) -> [u32; 2] {
    within(size, MAX_SIDE)
}

/// The kernel.
#[derive(Debug)]
pub struct Matting {
    passes: [PassPipeline; 9],
    islands: Islands,
    params: Buffer,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Shrink,
    Pair,
    FitWide,
    PairAgain,
    FitNear,
    Average,
    Steady,
    Front,
    Back,
}

impl Step {
    /// With the names of their entry points.
    const ALL: [(Self, &str); 9] = [
        (Self::Shrink, "shrink"),
        (Self::Pair, "pair"),
        (Self::FitWide, "fit_wide"),
        (Self::PairAgain, "pair_again"),
        (Self::FitNear, "fit_near"),
        (Self::Average, "average"),
        (Self::Steady, "steady"),
        (Self::Front, "front"),
        (Self::Back, "back"),
    ];

    fn format(self) -> TextureFormat {
        if let Self::Steady = self { TextureFormat::Srgb8 } else { TextureFormat::Rgba16Float }
    }
}

impl Matting {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// When the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let mut library = Library::for_gpu(gpu);
        let source = include_str!("../../../shaders/kernels/matting.wgsl");
        library.insert("kernels::matting", "shaders/kernels/matting.wgsl", source);
        let source = include_str!("../../../shaders/kernels/sides.wgsl");
        library.insert("kernels::sides", "shaders/kernels/sides.wgsl", source);
        let source = include_str!("../../../shaders/kernels/steady.wgsl");
        library.insert("kernels::steady", "shaders/kernels/steady.wgsl", source);
        let shader = library.resolve("kernels::matting", &[])?;
        let steady = library.resolve("kernels::steady", &[])?;
        let sides = library.resolve("kernels::sides", &[])?;
        let mut passes = Vec::new();
        for (step, entry) in Step::ALL {
            let desc = PassDesc::covering(entry, "vertex", entry, step.format());
            let shader = match step {
                Step::Front | Step::Back => &sides,
                Step::Steady => &steady,
                _ => &shader,
            };
            passes.push(PassPipeline::new(gpu, shader, &desc)?);
        }
        let passes = passes.try_into().unwrap_or_else(|_| unreachable!("there are as many as steps"));
        let params = gpu.buffer("matting", BufferUse::Uniform, size_of::<Params>() as u64)?;
        Ok(Self { passes, islands: Islands::new(gpu)?, params })
    }

    /// Records the refinement of a frame's mask into `memory`.
    ///
    /// # Errors
    /// As [`Gpu::texture`].
    pub fn record(
        &self,
        encoder: &mut Encoder,
        frame: &Frame<'_>,
        memory: &mut Memory,
    ) -> Result<(), GpuError> {
        let (small, full) = (size_of_copy(frame.picture.size()), size_of_mask(frame.picture.size()));
        let half = small.map(|side| side.div_ceil(2));
        memory.open(encoder, small, frame.delta == 0.0)?;
        let before = memory.refined.take().map(|refined| refined.person);
        let before = before.filter(|before| before.size() == full);
        let params = Params::after(if before.is_some() { frame.delta } else { 0.0 });
        encoder.write(&self.params, 0, bytemuck::bytes_of(&params));
        let before = match before {
            Some(before) => before,
            None => cleared(encoder, full)?,
        };

        let picture = ("picture", Resource::Texture(frame.picture));
        let mask = ("mask", Resource::Texture(frame.mask));
        let oldest = |memory: &mut Memory| memory.guides.remove(0).1;
        let now = memory.spare.pop().unwrap_or_else(|| oldest(memory));
        self.draw(encoder, Step::Shrink, &now, &[picture])?;
        let seen = memory.guides.iter().rev().find(|(number, _)| *number <= frame.seen);
        let seen = seen.or(memory.guides.first()).filter(|_| frame.seen < frame.number);
        let guide = ("guide", Resource::Texture(seen.map_or(&now, |(_, guide)| guide)));
        let then = ("before", Resource::Texture(&before));
        let pairs = self.step(encoder, Step::Pair, small, &[guide, mask, then])?;
        let pairs = self.islands.record(encoder, &pairs)?;
        let fitted = self.step(encoder, Step::FitWide, small, &[("pairs", Resource::Texture(&pairs))])?;
        let again = [guide, ("fitted", Resource::Texture(&fitted))];
        let pairs = self.step(encoder, Step::PairAgain, small, &again)?;
        let fitted = self.step(encoder, Step::FitNear, small, &[("pairs", Resource::Texture(&pairs))])?;
        let lines = self.step(encoder, Step::Average, small, &[("fitted", Resource::Texture(&fitted))])?;

        let lines = ("lines", Resource::Texture(&lines));
        let all = [picture, lines, then, ("guide", Resource::Texture(&now))];
        memory.refined = Some(Refined {
            person: self.step(encoder, Step::Steady, full, &all)?,
            front: self.step(encoder, Step::Front, half, &all)?,
            back: self.step(encoder, Step::Back, half, &all)?,
        });
        memory.guides.push((frame.number, now));
        Ok(())
    }

    fn step(
        &self,
        encoder: &mut Encoder,
        step: Step,
        size: [u32; 2],
        resources: &[(&str, Resource<'_>)],
    ) -> Result<Texture, GpuError> {
        let target = encoder.gpu().texture(&TextureDesc::new(size, step.format()))?;
        self.draw(encoder, step, &target, resources)?;
        Ok(target)
    }

    fn draw(
        &self,
        encoder: &mut Encoder,
        step: Step,
        target: &Texture,
        resources: &[(&str, Resource<'_>)],
    ) -> Result<(), GpuError> {
        let own = [
            ("matting", Resource::Buffer(&self.params)),
            ("linear_clamp", Resource::Sampler(Sampler::Linear)),
        ];
        let resources: Vec<_> = own.iter().chain(resources).copied().collect();
        let draws = [Draw::fullscreen(&self.passes[step as usize], &resources)];
        encoder.render(&Render::new(Step::ALL[step as usize].1, target, &draws))
    }
}

/// What stands for a frame before that is not there.
fn cleared(encoder: &mut Encoder, size: [u32; 2]) -> Result<Texture, GpuError> {
    let empty = encoder.gpu().texture(&TextureDesc::new(size, TextureFormat::Srgb8))?;
    encoder.render(&Render { load: Load::Clear([0.0; 4]), ..Render::new("no frame before", &empty, &[]) })?;
    Ok(empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_before_counts_by_the_time_that_has_gone() {
        for nothing in [0.0, 2.0, f32::NAN].map(Params::after) {
            assert_eq!((nothing.kept, nothing.lasting), (0.0, 0.0));
        }
        let (once, twice) = (Params::after(STEP), Params::after(2.0 * STEP));
        assert!((once.kept - KEPT).abs() < 1e-6 && (once.lasting - LASTING).abs() < 1e-6);
        assert!(twice.kept < once.kept && twice.lasting < once.lasting);
    }

    #[test]
    fn masks_are_no_larger_than_the_eye_needs() {
        assert_eq!(size_of_mask([641, 361]), [641, 361]);
        assert_eq!(size_of_mask([3840, 2160]), [1920, 1080]);
        assert_eq!(size_of_mask([1, 16_384]), [1, 1920]);
    }
}
