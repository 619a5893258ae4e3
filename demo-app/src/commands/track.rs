//! `antifaz track`: faces of a clip or picture, as JSON lines.

use std::{path::PathBuf, time::Instant};

use antifaz::{
    nets::Backend,
    scene::Face,
    source,
    vision::{Detector, Mode, VisionOptions},
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    cli::Common,
    error::AppError,
    eyes::Eyes,
    offline::{self, TextFile},
    output,
    values::{self, Nets},
};

/// Arguments of `antifaz track`.
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
One JSON object a frame: x and y of landmarks are 0..1 of the image, z is in units of its width; `box` is x, y,
width and height of the face, 0..1 too; `pose` is a 4x4 matrix row by row, from the canonical face to a camera of 63
degrees vertical field of view, in centimetres.

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
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::within::<1, 8>)]
    pub(crate) faces: u16,
    /// Where the nets run
    #[arg(long, value_enum, value_name = "B", default_value_t)]
    pub(crate) nets: Nets,
    /// Whether frames follow each other
    #[arg(long, value_enum, value_name = "video|image", default_value_t)]
    pub(crate) mode: TrackMode,
    /// How far away faces are looked for
    #[arg(long, value_enum, value_name = "short|full|in-turn", default_value_t)]
    pub(crate) range: Range,
    /// Threads that share each net; without it as many as help on this machine
    #[arg(long, value_name = "N", value_parser = values::within::<1, 64>)]
    pub(crate) threads: Option<u16>,
    /// Print how long looking at a frame took, without reading it, as `net bench` does
    #[arg(long)]
    pub(crate) times: bool,
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

/// Which detector finds faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Range {
    /// Within some 2 m
    #[default]
    Short,
    /// Within some 5 m, at three times the cost
    Full,
    /// By either in turn, as for filters; pictures that stand alone as with `full`
    InTurn,
}

/// Runs the command.
pub(crate) fn run(args: &TrackArgs, common: &Common) -> Result<(), AppError> {
    let mut source = source::open(&args.input)?;
    let threads = args.threads.map_or_else(offline::net_threads, usize::from);
    let mut eyes = Eyes::open(args.nets, threads, |backend| options(args, backend), common)?;
    let mut out = TextFile::create(&args.out)?;
    let mut times = Vec::new();
    offline::each_frame(source.as_mut(), common, |index, frame| {
        let start = Instant::now();
        let observation = eyes.look(frame)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        let mut faces: Vec<FaceLine> =
            observation.faces.present().map(|(_, face)| FaceLine::new(face)).collect();
        faces.sort_by_key(|face| face.id);
        let time_ms = frame.time.as_secs_f64() * 1e3;
        out.json_line(&Line { frame: index, time_ms, faces })
    })?;
    out.keep()?;
    if args.times { output::line(output::times(&mut times)) } else { Ok(()) }
}

fn options(args: &TrackArgs, backend: Backend) -> VisionOptions {
    VisionOptions {
        faces: usize::from(args.faces),
        mode: match args.mode {
            TrackMode::Video => Mode::Video,
            TrackMode::Image => Mode::Image,
        },
        detector: match args.range {
            Range::Short => Detector::Short,
            Range::Full => Detector::Full,
            Range::InTurn => Detector::InTurn,
        },
        backend,
        ..VisionOptions::default()
    }
}

/// One line of the output.
#[derive(Serialize)]
struct Line {
    frame: u64,
    time_ms: f64,
    faces: Vec<FaceLine>,
}

/// One face of a line.
#[derive(Serialize)]
struct FaceLine {
    id: u32,
    score: f32,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    landmarks: Vec<[f32; 3]>,
    blendshapes: Vec<f32>,
    /// Row by row.
    pose: [f32; 16],
}

impl FaceLine {
    fn new(face: &Face) -> Self {
        let landmarks: Vec<[f32; 3]> =
            face.landmarks.iter().map(|point| [point[0], point[1], point[2]]).collect();
        let along = |axis: usize| {
            let places = landmarks.iter().map(|point| point[axis]);
            (places.clone().fold(f32::INFINITY, f32::min), places.fold(f32::NEG_INFINITY, f32::max))
        };
        let ((left, right), (top, bottom)) = (along(0), along(1));
        let column_major = face.pose;
        Self {
            id: face.id,
            score: face.presence,
            bounds: [left, top, right - left, bottom - top],
            landmarks,
            blendshapes: face.blendshapes.to_vec(),
            pose: std::array::from_fn(|at| column_major[at % 4 * 4 + at / 4]),
        }
    }
}
