//! `antifaz run`: the window.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::Common,
    error::AppError,
    values::{self, FilterArg, Nets},
};

/// Arguments of `antifaz run`.
#[derive(Args, Debug, Default)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without a source: the first camera, or the bundled clip where there is none.

Examples:
  antifaz run
  antifaz run --camera 1 --filter studio-blur --filter film:grain=0.3
  antifaz run --input clip.mp4 --filter glasses"
)]
pub(crate) struct RunArgs {
    /// The camera with this number, as `antifaz doctor` lists them
    #[arg(long, value_name = "N", conflicts_with_all = ["input", "synthetic"])]
    pub(crate) camera: Option<u32>,
    /// A clip, a picture or a folder of pictures; a clip starts again at its end
    #[arg(long, value_name = "F", conflicts_with = "synthetic")]
    pub(crate) input: Option<PathBuf>,
    /// A picture under a known motion, made by the program
    #[arg(long)]
    pub(crate) synthetic: bool,
    /// A filter, with values for its parameters; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]")]
    pub(crate) filters: Vec<FilterArg>,
    /// What a frame may cost in milliseconds; filters give up quality to stay below it
    #[arg(long, value_name = "X", value_parser = values::positive)]
    pub(crate) budget_ms: Option<f64>,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
}

/// Runs the command.
pub(crate) fn run(_args: &RunArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
