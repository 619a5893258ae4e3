//! Nets: every model and every operator, on every backend, against the naive executor and against LiteRT.

#![allow(clippy::unwrap_used, reason = "a test whose data are missing shall fail")]

mod allocations;
mod damage;
mod models;
mod operators;
mod plans;
mod random;

use std::sync::{Arc, OnceLock};

use antifaz::{
    engine::Crew,
    gpu::{Gpu, GpuOptions},
    nets::{self, Backend, Executor, Fusing, GpuNet, NetError, Plan, Precision, SimdLevel},
    workers::Workers,
};

/// Backends that are compared with the scalar one.
fn fast_backends() -> Vec<Backend> {
    let mut backends = vec![Backend::Cpu, Backend::Gpu];
    if cfg!(feature = "candle") {
        backends.push(Backend::Candle);
    }
    backends
}

/// The default device.
fn gpu() -> &'static Gpu {
    static DEVICE: OnceLock<Gpu> = OnceLock::new();
    DEVICE.get_or_init(|| {
        pollster::block_on(Gpu::new(&GpuOptions::default()))
            .expect("an adapter (apt-get install mesa-vulkan-drivers)")
    })
}

/// With single precision, many steps a kernel.
const FUSED: GpuNet = GpuNet { precision: Precision::F32, fusing: Fusing::Fused };

/// Both ways in which steps become kernels on the GPU.
const BOTH: [Fusing; 2] = [Fusing::Fused, Fusing::Single];

/// `plan` on `backend`; on the GPU as [`FUSED`].
fn load(plan: Arc<Plan>, backend: Backend, workers: &Arc<Workers>) -> Result<Box<dyn Executor>, NetError> {
    match backend {
        Backend::Gpu => nets::load_on(plan, gpu(), FUSED, workers),
        backend => nets::load(plan, backend, workers),
    }
}

/// `plan` on every backend that is compared with the scalar one, the project's own kernels at every level that the
/// machine has, the GPU once for each of `fusings`.
fn fast_nets(plan: &Arc<Plan>, fusings: &[Fusing]) -> Vec<(&'static str, Box<dyn Executor>)> {
    let (alone, two) = (Workers::alone(), Crew::of(2).unwrap());
    let levels = SimdLevel::available().into_iter();
    let own = levels.map(|level| (level.name(), nets::load_at(plan.clone(), level, &alone).unwrap()));
    let others =
        fast_backends().into_iter().filter(|backend| !matches!(backend, Backend::Cpu | Backend::Gpu));
    let others = others.map(|backend| (backend.name(), load(plan.clone(), backend, &alone).unwrap()));
    let on_gpu = fusings.iter().map(|&fusing| {
        let name = if fusing == Fusing::Fused { "gpu" } else { "gpu, a step a kernel" };
        (name, nets::load_on(plan.clone(), gpu(), GpuNet { fusing, ..FUSED }, two.workers()).unwrap())
    });
    own.chain(others).chain(on_gpu).collect()
}

/// |got - want| in units of |want|, which counts as a tenth per value at least. NaN anywhere is infinitely wrong.
fn error(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let difference = norm(&mut got.iter().zip(want).map(|(&got, &want)| f64::from(got) - f64::from(want)));
    let size = norm(&mut want.iter().map(|&value| f64::from(value)));
    let error = difference / size.max(0.1 * (want.len() as f64).sqrt());
    if error.is_finite() { error } else { f64::INFINITY }
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// 0 to `end`, without `end`.
    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    /// `low` to `high`, both included.
    fn within(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// -1 to 1.
    fn value(&mut self) -> f32 {
        self.next() as f32 / (1_u64 << 30) as f32 - 1.0
    }

    fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.value()).collect()
    }
}

#[test]
fn the_error_measure_sees_errors() {
    let want = [1.0, -2.0, 0.5];
    assert_eq!(error(&want, &want), 0.0);
    assert!(error(&[1.0, -2.0, 0.51], &want) > 1e-3);
    assert_eq!(error(&[f32::NAN, -2.0, 0.5], &want), f64::INFINITY);
    assert!(error(&[0.01; 3], &[0.0; 3]) > 1e-2);
}
