//! The shipped models, against LiteRT's answers beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use antifaz::{
    engine::Crew,
    nets::{self, Backend, Executor, GpuNet, ModelId, Models, NetError, Precision, SimdLevel},
    workers::Workers,
};

use crate::{BOTH, Random, error, fast_backends, fast_nets, gpu, load};

/// Against LiteRT: it sums f32 in another order and rounds some of its exponentials, and layers multiply that.
const LITERT_TOLERANCE: f64 = 1e-3;
/// Against the scalar executor, which sums in f64: what is left is the order of f32 sums.
const SCALAR_TOLERANCE: f64 = 1e-4;

/// Inputs and wanted outputs.
struct Case {
    name: String,
    input: Vec<f32>,
    outputs: Vec<Vec<f32>>,
}

fn floats(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// All cases of a folder. Pictures have values of `scale * byte / 255 + bias`.
fn cases(folder: &str, [scale, bias]: [f32; 2], outputs: usize) -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.file_stem().unwrap().to_string_lossy().contains(".out"))
        .collect();
    paths.sort();
    let case = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let input = match path.extension().unwrap().to_str() {
            Some("png") => {
                let picture = image::open(&path).unwrap().to_rgb8();
                picture.iter().map(|&byte| scale * f32::from(byte) / 255.0 + bias).collect()
            }
            _ => floats(&path),
        };
        let outputs = (0..outputs).map(|i| floats(&folder.join(format!("{name}.out{i}.f32")))).collect();
        Case { name, input, outputs }
    };
    paths.into_iter().map(case).collect()
}

fn outputs(executor: &dyn Executor) -> Vec<Vec<f32>> {
    (0..executor.outputs().len()).map(|i| executor.output(i).to_vec()).collect()
}

fn assert_close(got: &[Vec<f32>], want: &[Vec<f32>], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (index, (got, want)) in got.iter().zip(want).enumerate() {
        let error = error(got, want);
        assert!(error <= tolerance, "{what}, output {index}: error {error:.2e}");
    }
}

/// The body of all: the scalar executor and the fast ones against LiteRT, and against each other.
fn check(id: ModelId, folder: &str, range: [f32; 2]) {
    let plan = Models::embedded().plan(id).unwrap();
    let cases = cases(folder, range, plan.outputs().len());
    assert!(cases.len() >= 3, "{folder} has too few cases");
    let mut scalar = nets::load(plan.clone(), Backend::Scalar, &Workers::alone()).unwrap();
    for backend in fast_backends() {
        // On the GPU threads compile, and nothing else.
        for threads in if backend == Backend::Gpu { 2..=2 } else { 1..=2 } {
            let crew = Crew::of(threads).unwrap();
            let mut fast = match backend {
                Backend::Gpu => nets::load_on(plan.clone(), gpu(), GpuNet::default(), crew.workers()),
                backend => nets::load(plan.clone(), backend, crew.workers()),
            }
            .unwrap();
            assert_eq!((fast.inputs(), fast.outputs()), (scalar.inputs(), scalar.outputs()));
            for case in &cases {
                fast.run(&[&case.input]).unwrap();
                let what = format!("{id:?} on {} with {threads} threads, {}", backend.name(), case.name);
                assert_close(&outputs(fast.as_ref()), &case.outputs, LITERT_TOLERANCE, &what);
            }
            // Last, so that what the fast one holds is the answer to the same case.
            let last = &cases[cases.len() - 1];
            scalar.run(&[&last.input]).unwrap();
            let want = outputs(scalar.as_ref());
            assert_close(&want, &last.outputs, LITERT_TOLERANCE, &format!("{id:?} on scalar, {}", last.name));
            let what = format!("{id:?} on {} against scalar", backend.name());
            assert_close(&outputs(fast.as_ref()), &want, SCALAR_TOLERANCE, &what);
        }
    }
}

/// Half precision on the GPU against LiteRT: the files give f16, so it loses nothing.
fn check_half(id: ModelId, folder: &str, range: [f32; 2]) {
    let plan = Models::embedded().plan(id).unwrap();
    let half = GpuNet { precision: Precision::F16, ..GpuNet::default() };
    let crew = Crew::of(2).unwrap();
    let mut net = nets::load_on(plan.clone(), gpu(), half, crew.workers()).unwrap();
    for case in cases(folder, range, plan.outputs().len()) {
        net.run(&[&case.input]).unwrap();
        let what = format!("{id:?} as f16, {}", case.name);
        assert_close(&outputs(net.as_ref()), &case.outputs, LITERT_TOLERANCE, &what);
    }
}

#[test]
fn face_detector() {
    check(ModelId::FaceDetector, "face_landmarker/reference/face_detector", [2.0, -1.0]);
}

#[test]
fn face_detector_in_half_precision() {
    check_half(ModelId::FaceDetector, "face_landmarker/reference/face_detector", [2.0, -1.0]);
}

#[test]
fn face_detector_full() {
    check(ModelId::FaceDetectorFull, "face_detection_full_range/reference", [2.0, -1.0]);
}

#[test]
fn face_detector_full_in_half_precision() {
    check_half(ModelId::FaceDetectorFull, "face_detection_full_range/reference", [2.0, -1.0]);
}

#[test]
fn face_mesh() {
    check(ModelId::FaceMesh, "face_landmarker/reference/face_landmarks_detector", [1.0, 0.0]);
}

#[test]
fn face_mesh_in_half_precision() {
    check_half(ModelId::FaceMesh, "face_landmarker/reference/face_landmarks_detector", [1.0, 0.0]);
}

#[test]
fn blendshapes() {
    check(ModelId::Blendshapes, "face_landmarker/reference/face_blendshapes", [1.0, 0.0]);
}

#[test]
fn blendshapes_in_half_precision() {
    check_half(ModelId::Blendshapes, "face_landmarker/reference/face_blendshapes", [1.0, 0.0]);
}

#[test]
fn face_mesh_light() {
    check(ModelId::FaceMeshLight, "face_landmark/reference", [1.0, 0.0]);
}

#[test]
fn face_mesh_light_in_half_precision() {
    check_half(ModelId::FaceMeshLight, "face_landmark/reference", [1.0, 0.0]);
}

#[test]
fn selfie_square() {
    check(ModelId::SelfieSquare, "selfie_segmentation/reference", [1.0, 0.0]);
}

#[test]
fn selfie_square_in_half_precision() {
    check_half(ModelId::SelfieSquare, "selfie_segmentation/reference", [1.0, 0.0]);
}

#[test]
fn selfie_landscape() {
    check(ModelId::SelfieLandscape, "selfie_segmentation_landscape/reference", [1.0, 0.0]);
}

#[test]
fn selfie_landscape_in_half_precision() {
    check_half(ModelId::SelfieLandscape, "selfie_segmentation_landscape/reference", [1.0, 0.0]);
}

/// Every level of the CPU, and the GPU with many steps a kernel and with one, against the scalar executor.
fn check_levels(id: ModelId) {
    let plan = Models::embedded().plan(id).unwrap();
    let input = Random(21).values(plan.inputs()[0].values());
    let mut scalar = nets::load(plan.clone(), Backend::Scalar, &Workers::alone()).unwrap();
    scalar.run(&[&input]).unwrap();
    for (name, mut net) in fast_nets(&plan, &BOTH) {
        net.run(&[&input]).unwrap();
        let what = format!("{id:?} at {name}");
        assert_close(&outputs(net.as_ref()), &outputs(scalar.as_ref()), SCALAR_TOLERANCE, &what);
    }
}

#[test]
fn every_level_gives_what_the_scalar_one_gives_for_the_detector() {
    check_levels(ModelId::FaceDetector);
}

#[test]
fn every_level_gives_what_the_scalar_one_gives_for_expressions() {
    check_levels(ModelId::Blendshapes);
}

#[test]
fn every_level_gives_what_the_scalar_one_gives_for_the_mask() {
    check_levels(ModelId::SelfieLandscape);
}

#[test]
fn every_level_gives_what_the_scalar_one_gives_for_landmarks() {
    check_levels(ModelId::FaceMeshLight);
}

#[test]
fn threads_change_not_a_bit() {
    for id in ModelId::ALL {
        let plan = Models::embedded().plan(id).unwrap();
        let input = Random(22).values(plan.inputs()[0].values());
        let run = |threads: usize| {
            let crew = Crew::of(threads).unwrap();
            let mut net = nets::load(plan.clone(), Backend::Cpu, crew.workers()).unwrap();
            (0..3).for_each(|_| net.run(&[&input]).unwrap());
            outputs(net.as_ref())
        };
        let alone = run(1);
        for threads in 2..=5 {
            assert_eq!(run(threads), alone, "{id:?} with {threads} threads");
        }
    }
}

#[test]
fn levels_that_a_machine_lacks_are_refused() {
    let plan = Models::embedded().plan(ModelId::Blendshapes).unwrap();
    let missing = SimdLevel::ALL.into_iter().find(|level| !SimdLevel::available().contains(level)).unwrap();
    let refused = nets::load_at(plan, missing, &Workers::alone()).err().unwrap().to_string();
    assert!(refused.contains(missing.name()) && refused.contains("portable"), "{refused}");
}

#[test]
fn wrong_inputs_are_refused() {
    let models = Models::embedded();
    for backend in fast_backends().into_iter().chain([Backend::Scalar]) {
        let mut net = load(models.plan(ModelId::Blendshapes).unwrap(), backend, &Workers::alone()).unwrap();
        assert_eq!(net.run(&[]), Err(NetError::InputCount { want: 1, got: 0 }));
        let short = net.run(&[&[0.0; 291]]).unwrap_err();
        assert!(matches!(short, NetError::InputSize { want: 292, got: 291, .. }), "{short}");
    }
}

#[test]
fn models_are_what_was_inserted() {
    let mut models = Models::empty();
    assert!(matches!(models.plan(ModelId::SelfieSquare), Err(NetError::NotLoaded("selfie_segmentation"))));
    let file = |name: &str| {
        fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)).unwrap()
    };
    models.insert(ModelId::Blendshapes, file("face_landmarker/face_landmarker.task"));
    assert_eq!(models.plan(ModelId::Blendshapes).unwrap().outputs()[0].shape, [52]);
    models.insert(ModelId::Blendshapes, file("face_landmark/face_landmark.tflite"));
    assert_eq!(models.plan(ModelId::Blendshapes).unwrap().outputs()[0].shape, [1, 1, 1, 1404]);
}
