//! `antifaz track`: faces of a clip or picture, as JSON lines.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{cli::Common, error::AppError, values::Nets};

/// Arguments of `antifaz track`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
One JSON object a frame: x and y of landmarks are 0..1 of the image, z is in units of its width, `box` is x, y,
width and height, `pose` a column-major 4x4 matrix.

Examples:
  antifaz track --input clip.mp4 --out faces.jsonl
  antifaz track --input group.jpg --mode image --faces 8 --out faces.jsonl"
)]
pub(crate) struct TrackArgs {
    /// A clip, a picture or a folder of pictures
    #[arg(long, value_name = "F")]
    pub(crate) input: PathBuf,
    /// The file of JSON lines
    #[arg(long, value_name = "F.jsonl")]
    pub(crate) out: PathBuf,
    /// How many faces to follow at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) faces: u8,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
    /// Whether frames follow each other
    #[arg(long, value_enum, value_name = "video|image", default_value_t)]
    pub(crate) mode: TrackMode,
}

/// Whether frames follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrackMode {
    /// Faces are followed and smoothed from frame to frame
    #[default]
    Video,
    /// Each picture stands alone
    Image,
}

/// Runs the command.
pub(crate) fn run(_args: &TrackArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
