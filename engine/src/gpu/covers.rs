//! How passes that cover their target are done.
//!
//! Most GPUs draw as fast as they compute. Those for data centres have few units that draw, and do in compute stages what
//! would take thirty times as long in fragment stages.

use std::time::Duration;

use super::{
    Draw, Gpu, GpuError, PassDesc, PassPipeline, Render, TextureDesc, TextureFormat, shader::Library,
    timer::Timer,
};

/// How passes that cover their target are done, where their shaders leave the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// By compute stages, if the device takes at most half of the time then: it is measured when it is opened, if
    /// [`GpuOptions::timestamps`](super::GpuOptions::timestamps) are asked for and there. Software draws.
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
const ROUNDS: u64 = 7;

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

/// Medians of milliseconds: drawn, and computed. `None`: the device does not tell, or can't compute.
fn measure(gpu: &Gpu) -> Result<Option<[f64; 2]>, GpuError> {
    let mut timer = Timer::new(gpu, 3)?;
    let mut library = Library::for_gpu(gpu);
    let source = include_str!("../../../shaders/kernels/cover.wgsl");
    library.insert("kernels::cover", "shaders/kernels/cover.wgsl", source);
    let shader = library.resolve("kernels::cover", &[])?;
    let desc = PassDesc::new("cover", "vertex", "fragment", TextureFormat::Srgb8);
    let pipelines = [false, true].map(|covers| PassPipeline::new(gpu, &shader, &PassDesc { covers, ..desc }));
    let [drawing, computing] = pipelines;
    let (drawing, computing) = (drawing?, computing?);
    if !timer.works() || computing.computed().is_none() {
        return Ok(None);
    }
    let target = gpu.texture(&TextureDesc::new([SIDE; 2], TextureFormat::Srgb8))?;
    let mut times: [Vec<Duration>; 2] = Default::default();
    for round in 0..ROUNDS {
        let mut encoder = gpu.encoder("cover");
        timer.begin(round);
        for pipeline in [&drawing, &computing] {
            timer.mark(&mut encoder);
            encoder.render(&Render::new("cover", &target, &[Draw::fullscreen(pipeline, &[])]))?;
        }
        timer.mark(&mut encoder);
        timer.end(&mut encoder);
        gpu.submit(encoder)?;
        gpu.wait()?;
        let spans = timer.landed().map(|(_, spans)| spans).unwrap_or_default();
        // A clock that was set back tells nothing.
        let sound = spans.iter().all(|span| !span.is_zero());
        times.iter_mut().zip(spans).for_each(|(times, span)| times.extend(sound.then_some(span)));
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).map(|time| time.as_secs_f64() * 1e3)
    };
    let [drawn, computed] = &mut times;
    Ok(median(drawn).zip(median(computed)).map(|(drawn, computed)| [drawn, computed]))
}
