//! Plans run as candle-core tensors.
//!
//! Tensors with four axes are kept as NCHW, as candle's own convolutions have them. What is heavy (steps with
//! weights, pools, resizes) goes through custom operations that call the kernels of [`super::cpu`]: candle's grouped
//! convolution takes one launch for each group, which for depthwise ones is two orders slower. All else is
//! candle's own.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, D, Device, Layout, Result as CandleResult, Shape, Tensor,
};

use super::{
    Executor, NetError, Plan, TensorInfo, check_inputs,
    cpu::{
        self,
        kernel::{Kernel, Memory},
        simd::Isa,
    },
    graph::{Binary, Op, Range, Reduce, Unary},
    plan::{Activation, Step, ValueId},
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
    pub(super) fn new(plan: Arc<Plan>) -> Result<Self, NetError> {
        let device = Device::Cpu;
        let scratch = Arc::new(Mutex::new(Vec::new()));
        let heavy = |step: &Step| {
            is_heavy(&step.op).then(|| Heavy {
                kernel: Kernel::new(&plan, step),
                plan: Arc::clone(&plan),
                step: step.clone(),
                scratch: Arc::clone(&scratch),
            })
        };
        let constant = |(id, values): (ValueId, Vec<f32>)| {
            let shape = planar_shape(&plan.values[id].shape);
            (!values.is_empty()).then(|| Tensor::from_vec(values, shape, &device)).transpose()
        };
        let constants = cpu::constants(&plan).into_iter().enumerate().map(constant);
        Ok(Self {
            heavy: plan.steps.iter().map(heavy).collect(),
            constants: constants.collect::<CandleResult<_>>().map_err(refused)?,
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
            values[id] = Some(ours(&Tensor::from_slice(input, shape, &self.device)?)?);
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
                    activate(&step.activation, &made)?
                }
            };
            values[step.output] = Some(output);
        }
        for (&id, result) in self.plan.outputs.iter().zip(&mut self.results) {
            if let Some(value) = &values[id] {
                result.copy_from_slice(&logical(value)?.flatten_all()?.to_vec1::<f32>()?);
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
    kernel: Kernel,
    plan: Arc<Plan>,
    step: Step,
    /// Shared by all steps of the net.
    scratch: Arc<Mutex<Vec<f32>>>,
}

/// What the kernel reads.
struct Operands<'a> {
    step: &'a Step,
    input: &'a [f32],
    residual: &'a [f32],
}

impl Memory for Operands<'_> {
    fn read(&self, id: ValueId) -> &[f32] {
        if self.step.inputs[0] == id { self.input } else { self.residual }
    }
}

impl Heavy {
    fn apply(&self, input: &Tensor, residual: Option<&Tensor>) -> CandleResult<Tensor> {
        match residual {
            None => input.apply_op1_no_bwd(self),
            Some(residual) => input.apply_op2_no_bwd(residual, self),
        }
    }

    fn run(&self, input: &[f32], residual: &[f32]) -> (CpuStorage, Shape) {
        let output = self.plan.value(self.step.output);
        let mut values = vec![0.0; output.values()];
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.kernel.scratch().max(scratch.len());
        scratch.resize(room, 0.0);
        let operands = Operands { step: &self.step, input, residual };
        self.kernel.run(Isa::best(), &self.plan, &self.step, &operands, &mut values, &mut scratch);
        (CpuStorage::F32(values), planar_shape(&output.shape).into())
    }
}

impl CustomOp1 for Heavy {
    fn name(&self) -> &'static str {
        self.step.op.name()
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        Ok(self.run(slice(input, layout)?, &[]))
    }
}

impl CustomOp2 for Heavy {
    fn name(&self) -> &'static str {
        self.step.op.name()
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        Ok(self.run(slice(input, layout)?, slice(residual, residual_layout)?))
    }
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> CandleResult<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => Err(candle_core::Error::Msg("a kernel was given a tensor that is not contiguous".into())),
    }
}

/// Where axis `axis` of a tensor of `rank` axes is in our order.
fn planar_axis(axis: usize, rank: usize) -> usize {
    if rank == 4 { [0, 2, 3, 1][axis] } else { axis }
}

fn planar_shape(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [batch, rows, cols, channels] => vec![batch, channels, rows, cols],
        _ => shape.to_vec(),
    }
}

/// From the model's order of axes to ours.
fn ours(tensor: &Tensor) -> CandleResult<Tensor> {
    if tensor.rank() == 4 { tensor.permute((0, 3, 1, 2))?.contiguous() } else { tensor.contiguous() }
}

/// From our order of axes to the model's.
fn logical(tensor: &Tensor) -> CandleResult<Tensor> {
    if tensor.rank() == 4 { tensor.permute((0, 2, 3, 1))?.contiguous() } else { tensor.contiguous() }
}

/// An op on candle's own operations.
fn light(op: &Op, operands: &[&Tensor], shape: &[usize]) -> CandleResult<Tensor> {
    let (input, rank) = (operands[0], operands[0].rank());
    match op {
        Op::Unary(unary) => self::unary(*unary, input),
        Op::Binary(binary) => {
            let [a, b] = [lifted(operands[0], shape.len())?, lifted(operands[1], shape.len())?];
            self::binary(*binary, &a, &b)?.contiguous()
        }
        Op::Reduce { kind, axes, .. } => {
            let axes = axes.iter().map(|&axis| planar_axis(axis, rank));
            let reduced = axes.rev().try_fold(input.clone(), |tensor, axis| match kind {
                Reduce::Mean => tensor.mean_keepdim(axis),
                Reduce::Sum => tensor.sum_keepdim(axis),
                Reduce::Max => tensor.max_keepdim(axis),
                Reduce::Min => tensor.min_keepdim(axis),
            })?;
            ours(&logical(&reduced)?.reshape(shape)?)
        }
        Op::Pad { amounts, value } => {
            let mut padded = (input - f64::from(*value))?;
            for (axis, [before, after]) in amounts.iter().enumerate().filter(|(_, amount)| **amount != [0, 0])
            {
                padded = padded.pad_with_zeros(planar_axis(axis, rank), *before, *after)?;
            }
            padded + f64::from(*value)
        }
        Op::DepthToSpace(block) => {
            let &[batch, rows, cols, channels] = shape else { return Ok(input.clone()) };
            let blocks = [batch, rows / block, cols / block, *block, *block, channels];
            let dealt = logical(input)?.reshape(blocks.as_slice())?.permute([0, 1, 3, 2, 4, 5])?;
            ours(&dealt.contiguous()?.reshape(shape)?)
        }
        Op::Transpose(perm) => ours(&logical(input)?.permute(perm.as_slice())?),
        Op::Concat(axis) => Tensor::cat(operands, planar_axis(*axis, rank)),
        Op::Slice(ranges) => {
            let cut = ranges.iter().enumerate().try_fold(input.clone(), |tensor, (axis, range)| {
                narrowed(&tensor, planar_axis(axis, rank), range)
            })?;
            cut.contiguous()
        }
        Op::Softmax { beta } => {
            let scaled = (logical(input)? * f64::from(*beta))?;
            let powers = scaled.broadcast_sub(&scaled.max_keepdim(D::Minus1)?)?.exp()?;
            ours(&powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)?)
        }
        Op::Reshape(_) => ours(&logical(input)?.reshape(shape)?),
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
    ours(&tensor.reshape(shape)?)
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
