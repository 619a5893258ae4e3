//! `antifaz net plan --backend gpu`: a net's kernels by level, and how long each level takes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use antifaz::{
    gpu::{Encoder, Gpu, Levels, timer::Timer},
    nets::{self, Program},
};
use serde_json::json;

use super::net::NetModel;
use crate::{cli::Common, error::AppError, offline, output, walk};

/// Repetitions of each measurement, after some to warm up: a device at rest runs at a lower clock.
const REPETITIONS: u64 = 50;
const WARM_UP: u64 = 2000;
/// Time to warm up, at most.
const BUDGET: Duration = Duration::from_millis(200);
/// Repetitions on a device that is so slow that they take longer than `PATIENCE` altogether.
const FEW_REPETITIONS: u64 = 3;
const PATIENCE: Duration = Duration::from_secs(2);

/// Prints a line for each kernel; those of one level don't wait for each other.
pub(super) fn print(model: &NetModel, common: &Common) -> Result<(), AppError> {
    let (plan, how, gpu) = (Arc::new(model.plan()?), model.gpu_net()?, walk::gpu(common)?);
    let crew = offline::crew(offline::net_threads())?;
    let program = nets::program(&plan, &gpu, how, 1, crew.workers()).map_err(|error| model.wrong(&error))?;
    let times = if model.times { Some(measure(&gpu, &program)?) } else { None };
    for (level, kernels) in program.described().iter().enumerate() {
        let time = times.as_ref().map(|times| times.levels[level]);
        for kernel in kernels {
            output::line(match model.json {
                true => {
                    let expected = kernel.expected.as_secs_f64() * 1e6;
                    json!({"level": level, "us": time, "expected_us": expected, "workgroups": kernel.workgroups,
                        "steps": kernel.steps})
                    .to_string()
                }
                false => {
                    let time = time.map_or(String::new(), |time| format!("{time:9.2} us"));
                    let expected = kernel.expected.as_secs_f64() * 1e6;
                    let (workgroups, steps) = (kernel.workgroups, kernel.steps.join(", "));
                    format!(
                        "{level:4} {time}  expected {expected:6.2} us  {workgroups:6} workgroups  {steps}"
                    )
                }
            })?;
        }
    }
    match times {
        Some(Times { together, levels }) if !model.json => output::line(format!(
            "{together:.2} us for all levels in one pass, {:.2} us for them one at a time",
            levels.iter().sum::<f64>()
        )),
        Some(Times { together, .. }) => output::line(json!({"us": together})),
        None => Ok(()),
    }
}

/// Medians of microseconds on the GPU.
struct Times {
    together: f64,
    levels: Vec<f64>,
}

fn measure(gpu: &Gpu, program: &Program) -> Result<Times, AppError> {
    let levels = program.levels(1);
    let all = Levels::new(levels.clone());
    let together = spans(gpu, 1, |encoder, _| encoder.compute_levels("net", &all))?;
    let levels: Vec<Levels> = levels.into_iter().map(|level| Levels::new([level])).collect();
    let each = spans(gpu, levels.len(), |encoder, part| encoder.compute_levels("level", &levels[part]))?;
    Ok(Times { together: together[0], levels: each })
}

/// How many microseconds each of `parts` takes on the GPU: medians.
pub(super) fn spans(
    gpu: &Gpu,
    parts: usize,
    record: impl Fn(&mut Encoder, usize),
) -> Result<Vec<f64>, AppError> {
    let mut timer = Timer::new(gpu, parts as u32 + 1)?;
    if !timer.works() {
        let problem = "this adapter has no timestamps; leave --times out".into();
        return Err(AppError::Value { argument: "--times".into(), problem });
    }
    let mut times = vec![Vec::new(); parts];
    let start = Instant::now();
    for repetition in 0..WARM_UP + REPETITIONS {
        let mut encoder = gpu.encoder("times");
        if start.elapsed() > BUDGET && repetition < WARM_UP {
            continue;
        }
        if start.elapsed() > PATIENCE && repetition >= WARM_UP + FEW_REPETITIONS {
            break;
        }
        timer.begin(repetition);
        timer.mark(&mut encoder);
        for part in 0..parts {
            record(&mut encoder, part);
            timer.mark(&mut encoder);
        }
        timer.end(&mut encoder);
        gpu.submit(encoder)?;
        gpu.wait()?;
        let landed = timer.landed().filter(|_| repetition >= WARM_UP);
        for (times, span) in times.iter_mut().zip(landed.into_iter().flat_map(|(_, spans)| spans)) {
            times.push(span);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    };
    Ok(times.iter_mut().map(median).collect())
}
