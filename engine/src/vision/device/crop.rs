//! What nets look at: crops of the picture into their input tensors.

use std::{ops::RangeInclusive, sync::Arc};

use bytemuck::{Pod, Zeroable};

use super::Common;
use crate::{
    gpu::{Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, Texture, shader::Library},
    kernels::crop::Outside,
};

/// What is looked at, by the number that the shader has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LooksAt {
    /// The smallest square around the picture.
    Letterbox = 0,
    /// All of the picture.
    Whole = 1,
    /// The region of each face that is followed.
    Faces = 2,
}

/// The second uniform of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Goal {
    cells: [u32; 2],
    scale: f32,
    bias: f32,
    edge: u32,
    looks_at: u32,
}

/// A crop into one net's input. The picture is another one each frame; what else it takes is bound to stay.
#[derive(Debug)]
pub(super) struct CropKernel {
    /// One for each net, so that bind groups of all pictures in rotation are kept.
    pipeline: Arc<ComputePipeline>,
    frame: Buffer,
    work: Buffer,
    goal: Buffer,
    tensor: Buffer,
    workgroups: [u32; 3],
}

impl CropKernel {
    /// Crops into `tensor`: `count` inputs of `cells` columns and rows, with values in `range`.
    pub(super) fn new(
        gpu: &Gpu,
        library: &Library,
        common: &Common,
        (looks_at, outside): (LooksAt, Outside),
        (cells, count): ([u32; 2], u32),
        range: RangeInclusive<f32>,
        tensor: &Buffer,
    ) -> Result<Self, GpuError> {
        let (low, high) = range.into_inner();
        let edge = u32::from(outside == Outside::Edge);
        let goal = Goal { cells, scale: (high - low) / 255.0, bias: low, edge, looks_at: looks_at as u32 };
        need("crop", "tensor", tensor, u64::from(cells[0]) * u64::from(cells[1]) * 3 * u64::from(count))?;
        let shader = library.resolve("vision::crop", &[])?;
        Ok(Self {
            pipeline: Arc::new(ComputePipeline::counted(gpu, &shader, "vision crop", "crop")?),
            frame: common.frame.clone(),
            work: if looks_at == LooksAt::Faces { &common.work } else { &common.no_work }.clone(),
            goal: gpu.buffer_with("crop", BufferUse::Uniform, bytemuck::bytes_of(&goal))?,
            tensor: tensor.clone(),
            workgroups: [cells[0].div_ceil(8), cells[1].div_ceil(8), count],
        })
    }

    /// The crop of `picture`.
    pub(super) fn dispatch(&self, gpu: &Gpu, picture: &Texture) -> Result<Dispatch, GpuError> {
        let resources = [
            ("frame", Resource::Buffer(&self.frame)),
            ("picture", Resource::Coded(picture)),
            ("work", Resource::Buffer(&self.work)),
            ("goal", Resource::Buffer(&self.goal)),
            ("tensor", Resource::Buffer(&self.tensor)),
        ];
        Dispatch::new(gpu, Arc::clone(&self.pipeline), &resources, self.workgroups)
    }
}

/// Whether `buffer` has `values` values.
pub(super) fn need(label: &str, name: &str, buffer: &Buffer, values: u64) -> Result<(), GpuError> {
    let have = buffer.bytes() / 4;
    if have >= values {
        return Ok(());
    }
    let wrong = format!("takes {values} values, but has {have}");
    Err(GpuError::Binding { label: label.to_owned(), name: name.to_owned(), wrong })
}
