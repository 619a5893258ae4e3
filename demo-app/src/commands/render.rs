//! `antifaz render`: filters over a clip or picture, into a file.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::{
    cli::Common,
    error::AppError,
    values::{self, FilterArg, Nets, Size},
};

/// Arguments of `antifaz render`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true, group = ArgGroup::new("a source").required(true).args(["input", "camera", "synthetic"]), after_help = "\
Every frame is rendered, however long it takes, with the time stamps of the input; the same input gives the same
output. Nothing stands under the name of the output before it is complete: Ctrl-C removes what is half written
and exits with 130.

Examples:
  antifaz render --input clip.mp4 --filter studio-blur --filter film:grain=0.3 --out out.mp4
  antifaz render --input face.jpg --filter glasses --out face-with-glasses.png
  antifaz render --camera 0 --frames 90 --filter film --out frames/")]
pub(crate) struct RenderArgs {
    /// A clip, a picture or a folder of pictures
    #[arg(long, value_name = "F")]
    pub(crate) input: Option<PathBuf>,
    /// The camera with this number, as `antifaz doctor` lists them
    #[arg(long, value_name = "N", requires = "frames")]
    pub(crate) camera: Option<u32>,
    /// A picture under a known motion, made by the program
    #[arg(long, requires = "frames")]
    pub(crate) synthetic: bool,
    /// How many frames to render at most
    #[arg(long, value_name = "K", value_parser = values::count)]
    pub(crate) frames: Option<u64>,
    /// A filter, with values for its parameters; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]", required = true)]
    pub(crate) filters: Vec<FilterArg>,
    /// .mp4, .avi or .png, or a folder for numbered PNG files
    #[arg(long, value_name = "F")]
    pub(crate) out: PathBuf,
    /// Size of the output; without it that of the input
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Option<Size>,
    /// Frames per second of the output; without it those of the input
    #[arg(long, value_name = "N", value_parser = values::positive)]
    pub(crate) fps: Option<f64>,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
}

/// Runs the command.
pub(crate) fn run(_args: &RenderArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
