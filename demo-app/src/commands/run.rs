//! `antifaz run`: the window.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use antifaz::{
    data::DataDir,
    source::{Camera, Playback, Source, SourceError},
};
use clap::Args;

use crate::{
    cli::Common,
    error::AppError,
    filters,
    reload::Watched,
    values::{self, FilterArg, Nets},
    walk::{self, Input},
    window::{self, How, Show, Steady},
};

/// Arguments of `antifaz run`.
#[derive(Args, Debug, Default)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without a source: the first camera, or the bundled clip where there is none. The picture is shown as in a mirror.

A filter whose files change is taken over at once, if it has no faults; else they are shown, and the version before
goes on.

Keys: arrows or space show each filter alone, m mirrors or not, Escape or q ends.

Examples:
  antifaz run
  antifaz run --camera 1 --filter studio-blur --filter film:grain=0.3
  antifaz run --input clip.mp4 --filter glasses
  antifaz run --filter ./my-filter"
)]
pub(crate) struct RunArgs {
    /// The camera with this number, as `antifaz doctor` lists them
    #[arg(long, value_name = "N", conflicts_with_all = ["input", "synthetic"], value_parser = values::camera)]
    pub(crate) camera: Option<u32>,
    /// A clip, a picture or a folder of pictures; a clip starts again at its end
    #[arg(long, value_name = "F", conflicts_with = "synthetic")]
    pub(crate) input: Option<PathBuf>,
    /// A picture under a known motion, made by the program
    #[arg(long)]
    pub(crate) synthetic: bool,
    /// A filter, with values for its parameters; NAME@face=2 is for one face alone; repeat it to stack filters
    #[arg(long = "filter", value_name = "NAME[:p=v,...]")]
    pub(crate) filters: Vec<FilterArg>,
    /// What a frame may cost in milliseconds; filters give up quality to stay below it
    #[arg(long, value_name = "X", value_parser = values::positive)]
    pub(crate) budget_ms: Option<f64>,
    /// What the random numbers of filters follow from; without it every run is different
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u32>,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
    /// Where the nets run on the GPU: expressions are those of the frame before, so that nothing waits for them
    #[arg(long)]
    pub(crate) late_blendshapes: bool,
}

impl RunArgs {
    /// What `antifaz` alone shows.
    pub(crate) fn demo() -> Self {
        let filters = ["studio-blur", "glasses", "film"].map(FilterArg::plain);
        Self { filters: filters.into(), ..Self::default() }
    }
}

/// The clip that is shown where there is no camera.
const BUNDLED_CLIP: &str = "clips/cap12_33s-53s_12fps5_mjpeg.avi";

/// Runs the command.
pub(crate) fn run(args: &RunArgs, common: &Common) -> Result<(), AppError> {
    let look = filters::open_all(&args.filters, common)?.into();
    let source = match Input::named(args.camera, args.input.as_deref(), args.synthetic) {
        Some(input) => source(&input)?,
        None => first_camera().map_or_else(|| bundled_clip(common), Ok)?,
    };
    window::open(Show {
        source,
        look,
        others: others(common),
        how: How {
            gpu: walk::gpu_options(common),
            nets: args.nets,
            budget: args.budget_ms.map(|millis| Duration::from_secs_f64(millis / 1e3)),
            late_blendshapes: args.late_blendshapes,
            seed: args.seed.unwrap_or_else(any_seed),
        },
    })
}

/// Another number in each run.
fn any_seed() -> u32 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos())
}

/// A camera that may come and go, or anything else in real time.
fn source(input: &Input) -> Result<Box<dyn Source>, SourceError> {
    let input = input.clone();
    Ok(match input {
        Input::Camera(_) => Box::new(Steady::new(Arc::new(move || input.open(None)))?),
        _ => Box::new(Playback::start(Box::new(move || input.open(None)))?),
    })
}

/// The first camera that opens.
fn first_camera() -> Option<Box<dyn Source>> {
    Camera::list().iter().find_map(|camera| match source(&Input::Camera(camera.index)) {
        Ok(source) => Some(source),
        Err(error) => {
            log::warn!("{error}");
            None
        }
    })
}

fn bundled_clip(common: &Common) -> Result<Box<dyn Source>, AppError> {
    let clip = DataDir::find(common.data.as_deref())?.assets().join(BUNDLED_CLIP);
    log::warn!("no camera was found: showing the bundled clip");
    Ok(source(&Input::File(clip))?)
}

/// Every filter alone, as it comes. What can't be read is only missing here.
fn others(common: &Common) -> Vec<Watched> {
    let Ok(catalog) = filters::catalog(common) else { return Vec::new() };
    let alone =
        |name: &String| filters::open(&FilterArg::plain(name), common).map(|found| vec![found].into());
    catalog.names().iter().filter_map(|name| alone(name).ok()).collect()
}
