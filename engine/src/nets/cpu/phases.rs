//! A padded plane, dealt out so that every cell of a strided window sees a contiguous row of the source.
//!
//! With stride 2, even and odd rows and columns go into four planes of their own; an output's window cell is then
//! at a fixed shift from the output's own place, whatever the stride. Outputs are computed at the pitch of these
//! planes, some beyond the right edge among them, which are dropped afterwards.

use crate::nets::graph::Window;

/// Where things lie for one window over planes of one size.
#[derive(Clone, Debug)]
pub(super) struct Phases {
    window: Window,
    input: [usize; 2],
    output: [usize; 2],
    /// Rows of one plane.
    rows: usize,
    /// Columns of one plane.
    pub(super) pitch: usize,
}

/// Vectors may read so many values beyond the last.
const SLACK: usize = 64;

impl Phases {
    pub(super) fn new(window: Window, input: [usize; 2], output: [usize; 2]) -> Self {
        let extent = |axis: usize| {
            output[axis] + (window.kernel[axis] - 1) * window.dilation[axis] / window.stride[axis]
        };
        Self { window, input, output, rows: extent(0), pitch: extent(1) }
    }

    /// Values of all planes of one channel.
    pub(super) fn len(&self) -> usize {
        (self.window.stride[0] * self.window.stride[1] * self.rows * self.pitch).next_multiple_of(16)
    }

    /// Values of `channels`, with what vectors may read beyond.
    pub(super) fn room(&self, channels: usize) -> usize {
        channels * self.len() + SLACK
    }

    /// Outputs at the planes' pitch.
    pub(super) fn flat(&self) -> usize {
        self.output[0] * self.pitch
    }

    /// Where a cell of the window begins.
    pub(super) fn shift(&self, [row, col]: [usize; 2]) -> usize {
        let [row, col] = [row * self.window.dilation[0], col * self.window.dilation[1]];
        let stride = self.window.stride;
        let plane = row % stride[0] * stride[1] + col % stride[1];
        (plane * self.rows + row / stride[0]) * self.pitch + col / stride[1]
    }

    /// Deals `input` out into `planes`; what is padding is left as it is.
    pub(super) fn fill(&self, input: &[f32], planes: &mut [f32]) {
        let [[top, _], [left, _]] = self.window.padding;
        let stride = self.window.stride;
        for (row, input) in input.chunks_exact(self.input[1]).enumerate() {
            let (phase, at) = ((row + top) % stride[0], (row + top) / stride[0]);
            if at >= self.rows {
                continue;
            }
            for col_phase in 0..stride[1] {
                let plane = phase * stride[1] + col_phase;
                let plane = &mut planes[(plane * self.rows + at) * self.pitch..][..self.pitch];
                // The first input column of this phase, and its place.
                let first = (col_phase + stride[1] - left % stride[1]) % stride[1];
                let Some(input) = input.get(first..) else { continue };
                let plane = &mut plane[((first + left) / stride[1]).min(self.pitch)..];
                match stride[1] {
                    1 => {
                        let count = plane.len().min(input.len());
                        plane[..count].copy_from_slice(&input[..count]);
                    }
                    2 => {
                        for (to, from) in plane.iter_mut().zip(input.chunks(2)) {
                            *to = from[0];
                        }
                    }
                    step => {
                        plane.iter_mut().zip(input.iter().step_by(step)).for_each(|(to, &from)| *to = from)
                    }
                }
            }
        }
    }

    /// Takes outputs at the planes' pitch to a plane of their own.
    pub(super) fn compact(&self, flat: &[f32], out: &mut [f32]) {
        for (from, to) in flat.chunks(self.pitch).zip(out.chunks_exact_mut(self.output[1])) {
            to.copy_from_slice(&from[..self.output[1]]);
        }
    }
}
