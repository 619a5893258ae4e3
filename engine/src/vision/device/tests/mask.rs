//! Person masks.

use std::time::Duration;

use super::rig::{MASK, Rig};
use crate::{
    gpu::readback::Readback,
    tracking::CalmMask,
    vision::{Mode, VisionOptions, device::Due},
};

const CELLS: usize = (MASK[0] * MASK[1]) as usize;

/// The codes of the mask's texture for what the net gave.
fn masked(rig: &mut Rig, net: &[f32], now: Duration) -> Vec<u8> {
    let mut encoder = rig.gpu.encoder("mask");
    let due = Due { matte: Some(0), ..Due::default() };
    let stages = rig.follower.frame(&mut encoder, &rig.picture, now, &due).unwrap();
    encoder.write(&rig.nets.mask, 0, bytemuck::cast_slice(net));
    encoder.compute(&stages.matte.unwrap());
    let ticket = Readback::new().start(&mut encoder, &stages.mask.unwrap()).unwrap();
    rig.gpu.submit(encoder).unwrap();
    let texels = ticket.wait(&rig.gpu).unwrap();
    assert!(texels.as_chunks::<4>().0.iter().all(|texel| texel[3] == 255 && texel[0] == texel[1]));
    texels.as_chunks::<4>().0.iter().map(|texel| texel[0]).collect()
}

fn codes(alpha: &[f32]) -> Vec<u8> {
    alpha.iter().map(|alpha| (alpha * 255.0 + 0.5) as u8).collect()
}

/// The largest difference: 255 where the lengths differ.
fn off(got: &[u8], want: &[u8]) -> u8 {
    let most = got.iter().zip(want).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(255);
    if got.len() == want.len() { most } else { 255 }
}

#[test]
fn masks_are_calmed_as_by_the_twin_and_broken_ones_passed_over() {
    let mut rig = Rig::new(&VisionOptions::default(), 61);
    let mut twin = CalmMask::default();
    let (mut last, mut calmed) = (vec![255; CELLS], 0);
    let mut base: Vec<f32> = (0..CELLS).map(|_| rig.dice.between(-0.1, 1.1)).collect();
    let times = [0, 33, 66, 100, 100, 140, 90, 120, 150, 900, 930, 960, 1000, 1500, 2001, 2030, 2060];
    for (step, millis) in times.into_iter().enumerate() {
        let now = Duration::from_millis(millis);
        base.iter_mut().for_each(|value| *value += rig.dice.between(-0.15, 0.15));
        let mut net = base.clone();
        if step % 5 == 2 {
            net[rig.dice.below(CELLS as u64) as usize] = [f32::NAN, f32::INFINITY][step % 2];
        }
        if step == 11 {
            rig.follower.reset();
            twin.reset();
        }
        let broken = net.iter().any(|value| !value.is_finite());
        if !broken {
            let mut alpha: Vec<f32> = net.iter().map(|value| value.clamp(0.0, 1.0)).collect();
            let raw = codes(&alpha);
            twin.calm(&mut alpha, MASK, now);
            last = codes(&alpha);
            calmed += usize::from(off(&raw, &last) > 3);
        }
        let got = masked(&mut rig, &net, now);
        // The device rounds a whole to the nearest code by its own rule.
        assert!(off(&got, &last) <= 1, "mask {step}: off by {}", off(&got, &last));
    }
    assert!(calmed > 6, "only {calmed} masks were calmed");
    assert_eq!((off(&[1, 2], &[1, 4]), off(&[1], &[1, 2])), (2, 255));
}

#[test]
fn masks_and_faces_wait_for_nothing_of_each_other() {
    let mut rig = Rig::new(&VisionOptions::default(), 62);
    let mut encoder = rig.gpu.encoder("both");
    let due = Due { matte: Some(0), ..Due::default() };
    let stages = rig.follower.frame(&mut encoder, &rig.picture, Duration::ZERO, &due).unwrap();
    let faces = stages.faces.unwrap();
    encoder.compute(&[faces.begin, faces.crop, faces.update, faces.finish]);
    encoder.compute(&stages.pictures);
    encoder.compute(&stages.matte.unwrap());
    let before = rig.gpu.counts().levels;
    rig.gpu.submit(encoder).unwrap();
    // Those of faces, one after the other; the nets that lie between are left out.
    assert_eq!(rig.gpu.counts().levels - before, 4);
}

#[test]
fn without_any_mask_all_is_person() {
    let mut rig = Rig::new(&VisionOptions::default(), 63);
    assert_eq!(masked(&mut rig, &[f32::NAN; CELLS], Duration::ZERO), [255; CELLS]);
    let net = [0.25; CELLS];
    assert_eq!(off(&masked(&mut rig, &net, Duration::from_millis(33)), &[64; CELLS]), 0);
}

#[test]
fn a_raw_mask_and_that_of_a_frame_alone_are_left_as_they_are() {
    for options in [
        VisionOptions { raw_matte: true, ..VisionOptions::default() },
        VisionOptions { mode: Mode::Image, ..VisionOptions::default() },
    ] {
        let mut rig = Rig::new(&options, 65);
        for (step, value) in [0.4_f32, 0.5, 0.45].into_iter().enumerate() {
            let got = masked(&mut rig, &[value; CELLS], Duration::from_millis(33 * step as u64));
            assert!(off(&got, &codes(&[value; CELLS])) <= 1);
        }
    }
}

#[test]
fn a_corrupt_past_recovers_by_itself() {
    let mut rig = Rig::new(&VisionOptions::default(), 67);
    for (round, word) in [f32::NAN.to_bits(), 300.0_f32.to_bits(), 1, u32::MAX].into_iter().enumerate() {
        let mut encoder = rig.gpu.encoder("spoil");
        for buffer in &rig.follower.mattes[0].memory {
            let words = vec![word; buffer.bytes() as usize / 4];
            encoder.write(buffer, 0, bytemuck::cast_slice(&words));
        }
        rig.gpu.submit(encoder).unwrap();
        let mut twin = CalmMask::default();
        for step in 0..3 {
            let now = Duration::from_millis(round as u64 * 1000 + step * 33);
            let net = [0.4 + 0.05 * step as f32; CELLS];
            let mut alpha = net;
            twin.calm(&mut alpha, MASK, now);
            let got = masked(&mut rig, &net, now);
            assert!(step == 0 || off(&got, &codes(&alpha)) <= 1, "round {round}, mask {step}");
        }
    }
}
