//! `antifaz bench`: what frames cost.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::Common,
    error::AppError,
    values::{self, FilterArg, Nets, Size},
};

/// Arguments of `antifaz bench`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without --input the picture is made by the program. The first frames warm up and are not counted.

Examples:
  antifaz bench --filter studio-blur --filter film --frames 300
  antifaz bench --input clip.mp4 --size 1920x1080 --filter glasses --json"
)]
pub(crate) struct BenchArgs {
    /// A clip, a picture or a folder of pictures; it starts again at its end
    #[arg(long, value_name = "F")]
    pub(crate) input: Option<PathBuf>,
    /// Size of the frames; without it that of the input, or 1280x720
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Option<Size>,
    /// Frames to time
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = values::count)]
    pub(crate) frames: u64,
    /// A filter, with values for its parameters; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]")]
    pub(crate) filters: Vec<FilterArg>,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the command.
pub(crate) fn run(_args: &BenchArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
