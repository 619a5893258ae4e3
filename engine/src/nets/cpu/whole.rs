//! Steps without weights that are computed at once: over all pixels, between axes, between shapes.

use super::{
    activation::{self, Finish},
    image::Image,
    simd::{Isa, Simd, Task, load_up_to, store_up_to},
    view::{View, Walk},
};
use crate::nets::{
    graph::{Binary, Op, Reduce},
    plan::{Plan, Step},
};

/// A step that is computed at once.
#[derive(Debug)]
pub(super) struct Whole {
    kind: Kind,
    finish: Finish,
    /// Channels and pitch of the output.
    output: [usize; 2],
}

#[derive(Debug)]
enum Kind {
    /// The first operand is copied, the second combined with it.
    Binary(Binary, [Walk; 2]),
    Reduce(Reduce, Walk, f32),
    /// The mean, or sum, of all pixels: each channel for itself.
    Pixels {
        pitch: usize,
        channels: usize,
        share: f32,
    },
    /// Values that are moved: what the output holds before, and each operand's way into it.
    Move(Option<f32>, Vec<Walk>),
    /// Through row-major order, for a reshape between padded tensors.
    Reorder([Walk; 2]),
    Softmax {
        beta: f32,
        channels: usize,
        pitch: usize,
    },
}

impl Whole {
    pub(super) fn new(plan: &Plan, step: &Step) -> Self {
        let view = |id: usize| View::padded(&plan.value(id).shape, plan.cpu_pitch(id));
        let shape = |id: usize| plan.value(id).shape.as_slice();
        let (input, output) = (shape(step.inputs[0]), shape(step.output));
        let (from, to) = (view(step.inputs[0]), view(step.output));
        let pitch = plan.cpu_pitch(step.output);
        let kind = match &step.op {
            Op::Binary(binary) => {
                let operand = |i: usize| view(step.inputs[i]).broadcast(output);
                Kind::Binary(*binary, [Walk::new(&to, &operand(0)), Walk::new(&to, &operand(1))])
            }
            Op::Reduce { kind, axes, .. } => {
                let share =
                    plan.value(step.output).values() as f32 / plan.value(step.inputs[0]).values() as f32;
                let share = if *kind == Reduce::Mean { share } else { 1.0 };
                let pixels = input.len() == 4 && input[0] == 1 && axes == &[1, 2];
                if pixels && matches!(kind, Reduce::Mean | Reduce::Sum) {
                    Kind::Pixels { pitch: plan.cpu_pitch(step.inputs[0]), channels: input[3], share }
                } else {
                    // The output as its operand sees it: standing still along the axes that vanish.
                    let mut kept = input.to_vec();
                    axes.iter().for_each(|&axis| kept[axis] = 1);
                    let to = if kept == output { to } else { reshaped(&to, &kept) };
                    Kind::Reduce(*kind, Walk::new(&to.broadcast(input), &from), share)
                }
            }
            Op::Softmax { beta } => {
                let channels = input.last().copied().unwrap_or(1);
                Kind::Softmax { beta: *beta, channels, pitch: plan.cpu_pitch(step.inputs[0]) }
            }
            Op::Reshape(_) => {
                let plain = [View::plain(input), View::plain(output)];
                Kind::Reorder([Walk::new(&plain[0], &from), Walk::new(&to, &plain[1])])
            }
            op => moves(op, step, &view, &to),
        };
        let channels = output.last().copied().unwrap_or(1);
        Self { kind, finish: Finish::new(&step.activation), output: [channels, pitch] }
    }

    /// Values of scratch memory that `run` needs.
    pub(super) fn scratch(&self) -> usize {
        match &self.kind {
            Kind::Reorder([walk, _]) => walk.values(),
            _ => 0,
        }
    }

    /// Makes the output; operand i is `read(i)`.
    pub(super) fn run<'a>(
        &self,
        isa: Isa,
        read: impl Fn(usize) -> Image<'a>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        match &self.kind {
            Kind::Move(fill, walks) => {
                if let Some(value) = fill {
                    out.fill(*value);
                }
                walks.iter().enumerate().for_each(|(i, walk)| walk.copy(out, read(i).values));
            }
            Kind::Reorder([to_plain, from_plain]) => {
                to_plain.copy(scratch, read(0).values);
                from_plain.copy(out, scratch);
            }
            Kind::Binary(_, [first, _]) => {
                first.copy(out, read(0).values);
                isa.run(Compute { step: self, input: read(1).values, out });
            }
            _ => isa.run(Compute { step: self, input: read(0).values, out }),
        }
        if !matches!(self.finish, Finish::None) {
            isa.run(Last { step: self, out });
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
fn moves(op: &Op, step: &Step, view: &dyn Fn(usize) -> View, to: &View) -> Kind {
    let from = |i: usize| view(step.inputs[i]);
    let walks = match op {
        Op::Pad { amounts, value } => {
            let mut inner = to.clone();
            for (axis, ([before, _], &size)) in amounts.iter().zip(&from(0).shape).enumerate() {
                inner = inner.narrowed(axis, *before, 1, size);
            }
            return Kind::Move(Some(*value), vec![Walk::new(&inner, &from(0))]);
        }
        Op::Transpose(perm) => vec![Walk::new(to, &from(0).permuted(perm))],
        Op::Slice(ranges) => {
            let cut = ranges.iter().enumerate().fold(from(0), |view, (axis, range)| {
                view.narrowed(axis, range.begin, range.step, range.count)
            });
            vec![Walk::new(to, &cut)]
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
            (0..step.inputs.len()).map(part).collect()
        }
        Op::DepthToSpace(block) => {
            // [N, H, W, block, block, C] on both sides.
            let input = from(0).split(3, block * block).split(3, *block);
            let (rows, cols) = (to.shape[1] / block, to.shape[2] / block);
            let output = to.clone().split(2, cols).split(1, rows).permuted(&[0, 1, 3, 2, 4, 5]);
            vec![Walk::new(&output, &input)]
        }
        // What is left gives its operand's values on.
        _ => vec![Walk::new(to, &from(0))],
    };
    Kind::Move(None, walks)
}

/// What computes something.
struct Compute<'a> {
    step: &'a Whole,
    input: &'a [f32],
    out: &'a mut [f32],
}

impl Task for Compute<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { step, input, out } = self;
        match &step.kind {
            Kind::Binary(binary, [_, second]) => match binary {
                Binary::Add => second.combine(out, input, |a, b| a + b),
                Binary::Mul => second.combine(out, input, |a, b| a * b),
                other => second.combine(out, input, |a, b| other.apply(a, b)),
            },
            Kind::Reduce(kind, walk, share) => match kind {
                Reduce::Mean | Reduce::Sum => {
                    out.fill(0.0);
                    walk.combine(out, input, |a, b| a + b);
                    out.iter_mut().for_each(|value| *value *= share);
                }
                Reduce::Max => {
                    out.fill(f32::NEG_INFINITY);
                    walk.combine(out, input, f32::max);
                }
                Reduce::Min => {
                    out.fill(f32::INFINITY);
                    walk.combine(out, input, f32::min);
                }
            },
            &Kind::Pixels { pitch, channels, share } => {
                for channel in (0..channels).step_by(S::LANES) {
                    let width = S::LANES.min(pitch - channel);
                    let sum = sum_pixels(simd, &input[channel..], pitch, width);
                    store_up_to(simd, simd.mul(sum, simd.splat(share)), &mut out[channel..][..width]);
                }
            }
            &Kind::Softmax { beta, channels, pitch } => {
                for (input, out) in input.chunks_exact(pitch).zip(out.chunks_exact_mut(step.output[1])) {
                    softmax(beta, &input[..channels], &mut out[..channels]);
                }
            }
            Kind::Move(..) | Kind::Reorder(_) => {}
        }
    }
}

/// The sum of one vector of each pixel, in four strands.
#[inline(always)]
fn sum_pixels<S: Simd>(simd: S, values: &[f32], pitch: usize, width: usize) -> S::V {
    let mut sums = [simd.splat(0.0); 4];
    for pixels in values.chunks(4 * pitch) {
        for (sum, pixel) in sums.iter_mut().zip(pixels.chunks(pitch)) {
            *sum = simd.add(*sum, load_up_to(simd, &pixel[..width]));
        }
    }
    simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3]))
}

fn softmax(beta: f32, input: &[f32], out: &mut [f32]) {
    let most = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (out, value) in out.iter_mut().zip(input) {
        *out = (beta * (value - most)).exp();
        sum += *out;
    }
    out.iter_mut().for_each(|out| *out /= sum);
}

/// The activation.
struct Last<'a> {
    step: &'a Whole,
    out: &'a mut [f32],
}

impl Task for Last<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        activation::finish(simd, &self.step.finish, self.step.output, self.out);
    }
}
