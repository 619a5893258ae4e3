//! Heavy steps on the CPU: custom operations that call the kernels of `nets::cpu`.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result as CandleResult, Shape, Tensor};

use crate::{
    nets::{Executor, NetError, Plan, cpu::Cpu, plan::Step},
    workers::Workers,
};

/// A step that runs as one of our own kernels, with all that is fused into it.
pub(super) struct Heavy {
    name: &'static str,
    net: Mutex<Cpu>,
}

impl Heavy {
    pub(super) fn new(plan: &Plan, step: &Step, workers: &Arc<Workers>) -> CandleResult<Self> {
        let net = Cpu::new(Arc::new(plan.alone(step)), Arc::clone(workers)).map_err(failed)?;
        Ok(Self { name: step.op.name(), net: Mutex::new(net) })
    }

    pub(super) fn apply(&self, input: &Tensor, residual: Option<&Tensor>) -> CandleResult<Tensor> {
        match residual {
            None => input.apply_op1_no_bwd(self),
            Some(residual) => input.apply_op2_no_bwd(residual, self),
        }
    }

    fn run(&self, operands: &[&[f32]]) -> CandleResult<(CpuStorage, Shape)> {
        let mut net = self.net.lock().unwrap_or_else(PoisonError::into_inner);
        net.run(operands).map_err(failed)?;
        Ok((CpuStorage::F32(net.output(0).to_vec()), net.outputs()[0].shape.clone().into()))
    }
}

impl CustomOp1 for Heavy {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        self.run(&[slice(input, layout)?])
    }
}

impl CustomOp2 for Heavy {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        self.run(&[slice(input, layout)?, slice(residual, residual_layout)?])
    }
}

fn failed(error: NetError) -> candle_core::Error {
    candle_core::Error::Msg(error.to_string())
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> CandleResult<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => Err(candle_core::Error::Msg("a kernel was given a tensor that is not contiguous".into())),
    }
}
