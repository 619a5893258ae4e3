//! `antifaz net`: look into a model file, run it, time it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::{cli::Common, error::AppError, values};

/// Arguments of `antifaz net`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
FILE is a .tflite file, or one inside a .task bundle: face_landmarker.task#face_detector.

Examples:
  antifaz net info models/selfie/selfie_segmentation.tflite
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
    Info(NetOptions),
    /// Print the fused steps that would run
    Plan(NetOptions),
    /// Run it on raw tensors
    Run(NetOptions),
    /// Time it; prints {"min_ms":..,"median_ms":..,"p99_ms":..}
    Bench(NetBenchArgs),
}

/// The model file, and how it is run.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct NetOptions {
    /// The model file; `bundle.task#name` for a net inside a bundle
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// What runs it
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) backend: NetBackend,
    /// Threads to use
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Raw little-endian f32 values of an input; once for each input, in the model's order
    #[arg(long = "input", value_name = "F.f32")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Folder for out0.f32, out1.f32, ... in the model's order of outputs
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `antifaz net bench`.
#[derive(Args, Debug)]
pub(crate) struct NetBenchArgs {
    #[command(flatten)]
    pub(crate) net: NetOptions,
    /// Timed runs, after a warm-up
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = values::count)]
    pub(crate) runs: u64,
}

/// An executor of nets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetBackend {
    /// Slow and obvious loops: the reference of tests
    Scalar,
    /// The project's own SIMD kernels
    #[default]
    Cpu,
    /// candle
    Candle,
    /// WGSL on the GPU
    Gpu,
}

/// Runs the command.
pub(crate) fn run(_args: &NetArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
