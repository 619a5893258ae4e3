//! What runs is not disturbed: by a version that is broken, by loops that take long, by numbers that are none.

use std::{sync::Arc, time::Duration};

use antifaz::{
    compose::Composer,
    engine::Preparer,
    frame::FrameId,
    gpu::{BufferUse, TextureDesc, TextureFormat, readback::Readback},
    scene::{FaceState, MAX_FACES, Matte, Picture, Scene},
    scheduler::WorkPlan,
};

use crate::{base, cases, look, preparer};

const SIZE: [u32; 2] = [48, 32];

/// Draws one frame and reads it back.
pub(crate) fn draw(preparer: &Preparer, composer: &mut Composer) -> Vec<u8> {
    let (gpu, id) = (preparer.gpu(), FrameId(1));
    let grey: Vec<u8> = (0..SIZE[0] * SIZE[1]).flat_map(|i| [100, (i % 251) as u8, 60, 255]).collect();
    let texture = gpu.texture_with(&TextureDesc::new(SIZE, TextureFormat::Srgb8), &grey).unwrap();
    let faces = gpu.buffer("faces", BufferUse::Storage, size_of::<FaceState>() as u64).unwrap();
    let matte = gpu.texture_with(&TextureDesc::new([1, 1], TextureFormat::R8), &[90]).unwrap();
    let scene = Scene {
        picture: Picture { id, time: Duration::ZERO, texture, host: None },
        seen: id,
        faces: Arc::new(faces).into(),
        slots: MAX_FACES as u32,
        matte: Some(Matte { texture: Arc::new(matte), seen: id }),
    };
    let mut encoder = gpu.encoder("running");
    let drawn = composer.compose(gpu, &mut encoder, scene, WorkPlan::default()).unwrap();
    let ticket = Readback::new().start(&mut encoder, &drawn.texture).unwrap();
    gpu.submit(encoder).unwrap();
    ticket.wait(gpu).unwrap()
}

fn with(edits: &[(&str, &str, &str)]) -> Vec<(String, Vec<u8>)> {
    let mut files = base::files();
    for (file, from, to) in edits {
        let (_, bytes) = files.iter_mut().find(|(name, _)| name == file).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
    }
    files
}

#[test]
fn a_broken_version_never_replaces_what_runs() {
    let preparer = preparer();
    let mut running = preparer.compile(look(base::files())).unwrap().into_composer();
    let good = draw(&preparer, &mut running);
    assert!(good.iter().any(|value| *value != good[0]), "there is a picture");
    let mut tried = 0;
    for case in cases() {
        let (files, _) = case.apply();
        let Ok(filter) = antifaz::filter::Filter::from_package(&base::package(files)) else { continue };
        let item = antifaz::filter::LookItem::parse(filter.into(), "").unwrap();
        assert!(preparer.compile(antifaz::filter::Look(vec![item])).is_err(), "{:?}", case.2);
        tried += 1;
        if tried % 10 == 0 {
            assert_eq!(draw(&preparer, &mut running), good, "after {:?}", case.2);
        }
    }
    assert!(tried > 100, "only {tried} got as far as the device");
    assert_eq!(draw(&preparer, &mut running), good);
}

#[test]
fn a_loop_that_only_might_end_is_ended() {
    let preparer = preparer();
    for body in [
        "var n = 0.0;\n    loop { n += 1.0; if n < 0.0 { break; } }\n    ",
        "var n = 0.0;\n    while n >= 0.0 { n += 1.0; }\n    ",
        "for (var n = 0; n < 2000000000; n++) { if params.amount > 7.0 { break; } }\n    ",
        "for (var n = 0; n < 9; n++) { for (var m = 0; m >= 0; m++) { if params.amount > 7.0 { n = m; } } }\n    ",
    ] {
        let edit = [("look.wgsl", "let gray", format!("{body}let gray"))];
        let edit: Vec<_> = edit.iter().map(|(file, from, to)| (*file, *from, to.as_str())).collect();
        let mut prepared =
            preparer.compile(look(with(&edit))).unwrap_or_else(|error| panic!("{body}: {error}"));
        preparer.warm_up(&mut prepared, &[WorkPlan::default().tier]).unwrap();
        let mut composer = prepared.into_composer();
        let drawn = draw(&preparer, &mut composer);
        // The loops have no effect but time.
        let mut whole = preparer.compile(look(base::files())).unwrap().into_composer();
        assert_eq!(drawn, draw(&preparer, &mut whole), "{body}");
    }
}

#[test]
fn what_is_no_number_does_not_spread() {
    let preparer = preparer();
    // A target that can hold it, read with its neighbours by the pass after.
    let nothing = "vec4f(sum.color / sum.weight, 1.0)";
    for (bad, good) in [
        ("vec4f(sqrt(sum.weight - 9.0) + sum.color, 1.0)", "vec4f(0.0, 0.0, 0.0, 1.0)"),
        ("vec4f(vec3f(exp2(sum.weight * 200.0)), 1.0)", "vec4f(0.0, 0.0, 0.0, 1.0)"),
        // More than half precision holds.
        ("vec4f(vec3f(exp2(sum.weight * 20.0)), 1.0)", "vec4f(vec3f(65504.0), 1.0)"),
        ("vec4f(bitcast<f32>(0x7fc00000u + u32(sum.weight)), 0.0, 0.0, 1.0)", "vec4f(0.0, 0.0, 0.0, 1.0)"),
    ] {
        let mut drawn = Vec::new();
        for color in [bad, good] {
            let look = look(with(&[("look.wgsl", nothing, color)]));
            let mut composer =
                preparer.compile(look).unwrap_or_else(|e| panic!("{color}: {e}")).into_composer();
            drawn.push(draw(&preparer, &mut composer));
        }
        assert_eq!(drawn[0], drawn[1], "{bad}");
    }
}

#[test]
fn a_lost_device_is_an_error_that_says_so() {
    let preparer = preparer();
    let mut prepared = preparer.compile(look(base::files())).unwrap();
    preparer.gpu().device().destroy();
    let error = preparer.warm_up(&mut prepared, &[WorkPlan::default().tier]).unwrap_err().to_string();
    assert!(error.contains("lost"), "{error}");
}
