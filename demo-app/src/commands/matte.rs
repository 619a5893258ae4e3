//! `antifaz matte`: the person masks of a clip or picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{cli::Common, error::AppError, values::Nets};

/// Arguments of `antifaz matte`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Masks are 8-bit PNG files, 00000.png and so on: 0 is background, 255 is person.

Examples:
  antifaz matte --input clip.mp4 --out masks/
  antifaz matte --input portrait.jpg --net square --raw --out masks/"
)]
pub(crate) struct MatteArgs {
    /// A clip, a picture or a folder of pictures
    #[arg(long, value_name = "F")]
    pub(crate) input: PathBuf,
    /// The folder of masks
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// The net; without it landscape for wide pictures and square for the others
    #[arg(long, value_enum, value_name = "landscape|square")]
    pub(crate) net: Option<MatteNetArg>,
    /// The net's mask resized bilinearly, and nothing else
    #[arg(long)]
    pub(crate) raw: bool,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
}

/// A selfie segmentation net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatteNetArg {
    /// 144 rows of 256 cells
    Landscape,
    /// 256 rows of 256 cells
    Square,
}

/// Runs the command.
pub(crate) fn run(_args: &MatteArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
