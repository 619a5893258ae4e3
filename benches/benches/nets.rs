//! Every shipped net on every backend that runs on the CPU, at one thread.

use antifaz::{
    nets::{Backend, ModelId, Models, load},
    workers::Workers,
};
use criterion::{Criterion, criterion_group, criterion_main};

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

criterion_group!(benches, nets);
criterion_main!(benches);
