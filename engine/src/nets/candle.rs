//! Plans run as candle-core tensors.
//!
//! Tensors are kept as the model means them. What is heavy (steps with weights, pools, resizes) goes through custom
//! operations that call the kernels of [`super::cpu`]: candle's grouped convolution takes one launch for each group,
//! which for depthwise ones is two orders slower. All else is candle's own.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, D, Device, Layout, Result as CandleResult, Shape, Tensor,
};

use crate::workers::Workers;

use super::{
    Executor, NetError, Plan, TensorInfo, check_inputs,
    cpu::Cpu,
    graph::{Binary, Op, Range, Reduce, Unary},
    plan::{Activation, Filter, Step, ValueId},
};

/// The executor.
pub(super) struct Candle {
    plan: Arc<Plan>,
    device: Device,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// For each step that goes through our own kernels.
    heavy: Vec<Option<Heavy>>,
    /// By value; constants stay.
    constants: Vec<Option<Tensor>>,
    /// Row-major.
    results: Vec<Vec<f32>>,
}

impl Candle {
    /// # Errors
    /// [`NetError::Backend`] where candle refuses.
    pub(super) fn new(plan: Arc<Plan>, workers: &Arc<Workers>) -> Result<Self, NetError> {
        let device = Device::Cpu;
        let heavy = |step: &Step| {
            let net = || Cpu::new(Arc::new(plan.alone(step)), Arc::clone(workers));
            is_heavy(&step.op).then(|| Heavy { name: step.op.name(), net: Mutex::new(net()) })
        };
        let read: Vec<ValueId> =
            plan.steps.iter().flat_map(Step::reads).chain(plan.outputs.iter().copied()).collect();
        let constant = |id: ValueId| {
            let value = &plan.values[id];
            let values = value.constant.as_ref().filter(|_| read.contains(&id));
            values.map(|values| Tensor::from_slice(values, value.shape.as_slice(), &device)).transpose()
        };
        let constants = (0..plan.values.len()).map(constant).collect::<CandleResult<_>>().map_err(refused)?;
        Ok(Self {
            heavy: plan.steps.iter().map(heavy).collect(),
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
        for (step, heavy) in self.plan.steps.iter().zip(&self.heavy) {
            let read = |id: ValueId| -> CandleResult<&Tensor> {
                values[id]
                    .as_ref()
                    .ok_or_else(|| candle_core::Error::Msg("a value is read before it is made".into()))
            };
            let output = match heavy {
                Some(heavy) => heavy.apply(read(step.inputs[0])?, step.residual.map(read).transpose()?)?,
                None => {
                    let operands =
                        step.inputs.iter().map(|&id| read(id)).collect::<CandleResult<Vec<_>>>()?;
                    let made = light(&step.op, &operands, &self.plan.values[step.output].shape)?;
                    let made = match &step.filter {
                        Some(filter) => weighed(filter, &made)?,
                        None => made,
                    };
                    let made = match step.residual {
                        Some(id) => (made + read(id)?)?,
                        None => made,
                    };
                    activate(&step.activation, &made)?
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

/// A step that runs as one of our own kernels, with all that is fused into it.
struct Heavy {
    name: &'static str,
    net: Mutex<Cpu>,
}

impl Heavy {
    fn apply(&self, input: &Tensor, residual: Option<&Tensor>) -> CandleResult<Tensor> {
        match residual {
            None => input.apply_op1_no_bwd(self),
            Some(residual) => input.apply_op2_no_bwd(residual, self),
        }
    }

    fn run(&self, operands: &[&[f32]]) -> CandleResult<(CpuStorage, Shape)> {
        let mut net = self.net.lock().unwrap_or_else(PoisonError::into_inner);
        net.run(operands).map_err(|error| candle_core::Error::Msg(error.to_string()))?;
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

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> CandleResult<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => Err(candle_core::Error::Msg("a kernel was given a tensor that is not contiguous".into())),
    }
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
