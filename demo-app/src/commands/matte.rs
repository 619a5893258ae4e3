//! `antifaz matte`: the person masks of a clip or picture.

use std::path::PathBuf;

use antifaz::{
    kernels::resize,
    nets::Backend,
    sink::Masks,
    source,
    vision::{MatteNet, VisionOptions},
};
use clap::{Args, ValueEnum};

use crate::{cli::Common, error::AppError, eyes::Eyes, offline, values::Nets};

/// Arguments of `antifaz matte`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Masks are 8-bit PNG files, 00000.png and so on: 0 is background, 255 is person. They are what filters see:
the net's mask, calmed from frame to frame; with --raw the net's own.

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
    /// The net; without it landscape for pictures wider than 4:3 and square for others
    #[arg(long, value_enum, value_name = "landscape|square")]
    pub(crate) net: Option<MatteNetArg>,
    /// The net's own mask resized bilinearly, not calmed from frame to frame
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
pub(crate) fn run(args: &MatteArgs, common: &Common) -> Result<(), AppError> {
    let mut source = source::open(&args.input)?;
    let mut eyes = Eyes::open(args.nets, offline::net_threads(), |backend| options(args, backend), common)?;
    let mut masks = Masks::create(&args.out)?;
    let mut alpha = Vec::new();
    offline::each_frame(source.as_mut(), common, |_, frame| {
        let seen = eyes.look(frame)?;
        let matte = seen.matte.ok_or_else(|| AppError::Value {
            argument: source_name(args),
            problem: "the net gave no mask for a frame; try another backend by --nets".into(),
        })?;
        let size = frame.pixels.size();
        let [to, from] = [size, matte.size].map(|size| size.map(|side| side as usize));
        alpha.resize(to[0] * to[1], 0.0);
        resize::cpu(&matte.alpha, from, &mut alpha, to);
        Ok(masks.write(&alpha, size)?)
    })?;
    Ok(masks.finish()?)
}

fn source_name(args: &MatteArgs) -> String {
    args.input.display().to_string()
}

fn options(args: &MatteArgs, backend: Backend) -> VisionOptions {
    VisionOptions {
        faces: 0,
        blendshapes: false,
        pose: false,
        matte: Some(match args.net {
            None => MatteNet::Auto,
            Some(MatteNetArg::Landscape) => MatteNet::Landscape,
            Some(MatteNetArg::Square) => MatteNet::Square,
        }),
        raw_matte: args.raw,
        backend,
        ..VisionOptions::default()
    }
}
