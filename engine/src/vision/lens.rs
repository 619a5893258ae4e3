//! A net that looks at a region of a frame.

use std::{ops::RangeInclusive, sync::Arc};

use super::{Roi, VisionError};
use crate::{
    frame::Pixels,
    kernels::crop::{self, Outside},
    nets::{self, Backend, Executor, ModelId, Models, TensorInfo},
    workers::Workers,
};

/// An image net with its input tensor. Nothing is allocated after it is made.
pub(super) struct Lens {
    executor: Box<dyn Executor>,
    size: [usize; 2],
    outside: Outside,
    scale: f32,
    bias: f32,
    input: Vec<f32>,
    workers: Arc<Workers>,
}

impl Lens {
    /// Loads `model`, whose input takes pixels in `range` and whose first outputs have `outputs` values each.
    pub(super) fn load(
        models: &Models,
        model: ModelId,
        (range, outside): (RangeInclusive<f32>, Outside),
        outputs: &[usize],
        backend: Backend,
        workers: &Arc<Workers>,
    ) -> Result<Self, VisionError> {
        let executor = load_checked(models, model, outputs, backend, workers)?;
        let size = picture_size(model, executor.inputs())?;
        let (low, high) = range.into_inner();
        let input = vec![0.0; size[0] * size[1] * 3];
        Ok(Self {
            executor,
            size,
            outside,
            scale: (high - low) / 255.0,
            bias: low,
            input,
            workers: Arc::clone(workers),
        })
    }

    /// Columns and rows of the input.
    pub(super) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Runs the net on what lies in `region`.
    pub(super) fn look(&mut self, pixels: &Pixels, region: &Roi) -> Result<(), VisionError> {
        let Self { size, outside, scale, bias, .. } = *self;
        let rows = size[1].div_ceil(self.workers.threads());
        self.workers.run_chunks(&mut self.input, rows * size[0] * 3, &|part, input| {
            crop::cpu_rows(pixels, region, outside, size, (scale, bias), part * rows, input);
        });
        Ok(self.executor.run(&[&self.input])?)
    }

    /// Output `index` of the last run.
    pub(super) fn output(&self, index: usize) -> &[f32] {
        self.executor.output(index)
    }
}

/// Loads `model` where its first outputs have `outputs` values each.
pub(super) fn load_checked(
    models: &Models,
    model: ModelId,
    outputs: &[usize],
    backend: Backend,
    workers: &Arc<Workers>,
) -> Result<Box<dyn Executor>, VisionError> {
    let executor = nets::load(models.plan(model)?, backend, workers)?;
    check(model, executor.inputs(), executor.outputs(), outputs)?;
    Ok(executor)
}

/// Whether `model` has inputs, and first outputs that have `wanted` values each.
pub(super) fn check(
    model: ModelId,
    inputs: &[TensorInfo],
    outputs: &[TensorInfo],
    wanted: &[usize],
) -> Result<(), VisionError> {
    let found: Vec<usize> = outputs.iter().map(TensorInfo::values).collect();
    if found.starts_with(wanted) && !inputs.is_empty() {
        Ok(())
    } else {
        Err(unfit(model, format!("outputs of {found:?} values"), format!("of {wanted:?}")))
    }
}

/// Columns and rows of the only input of a net that looks at pictures.
pub(super) fn picture_size(model: ModelId, inputs: &[TensorInfo]) -> Result<[usize; 2], VisionError> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|info| info.shape.as_slice()).collect();
    match *shapes.as_slice() {
        [&[1, rows, columns, 3]] => Ok([columns, rows]),
        _ => Err(unfit(model, format!("inputs of shape {shapes:?}"), "one picture".into())),
    }
}

fn unfit(model: ModelId, what: String, want: String) -> VisionError {
    VisionError::Unfit { model: model.name(), what, want }
}
