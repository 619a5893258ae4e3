//! Where the values of a tensor lie: a shape in the model's own order (NHWC), and a stride for each axis.

use crate::nets::graph::MAX_RANK;

/// A tensor's place in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<isize>,
    pub(crate) start: usize,
}

impl View {
    /// Row-major.
    pub(crate) fn plain(shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis] as isize;
        }
        Self { shape: shape.to_vec(), strides, start: 0 }
    }

    /// Row-major, with `pitch` values from each row of the last axis to the next.
    pub(crate) fn padded(shape: &[usize], pitch: usize) -> Self {
        let mut memory = shape.to_vec();
        if let Some(last) = memory.last_mut() {
            *last = pitch;
        }
        Self { shape: shape.to_vec(), ..Self::plain(&memory) }
    }

    /// Axis i is axis `perm[i]` of this one.
    pub(crate) fn permuted(&self, perm: &[usize]) -> Self {
        Self {
            shape: perm.iter().map(|&axis| self.shape[axis]).collect(),
            strides: perm.iter().map(|&axis| self.strides[axis]).collect(),
            start: self.start,
        }
    }

    /// Part of it: along `axis`, `count` places from `begin` on, `step` apart.
    pub(crate) fn narrowed(mut self, axis: usize, begin: usize, step: isize, count: usize) -> Self {
        self.start = self.start.wrapping_add_signed(self.strides[axis] * begin as isize);
        self.strides[axis] *= step;
        self.shape[axis] = count;
        self
    }

    /// The same values for every index of the axes that `shape` adds or widens; NumPy's rule.
    pub(crate) fn broadcast(&self, shape: &[usize]) -> Self {
        let added = shape.len() - self.shape.len();
        let stride = |axis: usize| match axis.checked_sub(added) {
            Some(own) if self.shape[own] > 1 => self.strides[own],
            _ => 0,
        };
        let strides = (0..shape.len()).map(stride).collect();
        Self { shape: shape.to_vec(), strides, start: self.start }
    }

    /// `axis` split into `outer` times the rest.
    pub(crate) fn split(mut self, axis: usize, outer: usize) -> Self {
        let inner = self.shape[axis] / outer;
        self.shape.splice(axis..=axis, [outer, inner]);
        let stride = self.strides[axis];
        self.strides.splice(axis..=axis, [stride * inner as isize, stride]);
        self
    }

    /// Axes of both views from long strides to short ones, without axes of one, and joined where they follow each
    /// other in memory: few, long rows.
    fn aligned(a: &Self, b: &Self) -> Vec<(usize, [isize; 2])> {
        let axes = a.shape.iter().zip(a.strides.iter().zip(&b.strides));
        let mut axes: Vec<_> =
            axes.filter(|(size, _)| **size > 1).map(|(&size, (&a, &b))| (size, [a, b])).collect();
        axes.sort_by_key(|(_, [a, b])| std::cmp::Reverse(a.abs() + b.abs()));
        let mut joined: Vec<(usize, [isize; 2])> = Vec::new();
        for (size, steps) in axes {
            match joined.last_mut() {
                Some((outer, outer_steps)) if *outer_steps == steps.map(|step| step * size as isize) => {
                    *outer *= size;
                    *outer_steps = steps;
                }
                _ => joined.push((size, steps)),
            }
        }
        joined
    }
}

/// What was prepared to go through two views of the same shape together.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    outer: Vec<usize>,
    /// For each outer axis.
    steps: Vec<[isize; 2]>,
    starts: [usize; 2],
    /// Length and steps of the innermost rows.
    row: usize,
    row_steps: [isize; 2],
}

impl Walk {
    /// Goes through places of `a` and `b` that belong together, in whatever order is fast.
    pub(crate) fn new(a: &View, b: &View) -> Self {
        let mut axes = View::aligned(a, b);
        let (row, row_steps) = axes.pop().unwrap_or((1, [1, 1]));
        let (outer, steps) = axes.into_iter().unzip();
        Self { outer, steps, starts: [a.start, b.start], row, row_steps }
    }

    /// Number of places.
    pub(crate) fn values(&self) -> usize {
        self.outer.iter().product::<usize>() * self.row
    }

    /// Calls `row(places, steps, count)` for each innermost row.
    #[inline(always)]
    pub(crate) fn rows(&self, mut row: impl FnMut([usize; 2], [isize; 2], usize)) {
        let mut cell = [0_usize; MAX_RANK];
        let mut places = self.starts;
        loop {
            row(places, self.row_steps, self.row);
            // The next cell, like an odometer.
            let mut axis = self.outer.len();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                cell[axis] += 1;
                let wraps = cell[axis] == self.outer[axis];
                let by = if wraps { 1 - self.outer[axis] as isize } else { 1 };
                for (place, step) in places.iter_mut().zip(self.steps[axis]) {
                    *place = place.wrapping_add_signed(step * by);
                }
                if !wraps {
                    break;
                }
                cell[axis] = 0;
            }
        }
    }

    /// Copies from the second view to the first.
    pub(crate) fn copy(&self, to: &mut [f32], from: &[f32]) {
        self.rows(|[a, b], [a_step, b_step], count| match (a_step, b_step) {
            (1, 1) => to[a..a + count].copy_from_slice(&from[b..b + count]),
            (1, step @ 2..) => {
                let values = from[b..].iter().step_by(step.unsigned_abs());
                to[a..a + count].iter_mut().zip(values).for_each(|(to, &value)| *to = value);
            }
            _ => self.each(|place, value| to[place] = from[value], [a, b], count),
        });
    }

    /// Combines: `to[a] = f(to[a], from[b])`.
    #[inline(always)]
    pub(crate) fn combine(&self, to: &mut [f32], from: &[f32], f: impl Fn(f32, f32) -> f32) {
        self.rows(|[a, b], [a_step, b_step], count| match (a_step, b_step) {
            (1, 1) => {
                let row = to[a..a + count].iter_mut().zip(&from[b..b + count]);
                row.for_each(|(to, &from)| *to = f(*to, from));
            }
            (1, 0) => {
                let from = from[b];
                to[a..a + count].iter_mut().for_each(|to| *to = f(*to, from));
            }
            (0, 1) => to[a] = fold(to[a], &from[b..b + count], &f),
            _ => self.each(|a, b| to[a] = f(to[a], from[b]), [a, b], count),
        });
    }

    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize, usize), [mut a, mut b]: [usize; 2], count: usize) {
        for _ in 0..count {
            f(a, b);
            a = a.wrapping_add_signed(self.row_steps[0]);
            b = b.wrapping_add_signed(self.row_steps[1]);
        }
    }
}

/// Combines all of `row` into `first`, by sixteen lanes: faster, and for sums more exact, than one after the other.
#[inline(always)]
pub(super) fn fold(first: f32, row: &[f32], f: &impl Fn(f32, f32) -> f32) -> f32 {
    let Some((start, rest)) = row.split_first_chunk::<16>() else {
        return row.iter().fold(first, |folded, &value| f(folded, value));
    };
    let mut lanes = *start;
    let chunks = rest.chunks_exact(16);
    let tail = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = f(*lane, value);
        }
    }
    lanes.iter().chain(tail).fold(first, |folded, &value| f(folded, value))
}
