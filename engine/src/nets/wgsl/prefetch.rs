//! What brings a net into the caches of a device before it runs.
//!
//! A net is small and runs once a frame; meanwhile the pictures of the frame push its weights, and the text of its kernels,
//! out of the cache. Each kernel then waits for both in turn, in a chain of kernels that wait for each other. So kernels with
//! much text are run once beforehand, by a few workgroups, all at the same time, on buffers of one value: what they read and
//! write lies outside, which WebGPU makes harmless.

use super::kernel::Kernel;
use crate::gpu::Gpu;

/// Steps of a kernel that has much text, at least.
const STEPS: usize = 4;
/// Workgroups that run beforehand, at most: more wait longer for more of the weights.
const WORKGROUPS: u32 = 4;
/// Bytes of the buffers that stand for what is read and written.
pub(super) const NOTHING: u64 = 16;

/// Whether a device gains by it: one with memory of its own has a cache that holds weights and texts for a frame.
pub(super) fn helps(gpu: &Gpu) -> bool {
    gpu.adapter().discrete
}

/// Whether a kernel is run beforehand.
pub(super) fn is_due(kernel: &Kernel) -> bool {
    kernel.steps.len() >= STEPS
}

/// The workgroups that do it.
pub(super) fn workgroups(kernel: &Kernel) -> [u32; 3] {
    [kernel.workgroups[0].min(WORKGROUPS), 1, 1]
}

#[cfg(all(test, feature = "embedded-models"))]
mod tests {
    use crate::{
        gpu::{Gpu, Levels, readback::Readback, tests::gpu},
        nets::{Fusing, GpuNet, ModelId, Models, Precision, Program, program},
        workers::Workers,
    };

    /// What the net makes of an input, after some dispatches.
    fn run(gpu: &Gpu, net: &Program, before: &Levels) -> Vec<u8> {
        let values: Vec<f32> = (0..net.inputs()[0].values()).map(|at| (at % 97) as f32).collect();
        let mut encoder = gpu.encoder("net");
        encoder.write(net.input(0), 0, bytemuck::cast_slice(&values));
        encoder.compute_levels("prefetch", before);
        encoder.compute_levels("net", &Levels::new(net.levels(1)));
        let ticket = Readback::new().start_buffer(&mut encoder, net.output(0)).expect("a ticket");
        gpu.submit(encoder).expect("submitted");
        ticket.wait(gpu).expect("landed")
    }

    #[test]
    fn what_runs_beforehand_waits_for_nothing_and_changes_nothing() {
        let gpu = gpu();
        let how = GpuNet { precision: Precision::F32, fusing: Fusing::Fused };
        let plan = Models::embedded().plan(ModelId::Blendshapes).expect("a plan");
        let net = program(&plan, &gpu, how, 1, &Workers::alone()).expect("a net");
        let described: Vec<bool> = net.described().iter().flatten().map(|kernel| kernel.prefetched).collect();
        assert_eq!(net.prefetch().len(), described.iter().filter(|due| **due).count());
        assert!((2..described.len()).contains(&net.prefetch().len()), "{}", net.prefetch().len());
        let prefetch = Levels::new([net.prefetch().to_vec()]);
        assert_eq!(prefetch.barriers(), 0);
        assert_eq!(run(&gpu, &net, &prefetch), run(&gpu, &net, &Levels::default()));
    }
}
