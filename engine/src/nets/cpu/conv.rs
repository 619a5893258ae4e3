//! Convolutions: a product for each run of pixels whose windows are cut off alike by the picture's edges.

use std::ops::Range;

use super::{
    activation::Finish,
    aligned::Aligned,
    image::{Image, Shape},
    product::{Packed, Product, Residual, Segment},
    simd::Isa,
    spans::{Span, span_of, spans},
};
use crate::nets::{
    NetError,
    graph::{Op, Window},
    plan::{Filter, Plan, Step, rows::is_point},
};

/// Cells of all windows that differ, at most: a large window that hangs over the edges looks different at nearly every
/// place, and each look has its own table.
const MOST_CELLS: usize = 1 << 22;

/// Whether the tables of `step` stay within reason.
pub(super) fn check(plan: &Plan, step: &Step) -> Result<(), NetError> {
    let Op::Conv2d(window) = &step.op else { return Ok(()) };
    let (input, output) = (&plan.value(step.inputs[0]).shape, plan.value(step.output));
    let cells = |axis: usize| -> usize {
        let spans = spans(window, axis, input[axis + 1], output.shape[axis + 1]);
        spans.iter().map(|span| span.kernel.len()).sum()
    };
    if cells(0).saturating_mul(cells(1)) <= MOST_CELLS {
        return Ok(());
    }
    Err(NetError::Unsupported {
        operator: step.op.name().to_owned(),
        tensor: output.name.clone(),
        reason: format!(
            "its window {window} hangs too far over the edges of a picture of {:?}",
            &input[1..3]
        ),
    })
}

/// A convolution with its weights packed.
#[derive(Debug)]
pub(super) struct Conv {
    window: Window,
    input: Shape,
    pub(super) output: Shape,
    /// Of one picture of the batch.
    input_rows: usize,
    output_rows: usize,
    residual: Option<Shape>,
    pub(super) weights: Packed,
    bias: Aligned,
    finish: Finish,
    rows: Vec<Span>,
    cols: Vec<Span>,
    /// For each span of rows and each of columns: what lies beneath their windows.
    segments: Vec<Vec<Segment>>,
}

impl Conv {
    /// Packs `filter`, whose weights are in the order [out, kernel rows, kernel columns, in].
    pub(super) fn new(lanes: usize, plan: &Plan, step: &Step, window: Window, filter: &Filter) -> Self {
        let shape = |id| Shape::of(plan, step, id);
        let (input, output) = (shape(step.inputs[0]), shape(step.output));
        let depth = window.kernel[0] * window.kernel[1] * input.channels;
        let outputs = output.channels;
        let weights =
            Packed::new(lanes, [depth, outputs, output.pitch], |k, o| filter.weights[o * depth + k]);
        let batch = if is_point(&window) { 1 } else { plan.value(step.output).shape[0] };
        let (input_rows, output_rows) = (input.rows / batch, output.rows / batch);
        let rows = spans(&window, 0, input_rows, output_rows);
        let cols = spans(&window, 1, input.cols, output.cols);
        let pairs = rows.iter().flat_map(|row| cols.iter().map(move |col| (row, col)));
        let segments = pairs.map(|(row, col)| segments(&window, &input, &row.kernel, &col.kernel)).collect();
        Self {
            window,
            input,
            output,
            input_rows,
            output_rows,
            residual: step.residual.map(shape),
            weights,
            bias: Aligned::padded(&filter.bias),
            finish: Finish::new(&step.activation),
            rows,
            cols,
            segments,
        }
    }

    /// Makes `rows` of the output.
    pub(super) fn run(
        &self,
        isa: Isa,
        rows: Range<usize>,
        input: Image<'_>,
        residual: Option<Image<'_>>,
        out: &mut [f32],
    ) {
        let blocks = 0..self.weights.blocks();
        let residual_rows =
            |row| residual.zip(self.residual).map(|(image, shape)| (image.from(row, shape.row()), shape));
        if is_point(&self.window) {
            let pixels = rows.len() * self.output.cols;
            let source = input.rows(&rows, self.input.row());
            let job = Job { source, segments: &self.segments[0], blocks, pixels };
            self.product(isa, job, residual_rows(rows.start), out);
            return;
        }
        for (row, out) in rows.zip(out.chunks_exact_mut(self.output.row())) {
            let (batch, row_in_batch) = (row / self.output_rows, row % self.output_rows);
            let span = span_of(&self.rows, row_in_batch);
            let top = span.input + (row_in_batch - span.outputs.start) * self.window.stride[0];
            let picture = batch * self.input_rows;
            let span_index = self.rows.partition_point(|span| span.outputs.end <= row_in_batch);
            for (col_index, col) in self.cols.iter().enumerate() {
                let segments = &self.segments[span_index * self.cols.len() + col_index];
                let source = match segments.is_empty() {
                    true => &[],
                    false => &input.from(picture + top, self.input.row())[col.input * self.input.pitch..],
                };
                let job = Job { source, segments, blocks: blocks.clone(), pixels: col.outputs.len() };
                let residual = residual_rows(row)
                    .map(|(values, shape)| (&values[col.outputs.start * shape.pitch..], shape));
                self.product(isa, job, residual, &mut out[col.outputs.start * self.output.pitch..]);
            }
        }
    }

    /// Makes the outputs of `blocks`, for a convolution that gives a single pixel.
    pub(super) fn run_blocks(
        &self,
        isa: Isa,
        blocks: Range<usize>,
        input: Image<'_>,
        residual: Option<Image<'_>>,
        out: &mut [f32],
    ) {
        let top = self.rows[0].input * self.input.row() + self.cols[0].input * self.input.pitch;
        let job = Job { source: &input.values[top..], segments: &self.segments[0], blocks, pixels: 1 };
        let residual = residual.zip(self.residual).map(|(image, shape)| (image.values, shape));
        self.product(isa, job, residual, out);
    }

    fn product(
        &self,
        isa: Isa,
        Job { source, segments, blocks, pixels }: Job<'_>,
        residual: Option<(&[f32], Shape)>,
        out: &mut [f32],
    ) {
        isa.run(Product {
            source,
            segments,
            step: self.window.stride[1] * self.input.pitch,
            weights: &self.weights,
            first: self.weights.first(blocks.start),
            blocks,
            bias: &self.bias,
            residual: residual.map(|(values, shape)| Residual {
                values,
                pitch: shape.pitch,
                channels: shape.channels,
            }),
            finish: &self.finish,
            out,
            pitch: self.output.pitch,
            pixels,
        });
    }
}

/// A product of one convolution.
struct Job<'a> {
    source: &'a [f32],
    segments: &'a [Segment],
    blocks: Range<usize>,
    pixels: usize,
}

/// What lies beneath the cells `rows` x `cols` of a window, from the first of them on; runs that follow each other in
/// memory are joined.
fn segments(window: &Window, input: &Shape, rows: &Range<usize>, cols: &Range<usize>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for row in rows.clone() {
        for col in cols.clone() {
            let down = (row - rows.start) * window.dilation[0] * input.row();
            let source = down + (col - cols.start) * window.dilation[1] * input.pitch;
            let k = (row * window.kernel[1] + col) * input.channels;
            match segments.last_mut() {
                Some(last) if last.source + last.depth == source && last.k + last.depth == k => {
                    last.depth += input.channels;
                }
                _ => segments.push(Segment { source, k, depth: input.channels }),
            }
        }
    }
    segments
}
