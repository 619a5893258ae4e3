//! The walk with its nets on the device that draws.

use std::{path::Path, time::Duration};

use antifaz::{
    Engine, Session,
    engine::{Crew, EngineOptions, Pacing},
    filter::{Filter, LookItem, Package, manifest::MANIFEST},
    frame::{Frame, FrameId},
    gpu::{Counts, Covers, Gpu, GpuOptions, readback::Readback},
    kernels::convert::Convert,
    nets::{Backend, Fusing, GpuNet, Models, Precision},
    scene::{Observation, Picture},
    scheduler::WorkPlan,
    session::Step,
    sink::{Sink, SinkError},
    source::{self, Next, Source},
    telemetry::Stage,
    vision::{Detector, DeviceObserver, Find, FramePlan, MatteNet, Mode, Observer, VisionOptions},
};

use super::{gpu, gpu_with, look, synthetic};

/// One face with everything, and the landscape mask.
const ALL: VisionOptions = VisionOptions {
    faces: 1,
    blendshapes: true,
    late_blendshapes: false,
    pose: true,
    matte: Some(MatteNet::Landscape),
    raw_matte: false,
    mode: Mode::Video,
    backend: Backend::Gpu,
    kernels: GpuNet { precision: Precision::F32, fusing: Fusing::Auto },
    detector: Detector::Short,
    rest: 0,
};

#[test]
fn a_frame_with_all_nets_has_few_levels_and_dispatches() {
    let plan = |find| FramePlan::new(&Models::embedded(), &ALL, find, [1280, 720], None).unwrap();
    let (follows, finds) = (plan(Find::Nothing), plan(Find::Ahead));
    assert!(follows.levels.len() <= 40, "{} levels", follows.levels.len());
    // Some kernels are also run beforehand.
    let all = |plan: &FramePlan| plan.dispatches() + plan.prefetched;
    assert!(follows.prefetched > 20 && all(&follows) <= 130, "{} {}", follows.prefetched, all(&follows));
    assert_eq!(finds.levels.len(), follows.levels.len(), "the detector makes a frame no longer");
    assert!(plan(Find::Here).levels.len() <= 60);
    let turns = VisionOptions { detector: Detector::InTurn, ..ALL };
    let plan = |find| FramePlan::new(&Models::embedded(), &turns, find, [1280, 720], None).unwrap();
    let far = plan(Find::Ahead);
    assert!(far.levels.len() <= 40 && all(&far) <= 130, "{} {}", far.levels.len(), all(&far));
    assert!(plan(Find::Here).levels.len() <= 70, "{}", plan(Find::Here).levels.len());
    let late = VisionOptions { late_blendshapes: true, ..ALL };
    let late = FramePlan::new(&Models::embedded(), &late, Find::Nothing, [1280, 720], None).unwrap();
    assert_eq!(late.dispatches() + 1, follows.dispatches(), "late expressions need no kernel of their own");
    assert!(
        late.levels.len() + 8 <= follows.levels.len(),
        "{} levels with late expressions",
        late.levels.len()
    );
    for task in ["detector", "landmarks", "blendshapes", "selfie", "calm", "decode"] {
        assert!(finds.levels.iter().flatten().any(|(name, _)| *name == task), "{task} is missing");
    }
}

/// Textures, buffers and bind groups that were made so far.
fn made_by(gpu: &Gpu) -> [usize; 3] {
    let Counts { textures, buffers, bind_groups, .. } = gpu.counts();
    [textures, buffers, bind_groups]
}

/// Whether nothing of the last frame was held back without need.
fn wait_once_a_level(device: &DeviceObserver) -> bool {
    let halves = device.barriers().expect("a frame");
    halves.iter().all(|(barriers, levels)| *barriers == levels.saturating_sub(1))
}

#[test]
fn a_frame_is_recorded_as_planned_in_one_submission_and_waits_for_and_makes_nothing() {
    let (gpu, crew) = (gpu(), Crew::of(2).unwrap());
    // Steps share kernels, some of which run beforehand, as on a GPU.
    let kernels = GpuNet { fusing: Fusing::Fused, ..ALL.kernels };
    let options = VisionOptions { kernels, ..ALL };
    let mut device = DeviceObserver::new(&Models::embedded(), options, &gpu, crew.workers()).unwrap();
    let mut convert = Convert::new(&gpu).unwrap();
    let (_, still) = still("pd_astronaut.png");
    let plan = FramePlan::new(&Models::embedded(), &options, Find::Nothing, [1280, 720], Some(&gpu)).unwrap();
    let mut made = Vec::new();
    for id in 0..6 {
        let frame = Frame { id: FrameId(id), time: Duration::from_millis(id * 33), ..still.clone() };
        let before = gpu.counts();
        let mut encoder = gpu.encoder("frame");
        let texture = convert.record(&mut encoder, &frame.pixels).unwrap();
        let picture = Picture { id: frame.id, time: frame.time, texture, host: None };
        let upload = encoder.work().dispatches;
        device.record(&mut encoder, picture).unwrap();
        let dispatches = (encoder.work().dispatches - upload) as usize;
        gpu.submit(encoder).unwrap();
        let now = gpu.counts();
        assert_eq!((now.submits - before.submits, now.waits), (1, before.waits), "frame {id}");
        made.push(made_by(&gpu));
        // The first status has landed before the second frame, which follows the face that it tells of.
        gpu.wait().unwrap();
        if id > 0 {
            let halves = device.barriers().unwrap();
            let levels = halves.map(|(_, levels)| levels).into_iter().max().unwrap();
            assert_eq!((dispatches, levels), (plan.dispatches() + plan.prefetched, plan.levels.len()));
            assert_eq!(now.levels - before.levels, levels, "nothing waits but in these levels");
            assert!(wait_once_a_level(&device), "{halves:?}");
            assert!(levels <= 60 && dispatches <= 130, "{dispatches} in {levels}");
        }
    }
    assert_eq!(made[3], made[5], "{made:?}");
}

/// Mean distance of a face's landmarks in % of the distance between its outer eye corners, and the largest differences of
/// expressions and pose.
fn apart(got: &Observation, want: &Observation, slot: usize) -> [f32; 3] {
    let (got, want) = (&got.faces.faces[slot], &want.faces.faces[slot]);
    let far = |a: &[f32; 4], b: &[f32; 4]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let sum: f32 = got.landmarks.iter().zip(&want.landmarks).map(|(a, b)| far(a, b)).sum();
    let eyes = far(&want.landmarks[33], &want.landmarks[263]);
    let most = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    [
        sum / got.landmarks.len() as f32 / eyes * 100.0,
        most(&got.blendshapes, &want.blendshapes),
        most(&got.pose, &want.pose),
    ]
}

#[test]
fn nets_on_the_gpu_follow_a_face_as_those_on_the_cpu() {
    let gpu = gpu();
    let options = VisionOptions { matte: None, ..ALL };
    let crew = Crew::of(2).unwrap();
    let mut device = DeviceObserver::new(&Models::embedded(), options, &gpu, crew.workers()).unwrap();
    let cpu = VisionOptions { backend: Backend::Cpu, ..options };
    let mut host = Observer::new(&Models::embedded(), cpu, crew.workers()).unwrap();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/clips/cap12_33s-53s_12fps5_mjpeg.avi");
    let mut clip = source::open(&clip).unwrap();
    let mut made = Vec::new();
    for index in 0..8 {
        let Next::Frame(frame) = clip.next().unwrap() else { panic!("the clip has more frames") };
        let (got, want) = (device.observe(&frame).unwrap(), host.look(&frame, &WorkPlan::default()).unwrap());
        assert_eq!((got.seen, got.time), (frame.id, frame.time));
        assert_eq!((got.faces.present().count(), want.faces.present().count()), (1, 1), "frame {index}");
        let [landmarks, expression, pose] = apart(&got, &want, 0);
        assert!(landmarks < 0.2, "frame {index}: landmarks are {landmarks} % of the eye distance off");
        assert!(expression < 0.05 && pose < 0.2, "frame {index}: {expression}, {pose}");
        assert!(wait_once_a_level(&device), "frame {index}");
        made.push(made_by(&gpu));
    }
    assert_eq!(made[5], made[7], "{made:?}");
    // A picture of another size is looked at afresh, by both in that very frame.
    let (_, frame) = still("pd_astronaut.png");
    let (got, want) = (device.observe(&frame).unwrap(), host.look(&frame, &WorkPlan::default()).unwrap());
    assert_eq!((got.faces.present().count(), want.faces.present().count()), (1, 1), "a new size");
    assert!(apart(&got, &want, 0)[0] < 0.2);
}

/// The only frame of a still of the workspace.
fn still(name: &str) -> (Box<dyn Source>, Frame) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/stills").join(name);
    let open = || source::open(&path).expect("a still");
    let Next::Frame(frame) = open().next().expect("its frame") else { panic!("a still has a frame") };
    (open(), frame)
}

#[test]
fn detectors_take_turns_on_the_gpu_as_on_the_cpu() {
    let (gpu, crew) = (gpu(), Crew::of(2).unwrap());
    let (_, still) = still("mit_pyfeat_multi5.jpg");
    let options =
        VisionOptions { faces: 8, blendshapes: false, matte: None, detector: Detector::InTurn, ..ALL };
    let mut device = DeviceObserver::new(&Models::embedded(), options, &gpu, crew.workers()).unwrap();
    let cpu = VisionOptions { backend: Backend::Cpu, ..options };
    let mut host = Observer::new(&Models::embedded(), cpu, crew.workers()).unwrap();
    for id in 0..2 {
        let frame = Frame { id: FrameId(id), time: Duration::from_millis(id * 33), ..still.clone() };
        let (got, want) = (device.observe(&frame).unwrap(), host.look(&frame, &WorkPlan::default()).unwrap());
        assert_eq!((got.faces.present().count(), want.faces.present().count()), (5, 5), "look {id}");
        for slot in 0..5 {
            let [landmarks, _, pose] = apart(&got, &want, slot);
            assert!(landmarks < 0.2 && pose < 0.2, "look {id}, face {slot}: {landmarks}, {pose}");
        }
    }
}

#[test]
fn whatever_is_left_out_the_nets_on_the_gpu_see_what_those_on_the_cpu_see() {
    let (gpu, crew) = (gpu(), Crew::of(2).unwrap());
    let (_, frame) = still("pd_astronaut.png");
    let less = [(false, false, None), (true, false, None), (false, true, Some(MatteNet::Landscape))];
    for (blendshapes, pose, matte) in less {
        let options = VisionOptions { blendshapes, pose, matte, ..ALL };
        let mut device = DeviceObserver::new(&Models::embedded(), options, &gpu, crew.workers()).unwrap();
        let cpu = VisionOptions { backend: Backend::Cpu, ..options };
        let mut host = Observer::new(&Models::embedded(), cpu, crew.workers()).unwrap();
        let (got, want) = (device.observe(&frame).unwrap(), host.look(&frame, &WorkPlan::default()).unwrap());
        assert_eq!(got.faces.present().count(), 1, "{options:?}");
        assert_eq!(got.matte.is_some(), matte.is_some(), "{options:?}");
        let [landmarks, expression, pose] = apart(&got, &want, 0);
        let near = landmarks < 0.2 && expression < 0.05 && pose < 0.2;
        assert!(near, "{landmarks}, {expression}, {pose}: {options:?}");
    }
}

/// Keeps the latest picture.
#[derive(Default)]
struct Shown(Option<Picture>);

impl Sink for Shown {
    fn present(&mut self, _: &Gpu, picture: Picture) -> Result<(), SinkError> {
        self.0 = Some(picture);
        Ok(())
    }

    fn finish(&mut self, _: &Gpu) -> Result<(), SinkError> {
        Ok(())
    }
}

#[test]
fn a_still_is_drawn_with_landmarks_that_have_settled() {
    // One of its faces is first seen a little too low.
    let (_, frame) = still("mit_pyfeat_multi5.jpg");
    for backend in [Backend::Cpu, Backend::Gpu] {
        let gpu = gpu();
        let options = EngineOptions { backend, faces: 5, ..EngineOptions::default() };
        let engine =
            || Engine::new(gpu.clone(), Models::embedded(), look(&["face-paint-flag"]), options).unwrap();
        let texels = |picture: &Picture| {
            let mut encoder = gpu.encoder("read");
            let ticket = Readback::new().start(&mut encoder, &picture.texture).unwrap();
            gpu.submit(encoder).unwrap();
            ticket.wait(&gpu).unwrap()
        };
        let mut followed = engine();
        let look = |id| {
            let frame = Frame { id: FrameId(id), time: Duration::from_millis(id * 40), ..frame.clone() };
            texels(&followed.process(frame).unwrap().picture)
        };
        let looks: Vec<_> = (0..5).map(look).collect();

        let (source, _) = still("mit_pyfeat_multi5.jpg");
        let mut session = Session::new(source, engine(), Shown::default());
        assert!(matches!(session.step().unwrap(), Step::Frame(_)));
        let shown = texels(&session.finish().unwrap().0.unwrap());
        let [first, last] = [&looks[0], &looks[4]].map(|look| unlike(&shown, look));
        assert!(
            first > 3 * last.max(10),
            "{backend:?}: {first} bytes are another than at first, {last} than at last"
        );
    }
}

/// How many bytes differ by more than one would see.
fn unlike(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).filter(|(one, other)| one.abs_diff(**other) > 40).count()
}

#[test]
fn late_expressions_are_those_of_the_frame_before() {
    let (gpu, crew) = (gpu(), Crew::of(2).unwrap());
    let observer = |late_blendshapes| {
        let options = VisionOptions { late_blendshapes, ..ALL };
        DeviceObserver::new(&Models::embedded(), options, &gpu, crew.workers()).unwrap()
    };
    let (mut usual, mut late) = (observer(false), observer(true));
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/clips/cap12_33s-53s_12fps5_mjpeg.avi");
    let mut clip = source::open(&clip).unwrap();
    let mut before = None;
    for index in 0..6 {
        let Next::Frame(frame) = clip.next().unwrap() else { panic!("the clip has more frames") };
        if index == 3 {
            // Nothing is left of what was before a cut.
            usual.reset();
            late.reset();
            before = None;
        }
        let [want, got] = [&mut usual, &mut late].map(|eyes| eyes.observe(&frame).unwrap().faces.faces[0]);
        assert_eq!((got.landmarks, got.pose, got.id), (want.landmarks, want.pose, want.id), "frame {index}");
        assert!(want.blendshapes.iter().any(|value| *value > 0.1) && want.expression_age == 0);
        let age = u32::from(before.is_some());
        let expected = (before.replace(want.blendshapes).unwrap_or([0.0; 52]), age);
        assert_eq!((got.blendshapes, got.expression_age), expected, "frame {index}");
    }
    assert!(wait_once_a_level(&late));
}

/// A filter whose target is computed from faces.
fn computes_into_a_target() -> LookItem {
    let manifest = "format = 1\ntitle = \"T\"\nrequires = { face = [\"mesh\"] }\n[[passes]]\nname = \"field\"\n\
        shader = \"a.wgsl\"\nentry = \"compute\"\nstage = \"compute\"\ntarget = \"field\"\nsize = [8, 8]\n\
        format = \"rgba16float\"\n[[passes]]\nname = \"show\"\nshader = \"b.wgsl\"\nentry = \"show\"\n\
        reads = [\"picture\", \"field\"]\n";
    let compute = "import antifaz::face::{landmark};\nimport package::inputs::{canvas};\n@compute @workgroup_size(8, 8)\n\
        fn compute(@builtin(global_invocation_id) at: vec3u) {\n    \
        textureStore(canvas, at.xy, vec4f(landmark(0u, 1u), 1.0));\n}\n";
    let show = "import antifaz::frame::{picture_at};\nimport antifaz::fullscreen::{Varying};\n\
        import package::inputs::{field};\n@fragment\nfn show(in: Varying) -> @location(0) vec4f {\n    \
        return picture_at(in.uv + 0.1 * textureLoad(field, vec2u(0u), 0).xy);\n}\n";
    let package = Package::new("t", [(MANIFEST, manifest), ("a.wgsl", compute), ("b.wgsl", show)]);
    let filter = Filter::from_package(&package).expect("a filter");
    LookItem::parse(filter.into(), "").expect("its values")
}

#[test]
fn filters_that_look_at_no_expression_are_drawn_beside_the_net_that_finds_them() {
    let gpu = gpu_with(GpuOptions { covers: Covers::Computed, ..GpuOptions::default() });
    let options = EngineOptions {
        pacing: Pacing::Live,
        backend: Backend::Gpu,
        blendshapes: true,
        matte: true,
        ..EngineOptions::default()
    };
    let mut engine = Engine::new(gpu.clone(), Models::embedded(), look(&[]), options).expect("an engine");
    let mut source = synthetic(4);
    let mut asked = Vec::new();
    while let Next::Frame(frame) = source.next().expect("a frame") {
        if frame.id == FrameId(2) {
            let mut look = look(&["reshape", "glitch", "film"]);
            look.0[0].face = Some(0);
            look.0.push(computes_into_a_target());
            engine.set_look(look).expect("a look");
        }
        let before = gpu.counts().levels;
        let composed = engine.process(frame).expect("a picture").report.stage(Stage::Compose).work.dispatches;
        asked.push((composed, gpu.counts().levels - before));
        gpu.wait().expect("done");
    }
    let [_, (none, alone), _, (dispatches, with)] = asked[..] else { panic!("{asked:?}") };
    assert!((none, with) == (0, alone) && dispatches > 4, "{asked:?}");
}

#[test]
fn a_live_look_with_its_nets_on_the_gpu_waits_for_nothing_and_makes_nothing() {
    let gpu = gpu();
    let options = EngineOptions {
        pacing: Pacing::Live,
        backend: Backend::Gpu,
        results: true,
        ..EngineOptions::default()
    };
    let mut engine =
        Engine::new(gpu.clone(), Models::embedded(), look(&["studio-blur"]), options).expect("an engine");
    let mut source = synthetic(14);
    let (mut made, mut newest) = (Vec::new(), None);
    while let Next::Frame(frame) = source.next().expect("a frame") {
        let (id, before) = (frame.id, gpu.counts());
        let rendered = engine.process(frame).expect("a picture");
        let now = gpu.counts();
        assert_eq!((now.submits - before.submits, now.waits), (1, before.waits), "one submission, no wait");
        assert_eq!((rendered.seen, rendered.report.age), (id, 0), "each picture is drawn with its own mask");
        newest = rendered.observation.or(newest);
        gpu.wait().expect("done");
        made.push(made_by(&gpu));
    }
    assert_eq!(made[8], made[13], "{made:?}");
    let newest = newest.expect("results come back");
    let mask = newest.matte.expect("a mask");
    assert_eq!(mask.alpha.len(), (mask.size[0] * mask.size[1]) as usize);
    assert!(newest.seen.0 >= 8, "results know their frame: {:?}", newest.seen);
}
