//! One step, made ready; and the kernels of steps without weights.

use super::{
    gemm,
    simd::{Isa, Simd, Task},
    view::{View, Walk},
    weighted::{Operands, Weighted},
};
use crate::nets::{
    graph::{Binary, Op, Reduce, Unary, Window},
    plan::{Activation, Plan, Step, ValueId},
    resample,
};

/// A step with all that follows from its shapes.
#[derive(Debug)]
pub(in crate::nets) enum Kernel {
    /// Weights, after the input was put into row-major order where that is needed.
    Weighted(Box<Weighted>, Option<Walk>),
    Unary(Unary),
    /// The first operand is copied, the second combined with it.
    Binary(Binary, [Walk; 2]),
    Reduce(Reduce, Walk),
    Pool(Reduce, Window, Planes),
    Resize(Resize, Planes),
    /// Values that are moved: what the output holds before, and each operand's way into it.
    Move(Option<f32>, Vec<Walk>),
    /// Through row-major order, for a reshape between two tensors with rows and columns.
    Reorder([Walk; 2]),
    Softmax {
        beta: f32,
        rows: Walk,
        count: usize,
        step: usize,
    },
}

/// Sizes of planes: (rows, columns) of input and output.
#[derive(Clone, Copy, Debug)]
pub(in crate::nets) struct Planes {
    input: [usize; 2],
    output: [usize; 2],
}

/// The neighbours of each output row and column, and the weight of the second.
#[derive(Debug)]
pub(in crate::nets) struct Resize {
    rows: Vec<(usize, usize, f32)>,
    cols: Vec<(usize, usize, f32)>,
}

/// Where a kernel finds the values that it reads, in this executor's order.
pub(in crate::nets) trait Memory {
    fn read(&self, id: ValueId) -> &[f32];
}

impl Kernel {
    /// Makes `step` ready.
    pub(in crate::nets) fn new(plan: &Plan, step: &Step) -> Self {
        let shape = |id: usize| plan.value(id).shape.as_slice();
        let (input, output) = (shape(step.inputs[0]), shape(step.output));
        let (from, to) = (View::planar(input), View::planar(output));
        if let Some(weighted) = Weighted::new(plan, step) {
            let rows = matches!(step.op, Op::FullyConnected { .. }) && input.len() == 4;
            let walk = rows.then(|| Walk::new(&View::plain(input), &from));
            return Self::Weighted(Box::new(weighted), walk);
        }
        let planes = || Planes { input: [input[1], input[2]], output: [output[1], output[2]] };
        match &step.op {
            Op::Unary(unary) => Self::Unary(*unary),
            Op::Binary(binary) => {
                let operand = |i: usize| View::planar(shape(step.inputs[i])).broadcast(output);
                Self::Binary(*binary, [Walk::new(&to, &operand(0)), Walk::new(&to, &operand(1))])
            }
            Op::Reduce { kind, axes, .. } => {
                // The output as its operand sees it: standing still along the axes that vanish.
                let mut kept = input.to_vec();
                axes.iter().for_each(|&axis| kept[axis] = 1);
                let to = if kept == output { to } else { reshaped(&to, &kept) };
                Self::Reduce(*kind, Walk::new(&to.broadcast(input), &from))
            }
            Op::Pool(kind, window) => Self::Pool(*kind, *window, planes()),
            Op::ResizeBilinear { alignment, .. } => {
                let table = |axis: usize| {
                    let (from, to) = (input[axis], output[axis]);
                    (0..to).map(|i| resample::between(i, from, to, *alignment)).collect()
                };
                Self::Resize(Resize { rows: table(1), cols: table(2) }, planes())
            }
            Op::Softmax { beta } => {
                let axis = input.len() - 1;
                let first = from.clone().narrowed(axis, 0, 1, 1);
                let step = from.strides[axis] as usize;
                Self::Softmax { beta: *beta, rows: Walk::new(&first, &first), count: input[axis], step }
            }
            Op::Reshape(_) if input.len() == 4 && output.len() == 4 => {
                let plain = [View::plain(input), View::plain(output)];
                Self::Reorder([Walk::new(&plain[0], &from), Walk::new(&to, &plain[1])])
            }
            op => moves(op, plan, step, &to),
        }
    }

    /// Values of scratch memory that `run` needs.
    pub(in crate::nets) fn scratch(&self) -> usize {
        match self {
            Self::Weighted(weighted, None) => weighted.scratch(),
            Self::Weighted(weighted, Some(walk)) => weighted.scratch() + walk.values(),
            Self::Resize(_, planes) => planes.input[1],
            Self::Reorder([walk, _]) => walk.values(),
            _ => 0,
        }
    }

    /// Runs `step` into `out`.
    pub(in crate::nets) fn run(
        &self,
        isa: Isa,
        plan: &Plan,
        step: &Step,
        memory: &dyn Memory,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let input = memory.read(step.inputs[0]);
        match self {
            Self::Weighted(weighted, walk) => {
                let (rows, scratch) = scratch.split_at_mut(walk.as_ref().map_or(0, Walk::values));
                if let Some(walk) = walk {
                    walk.copy(rows, input);
                }
                let input = if walk.is_some() { rows } else { input };
                let residual = step.residual.map(|id| memory.read(id));
                weighted.run(isa, &mut Operands { input, residual, out }, scratch);
            }
            kernel => isa.run(Plain { kernel, plan, step, memory, input, out, scratch }),
        }
    }
}

/// Shape `kept` for the view of a tensor that has the same values without the axes of one.
fn reshaped(view: &View, kept: &[usize]) -> View {
    let mut own = view.shape.iter().zip(&view.strides).filter(|(size, _)| **size > 1);
    let stride = |&size: &usize| if size > 1 { own.next().map_or(0, |(_, &stride)| stride) } else { 0 };
    View { shape: kept.to_vec(), strides: kept.iter().map(stride).collect(), start: view.start }
}

/// How the operands of an op that computes nothing get into the output.
fn moves(op: &Op, plan: &Plan, step: &Step, to: &View) -> Kernel {
    let from = |i: usize| View::planar(&plan.value(step.inputs[i]).shape);
    match op {
        Op::Pad { amounts, value } => {
            let mut inner = to.clone();
            for (axis, ([before, _], &size)) in amounts.iter().zip(&from(0).shape).enumerate() {
                inner = inner.narrowed(axis, *before, 1, size);
            }
            Kernel::Move(Some(*value), vec![Walk::new(&inner, &from(0))])
        }
        Op::Transpose(perm) => Kernel::Move(None, vec![Walk::new(to, &from(0).permuted(perm))]),
        Op::Slice(ranges) => {
            let cut = ranges.iter().enumerate().fold(from(0), |view, (axis, range)| {
                view.narrowed(axis, range.begin, range.step, range.count)
            });
            Kernel::Move(None, vec![Walk::new(to, &cut)])
        }
        Op::Concat(axis) => {
            let mut begin = 0;
            let part = |i: usize| {
                let from = from(i);
                let count = from.shape[*axis];
                let place = to.clone().narrowed(*axis, begin, 1, count);
                begin += count;
                Walk::new(&place, &from)
            };
            Kernel::Move(None, (0..step.inputs.len()).map(part).collect())
        }
        Op::DepthToSpace(block) => {
            // [N, H, W, block, block, C] on both sides.
            let input = from(0).split(3, block * block).split(3, *block);
            let (rows, cols) = (to.shape[1] / block, to.shape[2] / block);
            let output = to.clone().split(2, cols).split(1, rows).permuted(&[0, 1, 3, 2, 4, 5]);
            Kernel::Move(None, vec![Walk::new(&output, &input)])
        }
        // Reshapes where one side is row-major, and the other may be seen under its shape.
        _ => {
            let from = from(0);
            let (to, from) = match from.shape.len() {
                4 => (View::plain(&from.shape), from),
                _ => (to.clone(), View::plain(&to.shape)),
            };
            Kernel::Move(None, vec![Walk::new(&to, &from)])
        }
    }
}

/// A step without weights.
struct Plain<'a> {
    kernel: &'a Kernel,
    plan: &'a Plan,
    step: &'a Step,
    memory: &'a dyn Memory,
    input: &'a [f32],
    out: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl Task for Plain<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { kernel, plan, step, memory, input, out, scratch } = self;
        match kernel {
            Kernel::Weighted(..) => {}
            Kernel::Unary(unary) => {
                out.copy_from_slice(input);
                apply(simd, &Activation::Unary(*unary), out.len(), out);
            }
            Kernel::Binary(binary, [first, second]) => {
                first.copy(out, input);
                combine(*binary, second, out, memory.read(step.inputs[1]));
            }
            Kernel::Reduce(kind, walk) => reduce(*kind, walk, input, out),
            Kernel::Pool(kind, window, planes) => pool(*kind, window, planes, input, out),
            Kernel::Resize(resize, planes) => resize.run(planes, input, out, scratch),
            Kernel::Move(fill, walks) => {
                if let Some(value) = fill {
                    out.fill(*value);
                }
                for (walk, &id) in walks.iter().zip(&step.inputs) {
                    walk.copy(out, memory.read(id));
                }
            }
            Kernel::Reorder([to_plain, from_plain]) => {
                to_plain.copy(scratch, input);
                from_plain.copy(out, scratch);
            }
            Kernel::Softmax { beta, rows, count, step } => {
                rows.rows(|[place, _], [by, _], cells| {
                    for cell in 0..cells {
                        softmax(
                            *beta,
                            place.wrapping_add_signed(by * cell as isize),
                            *count,
                            *step,
                            input,
                            out,
                        );
                    }
                });
            }
        }
        let shape = plan.value(step.output).shape.as_slice();
        let pixels = match *shape {
            [_, rows, cols, _] => rows * cols,
            _ => 1,
        };
        let channels = shape.last().copied().unwrap_or(1);
        if step.activation != Activation::None {
            for out in out.chunks_exact_mut(pixels * channels) {
                apply(simd, &step.activation, pixels, out);
            }
        }
    }
}

/// `activation` on planes of `pixels`.
#[inline(always)]
fn apply<S: Simd>(simd: S, activation: &Activation, pixels: usize, values: &mut [f32]) {
    for (channel, values) in values.chunks_exact_mut(pixels).enumerate() {
        gemm::finish(simd, activation, channel, None, values);
    }
}

#[inline(always)]
fn combine(binary: Binary, walk: &Walk, out: &mut [f32], from: &[f32]) {
    match binary {
        Binary::Add => walk.combine(out, from, |a, b| a + b),
        Binary::Sub => walk.combine(out, from, |a, b| a - b),
        Binary::Mul => walk.combine(out, from, |a, b| a * b),
        Binary::Div => walk.combine(out, from, |a, b| a / b),
        Binary::SquaredDifference => walk.combine(out, from, |a, b| (a - b) * (a - b)),
        other => walk.combine(out, from, |a, b| other.apply(a, b)),
    }
}

#[inline(always)]
fn reduce(kind: Reduce, walk: &Walk, input: &[f32], out: &mut [f32]) {
    match kind {
        Reduce::Mean | Reduce::Sum => {
            out.fill(0.0);
            walk.combine(out, input, |a, b| a + b);
            if kind == Reduce::Mean {
                let share = out.len() as f32 / input.len() as f32;
                out.iter_mut().for_each(|value| *value *= share);
            }
        }
        Reduce::Max => {
            out.fill(f32::NEG_INFINITY);
            walk.combine(out, input, f32::max);
        }
        Reduce::Min => {
            out.fill(f32::INFINITY);
            walk.combine(out, input, f32::min);
        }
    }
}

#[inline(always)]
fn pool(kind: Reduce, window: &Window, planes: &Planes, input: &[f32], out: &mut [f32]) {
    let [rows, cols] = planes.input;
    let inputs = input.chunks_exact(rows * cols);
    for (input, out) in inputs.zip(out.chunks_exact_mut(planes.output[0] * planes.output[1])) {
        let halves = window.kernel == [2, 2] && window.stride == [2, 2] && window.padding == [[0; 2]; 2];
        if halves && kind == Reduce::Max {
            let pairs = input.chunks_exact(2 * cols).zip(out.chunks_exact_mut(planes.output[1]));
            for (pair, out) in pairs {
                let (upper, lower) = pair.split_at(cols);
                let cells = upper.chunks_exact(2).zip(lower.chunks_exact(2));
                for (out, (a, b)) in out.iter_mut().zip(cells) {
                    *out = max(max(a[0], a[1]), max(b[0], b[1]));
                }
            }
            continue;
        }
        for (row, out) in out.chunks_exact_mut(planes.output[1]).enumerate() {
            for (col, out) in out.iter_mut().enumerate() {
                *out = pool_cell(kind, window, planes.input, [row, col], input);
            }
        }
    }
}

#[inline(always)]
fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// One cell of a pool, without what is padding.
#[inline(always)]
fn pool_cell(kind: Reduce, window: &Window, size: [usize; 2], cell: [usize; 2], input: &[f32]) -> f32 {
    let range = |axis: usize| {
        let first = cell[axis] * window.stride[axis];
        let [before, _] = window.padding[axis];
        let end = (first + window.kernel[axis]).saturating_sub(before).min(size[axis]);
        (first.saturating_sub(before), end)
    };
    let ((top, bottom), (left, right)) = (range(0), range(1));
    let mut pooled = if kind == Reduce::Max { f32::NEG_INFINITY } else { 0.0 };
    for row in top..bottom {
        for &value in &input[row * size[1] + left..row * size[1] + right] {
            pooled = if kind == Reduce::Max { max(pooled, value) } else { pooled + value };
        }
    }
    if kind == Reduce::Mean { pooled / ((bottom - top) * (right - left)) as f32 } else { pooled }
}

impl Resize {
    /// Rows first, into `scratch`, then columns.
    #[inline(always)]
    fn run(&self, planes: &Planes, input: &[f32], out: &mut [f32], scratch: &mut [f32]) {
        let ([rows, cols], [out_rows, out_cols]) = (planes.input, planes.output);
        let between = &mut scratch[..cols];
        for (input, out) in input.chunks_exact(rows * cols).zip(out.chunks_exact_mut(out_rows * out_cols)) {
            for (&(upper, lower, down), out) in self.rows.iter().zip(out.chunks_exact_mut(out_cols)) {
                let (upper, lower) = (&input[upper * cols..][..cols], &input[lower * cols..][..cols]);
                for ((between, &a), &b) in between.iter_mut().zip(upper).zip(lower) {
                    *between = a + (b - a) * down;
                }
                for (&(left, right, across), out) in self.cols.iter().zip(out) {
                    let (a, b) = (between[left], between[right]);
                    *out = a + (b - a) * across;
                }
            }
        }
    }
}

/// Over `count` values from `place` on, `step` apart.
#[inline(always)]
fn softmax(beta: f32, place: usize, count: usize, step: usize, input: &[f32], out: &mut [f32]) {
    let places = || (0..count).map(|i| place + i * step);
    let most = places().map(|at| input[at]).fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for at in places() {
        out[at] = (beta * (input[at] - most)).exp();
        sum += out[at];
    }
    places().for_each(|at| out[at] /= sum);
}
