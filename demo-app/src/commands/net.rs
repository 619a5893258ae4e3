//! `antifaz net`: look into a model file, run it, time it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use antifaz::{
    engine::Crew,
    nets::{self, Executor, GpuNet, Graph, NetError, Plan, SimdLevel, TensorInfo, bundle},
};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    executor::{GpuNetArgs, NetBackend},
    frame, kernels,
};
use crate::{cli::Common, error::AppError, offline, output, values, walk};

/// Arguments of `antifaz net`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
FILE is a .tflite file, or one inside a .task bundle: face_landmarker.task#face_detector.

Examples:
  antifaz net info models/selfie_segmentation/selfie_segmentation.tflite
  antifaz net run pose.tflite --input picture.f32 --out outputs/
  antifaz net bench pose.tflite --backend candle --threads 2 --runs 100"
)]
pub(crate) struct NetArgs {
    #[command(subcommand)]
    pub(crate) action: NetAction,
}

/// What to do with a model file.
#[derive(Subcommand, Debug)]
pub(crate) enum NetAction {
    /// Print its inputs, outputs and operators
    Info(NetModel),
    /// Print the fused steps that would run; with --backend gpu the kernels that do them, by level
    Plan(NetModel),
    /// Run it on raw tensors
    Run(NetRunArgs),
    /// Time it; prints {"min_ms":..,"median_ms":..,"p99_ms":..}
    Bench(NetBenchArgs),
}

/// The model file, and how it is run.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct NetModel {
    /// The model file; `bundle.task#name` for a net inside a bundle
    #[arg(
        value_name = "FILE",
        required_unless_present = "frame",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) file: String,
    /// Instead of a file's plan: that of a whole frame with all nets on a desktop GPU, by level
    #[arg(long, conflicts_with_all = ["file", "backend", "simd"])]
    pub(crate) frame: bool,
    /// What runs it
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) backend: NetBackend,
    /// Threads to use
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::within::<1, 256>)]
    pub(crate) threads: u16,
    /// The widest vectors that the backend `cpu` may use; without it the widest of this machine
    #[arg(long, value_name = "LEVEL", value_parser = values::simd_level)]
    pub(crate) simd: Option<SimdLevel>,
    #[command(flatten)]
    pub(crate) gpu: GpuNetArgs,
    /// Of a plan for the backend gpu, or of a frame's: measure how long each level takes there
    #[arg(long)]
    pub(crate) times: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `antifaz net run`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct NetRunArgs {
    #[command(flatten)]
    pub(crate) net: NetModel,
    /// Raw little-endian f32 values of an input; once for each input, in the model's order. Without any, they are
    /// all zero
    #[arg(long = "input", value_name = "F.f32")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Folder for out0.f32, out1.f32, ... in the model's order of outputs
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `antifaz net bench`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct NetBenchArgs {
    #[command(flatten)]
    pub(crate) net: NetModel,
    /// Raw little-endian f32 values of an input; once for each input, in the model's order. Without any, they are
    /// noise
    #[arg(long = "input", value_name = "F.f32")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Timed runs, after a warm-up
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = values::count)]
    pub(crate) runs: u64,
}

/// Runs the command.
pub(crate) fn run(args: &NetArgs, common: &Common) -> Result<(), AppError> {
    match &args.action {
        NetAction::Info(model) => info(model),
        NetAction::Plan(model) if model.frame && model.times => frame::times(model, common),
        NetAction::Plan(model) if model.frame => frame::print(model),
        NetAction::Plan(model) if model.backend == NetBackend::Gpu => kernels::print(model, common),
        NetAction::Plan(model) if model.times => {
            let problem = "is for the backend gpu alone; leave it out, or add --backend gpu".into();
            Err(AppError::Value { argument: "--times".into(), problem })
        }
        NetAction::Plan(model) if model.json => output::line(plan_json(&model.plan()?)),
        NetAction::Plan(model) => output::line(model.plan()?),
        NetAction::Run(args) => run_once(args, common),
        NetAction::Bench(args) => bench(args, common),
    }
}

impl NetModel {
    /// The file's path, and the member of it that is meant. A `#` in a file's own name is no address.
    fn address(&self) -> (&Path, Option<&str>) {
        match self.file.rsplit_once('#') {
            Some((path, member)) if !path.is_empty() && !Path::new(&self.file).exists() => {
                (Path::new(path), Some(member))
            }
            _ => (Path::new(&self.file), None),
        }
    }

    fn graph(&self) -> Result<Graph, AppError> {
        let (path, member) = self.address();
        let bytes = self.bytes(path)?;
        let model = bundle::find(&bytes, member).map_err(|error| self.wrong(&error))?;
        Graph::from_tflite(&model).map_err(|error| self.wrong(&error))
    }

    /// The whole file. A device has no end, and a model that is longer than any is none.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, AppError> {
        const MAX_BYTES: u64 = 1 << 30;
        let facts = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if facts.is_dir() {
            return Err(self.problem("is a folder; name a .tflite or .task file".into()));
        }
        if !facts.is_file() {
            return Err(self.problem("is no regular file; name a .tflite or .task file".into()));
        }
        if facts.len() > MAX_BYTES {
            return Err(
                self.problem("is larger than 1 GiB, which no model here is; name another file".into())
            );
        }
        fs::read(path).map_err(|error| unreadable(path, error))
    }

    pub(super) fn plan(&self) -> Result<Plan, AppError> {
        Plan::new(&self.graph()?).map_err(|error| self.wrong(&error))
    }

    /// What was asked of the backend gpu.
    pub(super) fn gpu_net(&self) -> Result<GpuNet, AppError> {
        let on_gpu = self.frame || self.backend == NetBackend::Gpu;
        self.gpu.net(on_gpu, "is for the backend gpu alone; leave it out, or add --backend gpu")
    }

    fn executor(&self, crew: &Crew, common: &Common) -> Result<Box<dyn Executor>, AppError> {
        let plan = Arc::new(self.plan()?);
        let how = self.gpu_net()?;
        let loaded = match (self.simd, self.backend) {
            (Some(level), NetBackend::Cpu) => nets::load_at(plan, level, crew.workers()),
            (Some(_), _) => {
                let problem = "is for the backend cpu alone; leave it out, or add --backend cpu".into();
                return Err(AppError::Value { argument: "--simd".into(), problem });
            }
            (None, NetBackend::Gpu) => nets::load_on(plan, &walk::gpu(common)?, how, crew.workers()),
            (None, backend) => nets::load(plan, backend.into(), crew.workers()),
        };
        loaded.map_err(|error| self.wrong(&error))
    }

    /// One tensor for each input of the net: the files that were named, or what `otherwise` makes.
    fn tensors(
        &self,
        files: &[PathBuf],
        infos: &[TensorInfo],
        otherwise: impl Fn(usize) -> Vec<f32>,
    ) -> Result<Vec<Vec<f32>>, AppError> {
        if files.is_empty() {
            return Ok(infos.iter().map(|info| otherwise(info.values())).collect());
        }
        if files.len() != infos.len() {
            let names: Vec<_> = infos.iter().map(shown).collect();
            return Err(self.problem(format!(
                "give --input once for each of its {} inputs, {}, not {} times",
                infos.len(),
                names.join(", "),
                files.len()
            )));
        }
        files.iter().zip(infos).map(|(path, info)| read_tensor(path, info)).collect()
    }

    pub(super) fn wrong(&self, error: &NetError) -> AppError {
        self.problem(error.to_string())
    }

    fn problem(&self, problem: String) -> AppError {
        AppError::Value { argument: self.file.clone(), problem }
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> AppError {
    AppError::File { path: path.to_owned(), doing: "reading", source }
}

/// A tensor as `name [1, 128, 128, 3]`.
fn shown(info: &TensorInfo) -> String {
    format!("{} {:?}", info.name, info.shape)
}

fn read_tensor(path: &Path, info: &TensorInfo) -> Result<Vec<f32>, AppError> {
    let facts = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !facts.is_file() {
        let problem = format!("is no regular file; name one with the values of input {}", shown(info));
        return Err(AppError::Value { argument: path.display().to_string(), problem });
    }
    let length = facts.len();
    if length != info.values() as u64 * 4 {
        return Err(AppError::Value {
            argument: path.display().to_string(),
            problem: format!(
                "has {length} bytes, but input {} takes {} (4 for each value); write them as little-endian f32",
                shown(info),
                info.values() * 4
            ),
        });
    }
    let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
    Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

fn tensors(infos: &[TensorInfo]) -> serde_json::Value {
    infos.iter().map(|info| json!({"name": info.name, "shape": info.shape})).collect()
}

/// What [`Plan`] prints, for programs. Buffers are numbered; a constant has none.
fn plan_json(plan: &Plan) -> serde_json::Value {
    let value = |id: nets::plan::ValueId| {
        let value = plan.value(id);
        json!({"name": value.name, "shape": value.shape, "buffer": value.slot})
    };
    let steps = plan.steps().iter().map(|step| {
        json!({
            "does": step.to_string(),
            "inputs": step.inputs.iter().map(|&id| value(id)).collect::<Vec<_>>(),
            "residual": step.residual.map(value),
            "output": value(step.output),
        })
    });
    json!({
        "inputs": tensors(&plan.inputs()),
        "outputs": tensors(&plan.outputs()),
        "steps": steps.collect::<Vec<_>>(),
        "groups": plan.groups().iter().map(|group| json!([group.start, group.end])).collect::<Vec<_>>(),
        "macs": plan.macs(),
        "parameters": plan.parameters(),
        "buffer_bytes": plan.buffer_values() * 4,
    })
}

fn info(options: &NetModel) -> Result<(), AppError> {
    let graph = options.graph()?;
    let plan = Plan::new(&graph).map_err(|error| options.wrong(&error))?;
    let mut operators: BTreeMap<&str, usize> = BTreeMap::new();
    for node in graph.nodes() {
        *operators.entry(node.op.name()).or_default() += 1;
    }
    if options.json {
        return output::line(json!({
            "inputs": tensors(&graph.inputs()),
            "outputs": tensors(&graph.outputs()),
            "operators": operators,
            "macs": plan.macs(),
            "parameters": plan.parameters(),
        }));
    }
    for info in graph.inputs() {
        output::line(format!("input      {}", shown(&info)))?;
    }
    for info in graph.outputs() {
        output::line(format!("output     {}", shown(&info)))?;
    }
    let operators: Vec<String> = operators.iter().map(|(name, count)| format!("{count} {name}")).collect();
    output::line(format!("operators  {}", operators.join(", ")))?;
    let (macs, parameters) = (plan.macs() as f64 / 1e6, plan.parameters() as f64 / 1e6);
    output::line(format!("cost       {macs:.1} MMAC, {parameters:.2} M parameters"))
}

fn run_once(args: &NetRunArgs, common: &Common) -> Result<(), AppError> {
    let options = &args.net;
    let crew = offline::crew(options.threads.into())?;
    let mut executor = options.executor(&crew, common)?;
    if args.inputs.is_empty() {
        log::warn!("{}: no --input was given, so the inputs are all zero", options.file);
    }
    let inputs = options.tensors(&args.inputs, executor.inputs(), |values| vec![0.0; values])?;
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    executor.run(&inputs).map_err(|error| options.wrong(&error))?;
    if let Some(folder) = &args.out {
        write_outputs(executor.as_ref(), folder)?;
    }
    let summaries = executor.outputs().iter().enumerate().map(|(index, info)| {
        let values = executor.output(index);
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
        if options.json {
            json!({"name": info.name, "shape": info.shape, "min": least, "max": most, "mean": mean})
                .to_string()
        } else {
            format!("out{index}  {}  min {least:.6} max {most:.6} mean {mean:.6}", shown(info))
        }
    });
    summaries.into_iter().try_for_each(output::line)
}

/// Writes `out0.f32`, ... under other names first, so that no half-written file has the final one.
fn write_outputs(executor: &dyn Executor, folder: &Path) -> Result<(), AppError> {
    let failed = |path: &Path, source| AppError::File { path: path.to_owned(), doing: "writing", source };
    if !folder.is_dir() {
        fs::create_dir(folder).map_err(|error| failed(folder, error))?;
    }
    for index in 0..executor.outputs().len() {
        let path = folder.join(format!("out{index}.f32"));
        let bytes: Vec<u8> = executor.output(index).iter().flat_map(|value| value.to_le_bytes()).collect();
        let written = offline::temporary_beside(&path).and_then(|mut file| {
            file.as_file_mut().write_all(&bytes)?;
            file.persist(&path).map_err(|error| error.error)
        });
        written.map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

fn bench(args: &NetBenchArgs, common: &Common) -> Result<(), AppError> {
    let (options, runs) = (&args.net, args.runs);
    let crew = offline::crew(options.threads.into())?;
    let mut executor = options.executor(&crew, common)?;
    let inputs = options.tensors(&args.inputs, executor.inputs(), noise)?;
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut timed = |_| {
        let start = Instant::now();
        executor.run(&inputs).map_err(|error| options.wrong(&error))?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    };
    let warm_up = (runs / 10).clamp(2, 20);
    (0..warm_up).map(&mut timed).collect::<Result<Vec<f64>, AppError>>()?;
    let mut times = (0..runs).map(&mut timed).collect::<Result<Vec<f64>, AppError>>()?;
    output::line(output::times(&mut times))
}

/// Values of 0..1 that look random and are always the same.
fn noise(values: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    (0..values).map(|_| next()).collect()
}
