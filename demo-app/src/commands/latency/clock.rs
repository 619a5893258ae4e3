//! Times what is recorded: on the GPU where it has timestamps, else by waiting for it.

use std::time::{Duration, Instant};

use antifaz::gpu::{Encoder, Gpu, GpuError, timer::Timer};

use crate::{error::AppError, interrupt};

/// How often each thing is done and timed, as long as that takes no longer than [`BUDGET`], and at least.
const REPETITIONS: usize = 100;
const BUDGET: Duration = Duration::from_millis(150);
const LEAST: usize = 7;
/// Before that it is done so often without being timed: caches and clocks warm up.
const WARM_UP: usize = 3;

/// Medians of microseconds.
pub(super) struct Clock {
    gpu: Gpu,
    timer: Timer,
    frames: u64,
}

impl Clock {
    pub(super) fn new(gpu: Gpu) -> Result<Self, GpuError> {
        Ok(Self { timer: Timer::new(&gpu, 2)?, gpu, frames: 0 })
    }

    /// Whether the GPU itself tells the time.
    pub(super) fn on_gpu(&self) -> bool {
        self.timer.works()
    }

    /// What `record` records takes, once what surrounds it, such as the way to the GPU and back, is taken off:
    /// `nothing` records as little of the same kind.
    pub(super) fn cost(
        &mut self,
        record: impl Fn(&mut Encoder),
        nothing: impl Fn(&mut Encoder),
    ) -> Result<f64, AppError> {
        Ok(self.time(record)? - self.time(nothing)?)
    }

    fn time(&mut self, record: impl Fn(&mut Encoder)) -> Result<f64, AppError> {
        median(|| {
            let mut encoder = self.gpu.encoder("latency");
            self.timer.begin(self.frames);
            self.timer.mark(&mut encoder);
            record(&mut encoder);
            self.timer.mark(&mut encoder);
            self.timer.end(&mut encoder);
            self.frames += 1;
            let start = Instant::now();
            self.gpu.submit(encoder)?;
            self.gpu.wait()?;
            let waited = start.elapsed();
            let spans = self.timer.landed().map(|(_, spans)| spans.iter().sum());
            Ok(spans.unwrap_or(waited))
        })
    }

    /// From submitting what `record` records until all of it is done, as the CPU sees it.
    pub(super) fn round_trip(&self, record: impl Fn(&mut Encoder)) -> Result<f64, AppError> {
        median(|| {
            let mut encoder = self.gpu.encoder("latency");
            record(&mut encoder);
            let start = Instant::now();
            self.gpu.submit(encoder)?;
            self.gpu.wait()?;
            Ok(start.elapsed())
        })
    }

    /// What the CPU does until what `record` records is submitted.
    pub(super) fn recording(&self, record: impl Fn(&mut Encoder)) -> Result<f64, AppError> {
        median(|| {
            let start = Instant::now();
            let mut encoder = self.gpu.encoder("latency");
            record(&mut encoder);
            self.gpu.submit(encoder)?;
            let busy = start.elapsed();
            self.gpu.wait()?;
            Ok(busy)
        })
    }
}

/// The median of what `once` says, in microseconds.
fn median(mut once: impl FnMut() -> Result<Duration, GpuError>) -> Result<f64, AppError> {
    interrupt::check()?;
    for _ in 0..WARM_UP {
        once()?;
    }
    let start = Instant::now();
    let mut times = Vec::with_capacity(REPETITIONS);
    while times.len() < LEAST || (times.len() < REPETITIONS && start.elapsed() < BUDGET) {
        times.push(once()?);
    }
    times.sort();
    Ok(times[times.len() / 2].as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use antifaz::gpu::{BufferUse, GpuOptions};

    use super::*;

    #[test]
    fn without_timestamps_it_is_the_wall_clock() {
        let gpu = pollster::block_on(Gpu::new(&GpuOptions::default()))
            .expect("an adapter (apt-get install mesa-vulkan-drivers)");
        let bytes = vec![0; 1 << 20];
        let buffer = gpu.buffer_with("clock", BufferUse::Storage, &bytes).expect("a buffer");
        let mut clock = Clock::new(gpu).expect("a clock");
        assert!(!clock.on_gpu());
        let write = |encoder: &mut Encoder| encoder.write(&buffer, 0, &bytes);
        assert!(clock.cost(write, |_| ()).expect("a time") > 0.0);
    }
}
