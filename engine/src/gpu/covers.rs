//! How passes that cover their target are done.
//!
//! Most GPUs draw as fast as they compute. Those for data centres have few units that draw, and do in compute stages what
//! would take thirty times as long in fragment stages.

use super::{
    Draw, Gpu, GpuError, Load, PassDesc, PassPipeline, Render, TextureDesc, TextureFormat, shader::Library,
    timer::Timer,
};

/// How passes that cover their target are done, where their shaders leave the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// By compute stages, if the device takes at most half of the time then: it is measured when it is opened, if it has
    /// timestamps. Software draws.
    #[default]
    Measured,
    /// By fragment stages.
    Drawn,
    /// By compute stages.
    Computed,
}

/// Side of what is covered for the measurement, in pixels.
const SIDE: u32 = 1024;
/// The first rounds find a GPU that is asleep.
const ROUNDS: u64 = 4;

/// Whether `gpu`, which computes, does so in at most half of the time that it draws in.
pub(super) fn compute_is_faster(gpu: &Gpu) -> bool {
    match measure(gpu) {
        Ok(Some([drawn, computed])) => {
            log::info!("a pass over {SIDE} x {SIDE} pixels: {drawn:.3} ms drawn, {computed:.3} ms computed");
            computed * 2.0 <= drawn
        }
        Ok(None) => false,
        Err(error) => {
            log::warn!("passes are drawn, since computing them could not be tried: {error}");
            false
        }
    }
}

/// Milliseconds of the last round: drawn, and computed. `None`: the device does not tell, or can't compute.
fn measure(gpu: &Gpu) -> Result<Option<[f64; 2]>, GpuError> {
    let mut timer = Timer::new(gpu, 3)?;
    let mut library = Library::for_gpu(gpu);
    let source = include_str!("../../../shaders/kernels/cover.wgsl");
    library.insert("kernels::cover", "shaders/kernels/cover.wgsl", source);
    let shader = library.resolve("kernels::cover", &[])?;
    let pipeline = PassPipeline::new(
        gpu,
        &shader,
        &PassDesc::covering("cover", "vertex", "fragment", TextureFormat::Srgb8),
    )?;
    if !timer.works() || pipeline.computed().is_none() {
        return Ok(None);
    }
    let target = gpu.texture(&TextureDesc::new([SIDE; 2], TextureFormat::Srgb8))?;
    let draws = [Draw::fullscreen(&pipeline, &[])];
    let computed = Render::new("cover", &target, &draws);
    let mut last = None;
    for round in 0..ROUNDS {
        let mut encoder = gpu.encoder("cover");
        timer.begin(round);
        for render in [Render { load: Load::Keep, ..computed }, computed] {
            timer.mark(&mut encoder);
            encoder.render(&render)?;
        }
        timer.mark(&mut encoder);
        timer.end(&mut encoder);
        gpu.submit(encoder)?;
        gpu.wait()?;
        last = timer.landed();
    }
    let spans = last.map(|(_, spans)| spans);
    Ok(spans.and_then(|spans| match spans.as_slice() {
        [drawn, computed] => Some([drawn, computed].map(|span| span.as_secs_f64() * 1e3)),
        _ => None,
    }))
}
