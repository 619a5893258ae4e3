//! Graphs at random: what is fused, grouped into bands and shared between threads, against the naive executor without
//! any of that.

use std::sync::Arc;

use antifaz::{
    engine::Crew,
    nets::{
        self, Backend, Graph, Plan, SimdLevel,
        graph::{Alignment, Binary, Constant, Op, Reduce, Unary, Window},
    },
    workers::Workers,
};

use crate::{Random, error, load};

/// Some ten operators after each other, whose values stay about as large as their operands'.
const GRAPH_TOLERANCE: f64 = 1e-4;

/// How many graphs there are.
const ROUNDS: u64 = 300;

/// How many of them run on the GPU, where each has its kernels compiled.
const GPU_ROUNDS: u64 = 30;

/// Below, at and above what vectors hold.
const CHANNELS: [usize; 9] = [1, 2, 3, 5, 8, 9, 16, 17, 24];

/// A graph that grows at random.
struct Growth<'a> {
    graph: Graph,
    random: &'a mut Random,
    /// What can be read; the last is read most.
    values: Vec<usize>,
}

impl Growth<'_> {
    fn shape(&self, id: usize) -> Vec<usize> {
        self.graph.get(id).shape.clone()
    }

    fn constant(&mut self, shape: &[usize], size: f32) -> usize {
        let mut values = self.random.values(shape.iter().product());
        values.iter_mut().for_each(|value| *value *= size);
        self.graph.tensor("constant", shape.to_vec(), Some(Constant::F32(values.into())))
    }

    fn operand(&mut self) -> usize {
        let last = self.values.len() - 1;
        let back = if self.random.below(4) == 0 { self.random.below(last + 1) } else { 0 };
        self.values[last - back]
    }

    fn append(&mut self, op: Op, operands: Vec<usize>) -> Option<usize> {
        let id = self.graph.append(op, operands, "value").ok()?;
        let small = self.shape(id).iter().product::<usize>() <= 60_000;
        if small {
            self.values.push(id);
        }
        small.then_some(id)
    }

    /// A window, with padding that keeps the picture's size if its stride is one, or with none.
    fn window(&mut self, kernels: usize, same: bool) -> Window {
        let side = self.random.within(1, kernels);
        let kernel =
            if self.random.below(4) == 0 { [side, self.random.within(1, kernels)] } else { [side; 2] };
        let stride = if self.random.below(3) == 0 { [self.random.within(1, 2), 2] } else { [1; 2] };
        let dilation = if self.random.below(6) == 0 { [2, 1] } else { [1; 2] };
        let pad = |axis: usize| if same { [(kernel[axis] - 1) / 2, kernel[axis] / 2] } else { [0; 2] };
        Window { kernel, stride, dilation, padding: [pad(0), pad(1)] }
    }

    fn convolution(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let out =
            if self.random.below(2) == 0 { shape[3] } else { CHANNELS[self.random.below(CHANNELS.len())] };
        let kernels = if self.random.below(2) == 0 { 1 } else { 4 };
        let window = self.window(kernels, self.random.0 & 1 << 40 != 0);
        let [rows, cols] = window.kernel;
        let depth = rows * cols * shape[3];
        let weights = self.constant(&[out, rows, cols, shape[3]], 1.7 / (depth as f32).sqrt());
        let bias = self.constant(&[out], 0.5);
        self.append(Op::Conv2d(window), vec![x, weights, bias])
    }

    fn depthwise(&mut self, x: usize) -> Option<usize> {
        let channels = self.shape(x)[3] * if self.random.below(6) == 0 { 2 } else { 1 };
        let same = self.random.below(4) > 0;
        let window = self.window(5, same);
        let [rows, cols] = window.kernel;
        let weights = self.constant(&[1, rows, cols, channels], 1.7 / ((rows * cols) as f32).sqrt());
        self.append(Op::DepthwiseConv2d(window), vec![x, weights])
    }

    fn deconvolution(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let (side, out) = (self.random.within(1, 3), self.random.within(1, 5));
        let stride = if self.random.below(2) == 0 { side } else { self.random.within(1, 2) };
        let window =
            Window { kernel: [side; 2], stride: [stride; 2], dilation: [1, 1], padding: [[0; 2]; 2] };
        let size = [1, 2].map(|axis| (shape[axis] - 1) * stride + side);
        let depth = shape[3] as f32;
        let weights = self.constant(&[out, side, side, shape[3]], 1.0 / depth.sqrt());
        let bias = self.constant(&[out], 0.5);
        self.append(Op::TransposeConv2d { window, size }, vec![x, weights, bias])
    }

    fn pad(&mut self, x: usize) -> Option<usize> {
        let most = if self.random.below(3) == 0 { 12 } else { 2 };
        let mut amount = || [self.random.below(most), self.random.below(most)];
        let amounts = vec![[0, 0], amount(), amount(), [0, 0]];
        let padded = self.append(Op::Pad { amounts, value: 0.0 }, vec![x])?;
        if self.random.below(2) == 0 { self.depthwise(padded) } else { self.convolution(padded) }
    }

    /// A sum with a value of the same shape, or of fewer channels.
    fn residual(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let fits = |&id: &usize| {
            let other = &self.graph.get(id).shape;
            other[..3] == shape[..3] && other[3] <= shape[3]
        };
        let others: Vec<usize> = self.values.iter().copied().filter(fits).collect();
        let mut other = others[self.random.below(others.len())];
        let missing = shape[3] - self.shape(other)[3];
        if missing > 0 {
            let amounts = vec![[0, 0], [0, 0], [0, 0], [0, missing]];
            other = self.append(Op::Pad { amounts, value: 0.0 }, vec![other])?;
        }
        let kind =
            [Binary::Add, Binary::Add, Binary::Add, Binary::Sub, Binary::Maximum][self.random.below(5)];
        let operands = if self.random.below(2) == 0 { vec![x, other] } else { vec![other, x] };
        self.append(Op::Binary(kind), operands)
    }

    /// Two ways from `x` to the same shape, added.
    fn branches(&mut self, x: usize) -> Option<usize> {
        let channels = self.shape(x)[3];
        let side = self.random.within(1, 3);
        let more = self.random.below(9);
        let mut way = |before: usize| {
            let padding = [[before, more - before + side - 1], [side / 2, side - 1 - side / 2]];
            let window = Window { kernel: [side; 2], stride: [1, 1], dilation: [1, 1], padding };
            let weights = self.constant(&[1, side, side, channels], 1.0 / side as f32);
            self.append(Op::DepthwiseConv2d(window), vec![x, weights])
        };
        let (a, b) = (way(more)?, way(0)?);
        self.append(Op::Binary(Binary::Add), vec![a, b])
    }

    fn scaled(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let by = match self.random.below(3) {
            0 => {
                let axes = vec![1, 2];
                self.append(Op::Reduce { kind: Reduce::Mean, axes, keep_dims: true }, vec![x])?
            }
            1 => {
                let op = Op::Reduce { kind: Reduce::Mean, axes: vec![3], keep_dims: true };
                self.append(op, vec![x])?
            }
            _ => self.constant(&[shape[3]], 1.0),
        };
        self.values.push(x);
        let product = self.append(Op::Binary(Binary::Mul), vec![x, by])?;
        if self.random.below(2) == 0 { self.residual(product) } else { Some(product) }
    }

    fn unary(&mut self, x: usize) -> Option<usize> {
        let channels = self.shape(x)[3];
        if self.random.below(3) == 0 {
            let slopes = self.constant(&[channels], 1.0);
            return self.append(Op::Binary(Binary::Prelu), vec![x, slopes]);
        }
        let kinds = [Unary::Relu, Unary::HardSwish, Unary::Logistic, Unary::Relu6, Unary::Tanh, Unary::Neg];
        let kind = kinds[self.random.below(kinds.len())];
        self.append(Op::Unary(kind), vec![x])
    }

    fn pool(&mut self, x: usize) -> Option<usize> {
        let kind = if self.random.below(2) == 0 { Reduce::Max } else { Reduce::Mean };
        let window = if self.random.below(2) == 0 {
            Window { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: [[0; 2]; 2] }
        } else {
            Window { dilation: [1, 1], ..self.window(3, true) }
        };
        self.append(Op::Pool(kind, window), vec![x])
    }

    fn resize(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let alignment =
            [Alignment::Corner, Alignment::OuterCentres, Alignment::HalfPixel][self.random.below(3)];
        let size = if self.random.below(2) == 0 {
            [shape[1] * 2, shape[2] * 2]
        } else {
            [self.random.within(1, 30), self.random.within(1, 30)]
        };
        self.append(Op::ResizeBilinear { size, alignment }, vec![x])
    }

    fn grow(&mut self) {
        let x = self.operand();
        // What doesn't fit, or grows too large, is left out.
        let _left_out = match self.random.below(16) {
            0..4 => self.convolution(x),
            4..6 => self.depthwise(x),
            6 => self.pad(x),
            7..9 => self.residual(x),
            9 => self.branches(x),
            10..12 => self.unary(x),
            12 => self.pool(x),
            13 => self.resize(x),
            14 => self.scaled(x),
            _ if self.random.below(2) == 0 => self.deconvolution(x),
            _ => self.append(Op::Concat(3), vec![x, x]),
        };
    }
}

fn graph(random: &mut Random) -> Graph {
    let mut graph = Graph::default();
    let batch = if random.below(8) == 0 { 2 } else { 1 };
    let (rows, cols) = match random.below(6) {
        0 => (1, random.within(1, 40)),
        1 => (random.within(1, 40), 1),
        _ => (random.within(2, 30), random.within(2, 30)),
    };
    let shape = vec![batch, rows, cols, CHANNELS[random.below(CHANNELS.len())]];
    let input = graph.tensor("input", shape, None);
    let steps = random.within(3, 14);
    let mut growth = Growth { graph, random, values: vec![input] };
    (0..steps).for_each(|_| growth.grow());
    let mut outputs = vec![*growth.values.last().unwrap()];
    if growth.random.below(3) == 0 {
        outputs.push(growth.operand());
    }
    let Growth { mut graph, .. } = growth;
    graph.set_boundary(vec![input], outputs);
    graph
}

#[test]
fn graphs_at_random() {
    let crews: Vec<Crew> = (1..=3).map(|threads| Crew::of(threads).unwrap()).collect();
    for round in 0..ROUNDS {
        let mut random = Random(21 + round * 7919);
        let graph = graph(&mut random);
        let input = random.values(graph.inputs()[0].values());
        let unfused = Arc::new(Plan::unfused(&graph).unwrap());
        let mut scalar = nets::load(unfused, Backend::Scalar, &Workers::alone()).unwrap();
        scalar.run(&[&input]).unwrap();
        let plan = Arc::new(Plan::new(&graph).unwrap());
        for level in SimdLevel::available() {
            let mut first: Option<Vec<Vec<f32>>> = None;
            for crew in &crews {
                let run = std::panic::AssertUnwindSafe(|| {
                    let mut net = nets::load_at(plan.clone(), level, crew.workers()).unwrap();
                    net.run(&[&input]).unwrap();
                    net.run(&[&input]).unwrap();
                    (0..net.outputs().len()).map(|i| net.output(i).to_vec()).collect::<Vec<_>>()
                });
                let outputs = std::panic::catch_unwind(run)
                    .unwrap_or_else(|_| panic!("round {round} on {}\n{plan}", level.name()));
                for (i, output) in outputs.iter().enumerate() {
                    let error = error(output, scalar.output(i));
                    assert!(
                        error <= GRAPH_TOLERANCE,
                        "round {round}, output {i} on {}: error {error:.1e}\n{plan}",
                        level.name()
                    );
                }
                let first = first.get_or_insert_with(|| outputs.clone());
                assert!(*first == outputs, "round {round} on {}: threads differ\n{plan}", level.name());
            }
        }
    }
}

#[test]
fn graphs_at_random_on_the_gpu() {
    for round in 0..GPU_ROUNDS {
        let mut random = Random(77 + round * 7919);
        let graph = graph(&mut random);
        let input = random.values(graph.inputs()[0].values());
        let unfused = Arc::new(Plan::unfused(&graph).unwrap());
        let mut scalar = nets::load(unfused, Backend::Scalar, &Workers::alone()).unwrap();
        scalar.run(&[&input]).unwrap();
        let plan = Arc::new(Plan::new(&graph).unwrap());
        let mut net = load(plan.clone(), Backend::Gpu, &Workers::alone()).unwrap();
        for _ in 0..2 {
            net.run(&[&input]).unwrap();
            for i in 0..net.outputs().len() {
                let error = error(net.output(i), scalar.output(i));
                assert!(error <= GRAPH_TOLERANCE, "round {round}, output {i}: error {error:.1e}\n{plan}");
            }
        }
    }
}
