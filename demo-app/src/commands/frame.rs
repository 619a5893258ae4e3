//! `antifaz net plan --frame`: what a frame does on a GPU by level, and how long each level takes there.

use std::time::Duration;

use antifaz::{
    data::DataDir,
    frame::{Frame, FrameId},
    gpu::{Dispatch, Gpu, Levels},
    nets::Backend,
    source::{self, Next},
    vision::{Detector, DeviceObserver, Find, FramePlan, MatteNet, Part, VisionOptions},
};
use serde_json::json;

use super::{kernels, net::NetModel};
use crate::{cli::Common, error::AppError, offline, output, walk};

/// A picture with one face.
const STILL: &str = "stills/pd_astronaut.png";
/// Time from frame to frame, and frames before the one that is measured.
const STEP: Duration = Duration::from_millis(33);
const FRAMES_BEFORE: u64 = 4;
/// Passes that are measured as one: what marks cost is shared by all.
const IN_A_ROW: usize = 8;

/// A kind of frame.
struct Kind {
    name: &'static str,
    find: Find,
    /// Whether its expressions are those of the frame before.
    late: bool,
}

/// The kinds that there are while one face is followed, and the one that begins with it.
const KINDS: [Kind; 4] = [
    Kind { name: "follows", find: Find::Nothing, late: false },
    Kind { name: "finds beside", find: Find::Ahead, late: false },
    Kind { name: "finds first", find: Find::Here, late: false },
    Kind { name: "follows with late expressions", find: Find::Nothing, late: true },
];

impl Kind {
    /// One face with everything, and a mask. Of the detectors that take turns, the one that takes longer.
    fn options(&self) -> VisionOptions {
        let (matte, detector) = (Some(MatteNet::Landscape), Detector::Full);
        VisionOptions { matte, detector, late_blendshapes: self.late, ..VisionOptions::default() }
    }
}

/// Prints the levels of each kind of frame on a desktop GPU.
pub(super) fn print(model: &NetModel) -> Result<(), AppError> {
    model.gpu.net(false, "is for frames that are measured; leave it out, or add --times")?;
    for kind in KINDS {
        let (name, options) = (kind.name, kind.options());
        let plan = FramePlan::new(&offline::models(), &options, kind.find, [1280, 720], None)?;
        let (levels, dispatches) = (plan.levels.len(), plan.dispatches());
        if model.json {
            let prefetched = plan.prefetched;
            output::line(
                json!({"frame": name, "levels": plan.levels, "dispatches": dispatches, "prefetched": prefetched}),
            )?;
            continue;
        }
        output::line(format!(
            "a frame that {name}: {levels} levels, {dispatches} dispatches, one pass, one submit; {} kernels run beforehand",
            plan.prefetched
        ))?;
        for (level, dispatches) in plan.levels.iter().enumerate() {
            for (task, work) in dispatches {
                output::line(format!("{level:4}  {task:22} {work}"))?;
            }
        }
    }
    Ok(())
}

/// Prints how long each kind of frame takes on the device at hand: in all, by level and by dispatch.
pub(super) fn times(model: &NetModel, common: &Common) -> Result<(), AppError> {
    let (gpu, crew) = (walk::gpu(common)?, offline::crew(offline::net_threads())?);
    for kind in KINDS {
        let options = VisionOptions { backend: Backend::Gpu, kernels: model.gpu_net()?, ..kind.options() };
        let mut observer = DeviceObserver::new(&offline::models(), options, &gpu, crew.workers())?;
        let mut frame = still(common)?;
        // What finds first has nothing that it follows.
        for _ in (0..FRAMES_BEFORE).take_while(|_| kind.find != Find::Here) {
            observer.observe(&frame)?;
            frame = Frame { id: FrameId(frame.id.0 + 1), time: frame.time + STEP, ..frame };
        }
        let parts = observer.parts(&frame, kind.find)?;
        let times = Times::measure(&gpu, &parts)?;
        if model.json {
            output::line(times.json(kind.name, &parts))?;
        } else {
            output::print(&times.table(kind.name, &parts))?;
        }
    }
    Ok(())
}

fn still(common: &Common) -> Result<Frame, AppError> {
    let path = DataDir::find(common.data.as_deref())?.assets().join(STILL);
    let mut source = source::open(&path)?;
    loop {
        match source.next()? {
            Next::Frame(frame) => return Ok(frame),
            Next::Pending => {}
            Next::End => {
                let problem = "holds no picture".into();
                return Err(AppError::Value { argument: path.display().to_string(), problem });
            }
        }
    }
}

/// Microseconds on the GPU.
struct Times {
    /// All levels in one pass, as frames have them.
    pass: f64,
    /// The same, one of several in a row.
    in_a_row: f64,
    levels: Vec<f64>,
    /// Each dispatch alone, in the order of the levels.
    dispatches: Vec<f64>,
}

impl Times {
    fn measure(gpu: &Gpu, parts: &[Vec<Part>]) -> Result<Self, AppError> {
        let level = |level: &Vec<Part>| level.iter().map(|part| part.dispatch.clone()).collect::<Vec<_>>();
        let all: Vec<Vec<Dispatch>> = parts.iter().map(level).collect();
        let one = |dispatch: &Dispatch| Levels::new([vec![dispatch.clone()]]);
        let dispatches: Vec<Levels> = all.iter().flatten().map(one).collect();
        let levels: Vec<Levels> = all.iter().map(|level| Levels::new([level.clone()])).collect();
        let pass = Levels::new(all);
        let alone = |parts: &[Levels]| {
            kernels::spans(gpu, parts.len(), |encoder, part| encoder.compute_levels("part", &parts[part]))
        };
        let passes = |count| {
            let record = |encoder: &mut _, _| {
                for _ in 0..count {
                    antifaz::gpu::Encoder::compute_levels(encoder, "frame", &pass);
                    encoder.end_pass();
                }
            };
            kernels::spans(gpu, 1, record).map(|spans| spans[0] / count as f64)
        };
        Ok(Self {
            pass: passes(1)?,
            in_a_row: passes(IN_A_ROW)?,
            levels: alone(&levels)?,
            dispatches: alone(&dispatches)?,
        })
    }

    /// Each part with the number of its level and its own time.
    fn parts<'a>(&'a self, parts: &'a [Vec<Part>]) -> impl Iterator<Item = (usize, &'a Part, f64)> {
        let numbered =
            parts.iter().enumerate().flat_map(|(at, level)| level.iter().map(move |part| (at, part)));
        numbered.zip(&self.dispatches).map(|((at, part), time)| (at, part, *time))
    }

    fn table(&self, name: &str, parts: &[Vec<Part>]) -> String {
        let Self { pass, in_a_row, levels, dispatches } = self;
        let apart: f64 = levels.iter().sum();
        let mut table = format!(
            "a frame that {name}: {} levels, {} dispatches; {pass:.2} us in one pass, {in_a_row:.2} us one of \
             {IN_A_ROW} passes in a row, {apart:.2} us its levels one at a time\n level     us, each dispatch alone\n",
            levels.len(),
            dispatches.len(),
        );
        let mut last = None;
        for (level, part, alone) in self.parts(parts) {
            let whole = match last.replace(level) {
                Some(before) if before == level => String::new(),
                _ => format!("{:.2}", levels[level]),
            };
            let Part { task, does, .. } = part;
            table += &format!("{level:4} {whole:>8} {alone:8.2}  {task:22} {does}\n");
        }
        table
    }

    fn json(&self, name: &str, parts: &[Vec<Part>]) -> serde_json::Value {
        let part = |(level, part, us): (usize, &Part, f64)| json!({"level": level, "us": us, "task": part.task, "does": part.does});
        json!({
            "frame": name,
            "us": self.pass,
            "us_in_a_row": self.in_a_row,
            "levels_us": self.levels,
            "dispatches": self.parts(parts).map(part).collect::<Vec<_>>(),
        })
    }
}
