//! The walk end to end: a synthetic source through the engine to a sink.

#[path = "walk/device.rs"]
mod device;

use std::{path::Path, time::Duration};

use antifaz::{
    Engine, Session,
    engine::{EngineOptions, Pacing},
    filter::{Catalog, Look, LookItem},
    gpu::{Gpu, GpuOptions, readback::Readback},
    nets::Models,
    quality::Tier,
    session::Step,
    sink::Null,
    source::{Next, Source, Synthetic, SyntheticOptions},
};

fn gpu() -> Gpu {
    gpu_with(GpuOptions::default())
}

fn gpu_with(options: GpuOptions) -> Gpu {
    pollster::block_on(Gpu::new(&options)).expect("an adapter (apt-get install mesa-vulkan-drivers)")
}

fn look(filters: &[&str]) -> Look {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filters");
    let catalog = Catalog::open(&folder).expect("the filters of the workspace");
    let item =
        |name: &&str| LookItem::parse(catalog.filter(name).expect("a filter"), "").expect("its defaults");
    Look(filters.iter().map(item).collect())
}

fn synthetic(frames: u64) -> Synthetic {
    let options = SyntheticOptions { size: [321, 241], frames: Some(frames), ..SyntheticOptions::default() };
    Synthetic::new(options).expect("a source")
}

fn engine(gpu: &Gpu, filters: &[&str], pacing: Pacing) -> Engine {
    let options = EngineOptions { pacing, ..EngineOptions::default() };
    Engine::new(gpu.clone(), Models::embedded(), look(filters), options).expect("an engine")
}

/// RGBA bytes of every picture of a short walk.
fn pictures(filters: &[&str], frames: u64) -> Vec<Vec<u8>> {
    let gpu = gpu();
    let (mut engine, mut source, readback) =
        (engine(&gpu, filters, Pacing::Offline), synthetic(frames), Readback::new());
    let mut pictures = Vec::new();
    while let Next::Frame(frame) = source.next().expect("a frame") {
        let rendered = engine.process(frame).expect("a picture");
        let mut encoder = gpu.encoder("read");
        let ticket = readback.start(&mut encoder, &rendered.picture.texture).expect("a ticket");
        gpu.submit(encoder).expect("submitted");
        pictures.push(ticket.wait(&gpu).expect("texels"));
    }
    pictures
}

#[test]
fn every_frame_reaches_the_sink_and_nothing_is_made_after_the_first_frames() {
    let gpu = gpu();
    let engine = engine(&gpu, &["studio-blur", "face-paint", "glasses", "film"], Pacing::Offline);
    let mut session = Session::new(synthetic(28), engine, Null::default());
    let (mut reports, mut made) = (Vec::new(), Vec::new());
    while let Step::Frame(report) = session.step().expect("a step") {
        gpu.wait().expect("done");
        reports.push(report);
        let counts = gpu.counts();
        made.push((counts.textures, counts.buffers, counts.bind_groups));
    }
    assert_eq!(session.finish().expect("finished").count, 28);
    assert!(reports.iter().zip(0..).all(|(report, id)| report.id.0 == id && report.age == 0));
    // Small pictures of the last frames come back one after the other.
    assert_eq!(made[21], made[27], "(textures, buffers, bind groups)");
}

#[test]
fn without_filters_the_picture_passes_byte_for_byte() {
    let mut source = synthetic(2);
    for picture in pictures(&[], 2) {
        let Next::Frame(frame) = source.next().expect("a frame") else { panic!("two frames") };
        let rgb: Vec<u8> = picture.chunks_exact(4).flat_map(|texel| texel[..3].to_vec()).collect();
        assert!(rgb == antifaz::kernels::convert::to_rgb8(&frame.pixels));
    }
}

#[test]
fn offline_gives_the_same_output_every_time() {
    let filters = ["studio-blur", "film"];
    let (first, second) = (pictures(&filters, 3), pictures(&filters, 3));
    assert!(first == second);
    assert!(first[0] != first[2], "the source moves");
}

#[test]
fn live_frames_do_not_wait_and_know_their_age() {
    let gpu = gpu();
    let mut engine = engine(&gpu, &["glasses"], Pacing::Live);
    let mut source = synthetic(400);
    let mut seen_late = false;
    let mut faces = 0;
    while let Next::Frame(frame) = source.next().expect("a frame") {
        let id = frame.id;
        let rendered = engine.process(frame).expect("a picture");
        assert_eq!(rendered.report.age, id.0 - rendered.seen.0);
        seen_late |= rendered.report.age > 0;
        faces = rendered.observation.as_ref().unwrap().faces.present().count();
        if seen_late && faces == 1 {
            break;
        }
    }
    assert!(seen_late, "a frame was drawn with an older observation");
    assert_eq!(faces, 1, "the portrait's face is found");
}

#[test]
fn a_look_can_change_while_running_and_nets_follow() {
    let gpu = gpu();
    let mut engine = engine(&gpu, &[], Pacing::Offline);
    let mut source = synthetic(2);
    let mut next = || match source.next().expect("a frame") {
        Next::Frame(frame) => frame,
        other => panic!("{other:?}"),
    };
    let first = engine.process(next()).expect("a picture");
    assert_eq!(
        first.observation.as_ref().unwrap().faces.present().count(),
        0,
        "no net is run for an empty look"
    );
    engine.set_look(look(&["face-paint"])).expect("another look");
    let second = engine.process(next()).expect("a picture");
    assert_eq!(second.observation.as_ref().unwrap().faces.present().count(), 1);
}

#[test]
fn who_makes_looks_ready_knows_the_tier_that_is_drawn() {
    let options = EngineOptions { budget: Some(Duration::from_nanos(1)), ..EngineOptions::default() };
    let mut engine = Engine::new(gpu(), Models::embedded(), look(&[]), options).expect("an engine");
    let preparer = engine.preparer();
    let mut source = synthetic(40);
    let mut tiers = vec![preparer.tier()];
    while let Next::Frame(frame) = source.next().expect("a frame") {
        engine.process(frame).expect("a picture");
        tiers.push(preparer.tier());
    }
    tiers.dedup();
    assert_eq!(tiers, [Tier::High, Tier::Medium, Tier::Low]);
}
