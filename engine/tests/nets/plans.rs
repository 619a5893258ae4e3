//! What is fused, in small graphs and in the shipped nets; and that fusing changes no result.

use std::sync::Arc;

use antifaz::{
    nets::{
        self, Backend, GpuNet, Graph, ModelId, Models, Plan, Precision, bundle,
        graph::{Alignment, Binary, Constant, Op, Reduce, Unary, Window},
        plan::Activation,
    },
    workers::Workers,
};

use crate::{BOTH, Random, error, fast_nets, gpu};

/// Fused and unfused run the same sums; only bias and residual are added in another order.
const FUSION_TOLERANCE: f64 = 1e-6;

const POINT: Window = Window { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [[0; 2]; 2] };
const THREE: Window = Window { kernel: [3, 3], ..POINT };

fn constant(graph: &mut Graph, random: &mut Random, shape: &[usize]) -> usize {
    let values = random.values(shape.iter().product());
    graph.tensor("constant", shape.to_vec(), Some(Constant::F32(values.into())))
}

fn run(plan: Plan, input: &[f32]) -> Vec<f32> {
    let mut net = nets::load(Arc::new(plan), Backend::Scalar, &Workers::alone()).unwrap();
    net.run(&[input]).unwrap();
    net.output(0).to_vec()
}

/// A block as in BlazeFace: pad, depthwise, pointwise, a bias of its own, a widened shortcut, PReLU.
fn block() -> Graph {
    block_of(|weight| weight)
}

/// The same, its weights `rounded`.
fn block_of(rounded: fn(f32) -> f32) -> Graph {
    let (mut graph, mut random) = (Graph::default(), Random(7));
    let constant = |graph: &mut Graph, random: &mut Random, shape: &[usize]| {
        let values = random.values(shape.iter().product()).into_iter().map(rounded);
        graph.tensor("constant", shape.to_vec(), Some(Constant::F32(values.collect())))
    };
    let input = graph.tensor("input", vec![1, 5, 7, 3], None);
    let pad = Op::Pad { amounts: vec![[0, 0], [1, 1], [1, 1], [0, 0]], value: 0.0 };
    let padded = graph.append(pad, vec![input], "padded").unwrap();
    let weights = constant(&mut graph, &mut random, &[1, 3, 3, 3]);
    let depthwise = graph.append(Op::DepthwiseConv2d(THREE), vec![padded, weights], "depthwise").unwrap();
    let weights = constant(&mut graph, &mut random, &[5, 1, 1, 3]);
    let pointwise = graph.append(Op::Conv2d(POINT), vec![depthwise, weights], "pointwise").unwrap();
    let bias = constant(&mut graph, &mut random, &[5]);
    let add = Op::Binary(Binary::Add);
    let biased = graph.append(add.clone(), vec![bias, pointwise], "biased").unwrap();
    let widen = Op::Pad { amounts: vec![[0, 0], [0, 0], [0, 0], [0, 2]], value: 0.0 };
    let widened = graph.append(widen, vec![input], "widened").unwrap();
    let sum = graph.append(add, vec![widened, biased], "sum").unwrap();
    let slopes = constant(&mut graph, &mut random, &[1, 1, 5]);
    let output = graph.append(Op::Binary(Binary::Prelu), vec![sum, slopes], "output").unwrap();
    graph.set_boundary(vec![input], vec![output]);
    graph
}

#[test]
fn a_block_becomes_two_steps() {
    let graph = block();
    let plan = Plan::new(&graph).unwrap();
    let [depthwise, pointwise] = plan.steps() else { panic!("{plan}") };
    let padded = Window { padding: [[1, 1], [1, 1]], ..THREE };
    assert_eq!((&depthwise.op, &depthwise.activation), (&Op::DepthwiseConv2d(padded), &Activation::None));
    assert!(matches!(pointwise.activation, Activation::Prelu(_)), "{plan}");
    let residual = plan.value(pointwise.residual.unwrap());
    assert_eq!((residual.name.as_str(), residual.shape.as_slice()), ("input", [1, 5, 7, 3].as_slice()));
    assert!(pointwise.filter.as_ref().unwrap().bias.iter().all(|&bias| bias != 0.0));
    assert!(plan.to_string().contains("conv 1x1 + residual + prelu"), "{plan}");

    let input = Random(8).values(105);
    let [fused, unfused] = [plan, Plan::unfused(&graph).unwrap()].map(|plan| run(plan, &input));
    assert!(error(&fused, &unfused) <= FUSION_TOLERANCE);
}

/// On the GPU; weights that no f16 equals show that each is read from its own half of a word.
#[test]
fn half_precision_rounds_the_weights_and_nothing_else() {
    let nearest = |weight| half::f16::from_f32(weight).to_f32();
    let [exact, rounded] = [block(), block_of(nearest)].map(|graph| Plan::new(&graph).unwrap());
    let input = Random(8).values(105);
    let exact = Arc::new(exact);
    let single = run(Plan::clone(&exact), &input);
    let want = run(rounded, &input);
    assert!(error(&single, &want) > 10.0 * FUSION_TOLERANCE, "rounding changes nothing");
    for fusing in BOTH {
        let how = GpuNet { precision: Precision::F16, fusing };
        let mut net = nets::load_on(exact.clone(), gpu(), how, &Workers::alone()).unwrap();
        net.run(&[&input]).unwrap();
        assert!(error(net.output(0), &want) <= FUSION_TOLERANCE, "{fusing:?}");
    }
}

#[test]
fn a_value_that_others_read_is_not_fused_away() {
    let (mut graph, mut random) = (Graph::default(), Random(9));
    let input = graph.tensor("input", vec![1, 4, 4, 2], None);
    let weights = constant(&mut graph, &mut random, &[2, 1, 1, 2]);
    let conv = graph.append(Op::Conv2d(POINT), vec![input, weights], "conv").unwrap();
    let relu = graph.append(Op::Unary(Unary::Relu), vec![conv], "relu").unwrap();
    let twice = graph.append(Op::Binary(Binary::Add), vec![relu, relu], "twice").unwrap();
    graph.set_boundary(vec![input], vec![conv, twice]);
    let plan = Plan::new(&graph).unwrap();
    assert_eq!(plan.steps().len(), 3, "{plan}");
}

#[test]
fn shipped_nets_are_fused() {
    let models = Models::embedded();
    let steps = |id: ModelId, wanted: fn(&Op) -> bool| {
        models.plan(id).unwrap().steps().iter().filter(|step| wanted(&step.op)).count()
    };
    for id in [ModelId::FaceDetector, ModelId::FaceDetectorFull, ModelId::FaceMesh, ModelId::FaceMeshLight] {
        assert_eq!(steps(id, |op| matches!(op, Op::Pad { .. } | Op::Dequantize)), 0, "{id:?}");
        assert_eq!(
            steps(id, |op| matches!(op, Op::Unary(Unary::Relu) | Op::Binary(Binary::Prelu))),
            0,
            "{id:?}"
        );
    }
    for id in [ModelId::FaceDetector, ModelId::FaceMesh, ModelId::FaceMeshLight] {
        assert_eq!(steps(id, |op| matches!(op, Op::Binary(Binary::Add))), 0, "{id:?}");
    }
    for id in [ModelId::SelfieSquare, ModelId::SelfieLandscape] {
        assert_eq!(steps(id, |op| matches!(op, Op::Unary(_))), 0, "{id:?}");
    }
}

#[test]
fn buffers_are_shared_and_never_read_and_written_by_one_step() {
    for id in ModelId::ALL {
        let plan = Models::embedded().plan(id).unwrap();
        let slot = |id: usize| plan.value(id).slot;
        for step in plan.steps() {
            assert!(step.reads().all(|read| slot(read) != slot(step.output) || slot(read).is_none()));
        }
        let alone: usize = plan.steps().iter().map(|step| plan.value(step.output).values()).sum();
        assert!(plan.buffer_values() * 2 < alone, "{id:?}: {} of {alone}", plan.buffer_values());
    }
}

#[test]
fn fusing_changes_no_result() {
    let bundled = include_bytes!("../../../models/face_landmarker/face_landmarker.task").as_slice();
    let matte =
        include_bytes!("../../../models/selfie_segmentation_landscape/selfie_segmentation_landscape.tflite");
    let (detector, blendshapes) = (Some("face_detector"), Some("face_blendshapes"));
    for (file, member) in [(bundled, detector), (bundled, blendshapes), (matte.as_slice(), None)] {
        let graph = Graph::from_tflite(&bundle::find(file, member).unwrap()).unwrap();
        let input = Random(10).values(graph.inputs()[0].values());
        let [fused, unfused] =
            [Plan::new(&graph).unwrap(), Plan::unfused(&graph).unwrap()].map(|plan| run(plan, &input));
        assert!(error(&fused, &unfused) <= FUSION_TOLERANCE * 100.0, "{member:?}");
    }
}

/// A layer normalization over `shape`, spelled as models spell it: with a bias or without.
fn normalization(shape: &[usize], with_bias: bool) -> Graph {
    normalization_by(shape, &shape[shape.len() - 1..], with_bias)
}

/// The same with weights and bias of shape `by`.
fn normalization_by(shape: &[usize], by: &[usize], with_bias: bool) -> Graph {
    let (mut graph, mut random) = (Graph::default(), Random(12));
    let x = graph.tensor("x", shape.to_vec(), None);
    let mean_of = |graph: &mut Graph, id: usize| {
        let axes = vec![shape.len() - 1];
        graph.append(Op::Reduce { kind: Reduce::Mean, axes, keep_dims: true }, vec![id], "mean").unwrap()
    };
    let binary = |graph: &mut Graph, binary: Binary, a: usize, b: usize| {
        graph.append(Op::Binary(binary), vec![a, b], binary.name()).unwrap()
    };
    let mean = mean_of(&mut graph, x);
    let squares = binary(&mut graph, Binary::SquaredDifference, x, mean);
    let variance = mean_of(&mut graph, squares);
    let epsilon = graph.tensor("epsilon", vec![], Some(Constant::F32(vec![1e-3].into())));
    let sum = binary(&mut graph, Binary::Add, variance, epsilon);
    let root = graph.append(Op::Unary(Unary::Rsqrt), vec![sum], "rsqrt").unwrap();
    let weight = constant(&mut graph, &mut random, by);
    let gain = binary(&mut graph, Binary::Mul, root, weight);
    let scaled = binary(&mut graph, Binary::Mul, x, gain);
    let shift = if with_bias {
        let bias = constant(&mut graph, &mut random, by);
        let product = binary(&mut graph, Binary::Mul, mean, gain);
        binary(&mut graph, Binary::Sub, bias, product)
    } else {
        let negated = graph.append(Op::Unary(Unary::Neg), vec![mean], "neg").unwrap();
        binary(&mut graph, Binary::Mul, negated, gain)
    };
    let output = binary(&mut graph, Binary::Add, scaled, shift);
    graph.set_boundary(vec![x], vec![output]);
    graph
}

#[test]
fn a_normalization_becomes_one_step() {
    for (shape, with_bias) in [(vec![1, 1, 9, 21], true), (vec![1, 3, 5, 8], false), (vec![2, 7, 3], true)] {
        let graph = normalization(&shape, with_bias);
        let plan = Arc::new(Plan::new(&graph).unwrap());
        let [step] = plan.steps() else { panic!("{plan}") };
        assert!(matches!(step.op, Op::Normalize { epsilon: 1e-3 }), "{plan}");
        let input = Random(13).values(shape.iter().product());
        let unfused = run(Plan::unfused(&graph).unwrap(), &input);
        // The spelling with a difference of products cancels, and its f32 steps are not so exact.
        assert!(error(&run(Plan::clone(&plan), &input), &unfused) <= FUSION_TOLERANCE * 10.0);
        for (name, mut net) in fast_nets(&plan, &BOTH) {
            net.run(&[&input]).unwrap();
            assert!(error(net.output(0), &unfused) <= FUSION_TOLERANCE * 10.0, "{name}");
        }
    }
}

#[test]
fn weights_of_rows_make_no_normalization() {
    let graph = normalization_by(&[1, 6, 6], &[6, 1], true);
    assert!(check_rewritten(&graph).len() > 1);
}

#[test]
fn what_is_no_normalization_stays() {
    // The weight is that of another mean.
    let mut graph = normalization(&[1, 1, 4, 6], false);
    let other = graph.tensor("other", vec![1, 1, 4, 6], None);
    let mean = Op::Reduce { kind: Reduce::Mean, axes: vec![3], keep_dims: true };
    let mean = graph.append(mean, vec![other], "other mean").unwrap();
    let negated = graph.append(Op::Unary(Unary::Neg), vec![mean], "neg").unwrap();
    let scaled = graph.nodes().iter().rev().nth(4).unwrap().output;
    let sum = graph.append(Op::Binary(Binary::Add), vec![scaled, negated], "sum").unwrap();
    graph.set_boundary(vec![0, other], vec![sum]);
    let plan = Plan::new(&graph).unwrap();
    assert!(plan.steps().iter().all(|step| !matches!(step.op, Op::Normalize { .. })), "{plan}");
}

#[test]
fn steps_run_together_where_rows_suffice() {
    let plan = Models::embedded().plan(ModelId::FaceMesh).unwrap();
    let groups = plan.groups();
    assert!(groups.iter().flat_map(Clone::clone).eq(0..plan.steps().len()), "{plan}");
    let bottleneck = |group: &std::ops::Range<usize>| {
        let kinds: Vec<&str> = plan.steps()[group.clone()].iter().map(|step| step.op.name()).collect();
        kinds == ["conv", "depthwise", "conv"]
    };
    assert!(groups.iter().filter(|group| bottleneck(group)).count() > 10, "{plan}");
    // Only a group's last value is read by others.
    for group in groups {
        for made in group.start..group.end - 1 {
            let id = plan.steps()[made].output;
            let outside = plan.steps().iter().enumerate().filter(|(index, _)| !group.contains(index));
            assert!(outside.flat_map(|(_, step)| step.reads()).all(|read| read != id), "{plan}");
        }
    }
    let matte = Models::embedded().plan(ModelId::SelfieLandscape).unwrap();
    // A mean over all pixels ends every group.
    for group in matte.groups().iter().filter(|group| group.len() > 1) {
        let steps = &matte.steps()[group.clone()];
        assert!(steps.iter().all(|step| !matches!(step.op, Op::Reduce { .. })), "{matte}");
    }
}

/// Fused and unfused on the same input, for every fast executor; the steps' names, for asserting on them.
fn check_rewritten(graph: &Graph) -> Vec<String> {
    let plan = Arc::new(Plan::new(graph).unwrap());
    let inputs: Vec<Vec<f32>> = graph.inputs().iter().map(|info| Random(15).values(info.values())).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let unfused = Arc::new(Plan::unfused(graph).unwrap());
    let mut scalar = nets::load(unfused, Backend::Scalar, &Workers::alone()).unwrap();
    scalar.run(&inputs).unwrap();
    for (name, mut net) in fast_nets(&plan, &BOTH) {
        net.run(&inputs).unwrap();
        for output in 0..net.outputs().len() {
            let error = error(net.output(output), scalar.output(output));
            assert!(error <= FUSION_TOLERANCE * 10.0, "{name}, output {output}: {error:.1e}\n{plan}");
        }
    }
    plan.steps().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_enlarged_is_convolved_first() {
    for (size, first) in [([6, 14], "conv 1x1"), ([2, 3], "resize_bilinear")] {
        let (mut graph, mut random) = (Graph::default(), Random(14));
        let x = graph.tensor("x", vec![1, 3, 7, 20], None);
        let resize = Op::ResizeBilinear { size, alignment: Alignment::HalfPixel };
        let resized = graph.append(resize, vec![x], "resized").unwrap();
        let weights = constant(&mut graph, &mut random, &[9, 1, 1, 20]);
        let bias = constant(&mut graph, &mut random, &[9]);
        let conv = graph.append(Op::Conv2d(POINT), vec![resized, weights, bias], "conv").unwrap();
        let relu = graph.append(Op::Unary(Unary::Relu), vec![conv], "relu").unwrap();
        graph.set_boundary(vec![x], vec![relu]);
        let steps = check_rewritten(&graph);
        assert_eq!((steps.len(), steps[0].as_str()), (2, first), "{steps:?}");
        assert!(steps[1].ends_with("+ relu"), "{steps:?}");
    }
}

/// As in the decoder of the selfie nets: two tensors, the mean of their sum, and one of them scaled plus the other.
fn attention(both_are_read: bool) -> Graph {
    let (mut graph, mut random) = (Graph::default(), Random(16));
    let x = graph.tensor("x", vec![1, 5, 6, 18], None);
    let weights = constant(&mut graph, &mut random, &[18, 1, 1, 18]);
    let conv = graph.append(Op::Conv2d(POINT), vec![x, weights], "conv").unwrap();
    let add = Op::Binary(Binary::Add);
    let sum = graph.append(add.clone(), vec![x, conv], "sum").unwrap();
    let mean = Op::Reduce { kind: Reduce::Mean, axes: vec![1, 2], keep_dims: true };
    let mean = graph.append(mean, vec![sum], "mean").unwrap();
    let scaled = graph.append(Op::Binary(Binary::Mul), vec![x, mean], "scaled").unwrap();
    let other = if both_are_read { conv } else { x };
    let output = graph.append(add, vec![scaled, other], "output").unwrap();
    graph.set_boundary(vec![x], vec![output]);
    graph
}

#[test]
fn a_sum_that_only_its_mean_needs_is_never_made() {
    let steps = check_rewritten(&attention(true));
    let means = steps.iter().filter(|step| step.starts_with("mean")).count();
    assert_eq!((steps.len(), means), (5, 2), "{steps:?}");
    assert_eq!(steps[4], "mul + residual");
    // A convolution that only the sum reads takes it in instead.
    let steps = check_rewritten(&attention(false));
    assert_eq!(steps, ["conv 1x1 + residual", "mean over [1, 2]", "mul + residual"]);
}

/// Two depthwise convolutions of what a function makes, one of which sees it 100 rows later than the other; added.
fn far_apart() -> Graph {
    let (mut graph, mut random) = (Graph::default(), Random(17));
    let x = graph.tensor("x", vec![1, 1000, 6, 16], None);
    let made = graph.append(Op::Unary(Unary::HardSwish), vec![x], "made").unwrap();
    let mut way = |graph: &mut Graph, padding: [usize; 2]| {
        let weights = constant(graph, &mut random, &[1, 3, 3, 16]);
        let window = Window { padding: [padding, [1, 1]], ..THREE };
        graph.append(Op::DepthwiseConv2d(window), vec![made, weights], "way").unwrap()
    };
    let ways = vec![way(&mut graph, [0, 100]), way(&mut graph, [100, 0])];
    let sum = graph.append(Op::Binary(Binary::Add), ways, "sum").unwrap();
    graph.set_boundary(vec![x], vec![sum]);
    graph
}

#[test]
fn rows_that_were_let_go_are_made_again() {
    let graph = far_apart();
    assert_eq!(Plan::new(&graph).unwrap().groups(), std::slice::from_ref(&(0..3)));
    check_rewritten(&graph);
}

#[test]
fn long_chains_are_grouped_in_pieces() {
    let mut graph = Graph::default();
    let x = graph.tensor("x", vec![1, 4, 4, 1], None);
    let negated = |graph: &mut Graph, id: usize| graph.append(Op::Unary(Unary::Neg), vec![id], "negated");
    let last = (0..3000).fold(x, |id, _| negated(&mut graph, id).unwrap());
    graph.set_boundary(vec![x], vec![last]);
    let plan = Plan::new(&graph).unwrap();
    assert_eq!(plan.steps().len(), 3000);
    assert!(plan.groups().iter().all(|group| group.len() < 100));
    check_rewritten(&graph);
}
