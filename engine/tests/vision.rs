//! Vision against MediaPipe's own answers (`data/vision`, made by `benches/parity/fixtures.py`), and against known
//! motion. No GPU.

#![allow(clippy::unwrap_used, reason = "a test whose data are missing shall fail")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use antifaz::{
    engine::Crew,
    frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels, geometry::Roi},
    kernels::{
        crop::{self, Outside},
        resize,
    },
    nets::{Backend, ModelId, Models},
    scene::{BLENDSHAPES, Face, LANDMARKS, Observation},
    scheduler::WorkPlan,
    source::{self, Next, Source, Synthetic, SyntheticOptions},
    vision::{Detector, MatteNet, Mode, Observer, VisionError, VisionOptions},
    workers::Workers,
};
use glam::Vec2;

/// Outer corners of the eyes: errors are measured in % of their distance.
const EYES: [usize; 2] = [33, 263];
/// Pictures that decode to the same bytes everywhere.
const SAME_PIXELS: f32 = 0.05;
/// JPEG decoders differ by a code value here and there, and a face at the detector's threshold follows.
const JPEG_PIXELS: f32 = 1.5;
/// H.264 decodes to the same planes everywhere, but chroma and rounding differ on the way to RGB.
const CLIP_PIXELS: f32 = 0.2;
/// Mean over the 52 coefficients.
const BLENDSHAPE_ERROR: f32 = 0.02;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/vision").join(name)
}

fn asset(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets").join(name)
}

fn observer(options: VisionOptions) -> Observer {
    let options = VisionOptions { backend: Backend::Cpu, ..options };
    Observer::new(&Models::embedded(), options, &Workers::alone()).unwrap()
}

fn next(source: &mut dyn Source) -> Option<Frame> {
    match source.next().unwrap() {
        Next::Frame(frame) => Some(frame),
        Next::Pending | Next::End => None,
    }
}

fn look(observer: &mut Observer, frame: &Frame) -> Observation {
    observer.look(frame, &WorkPlan::default()).unwrap()
}

/// Landmarks in pixels.
fn points(face: &Face, size: [u32; 2]) -> Vec<Vec2> {
    let size = Vec2::new(size[0] as f32, size[1] as f32);
    face.landmarks.iter().map(|point| Vec2::new(point[0], point[1]) * size).collect()
}

/// Mean distance in % of the distance between the eyes of `want`.
fn error(got: &[Vec2], want: &[Vec2]) -> f32 {
    assert_eq!((got.len(), want.len()), (LANDMARKS, LANDMARKS));
    let sum: f32 = got.iter().zip(want).map(|(a, b)| a.distance(*b)).sum();
    sum / LANDMARKS as f32 / want[EYES[0]].distance(want[EYES[1]]) * 100.0
}

fn mean_difference(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).map(|(a, b)| (a - b).abs()).sum::<f32>() / got.len() as f32
}

#[derive(serde::Deserialize)]
struct Golden {
    landmarks: Vec<[f32; 3]>,
    blendshapes: Vec<f32>,
    /// Row by row.
    pose: [f32; 16],
}

/// Looks at a still for up to eight faces and compares them with MediaPipe's, in the detector's order.
fn check_still(name: &str, extension: &str, tolerance: f32) {
    let golden: Vec<Golden> =
        serde_json::from_slice(&std::fs::read(data(&format!("{name}.json"))).unwrap()).unwrap();
    let mut source = source::open(&asset(&format!("stills/{name}.{extension}"))).unwrap();
    let frame = next(source.as_mut()).unwrap();
    let size = frame.pixels.size();
    let mut observer = observer(VisionOptions { faces: 8, mode: Mode::Image, ..VisionOptions::default() });
    let seen = look(&mut observer, &frame);
    assert!(!golden.is_empty());
    assert_eq!(observer.faces().len(), golden.len(), "faces in {name}");
    for (track, want) in observer.faces().iter().zip(&golden) {
        let face = &seen.faces.faces[track.slot()];
        let [width, height] = size.map(|side| side as f32);
        let pixels: Vec<Vec2> =
            want.landmarks.iter().map(|p| Vec2::new(p[0] * width, p[1] * height)).collect();
        let error = error(&points(face, size), &pixels);
        assert!(error < tolerance, "{name}: landmarks are {error} % of the eye distance off");
        let depth = face.landmarks.iter().zip(&want.landmarks).map(|(a, b)| (a[2] - b[2]).abs());
        assert!(depth.fold(0.0, f32::max) < 0.005 * tolerance, "{name}: depth");
        let difference = mean_difference(&face.blendshapes, &want.blendshapes);
        assert!(difference < BLENDSHAPE_ERROR, "{name}: blendshapes are {difference} off");
        for (at, want) in want.pose.iter().enumerate() {
            let got = face.pose[at % 4 * 4 + at / 4];
            assert!((got - want).abs() < tolerance, "{name}: entry {at} of the pose is {got}, not {want}");
        }
    }
}

#[test]
fn a_png_gives_mediapipes_faces() {
    check_still("pd_astronaut", "png", SAME_PIXELS);
}

#[test]
fn jpegs_give_mediapipes_faces() {
    check_still("pd_grace_hopper", "jpg", JPEG_PIXELS);
    check_still("mit_pyfeat_multi5", "jpg", JPEG_PIXELS);
}

#[test]
fn nobody_is_seen_where_nobody_is() {
    let mut observer = observer(VisionOptions { faces: 8, mode: Mode::Image, ..VisionOptions::default() });
    for name in ["neg_cat_cc0.png", "neg_coffee_cc0.png"] {
        let frame = next(source::open(&asset("stills").join(name)).unwrap().as_mut()).unwrap();
        let seen = look(&mut observer, &frame);
        assert_eq!((observer.faces().len(), seen.faces.present().count()), (0, 0), "{name}");
    }
}

#[cfg(feature = "video")]
#[test]
fn the_start_of_a_clip_follows_mediapipes_video_mode() {
    let bytes = std::fs::read(data("clip.bin")).unwrap();
    let values: Vec<f32> =
        bytes.as_chunks::<2>().0.iter().map(|b| f32::from(u16::from_le_bytes(*b)) / 65535.0).collect();
    let golden = values.chunks_exact(LANDMARKS * 2 + BLENDSHAPES);
    assert!(golden.len() >= 30 && golden.remainder().is_empty());
    let mut source = source::open(&asset("clips/mit_pyfeat_single_face.mp4")).unwrap();
    let mut observer = observer(VisionOptions::default());
    let (mut errors, mut differences) = (Vec::new(), Vec::new());
    for want in golden {
        let frame = next(source.as_mut()).unwrap();
        let size = frame.pixels.size();
        let seen = look(&mut observer, &frame);
        let (_, face) = seen.faces.present().next().expect("a face in every frame");
        assert_eq!(face.id, 0);
        let (landmarks, blendshapes) = want.split_at(LANDMARKS * 2);
        let [width, height] = size.map(|side| side as f32);
        let landmarks = landmarks.as_chunks::<2>().0.iter().map(|p| Vec2::new(p[0] * width, p[1] * height));
        errors.push(error(&points(face, size), &landmarks.collect::<Vec<_>>()));
        differences.push(mean_difference(&face.blendshapes, blendshapes));
    }
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    assert!(mean(&errors) < CLIP_PIXELS, "landmarks are {} % of the eye distance off", mean(&errors));
    assert!(mean(&differences) < BLENDSHAPE_ERROR, "blendshapes are {} off", mean(&differences));
}

#[test]
fn landmarks_follow_a_known_motion() {
    let options = SyntheticOptions { frames: Some(24), noise: 3.0, ..SyntheticOptions::default() };
    let mut source = Synthetic::new(options).unwrap();
    let mut observer = observer(VisionOptions { blendshapes: false, ..VisionOptions::default() });
    let mut first: Option<Vec<Vec2>> = None;
    let (mut worst, mut id) = (0.0_f32, None);
    while let Some(frame) = next(&mut source) {
        let truth = source.frame_from_portrait(frame.id.0);
        let seen = look(&mut observer, &frame);
        let (_, face) = seen.faces.present().next().expect("the portrait is followed");
        assert_eq!(*id.get_or_insert(face.id), face.id);
        let got = points(face, frame.pixels.size());
        let back = truth.inverse();
        let on_portrait =
            first.get_or_insert_with(|| got.iter().map(|p| back.transform_point2(*p)).collect());
        let want: Vec<Vec2> = on_portrait.iter().map(|p| truth.transform_point2(*p)).collect();
        worst = worst.max(error(&got, &want));
    }
    assert!(first.is_some() && worst < 4.0, "{worst} % of the eye distance off at worst");
}

const CANVAS: [u32; 2] = [720, 400];
const TILE: usize = 260;
/// The faces in `pd_astronaut.png` and `pd_grace_hopper.jpg`, with something around them.
const FACES: [Roi; 2] = [
    Roi { center: Vec2::new(225.0, 135.0), size: Vec2::splat(300.0), angle: 0.0 },
    Roi { center: Vec2::new(283.0, 235.0), size: Vec2::splat(420.0), angle: 0.0 },
];

/// The faces of two stills on one canvas, tiles at `places`; `None` is out of sight.
fn collage(stills: &[Pixels; 2], places: [Option<Vec2>; 2], id: u64) -> Frame {
    let [width, height] = CANVAS.map(|side| side as usize);
    let mut canvas = vec![90_u8; width * height * 3];
    let mut tile = vec![0.0; TILE * TILE * 3];
    for ((still, face), place) in stills.iter().zip(&FACES).zip(places) {
        let Some(place) = place.map(|place| place.round().as_uvec2()) else { continue };
        crop::cpu(still, face, Outside::Edge, [TILE, TILE], 1.0, 0.0, &mut tile);
        for (row, values) in tile.chunks_exact(TILE * 3).enumerate() {
            let start = ((place.y as usize + row) * width + place.x as usize) * 3;
            let cells = &mut canvas[start..start + TILE * 3];
            cells.iter_mut().zip(values).for_each(|(to, value)| *to = *value as u8);
        }
    }
    let pixels = Pixels::new(CANVAS, PixelFormat::Rgb8, ColorSpec::default(), canvas).unwrap();
    Frame { id: FrameId(id), time: Duration::from_millis(id * 40), pixels: Arc::new(pixels) }
}

fn portraits() -> [Pixels; 2] {
    ["pd_astronaut.png", "pd_grace_hopper.jpg"]
        .map(|name| next(source::open(&asset("stills").join(name)).unwrap().as_mut()).unwrap())
        .map(|frame| Arc::unwrap_or_clone(frame.pixels))
}

/// As many faces as threads are looked at side by side, and what is left of four one after the other.
#[test]
fn faces_side_by_side_are_seen_as_one_by_one() {
    let two = collage(&portraits(), [Some(Vec2::new(20.0, 60.0)), Some(Vec2::new(420.0, 90.0))], 0);
    let row = CANVAS[0] as usize * 3;
    let four = two.pixels.bytes().chunks_exact(row).skip(60).take(290).collect::<Vec<_>>().concat().repeat(2);
    let pixels = Pixels::new([CANVAS[0], 580], PixelFormat::Rgb8, ColorSpec::default(), four).unwrap();
    let frame = Frame { pixels: Arc::new(pixels), ..two };
    let options = VisionOptions { faces: 8, backend: Backend::Cpu, ..VisionOptions::default() };
    let alone = look(&mut observer(options), &frame);
    assert_eq!(alone.faces.present().count(), 4);
    for threads in [2, 3, 4, 5] {
        let crew = Crew::of(threads).unwrap();
        let mut observer = Observer::new(&Models::embedded(), options, crew.workers()).unwrap();
        let shared = look(&mut observer, &frame);
        let same = bytemuck::bytes_of(&*shared.faces) == bytemuck::bytes_of(&*alone.faces);
        assert!(same, "faces differ with {threads} threads");
    }
}

#[test]
fn two_faces_keep_their_ids_while_they_move_and_after_a_short_loss() {
    let stills = portraits();
    let mut observer = observer(VisionOptions { faces: 3, ..VisionOptions::default() });
    let mut ids = Vec::new();
    for step in 0..30 {
        let shift = step as f32 * 3.0;
        let left = Vec2::new(10.0 + shift, 20.0 + shift / 2.0);
        let right = (!(12..18).contains(&step)).then_some(Vec2::new(440.0 - shift / 2.0, 100.0));
        let seen = look(&mut observer, &collage(&stills, [Some(left), right], step));
        let near = |place: Vec2| {
            let middle = place + TILE as f32 / 2.0;
            let found = seen.faces.present().find(|(_, face)| {
                let nose = points(face, CANVAS)[1];
                (nose - middle).abs().max_element() < 90.0
            });
            found.map(|(slot, face)| (slot, face.id))
        };
        ids.push((near(left), right.and_then(near)));
        assert_eq!(seen.faces.present().count(), 1 + usize::from(right.is_some()), "step {step}");
    }
    let (left, right) = ids[0];
    assert!(left.is_some() && right.is_some() && left != right);
    for (step, (now_left, now_right)) in ids.iter().enumerate() {
        assert_eq!(*now_left, left, "step {step}");
        assert!(*now_right == right || (12..18).contains(&step), "step {step}: {now_right:?}, not {right:?}");
    }
}

#[test]
fn a_detector_that_rests_looks_now_and_then_and_where_somebody_is_lost() {
    let stills = portraits();
    let mut observer = observer(VisionOptions { faces: 3, rest: 3, ..VisionOptions::default() });
    let there =
        |step: u64| [Some(Vec2::new(20.0, 60.0)), (step > 5 && step != 10).then_some(Vec2::new(420.0, 90.0))];
    let seen = |step| look(&mut observer, &collage(&stills, there(step), step)).faces.present().count();
    let seen: Vec<usize> = (0..14).map(seen).collect();
    // It looks in frames 0, 4 and 8; then in 11, where one has been lost.
    assert_eq!(seen, [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 2, 2, 2]);
}

#[test]
fn detectors_in_turn_find_who_is_far_away_and_who_fills_the_picture() {
    let seen = |frame: &Frame, detector| {
        let mut observer = observer(VisionOptions { faces: 8, detector, ..VisionOptions::default() });
        look(&mut observer, frame).faces.present().count()
    };
    let open = |still: &str| next(source::open(&asset(still)).unwrap().as_mut()).unwrap();
    let far = open("stills/mit_pyfeat_multi5.jpg");
    let all = [Detector::Short, Detector::Full, Detector::InTurn];
    assert_eq!(all.map(|detector| seen(&far, detector)), [2, 5, 5]);
    let near = Roi { center: Vec2::new(283.0, 235.0), size: Vec2::splat(200.0), angle: 0.0 };
    let mut cut = vec![0.0; TILE * TILE * 3];
    crop::cpu(&portraits()[1], &near, Outside::Edge, [TILE, TILE], 1.0, 0.0, &mut cut);
    let cut = cut.into_iter().map(|value| value as u8).collect();
    let pixels = Pixels::new([TILE as u32; 2], PixelFormat::Rgb8, ColorSpec::default(), cut).unwrap();
    let near = Frame { pixels: Arc::new(pixels), ..far };
    assert_eq!(all.map(|detector| seen(&near, detector)), [1, 0, 1]);
}

#[test]
fn both_selfie_nets_give_mediapipes_masks() {
    let frame = next(source::open(&asset("stills/pd_astronaut.png")).unwrap().as_mut()).unwrap();
    let size = frame.pixels.size().map(|side| side as usize);
    for (name, net) in [("landscape", MatteNet::Landscape), ("square", MatteNet::Square)] {
        let golden = image::open(data(&format!("pd_astronaut.{name}.png"))).unwrap().into_luma8();
        let mut observer = observer(VisionOptions { faces: 0, matte: Some(net), ..VisionOptions::default() });
        let matte = look(&mut observer, &frame).matte.unwrap();
        let mut alpha = vec![0.0; size[0] * size[1]];
        resize::cpu(&matte.alpha, matte.size.map(|side| side as usize), &mut alpha, size);
        let pairs = || alpha.iter().map(|value| *value >= 0.5).zip(golden.iter().map(|value| *value >= 128));
        let both = pairs().filter(|(a, b)| *a && *b).count();
        let either = pairs().filter(|(a, b)| *a || *b).count();
        let iou = both as f64 / either as f64;
        assert!(either > 10_000 && iou > 0.998, "{name}: IoU {iou}");
    }
}

#[test]
fn only_the_nets_that_are_asked_for_are_loaded() {
    let file = std::fs::read(asset("../models/selfie_segmentation/selfie_segmentation.tflite")).unwrap();
    let mut models = Models::empty();
    models.insert(ModelId::SelfieSquare, file);
    let matte = VisionOptions { faces: 0, matte: Some(MatteNet::Square), ..VisionOptions::default() };
    assert!(Observer::new(&models, matte, &Workers::alone()).is_ok());
    assert!(
        Observer::new(&models, VisionOptions { matte: Some(MatteNet::Auto), ..matte }, &Workers::alone())
            .is_err()
    );
    let refused = Observer::new(&models, VisionOptions { faces: 1, ..matte }, &Workers::alone()).unwrap_err();
    assert!(refused.to_string().contains(ModelId::FaceDetector.name()), "{refused}");
    let square = std::fs::read(asset("../models/selfie_segmentation/selfie_segmentation.tflite")).unwrap();
    models.insert(ModelId::SelfieLandscape, square);
    let wrong = VisionOptions { matte: Some(MatteNet::Landscape), ..matte };
    assert!(matches!(Observer::new(&models, wrong, &Workers::alone()), Err(VisionError::Unfit { .. })));
}
