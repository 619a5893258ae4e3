//! Lowered steps, which GPUs run, on the CPU: there is a GPU in few test machines, and what is put together wrongly is
//! wrong on each device.

#![allow(clippy::unwrap_used, reason = "a test whose data are missing shall fail")]

use super::*;
use crate::nets::{
    Backend, Graph, ModelId, Models,
    graph::{Alignment, Constant, Window},
    load,
};

/// Sums of f32 in another order than the scalar executor's, over a whole net.
const TOLERANCE: f32 = 2e-4;

fn assert_lowered(plan: &Arc<Plan>, what: &str) {
    let inputs: Vec<Vec<f32>> = plan
        .inputs()
        .iter()
        .map(|info| (0..info.values()).map(|i| (i as f32 * 0.37).sin()).collect())
        .collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut scalar = load(Arc::clone(plan), Backend::Scalar, &Workers::alone()).unwrap();
    scalar.run(&inputs).unwrap();
    let mut lowered = Candle::on(Arc::clone(plan), Device::Cpu, None).unwrap();
    lowered.run(&inputs).unwrap();
    for output in 0..plan.outputs().len() {
        let (got, want) = (lowered.output(output), scalar.output(output));
        let size = want.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            assert!(
                (got - want).abs() <= TOLERANCE * size,
                "{what}, output {output}, {i}: {got}, not {want}"
            );
        }
    }
}

#[test]
fn nets_give_what_they_give_on_the_cpu() {
    for id in ModelId::ALL {
        assert_lowered(&Models::embedded().plan(id).unwrap(), id.name());
    }
}

#[test]
fn windows_of_all_kinds() {
    let uneven = Window { kernel: [3, 2], stride: [2, 3], dilation: [2, 1], padding: [[1, 3], [0, 2]] };
    let close = Window { kernel: [4, 3], stride: [3, 2], dilation: [1, 1], padding: [[2, 1], [1, 0]] };
    let size = [7, 9];
    let [rows, cols] = close.output(size).unwrap();
    let alignment = Alignment::OuterCentres;
    for (op, input, weights) in [
        (Op::Conv2d(uneven), vec![2, 9, 8, 3], vec![vec![5, 3, 2, 3], vec![5]]),
        (Op::DepthwiseConv2d(uneven), vec![2, 9, 8, 3], vec![vec![1, 3, 2, 6], vec![6]]),
        (
            Op::TransposeConv2d { window: close, size },
            vec![2, rows, cols, 3],
            vec![vec![4, 4, 3, 3], vec![4]],
        ),
        (Op::FullyConnected { keep_dims: false }, vec![2, 3, 4], vec![vec![5, 6], vec![5]]),
        (Op::Pool(Reduce::Max, close), vec![2, 9, 8, 3], vec![]),
        (Op::Pool(Reduce::Mean, close), vec![2, 9, 8, 3], vec![]),
        (Op::ResizeBilinear { size: [5, 17], alignment }, vec![2, 9, 8, 3], vec![]),
    ] {
        let mut graph = Graph::default();
        let x = graph.tensor("x", input, None);
        let mut operands = vec![x];
        for shape in weights {
            let values: Vec<f32> =
                (0..shape.iter().product()).map(|i: usize| (i as f32 * 0.7).cos()).collect();
            operands.push(graph.tensor("weights", shape, Some(Constant::F32(values.into()))));
        }
        let output = graph.append(op.clone(), operands, "y").unwrap();
        graph.set_boundary(vec![x], vec![output]);
        assert_lowered(&Arc::new(Plan::new(&graph).unwrap()), &format!("{op:?}"));
    }
}
