//! `antifaz bench`: what frames cost.

mod work;

use std::{path::PathBuf, time::Duration};

use antifaz::{
    Engine, Session,
    engine::{EngineOptions, Pacing},
    gpu::Gpu,
    nets::Backend,
    scene::Picture,
    session::Step,
    sink::{Sink, SinkError},
    source::{
        Source,
        adapt::{First, Remembered, Repeated, Resized},
    },
    telemetry::{FrameReport, Percentiles, Stage, percentiles},
};
use clap::Args;
use serde_json::json;

use super::{executor::GpuNetArgs, latency};
use crate::{
    cli::Common,
    error::AppError,
    eyes, filters, interrupt, output,
    progress::Progress,
    values::{self, FilterArg, Nets, Size},
    walk::{self, Input},
};
use work::FrameWork;

/// Arguments of `antifaz bench`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without --input the picture is made by the program. The first frames warm up and are not counted. Nothing overlaps:
each frame is looked at, drawn and waited for, which is what the stage `sink` is. Reading the input does not count.
The GPU tells the times of the stages in some frames, and that of the whole in as many others, since each mark
between stages makes it wait.

With --latency no frames are timed but the GPU alone, in microseconds: a level (a dispatch that needs the one before,
or several side by side), the way to the GPU and back, barriers, loads and dense layers within one workgroup. Nets as
small as those here are bound by these, not by arithmetic.

Examples:
  antifaz bench --filter studio-blur --filter film --frames 300
  antifaz bench --input clip.mp4 --size 1920x1080 --filter glasses --json
  antifaz bench --latency"
)]
pub(crate) struct BenchArgs {
    /// A clip, a picture or a folder of pictures; it starts again at its end
    #[arg(long, value_name = "F")]
    pub(crate) input: Option<PathBuf>,
    /// Size of the frames; without it that of the input, or 1280x720
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Option<Size>,
    /// Read the input before, up to 1 GiB of frames: a GPU that waits for each frame runs at a low clock
    #[arg(long, requires = "input")]
    pub(crate) in_memory: bool,
    /// Frames to time
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = values::count)]
    pub(crate) frames: u64,
    /// A filter, with values for its parameters; NAME@face=2 is for one face alone; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]")]
    pub(crate) filters: Vec<FilterArg>,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
    #[command(flatten)]
    pub(crate) net: GpuNetArgs,
    /// Instead of frames, time what small work costs on the GPU
    #[arg(
        long,
        conflicts_with_all = ["input", "size", "in_memory", "frames", "filters", "nets", "blendshapes", "matte", "late_blendshapes", "precision", "kernels"]
    )]
    pub(crate) latency: bool,
    /// Look for expressions too, though no filter asks for them
    #[arg(long)]
    pub(crate) blendshapes: bool,
    /// Look for the person mask too, though no filter asks for it
    #[arg(long)]
    pub(crate) matte: bool,
    /// Where the nets run on the GPU: expressions are those of the frame before, so that nothing waits for them
    #[arg(long)]
    pub(crate) late_blendshapes: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &BenchArgs, common: &Common) -> Result<(), AppError> {
    if args.latency {
        return latency::run(args.json, common);
    }
    let look = filters::look(&args.filters, common)?;
    let source = source(args)?;
    let gpu = walk::gpu(common)?;
    let backend = eyes::backend(args.nets, &gpu)?;
    // Nets on the GPU are measured as a window has them; those on the CPU would be left out of a live frame.
    let pacing = if backend == Backend::Gpu { Pacing::Live } else { Pacing::Offline };
    let options = EngineOptions {
        pacing,
        blendshapes: args.blendshapes,
        matte: args.matte,
        late_blendshapes: args.late_blendshapes,
        kernels: args
            .net
            .net(backend == Backend::Gpu, "is for nets on the GPU; leave it out, or add --nets gpu")?,
        ..EngineOptions::default()
    };
    let engine = walk::engine_on(gpu, look, backend, options)?;
    let report = measure(source, engine, args.frames, common)?;
    if args.json { output::line(report.json()) } else { output::print(&report.table()) }
}

/// Waits until a picture is really there, so that a frame's time is the whole of it.
struct Finished;

impl Sink for Finished {
    fn present(&mut self, gpu: &Gpu, _: Picture) -> Result<(), SinkError> {
        Ok(gpu.wait()?)
    }

    fn finish(&mut self, _: &Gpu) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Bytes of frames that `--in-memory` reads before.
const REMEMBERED: usize = 1 << 30;

/// Frames that warm up: shaders are compiled and pools filled.
const WARM_UP: u64 = 8;

fn source(args: &BenchArgs) -> Result<Box<dyn Source>, AppError> {
    let input = Input::named(None, args.input.as_deref(), false).unwrap_or(Input::Synthetic);
    let size = args.size;
    if args.in_memory {
        let needed = First::new(input.open(size)?, args.frames.saturating_add(WARM_UP));
        let frames = match size {
            Some(size) => Remembered::new(Resized::new(needed, size.into())?, REMEMBERED)?,
            None => Remembered::new(needed, REMEMBERED)?,
        };
        return Ok(Box::new(Repeated::new(Box::new(move || Ok(Box::new(frames.clone()))))?));
    }
    let source = Repeated::new(Box::new(move || input.open(size)))?;
    Ok(match size {
        Some(size) => Box::new(Resized::new(source, size.into())?),
        None => Box::new(source),
    })
}

fn measure(
    source: Box<dyn Source>,
    engine: Engine,
    frames: u64,
    common: &Common,
) -> Result<Report, AppError> {
    let adapter = engine.gpu().adapter().name.clone();
    let mut session = Session::new(source, engine, Finished);
    let mut report = Report {
        adapter,
        frames: Vec::new(),
        gpu: Default::default(),
        gpu_frames: Vec::new(),
        levels: Vec::new(),
        dropped: 0,
        rss_mb: None,
    };
    interrupt::watch();
    let progress = Progress::new(common, Some(frames));
    let (mut warm_up, mut by_stage) = (WARM_UP, true);
    while (report.frames.len() as u64) < frames {
        interrupt::check()?;
        let levels = session.engine_mut().gpu().counts().levels;
        let frame = match session.step()? {
            Step::Frame(frame) => frame,
            Step::Idle => continue,
            Step::Ended => break,
        };
        if warm_up > 0 {
            warm_up -= 1;
            continue;
        }
        // GPU times come some frames late: those of the warm-up are not wanted.
        while let Some(times) = session.engine_mut().gpu_times() {
            if times.frame >= WARM_UP {
                report.gpu_frames.extend(times.whole.map(millis));
                for (values, time) in report.gpu.iter_mut().zip(times.stages) {
                    values.extend(time.map(millis));
                }
            }
        }
        if !by_stage {
            report.levels.push((session.engine_mut().gpu().counts().levels - levels) as f64);
        }
        report.dropped = frame.dropped;
        report.frames.push(frame);
        by_stage = is_timed_by_stage(report.frames.len());
        session.engine_mut().time_stages(by_stage);
        progress.step();
    }
    report.rss_mb = rss_mb();
    Ok(report)
}

/// Whether a frame is timed by its stages: half of all are, and half of those that come every so often, as looks of a detector
/// do (a Weyl sequence of the golden ratio).
fn is_timed_by_stage(frame: usize) -> bool {
    (frame as u32).wrapping_mul(0x9e37_79b9) < 1 << 31
}

/// What was measured.
struct Report {
    adapter: String,
    frames: Vec<FrameReport>,
    /// Milliseconds of each stage on the GPU, where it tells.
    gpu: [Vec<f64>; Stage::ALL.len()],
    /// Milliseconds of all of them together, of other frames: see [`is_timed_by_stage`].
    gpu_frames: Vec<f64>,
    /// Levels of dispatches that follow each other in these.
    levels: Vec<f64>,
    dropped: u64,
    rss_mb: Option<f64>,
}

impl Report {
    fn frame_ms(&self) -> Option<Percentiles> {
        percentiles(self.frames.iter().map(|frame| millis(frame.total)).collect())
    }

    /// On the CPU, and on the GPU.
    fn stage_ms(&self, stage: Stage) -> [Option<Percentiles>; 2] {
        let cpu = self.frames.iter().map(|frame| millis(frame.stage(stage).cpu)).collect();
        [percentiles(cpu), percentiles(self.gpu[stage as usize].clone())]
    }

    fn json(&self) -> serde_json::Value {
        let value =
            |of: Option<Percentiles>| of.map(|of| json!({"p50": of.p50, "p95": of.p95, "p99": of.p99}));
        let stages: serde_json::Map<_, _> = Stage::ALL
            .into_iter()
            .map(|stage| {
                // What was not measured, such as reading a file on the GPU, has no key.
                let times = ["cpu_ms", "gpu_ms"].into_iter().zip(self.stage_ms(stage));
                let times = times.filter_map(|(name, of)| Some((name.to_owned(), value(Some(of?))?)));
                let work = [("work".to_owned(), self.work(stage).json())];
                (stage.name().to_owned(), json!(times.chain(work).collect::<serde_json::Map<_, _>>()))
            })
            .collect();
        json!({
            "adapter": self.adapter,
            "frames": self.frames.len(),
            "frame_ms": value(self.frame_ms()),
            "frame_gpu_ms": value(percentiles(self.gpu_frames.clone())),
            "gpu_frames": {"whole": self.gpu_frames.len(), "by_stage": self.gpu[Stage::Compose as usize].len()},
            "levels": self.levels(),
            "stages": stages,
            "dropped": self.dropped,
            "rss_mb": self.rss_mb,
        })
    }

    fn table(&self) -> String {
        let row = |name: &str, of: Option<Percentiles>| match of {
            Some(of) => format!("{name:<14}{:>9.3}{:>9.3}{:>9.3}\n", of.p50, of.p95, of.p99),
            None => String::new(),
        };
        let mut text = format!("{}, {} frames, {} dropped", self.adapter, self.frames.len(), self.dropped);
        if let Some(rss) = self.rss_mb {
            text += &format!(", {rss:.0} MB in memory");
        }
        if let Some(levels) = self.levels().filter(|levels| *levels > 0.0) {
            text += &format!(", {levels} levels of dispatches a frame");
        }
        text += &format!("\n{:<14}{:>9}{:>9}{:>9}\n", "ms", "p50", "p95", "p99");
        text += &row("frame", self.frame_ms());
        text += &row("frame (GPU)", percentiles(self.gpu_frames.clone()));
        for stage in Stage::ALL {
            let [cpu, gpu] = self.stage_ms(stage);
            text += &row(stage.name(), cpu);
            text += &row(&format!("{} (GPU)", stage.name()), gpu);
        }
        text + &work::table(|stage| self.work(stage))
    }

    /// The median frame's.
    fn levels(&self) -> Option<f64> {
        percentiles(self.levels.clone()).map(|found| found.p50)
    }

    /// What a frame asks of the GPU in a stage.
    fn work(&self, stage: Stage) -> FrameWork {
        FrameWork::of(self.frames.iter().map(|frame| frame.stage(stage).work))
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Memory that this process holds now, in MB, where the system tells.
fn rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use antifaz::telemetry::Work;

    use super::*;

    fn report() -> Report {
        let mut gpu: [Vec<f64>; Stage::ALL.len()] = Default::default();
        gpu[Stage::Compose as usize] = vec![1.5, 2.5];
        let frame = |ms| {
            let mut frame = FrameReport { total: Duration::from_millis(ms), ..FrameReport::default() };
            frame.record(Stage::Vision, Duration::from_millis(ms / 2));
            let work = Work { passes: 2, draws: 3, read: 5_000_000, written: 2_500_000, ..Work::default() };
            frame.stages[Stage::Compose as usize].work = work;
            frame
        };
        Report {
            adapter: "soft".into(),
            frames: vec![frame(10), frame(30)],
            gpu,
            gpu_frames: vec![1.5, 2.5],
            levels: vec![30.0, 33.0, 33.0],
            dropped: 1,
            rss_mb: Some(9.5),
        }
    }

    #[test]
    fn the_json_has_the_shape_that_scripts_rely_on() {
        let json = report().json();
        assert_eq!(json["adapter"], "soft");
        assert_eq!(json["frames"], 2);
        assert_eq!(json["frame_ms"], json!({"p50": 10.0, "p95": 30.0, "p99": 30.0}));
        assert_eq!(json["gpu_frames"], json!({"whole": 2, "by_stage": 2}));
        assert_eq!(json["levels"], 33.0);
        assert_eq!(json["stages"]["vision"]["cpu_ms"]["p50"], 5.0);
        assert_eq!(json["stages"]["vision"].get("gpu_ms"), None);
        assert_eq!(json["stages"]["compose"]["gpu_ms"]["p99"], 2.5);
        assert_eq!(json["stages"]["compose"]["work"]["draws"], 3);
        assert_eq!(json["stages"]["compose"]["work"]["read_mb"], 5.0);
        assert_eq!((&json["dropped"], &json["rss_mb"]), (&json!(1), &json!(9.5)));
        assert_eq!(json["stages"].as_object().map(serde_json::Map::len), Some(Stage::ALL.len()));
    }

    #[test]
    fn of_frames_that_come_every_so_often_half_are_timed_by_their_stages() {
        for every in 1..=60 {
            let by_stage = (0..600).filter(|turn| is_timed_by_stage(turn * every)).count();
            assert!((270..=330).contains(&by_stage), "every {every} frames: {by_stage} of 600");
        }
    }

    #[test]
    fn the_table_leaves_out_what_was_not_measured() {
        let table = report().table();
        assert!(
            table.starts_with("soft, 2 frames, 1 dropped, 10 MB in memory, 33 levels of dispatches"),
            "{table}"
        );
        assert!(table.contains("compose (GPU)") && !table.contains("vision (GPU)"), "{table}");
        let last = table.lines().last().unwrap_or_default();
        assert_eq!(
            last.split_whitespace().collect::<Vec<_>>(),
            ["compose", "2", "3", "0", "0.0", "0.0", "5.0", "2.5"]
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_known() {
        assert!(rss_mb().is_some_and(|megabytes| megabytes > 1.0));
    }
}
