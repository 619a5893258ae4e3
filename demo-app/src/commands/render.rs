//! `antifaz render`: filters over a clip or picture, into a file.

use std::{path::PathBuf, time::Duration};

use antifaz::{
    Session,
    engine::EngineOptions,
    session::Step,
    sink::{self, SinkOptions},
    source::{
        Source,
        adapt::{First, Resized, Retimed},
        image::Folder,
    },
};
use clap::{ArgGroup, Args};

use crate::{
    cli::Common,
    error::AppError,
    filters, interrupt,
    progress::Progress,
    values::{self, FilterArg, Nets, Size},
    walk::{self, Input},
};

/// Arguments of `antifaz render`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true, group = ArgGroup::new("a source").required(true).args(["input", "camera", "synthetic"]), after_help = "\
Every frame is rendered, however long it takes, with the time stamps of the input; the same input gives the same
output. A clip's sound goes along, converted by an ffmpeg where the output can't hold it. Nothing stands under the
name of the output before it is complete: Ctrl-C removes what is half written and exits with 130.

Examples:
  antifaz render --input clip.mp4 --filter studio-blur --filter film:grain=0.3 --out out.mp4
  antifaz render --input face.jpg --filter glasses --out face-with-glasses.png
  antifaz render --camera 0 --frames 90 --filter film --out frames/")]
pub(crate) struct RenderArgs {
    /// A clip, a picture or a folder of pictures
    #[arg(long, value_name = "F")]
    pub(crate) input: Option<PathBuf>,
    /// The camera with this number, as `antifaz doctor` lists them
    #[arg(long, value_name = "N", requires = "frames", value_parser = values::camera)]
    pub(crate) camera: Option<u32>,
    /// A picture under a known motion, made by the program
    #[arg(long, requires = "frames")]
    pub(crate) synthetic: bool,
    /// How many frames to render at most
    #[arg(long, value_name = "K", value_parser = values::count)]
    pub(crate) frames: Option<u64>,
    /// A filter, with values for its parameters; NAME@face=2 is for one face alone; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]", required = true)]
    pub(crate) filters: Vec<FilterArg>,
    /// .mp4, .avi or .png, or a folder for numbered PNG files
    #[arg(long, value_name = "F")]
    pub(crate) out: PathBuf,
    /// Size of the output, to which frames are stretched; without it that of the input
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Option<Size>,
    /// Frames per second of the output, for which frames come twice or not at all; without it those of the input
    #[arg(long, value_name = "N", value_parser = values::positive)]
    pub(crate) fps: Option<f64>,
    /// What the random numbers of filters follow from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
}

/// Runs the command.
pub(crate) fn run(args: &RenderArgs, common: &Common) -> Result<(), AppError> {
    // What can be refused without a device is refused first.
    let look = filters::look(&args.filters, common)?;
    let source = source(args)?;
    let info = source.info();
    let options = SinkOptions {
        size: info.size,
        fps: info.fps.unwrap_or(STILL_FPS),
        last: info.last,
        audio: info.audio.clone(),
    };
    let total = info.frames;
    interrupt::watch();
    let sink = sink::create(&args.out, &options)?;
    let engine = walk::engine(
        walk::gpu(common)?,
        look,
        args.nets,
        EngineOptions { seed: args.seed, ..EngineOptions::default() },
    )?;
    let mut session = Session::new(source, engine, sink);

    log::info!("rendering to {}", args.out.display());
    let progress = Progress::new(common, total);
    loop {
        let step = session.step();
        // Ctrl-C on a terminal also ends an ffmpeg that reads for us: what it leaves is no error of the clip.
        interrupt::check()?;
        match step? {
            Step::Frame(_) => progress.step(),
            Step::Idle => std::thread::sleep(PAUSE),
            Step::Ended => break,
        }
    }
    session.finish()?;
    Ok(())
}

/// The rate of an output whose input has none.
const STILL_FPS: f64 = 25.0;
/// Between two looks at a camera that has nothing new.
const PAUSE: Duration = Duration::from_millis(1);

fn source(args: &RenderArgs) -> Result<Box<dyn Source>, AppError> {
    let input = Input::named(args.camera, args.input.as_deref(), args.synthetic);
    let mut source: Box<dyn Source> = match (input.unwrap_or(Input::Synthetic), args.size) {
        (Input::File(path), None) if path.is_dir() => Box::new(Folder::open(&path)?.of_one_size()),
        (input, size) => input.open(size)?,
    };
    if let Some(fps) = args.fps {
        source = Box::new(Retimed::new(source, fps)?);
    }
    if let Some(frames) = args.frames {
        source = Box::new(First::new(source, frames));
    }
    if let Some(size) = args.size {
        source = Box::new(Resized::new(source, size.into())?);
    }
    Ok(source)
}
