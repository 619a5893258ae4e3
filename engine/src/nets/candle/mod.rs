//! Plans run as candle-core tensors.
//!
//! Tensors are kept as the model means them. On the CPU, what is heavy (steps with weights, pools, resizes) goes through
//! custom operations that call the kernels of [`super::cpu`]; on a GPU (cargo features `cuda` and `metal`) it is put
//! together from shifted views, products and sums. Neither uses candle's grouped convolution, which takes one launch
//! for each group: for depthwise ones that is two orders slower. All else is candle's own.

mod lowered;
mod own;

use std::sync::Arc;

use candle_core::{D, Device, Result as CandleResult, Tensor};

use crate::workers::Workers;

use super::{
    Executor, NetError, Plan, TensorInfo, check_inputs,
    graph::{Binary, Op, Range, Reduce, Unary},
    plan::{Activation, Filter, Step, ValueId},
};
use lowered::Lowered;
use own::Heavy;

/// The executor.
pub(super) struct Candle {
    plan: Arc<Plan>,
    device: Device,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// One for each step.
    ways: Vec<Way>,
    /// By value; constants stay.
    constants: Vec<Option<Tensor>>,
    /// Row-major.
    results: Vec<Vec<f32>>,
}

/// How a step is done.
enum Way {
    /// By our own kernels.
    Own(Box<Heavy>),
    /// By views, products and sums.
    Lowered(Box<Lowered>),
    /// By an operation of candle's own.
    Light,
}

/// The first GPU that this build can use, else the CPU.
fn best_device() -> CandleResult<Device> {
    match Device::cuda_if_available(0)? {
        Device::Cpu => Device::metal_if_available(0),
        gpu => Ok(gpu),
    }
}

impl Candle {
    /// # Errors
    /// [`NetError::Backend`] where candle refuses.
    pub(super) fn new(plan: Arc<Plan>, workers: &Arc<Workers>) -> Result<Self, NetError> {
        let device = best_device().map_err(refused)?;
        let own = device.is_cpu().then_some(workers);
        Self::on(plan, device, own).map_err(refused)
    }

    /// On `device`; heavy steps by our own kernels, if there are workers for them.
    fn on(plan: Arc<Plan>, device: Device, own: Option<&Arc<Workers>>) -> CandleResult<Self> {
        let way = |step: &Step| match own {
            _ if !is_heavy(&step.op) => Ok(Way::Light),
            Some(workers) => Ok(Way::Own(Box::new(Heavy::new(&plan, step, workers)?))),
            None => Ok(Way::Lowered(Box::new(Lowered::new(&plan, step, &device)?))),
        };
        let read: Vec<ValueId> =
            plan.steps.iter().flat_map(Step::reads).chain(plan.outputs.iter().copied()).collect();
        let constant = |id: ValueId| {
            let value = &plan.values[id];
            let values = value.constant.as_ref().filter(|_| read.contains(&id));
            values.map(|values| Tensor::from_slice(values, value.shape.as_slice(), &device)).transpose()
        };
        let constants = (0..plan.values.len()).map(constant).collect::<CandleResult<_>>()?;
        Ok(Self {
            ways: plan.steps.iter().map(way).collect::<CandleResult<_>>()?,
            constants,
            inputs: plan.inputs(),
            outputs: plan.outputs(),
            results: plan.outputs().iter().map(|info| vec![0.0; info.values()]).collect(),
            device,
            plan,
        })
    }

    fn infer(&mut self, inputs: &[&[f32]]) -> CandleResult<()> {
        let mut values = self.constants.clone();
        for (&id, input) in self.plan.inputs.iter().zip(inputs) {
            let shape = self.plan.values[id].shape.as_slice();
            values[id] = Some(Tensor::from_slice(input, shape, &self.device)?);
        }
        for (step, way) in self.plan.steps.iter().zip(&self.ways) {
            let read = |id: ValueId| -> CandleResult<&Tensor> {
                values[id]
                    .as_ref()
                    .ok_or_else(|| candle_core::Error::Msg("a value is read before it is made".into()))
            };
            let residual = step.residual.map(read).transpose()?;
            let output = match way {
                Way::Own(heavy) => heavy.apply(read(step.inputs[0])?, residual)?,
                Way::Lowered(lowered) => finished(step, lowered.apply(read(step.inputs[0])?)?, residual)?,
                Way::Light => {
                    let operands =
                        step.inputs.iter().map(|&id| read(id)).collect::<CandleResult<Vec<_>>>()?;
                    let made = light(&step.op, &operands, &self.plan.values[step.output].shape)?;
                    let made = match &step.filter {
                        Some(filter) => weighed(filter, &made)?,
                        None => made,
                    };
                    finished(step, made, residual)?
                }
            };
            values[step.output] = Some(output);
        }
        for (&id, result) in self.plan.outputs.iter().zip(&mut self.results) {
            if let Some(value) = &values[id] {
                result.copy_from_slice(&value.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(())
    }
}

fn refused(error: candle_core::Error) -> NetError {
    NetError::Backend { name: "candle", reason: error.to_string() }
}

impl Executor for Candle {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), NetError> {
        check_inputs(&self.inputs, inputs)?;
        self.infer(inputs).map_err(refused)
    }

    fn output(&self, index: usize) -> &[f32] {
        &self.results[index]
    }
}

fn is_heavy(op: &Op) -> bool {
    matches!(
        op,
        Op::Conv2d(_)
            | Op::DepthwiseConv2d(_)
            | Op::TransposeConv2d { .. }
            | Op::FullyConnected { .. }
            | Op::Pool(..)
            | Op::ResizeBilinear { .. }
    )
}

/// With the residual, which may have fewer channels, and the activation of `step`.
fn finished(step: &Step, made: Tensor, residual: Option<&Tensor>) -> CandleResult<Tensor> {
    let made = match residual {
        Some(residual) => {
            let last = made.rank() - 1;
            let missing = made.dim(last)? - residual.dim(last)?;
            (made + residual.pad_with_zeros(last, 0, missing)?)?
        }
        None => made,
    };
    activate(&step.activation, &made)
}

/// Times the weights and plus the bias of `filter`, place by place along the last axis.
fn weighed(filter: &Filter, x: &Tensor) -> CandleResult<Tensor> {
    let along = |values: &[f32]| Tensor::from_slice(values, values.len(), x.device());
    x.broadcast_mul(&along(&filter.weights)?)?.broadcast_add(&along(&filter.bias)?)
}

/// An op on candle's own operations.
fn light(op: &Op, operands: &[&Tensor], shape: &[usize]) -> CandleResult<Tensor> {
    let input = operands[0];
    match op {
        Op::Unary(unary) => self::unary(*unary, input),
        Op::Binary(binary) => {
            let [a, b] = [lifted(operands[0], shape.len())?, lifted(operands[1], shape.len())?];
            self::binary(*binary, &a, &b)?.contiguous()
        }
        Op::Reduce { kind, axes, .. } => {
            let reduced = axes.iter().rev().try_fold(input.clone(), |tensor, &axis| match kind {
                Reduce::Mean => tensor.mean_keepdim(axis),
                Reduce::Sum => tensor.sum_keepdim(axis),
                Reduce::Max => tensor.max_keepdim(axis),
                Reduce::Min => tensor.min_keepdim(axis),
            })?;
            reduced.contiguous()?.reshape(shape)
        }
        Op::Pad { amounts, value } => {
            let mut padded = (input - f64::from(*value))?;
            for (axis, [before, after]) in amounts.iter().enumerate().filter(|(_, amount)| **amount != [0, 0])
            {
                padded = padded.pad_with_zeros(axis, *before, *after)?;
            }
            padded + f64::from(*value)
        }
        Op::DepthToSpace(block) => {
            let &[batch, rows, cols, channels] = shape else { return Ok(input.clone()) };
            let blocks = [batch, rows / block, cols / block, *block, *block, channels];
            let dealt = input.reshape(blocks.as_slice())?.permute([0, 1, 3, 2, 4, 5])?;
            dealt.contiguous()?.reshape(shape)
        }
        Op::Transpose(perm) => input.permute(perm.as_slice())?.contiguous(),
        Op::Concat(axis) => Tensor::cat(operands, *axis),
        Op::Slice(ranges) => {
            let cut = ranges
                .iter()
                .enumerate()
                .try_fold(input.clone(), |tensor, (axis, range)| narrowed(&tensor, axis, range))?;
            cut.contiguous()
        }
        Op::Softmax { beta } => {
            let scaled = (input * f64::from(*beta))?;
            let powers = scaled.broadcast_sub(&scaled.max_keepdim(D::Minus1)?)?.exp()?;
            powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
        }
        Op::Normalize { epsilon } => {
            let centred = input.broadcast_sub(&input.mean_keepdim(D::Minus1)?)?;
            let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
            centred.broadcast_div(&(variance + f64::from(*epsilon))?.sqrt()?)
        }
        Op::Reshape(_) => input.contiguous()?.reshape(shape),
        // Dequantised constants are folded, and the heavy ops don't come here.
        _ => Ok(input.clone()),
    }
}

/// With axes of one in front, up to `rank` axes in the model's order.
fn lifted(tensor: &Tensor, rank: usize) -> CandleResult<Tensor> {
    if tensor.rank() == rank {
        return Ok(tensor.clone());
    }
    let mut shape = vec![1; rank - tensor.rank()];
    shape.extend(tensor.dims());
    tensor.reshape(shape)
}

fn narrowed(tensor: &Tensor, axis: usize, range: &Range) -> CandleResult<Tensor> {
    if range.step == 1 {
        return tensor.narrow(axis, range.begin, range.count);
    }
    let places: Vec<u32> = (0..range.count).map(|i| range.at(i) as u32).collect();
    tensor.contiguous()?.index_select(&Tensor::from_vec(places, range.count, tensor.device())?, axis)
}

fn unary(unary: Unary, x: &Tensor) -> CandleResult<Tensor> {
    match unary {
        Unary::Relu => x.relu(),
        Unary::Relu6 => x.clamp(0_f32, 6_f32),
        Unary::ReluN1To1 => x.clamp(-1_f32, 1_f32),
        Unary::LeakyRelu(slope) => x.relu()? - (x.neg()?.relu()? * f64::from(slope))?,
        Unary::HardSwish => (x * ((x + 3.0)?.clamp(0_f32, 6_f32)? / 6.0)?)?.contiguous(),
        Unary::Logistic => (x.neg()?.exp()? + 1.0)?.recip(),
        Unary::Tanh => x.tanh(),
        Unary::Neg => x.neg(),
        Unary::Abs => x.abs(),
        Unary::Square => x.sqr(),
        Unary::Sqrt => x.sqrt(),
        Unary::Rsqrt => x.sqrt()?.recip(),
        Unary::Exp => x.exp(),
    }
}

fn binary(binary: Binary, a: &Tensor, b: &Tensor) -> CandleResult<Tensor> {
    match binary {
        Binary::Add => a.broadcast_add(b),
        Binary::Sub => a.broadcast_sub(b),
        Binary::Mul => a.broadcast_mul(b),
        Binary::Div => a.broadcast_div(b),
        Binary::SquaredDifference => a.broadcast_sub(b)?.sqr(),
        Binary::Maximum => a.broadcast_maximum(b),
        Binary::Minimum => a.broadcast_minimum(b),
        Binary::Prelu => a.relu()?.broadcast_sub(&a.neg()?.relu()?.broadcast_mul(b)?),
    }
}

fn activate(activation: &Activation, x: &Tensor) -> CandleResult<Tensor> {
    match activation {
        Activation::None => Ok(x.clone()),
        Activation::Unary(unary) => self::unary(*unary, x),
        Activation::Prelu(slopes) => {
            let slopes = Tensor::from_slice(slopes, slopes.len(), x.device())?;
            binary(Binary::Prelu, x, &lifted(&slopes, x.rank())?)
        }
    }
}

#[cfg(all(test, feature = "embedded-models"))]
mod tests;
