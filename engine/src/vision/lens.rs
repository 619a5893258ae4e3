//! A net that looks at a region of a frame.

use std::{ops::RangeInclusive, sync::Arc};

use super::{Roi, VisionError};
use crate::{
    frame::Pixels,
    kernels::crop::{self, Outside},
    nets::{self, Backend, Executor, ModelId, Models},
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
        let shape = &executor.inputs()[0].shape;
        let size = match (executor.inputs().len(), shape.as_slice()) {
            (1, &[1, rows, columns, 3]) => [columns, rows],
            _ => return Err(unfit(model, format!("an input of shape {shape:?}"), "one picture".into())),
        };
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
    let found: Vec<usize> = executor.outputs().iter().map(nets::TensorInfo::values).collect();
    if found.starts_with(outputs) && !executor.inputs().is_empty() {
        Ok(executor)
    } else {
        Err(unfit(model, format!("outputs of {found:?} values"), format!("of {outputs:?}")))
    }
}

fn unfit(model: ModelId, what: String, want: String) -> VisionError {
    VisionError::Unfit { model: model.name(), what, want }
}
