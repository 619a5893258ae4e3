//! Damaged files: an error or a net, never a panic.

use std::{fs, path::PathBuf, sync::Arc};

use antifaz::{
    nets::{self, Backend, Graph, NetError, Plan, bundle},
    workers::Workers,
};

use crate::Random;

const FILES: [&str; 3] = [
    "face_landmarker/face_landmarker.task",
    "selfie_segmentation/selfie_segmentation.tflite",
    "face_landmark/face_landmark.tflite",
];

/// Damaged nets up to this size are also run.
const RUN_MACS: u64 = 80_000_000;
const RUN_VALUES: usize = 1 << 22;

fn file(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)).unwrap()
}

/// As far as the bytes go: graph, plan, and where that is cheap a run.
fn walk(bytes: &[u8], run: bool) -> Result<(), NetError> {
    let plan = Plan::new(&Graph::from_tflite(bytes)?)?;
    if run && plan.macs() <= RUN_MACS && plan.buffer_values() <= RUN_VALUES {
        let mut net = nets::load(Arc::new(plan), Backend::Cpu, &Workers::alone())?;
        let inputs: Vec<Vec<f32>> = net.inputs().iter().map(|info| vec![0.5; info.values()]).collect();
        net.run(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn net() -> Vec<u8> {
    bundle::find(&file(FILES[0]), Some("face_detector")).unwrap()
}

#[test]
fn cut_off_models_are_refused() {
    let whole = net();
    assert_eq!(walk(&whole, true), Ok(()));
    for part in 0..64 {
        let cut = whole.len() * part / 64;
        assert!(walk(&whole[..cut], false).is_err(), "{cut} of {} bytes", whole.len());
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let whole = net();
    let mut random = Random(1);
    let (mut refused, mut accepted) = (0, 0);
    for round in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..random.within(1, 3) {
            // The tables lie behind the weights; there are few of them, and they matter more.
            let tables = bytes.len() - 40_000;
            let at = if round % 4 == 0 { random.below(bytes.len()) } else { tables + random.below(40_000) };
            bytes[at] = [0x00, 0xff, 0x7f, bytes[at] ^ 1 << random.below(8)][random.below(4)];
        }
        match walk(&bytes, round % 8 == 0) {
            Ok(()) => accepted += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().contains('\n'), "{error}");
            }
        }
    }
    assert!(refused > 50 && accepted > 50, "{refused} refused, {accepted} accepted: the fuzz misses its aim");
}

#[test]
fn damaged_bundles_are_refused() {
    let whole = file(FILES[0]);
    for cut in [0, 3, 40, 1000, whole.len() / 2, whole.len() - 1] {
        assert!(bundle::find(&whole[..cut], Some("face_detector")).is_err(), "{cut} bytes");
    }
    let unknown = bundle::find(&whole, Some("face_detectr")).unwrap_err().to_string();
    assert!(unknown.contains("\"face_detectr\"") && unknown.contains("face_blendshapes"), "{unknown}");
    let unnamed = bundle::find(&whole, None).unwrap_err().to_string();
    assert!(unnamed.contains("face_landmarks_detector"), "{unnamed}");
    let no_bundle = bundle::find(&file(FILES[1]), Some("face_detector")).unwrap_err().to_string();
    assert!(no_bundle.contains("no zip archive"), "{no_bundle}");
    assert_eq!(bundle::find(&file(FILES[1]), None).unwrap(), file(FILES[1]));
}

#[test]
fn what_is_no_model_is_refused() {
    for bytes in
        [&b""[..], b"TFL3", b"\x00\x00\x00\x00TFL3", b"\xff\xff\xff\x7fTFL3", b"\x89PNG\r\n\x1a\n0000"]
    {
        assert!(matches!(Graph::from_tflite(bytes), Err(NetError::Corrupt(_))), "{bytes:?}");
    }
}
