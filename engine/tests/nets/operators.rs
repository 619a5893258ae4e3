//! Every operator on shapes at random, odd sizes and ragged edges among them: fast executors against the scalar one.

use std::sync::Arc;

use antifaz::{
    nets::{
        self, Backend, Fusing, Graph, NetError, Plan,
        graph::{Alignment, Binary, Constant, Op, Range, Reduce, Unary, Window},
    },
    workers::Workers,
};

use crate::{BOTH, Random, error, fast_nets};

/// One operator: what is left is the order of f32 sums, of up to some thousand values of both signs that may cancel
/// to a thousandth of their size, and the exponential's polynomial.
const OPERATOR_TOLERANCE: f64 = 5e-5;

/// Runs a graph of one op on all backends; operands of `constants` are part of the model.
fn check(op: &Op, inputs: &[Vec<usize>], constants: &[Vec<usize>], random: &mut Random) {
    let mut graph = Graph::default();
    let mut operands: Vec<usize> =
        inputs.iter().map(|shape| graph.tensor("input", shape.clone(), None)).collect();
    let boundary = operands.clone();
    for shape in constants {
        let values = random.values(shape.iter().product());
        operands.push(graph.tensor("constant", shape.clone(), Some(Constant::F32(values.into()))));
    }
    let output = graph.append(op.clone(), operands, "output").unwrap_or_else(|error| panic!("{error}"));
    graph.set_boundary(boundary, vec![output]);
    let plan = Arc::new(Plan::new(&graph).unwrap());
    // Positive, so that roots and quotients are defined, where that matters.
    let positive = matches!(op, Op::Unary(Unary::Sqrt | Unary::Rsqrt) | Op::Binary(Binary::Div));
    let tensors: Vec<Vec<f32>> = inputs
        .iter()
        .map(|shape| random.values(shape.iter().product()))
        .map(|values| if positive { values.iter().map(|x| x.abs() + 0.1).collect() } else { values })
        .collect();
    let tensors: Vec<&[f32]> = tensors.iter().map(Vec::as_slice).collect();
    let mut scalar = nets::load(plan.clone(), Backend::Scalar, &Workers::alone()).unwrap();
    scalar.run(&tensors).unwrap();
    // One step is one kernel either way; which way it is shared takes turns, for compiling takes long.
    let fusing = if random.below(2) == 0 { Fusing::Fused } else { Fusing::Single };
    for (name, mut fast) in fast_nets(&plan, &[fusing]) {
        fast.run(&tensors).unwrap();
        let error = error(fast.output(0), scalar.output(0));
        assert!(
            error <= OPERATOR_TOLERANCE,
            "{op:?} of {inputs:?}, {constants:?} on {name}: error {error:.2e}"
        );
    }
}

/// A window that fits `size`, with padding on any side.
fn window(random: &mut Random, size: [usize; 2], kernels: usize, dilations: usize) -> Window {
    loop {
        let mut pair = |low: usize, high: usize| [random.within(low, high), random.within(low, high)];
        let (kernel, stride, dilation) = (pair(1, kernels), pair(1, 3), pair(1, dilations));
        let padding = [pair(0, kernel[0] - 1), pair(0, kernel[1] - 1)];
        let window = Window { kernel, stride, dilation, padding };
        if window.output(size).is_some() {
            return window;
        }
    }
}

/// A picture tensor of some odd size.
fn picture(random: &mut Random, channels: usize) -> Vec<usize> {
    vec![random.within(1, 2), random.within(1, 19), random.within(1, 23), random.within(1, channels)]
}

#[test]
fn convolutions() {
    let mut random = Random(11);
    for round in 0..120 {
        let input = picture(&mut random, 19);
        let window = window(&mut random, [input[1], input[2]], 5, 2);
        let window = if round % 3 == 0 {
            Window { kernel: [1, 1], padding: [[0; 2]; 2], stride: [1, 1], ..window }
        } else {
            window
        };
        let out = random.within(1, 21);
        let weights = vec![out, window.kernel[0], window.kernel[1], input[3]];
        check(&Op::Conv2d(window), &[input], &[weights, vec![out]], &mut random);
    }
}

#[test]
fn depthwise_convolutions() {
    let mut random = Random(12);
    for _ in 0..120 {
        let input = picture(&mut random, 19);
        let window = window(&mut random, [input[1], input[2]], 5, 2);
        let out = input[3] * random.within(1, 3);
        let weights = vec![1, window.kernel[0], window.kernel[1], out];
        check(&Op::DepthwiseConv2d(window), &[input], &[weights, vec![out]], &mut random);
    }
}

#[test]
fn windows_beyond_the_picture() {
    let mut random = Random(19);
    for side in [3, 5] {
        for (stride, cols) in [(1, 4), (2, 3), (3, 7)] {
            let padding = [[12, 9], [9, 12]];
            let window = Window { kernel: [side; 2], stride: [stride; 2], dilation: [1, 1], padding };
            let input = [1, 5, cols, 17];
            let weights = |out: usize, depth: usize| [vec![out, side, side, depth], vec![out]];
            check(&Op::Conv2d(window), &[input.to_vec()], &weights(3, 17), &mut random);
            let weights = [vec![1, side, side, 17], vec![17]];
            check(&Op::DepthwiseConv2d(window), &[input.to_vec()], &weights, &mut random);
        }
    }
}

#[test]
fn a_window_with_absurd_tables_is_refused() {
    let mut graph = Graph::default();
    let input = graph.tensor("input", vec![1, 99, 99, 9], None);
    let weights = Constant::F32(vec![0.5; 99 * 99 * 9].into());
    let weights = graph.tensor("weights", vec![1, 99, 99, 9], Some(weights));
    let window = Window { kernel: [99; 2], stride: [1; 2], dilation: [1; 2], padding: [[49; 2]; 2] };
    let output = graph.append(Op::Conv2d(window), vec![input, weights], "output").unwrap();
    graph.set_boundary(vec![input], vec![output]);
    let plan = Arc::new(Plan::new(&graph).unwrap());
    let refused = nets::load(plan, Backend::Cpu, &Workers::alone()).err().unwrap();
    assert!(matches!(refused, NetError::Unsupported { .. }), "{refused}");
}

#[test]
fn transposed_convolutions() {
    let mut random = Random(13);
    for _ in 0..60 {
        let size = [random.within(1, 25), random.within(1, 25)];
        let window = window(&mut random, size, 4, 1);
        let [rows, cols] = window.output(size).unwrap();
        let (channels, out) = (random.within(1, 9), random.within(1, 9));
        let weights = vec![out, window.kernel[0], window.kernel[1], channels];
        let op = Op::TransposeConv2d { window, size };
        check(&op, &[vec![1, rows, cols, channels]], &[weights, vec![out]], &mut random);
    }
}

#[test]
fn fully_connected() {
    let mut random = Random(14);
    for _ in 0..30 {
        let (rows, depth, out) = (random.within(1, 3), random.within(1, 70), random.within(1, 70));
        let weights = [vec![out, depth], vec![out]];
        let op = |keep_dims| Op::FullyConnected { keep_dims };
        check(&op(false), &[vec![rows, depth]], &weights, &mut random);
        check(&op(true), &[vec![1, rows, 2, depth]], &weights, &mut random);
        check(&op(false), &[vec![rows, 1, 2, depth]], &weights, &mut random);
    }
}

#[test]
fn pools_and_resizes() {
    let mut random = Random(15);
    for _ in 0..60 {
        let input = picture(&mut random, 5);
        let window = window(&mut random, [input[1], input[2]], 4, 1);
        // Windows that see padding alone have no mean; import refuses them.
        let window = Window { padding: window.padding.map(|[before, _]| [before, 0]), ..window };
        if window.output([input[1], input[2]]).is_some() {
            check(&Op::Pool(Reduce::Max, window), std::slice::from_ref(&input), &[], &mut random);
            check(&Op::Pool(Reduce::Mean, window), std::slice::from_ref(&input), &[], &mut random);
        }
        let halves = Window { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: [[0; 2]; 2] };
        if input[1] > 1 && input[2] > 1 {
            check(&Op::Pool(Reduce::Max, halves), std::slice::from_ref(&input), &[], &mut random);
        }
        let narrow = Window { padding: [[0, 0], [0, 1]], ..halves };
        check(&Op::Pool(Reduce::Max, narrow), &[vec![1, 6, 1, input[3]]], &[], &mut random);
        for alignment in [Alignment::Corner, Alignment::OuterCentres, Alignment::HalfPixel] {
            let size = [random.within(1, 40), random.within(1, 40)];
            check(&Op::ResizeBilinear { size, alignment }, std::slice::from_ref(&input), &[], &mut random);
        }
    }
}

#[test]
fn value_by_value() {
    let mut random = Random(16);
    use Unary::*;
    for unary in [
        Relu,
        Relu6,
        ReluN1To1,
        LeakyRelu(0.2),
        HardSwish,
        Logistic,
        Tanh,
        Neg,
        Abs,
        Square,
        Sqrt,
        Rsqrt,
        Exp,
    ] {
        check(&Op::Unary(unary), &[picture(&mut random, 9)], &[], &mut random);
        check(&Op::Unary(unary), &[vec![3, 37]], &[], &mut random);
    }
    use Binary::*;
    for binary in [Add, Sub, Mul, Div, SquaredDifference, Maximum, Minimum, Prelu] {
        let op = Op::Binary(binary);
        let shape = picture(&mut random, 9);
        let [batch, rows, cols, channels] = shape[..] else { unreachable!() };
        for other in [
            shape.clone(),
            vec![1, 1, 1, channels],
            vec![batch, rows, cols, 1],
            vec![rows, 1, channels],
            vec![channels],
            vec![1],
            vec![],
        ] {
            check(&op, &[shape.clone(), other.clone()], &[], &mut random);
            check(&op, &[other, shape.clone()], &[], &mut random);
        }
        check(&op, &[vec![4, 1, 6], vec![5, 1]], &[], &mut random);
    }
}

#[test]
fn moves() {
    let mut random = Random(17);
    for _ in 0..20 {
        let shape = picture(&mut random, 6);
        let [batch, rows, cols, channels] = shape[..] else { unreachable!() };
        for perm in [[0, 2, 1, 3], [0, 1, 3, 2], [3, 0, 2, 1], [1, 3, 0, 2]] {
            check(&Op::Transpose(perm.to_vec()), std::slice::from_ref(&shape), &[], &mut random);
        }
        check(&Op::Transpose(vec![1, 0]), &[vec![rows, cols]], &[], &mut random);
        for to in [
            vec![batch, rows * cols, channels],
            vec![batch, cols, channels, rows],
            vec![batch * rows * cols * channels],
        ] {
            check(&Op::Reshape(to.clone()), std::slice::from_ref(&shape), &[], &mut random);
            check(&Op::Reshape(shape.clone()), &[to], &[], &mut random);
        }
        let mut amount = || [random.below(3), random.below(3)];
        let amounts = vec![[0, 0], amount(), amount(), amount()];
        check(&Op::Pad { amounts, value: 0.5 }, std::slice::from_ref(&shape), &[], &mut random);
        for axis in 0..4 {
            let mut other = shape.clone();
            other[axis] += 2;
            check(&Op::Concat(axis), &[shape.clone(), other, shape.clone()], &[], &mut random);
        }
        check(&Op::Concat(1), &[vec![1, 3, 2], vec![1, 5, 2]], &[], &mut random);
        let cut = |random: &mut Random, size: usize| match random.below(3) {
            0 => Range { begin: size - 1, step: -1, count: size },
            1 => Range { begin: 0, step: 2, count: size.div_ceil(2) },
            _ => Range { begin: size / 2, step: 1, count: size - size / 2 },
        };
        let ranges = shape.iter().map(|&size| cut(&mut random, size)).collect();
        check(&Op::Slice(ranges), std::slice::from_ref(&shape), &[], &mut random);
        check(&Op::DepthToSpace(2), &[vec![batch, rows, cols, 4 * channels]], &[], &mut random);
    }
}

#[test]
fn over_axes() {
    let mut random = Random(18);
    for _ in 0..10 {
        let shape = picture(&mut random, 9);
        for axes in [vec![1, 2], vec![3], vec![0], vec![2, 3], vec![0, 1, 2, 3]] {
            for (kind, keep_dims) in
                [(Reduce::Mean, true), (Reduce::Sum, false), (Reduce::Max, true), (Reduce::Min, false)]
            {
                let op = Op::Reduce { kind, axes: axes.clone(), keep_dims };
                check(&op, std::slice::from_ref(&shape), &[], &mut random);
            }
        }
        let op = Op::Reduce { kind: Reduce::Mean, axes: vec![1], keep_dims: false };
        check(&op, &[vec![3, 5, 7]], &[], &mut random);
        check(&Op::Softmax { beta: 1.5 }, std::slice::from_ref(&shape), &[], &mut random);
        check(&Op::Softmax { beta: 1.0 }, &[vec![3, 11]], &[], &mut random);
    }
    // Of large maps a GPU reduces the columns first.
    for (kind, keep_dims) in
        [(Reduce::Mean, true), (Reduce::Sum, false), (Reduce::Max, false), (Reduce::Min, true)]
    {
        let op = Op::Reduce { kind, axes: vec![1, 2], keep_dims };
        check(&op, &[vec![2, 61, 43, 6]], &[], &mut random);
    }
}

/// Rows that are far below zero, and do not fill their last group of four channels: what fills it up is no value.
#[test]
fn softmax_of_very_negative_rows() {
    for width in [1, 3, 5, 11] {
        let mut graph = Graph::default();
        let input = graph.tensor("input", vec![3, width], None);
        let output = graph.append(Op::Softmax { beta: 1.0 }, vec![input], "output").unwrap();
        graph.set_boundary(vec![input], vec![output]);
        let plan = Arc::new(Plan::new(&graph).unwrap());
        let rows = [-90.0, -1e4, -1e30].map(|base: f32| (0..width).map(move |i| base + 0.25 * i as f32));
        let values: Vec<f32> = rows.into_iter().flatten().collect();
        let mut scalar = nets::load(plan.clone(), Backend::Scalar, &Workers::alone()).unwrap();
        scalar.run(&[&values]).unwrap();
        for (name, mut fast) in fast_nets(&plan, &BOTH) {
            fast.run(&[&values]).unwrap();
            let error = error(fast.output(0), scalar.output(0));
            assert!(error <= OPERATOR_TOLERANCE, "rows of {width} on {name}: error {error:.2e}");
        }
    }
}
