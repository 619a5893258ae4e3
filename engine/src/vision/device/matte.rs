//! The kernels of a person mask, bound to their net.

use std::sync::Arc;

use super::{
    Common, MatteTensors, RING,
    crop::{CropKernel, LooksAt, need},
};
use crate::{
    gpu::{
        BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, Texture, TextureDesc, TextureFormat,
        shader::Library,
    },
    kernels::crop::Outside,
};

/// What is known of the mask before, beside its cells.
const PAST_BYTES: u64 = 16;
/// Cells of a workgroup of the check.
const CHECKED: u32 = 256;

/// All of them.
#[derive(Debug)]
pub(super) struct MatteKernels {
    pub(super) crop: CropKernel,
    check: Dispatch,
    /// One for each texture in rotation.
    calm: Vec<Dispatch>,
    /// 8 bits are enough for the soft edge of a 256-cell mask. Kernels can't write one channel of 8 bits everywhere, so
    /// there are four.
    textures: Vec<Arc<Texture>>,
    #[cfg(test)]
    pub(super) memory: [crate::gpu::Buffer; 2],
}

impl MatteKernels {
    pub(super) fn new(
        gpu: &Gpu,
        library: &Library,
        common: &Common,
        tensors: &MatteTensors<'_>,
    ) -> Result<Self, GpuError> {
        let MatteTensors { size, input, output } = *tensors;
        let cells = size[0] * size[1];
        need("mask", "mask", output, u64::from(cells))?;
        let whole = (LooksAt::Whole, Outside::Black);
        let crop = CropKernel::new(gpu, library, common, whole, (size, 1), 0.0..=1.0, input)?;
        let past = gpu.buffer("past of the mask", BufferUse::Storage, PAST_BYTES)?;
        let before = gpu.buffer("mask before", BufferUse::Storage, u64::from(cells) * 4)?;
        let shader = library.resolve("vision::mask", &[])?;
        let pipeline = |name| ComputePipeline::counted(gpu, &shader, name, name).map(Arc::new);
        let make = |_| gpu.texture(&TextureDesc::new(size, TextureFormat::Rgba8)).map(Arc::new);
        let textures: Vec<_> = (0..RING).map(make).collect::<Result<_, _>>()?;
        let resources = [
            ("frame", Resource::Buffer(&common.frame)),
            ("mask", Resource::Buffer(output)),
            ("past", Resource::Buffer(&past)),
            ("known", Resource::Buffer(&past)),
            ("cells", Resource::Buffer(&before)),
        ];
        let calm = pipeline("calm")?;
        let bind = |texture: &Arc<Texture>| {
            let mut all = resources.to_vec();
            all.push(("calmed", Resource::Texture(texture)));
            Dispatch::new(gpu, Arc::clone(&calm), &all, [size[0].div_ceil(8), size[1].div_ceil(8), 1])
        };
        Ok(Self {
            crop,
            check: Dispatch::new(gpu, pipeline("check")?, &resources, [cells.div_ceil(CHECKED), 1, 1])?,
            calm: textures.iter().map(bind).collect::<Result<_, _>>()?,
            textures,
            #[cfg(test)]
            memory: [past, before],
        })
    }

    /// What follows the net in a frame that writes texture `turn`.
    pub(super) fn dispatches(&self, turn: usize) -> [Dispatch; 2] {
        [self.check.clone(), self.calm[turn].clone()]
    }

    /// Texture `turn`.
    pub(super) fn texture(&self, turn: usize) -> Arc<Texture> {
        Arc::clone(&self.textures[turn])
    }
}
