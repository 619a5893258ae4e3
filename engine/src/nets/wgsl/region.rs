//! Which part of a value a workgroup needs.
//!
//! A kernel of several steps cuts its result into tiles, one for each workgroup. From the tile of the result follows, step
//! by step backwards, the region of each value before it: larger by the reach of windows, whole where a step looks at a
//! whole axis. Regions may reach over the edges of their value; what lies there is computed and never read.

use crate::nets::{
    graph::{Alignment, Op, Window},
    plan::{Plan, Step, ValueId},
};

/// The places along one axis that a workgroup needs: `len` of them from `from + t * step` on, where `t` is its number
/// along axis `of` of the grid of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i32,
    pub(super) step: i32,
    pub(super) of: usize,
    pub(super) len: usize,
}

impl Span {
    /// All places of an axis of `size`.
    pub(super) fn whole(size: usize) -> Self {
        Self { from: 0, step: 0, of: 0, len: size }
    }

    /// Tiles of `len` along axis `of` of the result.
    pub(super) fn tile(len: usize, of: usize) -> Self {
        Self { from: 0, step: len as i32, of, len }
    }

    /// The first place, as WGSL; tiles are counted by `t0`, `t1`, ....
    pub(super) fn start(&self) -> String {
        match (self.step, self.from) {
            (0, from) => format!("{from}"),
            (step, 0) => format!("t{} * {step}", self.of),
            (step, from) => format!("(t{} * {step} + {from})", self.of),
        }
    }

    /// Whole where nothing is left out.
    fn clipped(self, size: usize) -> Self {
        if self.len >= size { Self::whole(size) } else { self }
    }

    /// With both ends at multiples of four places.
    fn by_fours(self, size: usize) -> Self {
        let end = self.from + self.len as i32;
        let from = self.from.div_euclid(4) * 4;
        let fours = Self { from, len: ((end - from) as usize).next_multiple_of(4), ..self };
        let whole = Self::whole(size.next_multiple_of(4));
        if self.step % 4 == 0 && fours.len < whole.len { fours } else { whole }
    }

    /// What two readers need.
    fn joined(self, other: Self, size: usize) -> Self {
        if self.step != other.step || self.step != 0 && self.of != other.of {
            return Self::whole(size);
        }
        let end = (self.from + self.len as i32).max(other.from + other.len as i32);
        let from = self.from.min(other.from);
        Self { from, len: (end - from) as usize, ..self }.clipped(size)
    }

    /// Under a window that slides along `axis`.
    fn under(self, window: &Window, axis: usize) -> Self {
        let (stride, before) = (window.stride[axis] as i32, window.padding[axis][0] as i32);
        let reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
        Self {
            from: self.from * stride - before,
            step: self.step * stride,
            len: (self.len - 1) * window.stride[axis] + reach,
            ..self
        }
    }

    /// Divided by `factor`, from `low(first)` to `high(last)` place; whole where tiles don't begin at whole places.
    fn shrunk(self, factor: usize, size: usize, low: fn(i32, i32) -> i32, high: fn(i32, i32) -> i32) -> Self {
        let by = factor as i32;
        if self.step % by != 0 {
            return Self::whole(size);
        }
        let from = low(self.from, by);
        let end = high(self.from + self.len as i32 - 1, by) + 1;
        Self { from, step: self.step / by, len: (end - from).max(1) as usize, ..self }
    }
}

/// The region of a value, by axis. That of the last axis, the channels, begins and ends at multiples of four.
pub(super) type Region = Vec<Span>;

/// Shape of a value as kernels see it: of one axis at least.
pub(super) fn shape_of(plan: &Plan, id: ValueId) -> Vec<usize> {
    match plan.values[id].shape.as_slice() {
        [] => vec![1],
        shape => shape.to_vec(),
    }
}

/// The whole of a value.
pub(super) fn whole(shape: &[usize]) -> Region {
    finished(shape.iter().map(|&size| Span::whole(size)).collect(), shape)
}

/// Tiles of these sizes of a value of `shape`; a size that is not smaller than the axis takes all of it.
pub(super) fn tiled(shape: &[usize], tiles: &[usize]) -> Region {
    let spans = tiles.iter().enumerate().map(|(axis, &tile)| Span::tile(tile, axis));
    finished(spans.collect(), shape)
}

/// What both need of a value of `shape`.
pub(super) fn joined(a: &[Span], b: &[Span], shape: &[usize]) -> Region {
    let spans = a.iter().zip(b).zip(shape);
    finished(spans.map(|((&a, &b), &size)| a.joined(b, size)).collect(), shape)
}

/// Number of groups of four values of a region.
pub(super) fn groups(region: &[Span]) -> usize {
    region.iter().map(|span| span.len).product::<usize>() / 4
}

/// The region of operand `id` that `step` needs for the region `to` of its output.
pub(super) fn needed(plan: &Plan, step: &Step, id: ValueId, to: &[Span]) -> Region {
    let shape = shape_of(plan, id);
    let mut region: Option<Region> = None;
    let mut add = |more: Region| {
        let more = finished(more, &shape);
        region = Some(region.take().map_or(more.clone(), |known| joined(&known, &more, &shape)));
    };
    if step.residual == Some(id) {
        add(to.to_vec());
    }
    if step.inputs.contains(&id) {
        add(operand(plan, step, &shape, to));
    }
    region.unwrap_or_else(|| whole(&shape))
}

fn finished(mut region: Region, shape: &[usize]) -> Region {
    region.iter_mut().zip(shape).for_each(|(span, &size)| *span = span.clipped(size));
    if let (Some(last), Some(&size)) = (region.last_mut(), shape.last()) {
        *last = last.by_fours(size);
    }
    region
}

/// Of an operand of `shape` that is no residual.
fn operand(plan: &Plan, step: &Step, shape: &[usize], to: &[Span]) -> Region {
    let all = || shape.iter().map(|&size| Span::whole(size)).collect::<Region>();
    let but_last = || {
        let mut region = to.to_vec();
        region
            .iter_mut()
            .zip(shape)
            .skip(shape.len() - 1)
            .for_each(|(span, &size)| *span = Span::whole(size));
        region
    };
    let slid = |window: &Window, channels: Span| {
        vec![to[0], to[1].under(window, 0), to[2].under(window, 1), channels]
    };
    let output = shape_of(plan, step.output);
    match &step.op {
        Op::Conv2d(window) => slid(window, Span::whole(shape[3])),
        Op::DepthwiseConv2d(window) | Op::Pool(_, window) if shape[3] == output[3] => slid(window, to[3]),
        Op::DepthwiseConv2d(window) => slid(window, Span::whole(shape[3])),
        Op::TransposeConv2d { window, .. }
            if window.kernel == window.stride && window.padding == [[0; 2]; 2] =>
        {
            let floor = |at: i32, by: i32| at.div_euclid(by);
            let along = |axis: usize| to[axis + 1].shrunk(window.stride[axis], shape[axis + 1], floor, floor);
            vec![to[0], along(0), along(1), Span::whole(shape[3])]
        }
        Op::ResizeBilinear { alignment, .. } => resized(shape, &output, *alignment, to),
        Op::Unary(_) | Op::Dequantize => to.to_vec(),
        Op::Binary(_) => {
            let spans = to[to.len() - shape.len()..].iter().zip(shape);
            spans.map(|(&span, &size)| if size == 1 { Span::whole(1) } else { span }).collect()
        }
        Op::Normalize { .. } | Op::Softmax { .. } => but_last(),
        Op::FullyConnected { .. }
            if shape.len() == to.len() && shape[..shape.len() - 1] == output[..shape.len() - 1] =>
        {
            but_last()
        }
        Op::Transpose(perm) => {
            let mut region = all();
            perm.iter().zip(to).for_each(|(&axis, &span)| region[axis] = span);
            region
        }
        Op::Reduce { axes, keep_dims, .. } => {
            let kept = (0..shape.len()).filter(|axis| !axes.contains(axis)).enumerate();
            let mut region = all();
            kept.for_each(|(place, axis)| region[axis] = to[if *keep_dims { axis } else { place }]);
            region
        }
        Op::Pad { amounts, .. } => {
            let moved =
                |(span, amount): (&Span, &[usize; 2])| Span { from: span.from - amount[0] as i32, ..*span };
            to.iter().zip(amounts).map(moved).collect()
        }
        Op::Concat(axis) => {
            let mut region = to.to_vec();
            region[*axis] = Span::whole(shape[*axis]);
            region
        }
        Op::Slice(ranges) => {
            let moved =
                |((span, range), &size): ((&Span, &crate::nets::graph::Range), &usize)| match range.step {
                    1 => Span { from: span.from + range.begin as i32, ..*span },
                    _ => Span::whole(size),
                };
            to.iter().zip(ranges).zip(shape).map(moved).collect()
        }
        _ => all(),
    }
}

fn resized(shape: &[usize], output: &[usize], alignment: Alignment, to: &[Span]) -> Region {
    let along = |axis: usize| {
        let (from, into) = (shape[axis], output[axis]);
        match alignment {
            Alignment::Corner if into.is_multiple_of(from) => {
                to[axis].shrunk(into / from, from, |at, by| at.div_euclid(by), |at, by| at.div_euclid(by) + 1)
            }
            Alignment::HalfPixel if into.is_multiple_of(from) => {
                let floor = |at: i32, by: i32| (2 * at + 1 - by).div_euclid(2 * by);
                to[axis].shrunk(into / from, from, floor, |at, by| (2 * at + 1 - by).div_euclid(2 * by) + 1)
            }
            _ => Span::whole(from),
        }
    };
    vec![to[0], along(1), along(2), to[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { kernel: [3; 2], stride: [2; 2], dilation: [1; 2], padding: [[1; 2]; 2] };

    #[test]
    fn a_window_reaches_over_its_tile() {
        let span = Span::tile(4, 1).under(&WINDOW, 0);
        assert_eq!(span, Span { from: -1, step: 8, of: 1, len: 9 });
        assert_eq!(span.start(), "(t1 * 8 + -1)");
        assert_eq!(span.clipped(9), Span::whole(9));
    }

    #[test]
    fn channels_are_taken_by_fours() {
        assert_eq!(Span::tile(8, 3).by_fours(42), Span::tile(8, 3));
        assert_eq!(Span::tile(6, 3).by_fours(42), Span::whole(44));
        assert_eq!(
            Span { from: 6, step: 0, of: 0, len: 4 }.by_fours(42),
            Span { from: 4, step: 0, of: 0, len: 8 }
        );
    }

    #[test]
    fn two_readers_get_what_both_need() {
        let (a, b) = (Span { from: -1, step: 4, of: 1, len: 6 }, Span::tile(4, 1));
        assert_eq!(a.joined(b, 64), a);
        assert_eq!(a.joined(Span::tile(8, 1), 64), Span::whole(64));
        assert_eq!(a.joined(b, 5), Span::whole(5));
    }

    #[test]
    fn halves_are_found_in_a_resize() {
        let floor = |at: i32, by: i32| (2 * at + 1 - by).div_euclid(2 * by);
        let span = Span::tile(8, 1).shrunk(2, 64, floor, |at, by| (2 * at + 1 - by).div_euclid(2 * by) + 1);
        assert_eq!(span, Span { from: -1, step: 4, of: 1, len: 6 });
        assert_eq!(Span::tile(3, 1).shrunk(2, 64, floor, floor), Span::whole(64));
    }
}
