//! What is fused, in small graphs and in the shipped nets; and that fusing changes no result.

use std::sync::Arc;

use antifaz::{
    nets::{
        self, Backend, Graph, ModelId, Models, Plan, bundle,
        graph::{Binary, Constant, Op, Unary, Window},
        plan::Activation,
    },
    workers::Workers,
};

use crate::{Random, error};

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
    let (mut graph, mut random) = (Graph::default(), Random(7));
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
    let bytes = include_bytes!("../../../models/face_landmarker/face_landmarker.task");
    for member in ["face_detector", "face_blendshapes"] {
        let graph = Graph::from_tflite(&bundle::find(bytes, Some(member)).unwrap()).unwrap();
        let input = Random(10).values(graph.inputs()[0].values());
        let [fused, unfused] =
            [Plan::new(&graph).unwrap(), Plan::unfused(&graph).unwrap()].map(|plan| run(plan, &input));
        assert!(error(&fused, &unfused) <= FUSION_TOLERANCE * 100.0, "{member}");
    }
}
