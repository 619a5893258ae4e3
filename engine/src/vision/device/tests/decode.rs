//! Decoding and blended suppression.

use std::time::Duration;

use glam::Vec2;

use super::{
    dice::Dice,
    rig::{Rig, SIZE, largest},
};
use crate::{
    frame::geometry::{Box2, Roi},
    tracking::Detection,
    vision::{
        VisionOptions,
        device::{Due, Find},
    },
};

/// Single precision on both sides, in pixels.
const PIXELS: f32 = 0.01;

/// What the device makes of the detector's outputs.
fn decoded(rig: &mut Rig, (values, logits): (&[f32], &[f32])) -> Vec<Detection> {
    let mut encoder = rig.gpu.encoder("decode");
    let due = Due { find: Find::Ahead, ..Due::default() };
    let stages = rig.follower.frame(&mut encoder, &rig.picture, Duration::ZERO, &due).unwrap();
    encoder.write(&rig.nets.regressors, 0, bytemuck::cast_slice(values));
    encoder.write(&rig.nets.logits, 0, bytemuck::cast_slice(logits));
    encoder.compute(&[stages.faces.unwrap().decode.unwrap()]);
    rig.gpu.submit(encoder).unwrap();
    let bytes = rig.read(&rig.follower.faces.as_ref().unwrap().memory.detections);
    let value = |at: usize| f32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    let count = value(0).to_bits() as usize;
    let pair = |at: usize| Vec2::new(value(at), value(at + 4));
    let found = (0..count).map(|index| 16 + index * 48).map(|at| {
        let mut keypoints = [Vec2::ZERO; 6];
        (keypoints[0], keypoints[1]) = (pair(at + 16), pair(at + 24));
        Detection { score: value(at + 32), bounds: Box2 { min: pair(at), max: pair(at + 8) }, keypoints }
    });
    found.collect()
}

/// The largest difference of places.
fn off(a: &Detection, b: &Detection) -> f32 {
    let places = |face: &Detection| [face.bounds.min, face.bounds.max, face.keypoints[0], face.keypoints[1]];
    largest(places(a).iter().zip(places(b)).map(|(a, b)| a.distance(b)))
}

/// Random outputs: clusters of boxes around some middles, `sure` of a thousand anchors above the threshold, and some
/// of them broken.
fn outputs(rig: &mut Rig, faces: u64, sure: u64) -> (Vec<f32>, Vec<f32>) {
    let centers = rig.anchors.centers().to_vec();
    let dice = &mut rig.dice;
    let middles: Vec<Vec2> =
        (0..faces).map(|_| Vec2::new(dice.between(0.1, 0.9), dice.between(0.3, 0.7))).collect();
    let shake = |dice: &mut Dice, by: f32| Vec2::new(dice.between(-by, by), dice.between(-by, by));
    let (mut values, mut logits) = (Vec::new(), Vec::new());
    for center in centers {
        let middle = middles[dice.below(faces) as usize] + shake(dice, 0.02);
        let eyes =
            [Vec2::new(-0.03, -0.02), Vec2::new(0.03, -0.02)].map(|eye| middle + eye + shake(dice, 0.01));
        let side = dice.between(0.08, 0.16);
        let places = [middle, eyes[0], eyes[1]].map(|place| (place - center) * 128.0);
        let mut own = vec![places[0].x, places[0].y, side * 128.0, side * 128.0];
        own.extend([places[1].x, places[1].y, places[2].x, places[2].y]);
        own.resize_with(16, || dice.between(-5.0, 5.0));
        match dice.below(40) {
            0 => own[dice.below(16) as usize] = f32::NAN,
            1 => own[dice.below(16) as usize] = f32::INFINITY,
            2 => own[2] = -own[2],
            3 => own[3] = 0.0,
            _ => {}
        }
        values.extend(own);
        let is_sure = dice.below(1000) < sure;
        logits.push(match dice.below(50) {
            0 => f32::NAN,
            1 => f32::NEG_INFINITY,
            2 if is_sure => 200.0,
            // Some are equally sure, where the number of the anchor decides.
            _ if is_sure => (dice.between(0.1, 6.0) * 4.0).round() / 4.0,
            _ => dice.between(-9.0, -0.1),
        });
    }
    (values, logits)
}

#[test]
fn decoding_agrees_with_its_twin() {
    let mut rig = Rig::new(&VisionOptions::default(), 3);
    let region = Roi::letterbox(SIZE);
    let mut kept = 0;
    for (faces, sure) in [(1, 10), (2, 0), (3, 30), (8, 100), (4, 250), (12, 200), (1, 200)] {
        for _ in 0..3 {
            let (values, logits) = outputs(&mut rig, faces, sure);
            let want = rig.anchors.decode(&values, &logits, &region);
            let got = decoded(&mut rig, (&values, &logits));
            assert_eq!(got.len(), want.len().min(32), "{faces} faces");
            for (got, want) in got.iter().zip(&want) {
                assert!((got.score - want.score).abs() < 1e-6, "{got:?} for {want:?}");
                assert!(off(got, want) < PIXELS, "{got:?} for {want:?}");
            }
            kept += got.len();
        }
    }
    assert!(kept > 60, "only {kept} faces were compared");
    let (values, _) = outputs(&mut rig, 1, 100);
    let mut other = rig.anchors.decode(&values, &vec![1.0; rig.anchors.count()], &region)[0];
    let face = other;
    other.keypoints[1].y += 2.0 * PIXELS;
    assert!(off(&other, &face) > PIXELS && off(&face, &face) == 0.0);
}

#[test]
fn beyond_the_limits_the_best_count() {
    let mut rig = Rig::new(&VisionOptions::default(), 4);
    let (mut values, mut logits) = outputs(&mut rig, 1, 1000);
    let count = rig.anchors.count();
    // A box for each anchor, no two of which overlap, and better ones first to last.
    for anchor in 0..count {
        let own = &mut values[anchor * 16..][..16];
        own.fill(0.0);
        let place = Vec2::new((anchor % 30) as f32 / 30.0, (anchor / 30) as f32 / 30.0);
        let from = (place - rig.anchors.centers()[anchor]) * 128.0;
        own[..4].copy_from_slice(&[from.x, from.y, 1.0, 1.0]);
        logits[anchor] = 0.5 + anchor as f32 / count as f32 * 5.0;
    }
    let want = rig.anchors.decode(&values, &logits, &Roi::letterbox(SIZE));
    let got = decoded(&mut rig, (&values, &logits));
    assert_eq!((got.len(), want.len()), (32, count));
    assert!(got.iter().zip(&want).all(|(got, want)| off(got, want) < PIXELS));
}
