//! The operators that nets spend their time in, at sizes of the shipped nets; and every shipped net on every backend
//! that runs on the CPU. One thread.

use std::sync::Arc;

use antifaz::{
    nets::{
        Backend, Graph, ModelId, Models, Plan,
        graph::{Alignment, Binary, Constant, Op, Unary, Window},
        load,
    },
    workers::Workers,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const POINT: Window = Window { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [[0; 2]; 2] };

/// A square window that keeps the size, or halves it with a stride of two.
fn square(side: usize, stride: usize) -> Window {
    let before = (side - stride) / 2;
    let padding = [[before, side - stride - before]; 2];
    Window { kernel: [side; 2], stride: [stride; 2], padding, ..POINT }
}

/// An operator on one tensor, with weights of `shape` where it has any, and a PReLU behind it where `prelu` says so.
fn graph(op: Op, input: [usize; 3], weights: Option<Vec<usize>>, prelu: bool) -> Graph {
    let mut graph = Graph::default();
    let constant = |graph: &mut Graph, shape: Vec<usize>| {
        let values = (0..shape.iter().product()).map(|i| (i as f32).sin()).collect::<Vec<_>>();
        graph.tensor("constant", shape, Some(Constant::F32(values.into())))
    };
    let x = graph.tensor("x", vec![1, input[0], input[1], input[2]], None);
    let mut operands = vec![x];
    operands.extend(weights.map(|shape| constant(&mut graph, shape)));
    let mut output = graph.append(op, operands, "y").expect("an operator that fits");
    if prelu {
        let channels = graph.get(output).shape[3];
        let slopes = constant(&mut graph, vec![channels]);
        output = graph.append(Op::Binary(Binary::Prelu), vec![output, slopes], "z").expect("slopes that fit");
    }
    graph.set_boundary(vec![x], vec![output]);
    graph
}

fn operators(bench: &mut Criterion) {
    let conv = |window: Window, input: [usize; 3], out: usize| {
        let [rows, cols] = window.kernel;
        graph(Op::Conv2d(window), input, Some(vec![out, rows, cols, input[2]]), true)
    };
    let depthwise = |window: Window, input: [usize; 3]| {
        let [rows, cols] = window.kernel;
        graph(Op::DepthwiseConv2d(window), input, Some(vec![1, rows, cols, input[2]]), true)
    };
    let doubled = |size: usize| Op::ResizeBilinear { size: [size; 2], alignment: Alignment::HalfPixel };
    let transposed = Op::TransposeConv2d { window: square(2, 2), size: [256, 256] };
    let cases = [
        ("conv 3x3 from rgb", conv(square(3, 2), [256, 256, 3], 16)),
        ("conv 2x2 halving", conv(square(2, 2), [64, 64, 32], 32)),
        ("pointwise narrow", conv(POINT, [128, 128, 16], 8)),
        ("pointwise", conv(POINT, [32, 32, 64], 32)),
        ("pointwise wide", conv(POINT, [12, 12, 192], 64)),
        ("head", conv(Window { kernel: [2, 2], ..POINT }, [2, 2, 128], 1434)),
        ("depthwise 3x3", depthwise(square(3, 1), [64, 64, 32])),
        ("depthwise 3x3 of few", depthwise(square(3, 1), [128, 128, 8])),
        ("depthwise 3x3 halving", depthwise(square(3, 2), [64, 64, 32])),
        ("depthwise 5x5", depthwise(square(5, 1), [16, 16, 128])),
        ("transposed 2x2", graph(transposed, [128, 128, 16], Some(vec![1, 2, 2, 16]), false)),
        ("resize", graph(doubled(128), [64, 64, 16], None, false)),
        ("logistic", graph(Op::Unary(Unary::Logistic), [144, 256, 1], None, false)),
    ];
    let mut group = bench.benchmark_group("operators");
    for (name, graph) in cases {
        let plan = Arc::new(Plan::new(&graph).expect("a plan"));
        let mut net = load(Arc::clone(&plan), Backend::Cpu, &Workers::alone()).expect("an executor");
        let input: Vec<f32> = (0..plan.inputs()[0].values()).map(|i| (i as f32 * 0.7).sin()).collect();
        group.throughput(Throughput::Elements(plan.macs().max(1)));
        group.bench_function(name, |bench| bench.iter(|| net.run(&[&input]).expect("a run")));
    }
}

fn nets(bench: &mut Criterion) {
    let models = Models::embedded();
    for model in ModelId::ALL {
        let plan = models.plan(model).expect("an embedded model");
        for backend in [Backend::Cpu, Backend::Candle] {
            let mut net = load(plan.clone(), backend, &Workers::alone()).expect("an executor");
            let inputs: Vec<Vec<f32>> = net.inputs().iter().map(|info| vec![0.5; info.values()]).collect();
            let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            bench.bench_function(&format!("{}/{}", model.name(), backend.name()), |bench| {
                bench.iter(|| net.run(&inputs).expect("a run"));
            });
        }
    }
}

criterion_group!(benches, operators, nets);
criterion_main!(benches);
