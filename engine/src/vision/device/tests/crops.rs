//! What the nets look at.

use std::time::Duration;

use super::{
    dice::Dice,
    rig::{Head, MASK, MESH, Nets, Rig, SIZE, Spoiled, regions, within},
};
use crate::{
    frame::{ColorSpec, PixelFormat, Pixels, geometry::Roi},
    gpu::{Buffer, BufferUse, GpuError},
    kernels::crop::{self, Outside},
    vision::{
        VisionOptions,
        device::{Due, Find},
    },
};

/// Cells that single precision puts on the other side of a step, in their share of all; and how far such a cell can be
/// off: a 32nd of the way between two pixels as far apart as black and white, rounded.
const STRAY_CELLS: f64 = 0.02;
const STRAY_VALUE: f32 = 2.0 * (255.0 / 32.0) + 1.0;

/// The rig's picture in host memory.
fn pixels(rig: &Rig, dice: &mut Dice) -> Pixels {
    let texels: Vec<u8> = (0..SIZE[0] * SIZE[1] * 3).map(|_| (dice.next() >> 32) as u8).collect();
    let rgba: Vec<u8> =
        texels.as_chunks::<3>().0.iter().flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    rig.picture.write(&rig.gpu, 0, &rgba);
    Pixels::new(SIZE, PixelFormat::Rgb8, ColorSpec::default(), texels).unwrap()
}

fn compare(
    got: &[f32],
    pixels: &Pixels,
    (roi, outside): (&Roi, Outside),
    cells: [u32; 2],
    (low, high): (f32, f32),
) {
    let mut want = vec![0.0; (cells[0] * cells[1] * 3) as usize];
    let scale = (high - low) / 255.0;
    crop::cpu(pixels, roi, outside, cells.map(|side| side as usize), scale, low, &mut want);
    let off: Vec<f32> = got.iter().zip(&want).map(|(got, want)| (got - want).abs() / scale).collect();
    let strays = off.iter().filter(|off| !within(**off, 0.01)).count();
    assert!(off.iter().all(|off| *off <= STRAY_VALUE), "{roi:?}");
    assert!((strays as f64) < STRAY_CELLS * want.len() as f64, "{roi:?}: {strays} of {} differ", want.len());
}

#[test]
fn crops_agree_with_their_twin() {
    let mut rig = Rig::new(&VisionOptions { faces: 4, ..VisionOptions::default() }, 51);
    let mut heads = [Head::new(10.0, 20.0), Head::new(300.0, 200.0), Head::new(630.0, 340.0)];
    heads[1].roll = 0.6;
    for step in 0..3 {
        rig.frame(&heads, Duration::from_millis(step * 40), Find::Here, Spoiled::Nothing);
    }
    let pixels = pixels(&rig, &mut Dice(99));
    let mut encoder = rig.gpu.encoder("crops");
    let due = Due { find: Find::Ahead, matte: Some(0), ..Due::default() };
    let stages = rig.follower.frame(&mut encoder, &rig.picture, Duration::from_millis(120), &due).unwrap();
    let faces = stages.faces.unwrap();
    let mut dispatches = vec![faces.begin, faces.crop];
    dispatches.extend(stages.pictures);
    encoder.compute(&dispatches);
    rig.gpu.submit(encoder).unwrap();
    let values = |buffer| rig.values(buffer);
    let whole = (&Roi::letterbox(SIZE), Outside::Black);
    compare(&values(&rig.nets.detector_input), &pixels, whole, [128; 2], (-1.0, 1.0));
    let whole = (&Roi::whole(SIZE), Outside::Black);
    compare(&values(&rig.nets.mask_input), &pixels, whole, MASK, (0.0, 1.0));
    let found = regions(&rig.read(&rig.follower.faces.as_ref().unwrap().memory.work));
    assert_eq!(found.len(), 3);
    let input = values(&rig.nets.mesh_input);
    let size = (MESH * MESH * 3) as usize;
    for (input, (roi, _)) in input.chunks_exact(size).zip(&found) {
        compare(input, &pixels, (roi, Outside::Edge), [MESH; 2], (0.0, 1.0));
    }
    assert!(input[3 * size..].iter().all(|value| *value == 0.0), "no face, no crop");
}

#[test]
#[should_panic(expected = "differ")]
fn a_wrong_crop_is_seen() {
    let rig = Rig::new(&VisionOptions::default(), 53);
    let pixels = pixels(&rig, &mut Dice(98));
    let roi = Roi::whole(SIZE);
    let mut crop = vec![0.0; (MASK[0] * MASK[1] * 3) as usize];
    let cells = MASK.map(|side| side as usize);
    crop::cpu(&pixels, &roi, Outside::Black, cells, 1.0 / 255.0, 0.0, &mut crop);
    crop.iter_mut().step_by(40).for_each(|value| *value += 2.0 / 255.0);
    compare(&crop, &pixels, (&roi, Outside::Black), MASK, (0.0, 1.0));
}

#[test]
fn a_tensor_that_is_too_small_is_refused_by_its_name() {
    let options = VisionOptions { faces: 2, ..VisionOptions::default() };
    let gpu = Rig::new(&options, 55).gpu;
    let shrinks: [fn(&mut Nets, Buffer); 5] = [
        |nets, small| nets.regressors = small,
        |nets, small| nets.presence = small,
        |nets, small| nets.expression = small,
        |nets, small| nets.mesh_input = small,
        |nets, small| nets.mask = small,
    ];
    for (shrink, want) in shrinks.iter().zip(["regressors", "presences", "expression", "tensor", "mask"]) {
        let mut nets = Nets::new(&gpu);
        shrink(&mut nets, gpu.buffer("small", BufferUse::Storage, 4).unwrap());
        let error = nets.follower(&gpu, &options).unwrap_err();
        assert!(matches!(&error, GpuError::Binding { name, .. } if name == want), "{error}");
    }
}
