//! Whatever lies in the state: a frame later it is sound.

use std::time::Duration;

use super::rig::{Head, Rig, Spoiled};
use crate::{
    scene::LANDMARKS,
    vision::{VisionOptions, device::Find},
};

#[test]
fn a_corrupt_state_recovers_by_itself() {
    let mut rig = Rig::new(&VisionOptions { faces: 3, ..VisionOptions::default() }, 41);
    let heads = [Head::new(120.0, 180.0), Head::new(320.0, 180.0), Head::new(520.0, 180.0)];
    let mut now = 0;
    let mut frame = |rig: &mut Rig, find: Find| {
        now += 33;
        rig.frame(&heads, Duration::from_millis(now), find, Spoiled::Nothing);
    };
    for round in 0..24 {
        let memory = rig.follower.faces.as_ref().unwrap().memory.clone();
        let mut encoder = rig.gpu.encoder("spoil");
        for buffer in [&memory.kept, &memory.work, &memory.points, &memory.detections] {
            let fill = |dice: &mut super::dice::Dice| match round % 4 {
                0 => dice.next() as u32,
                1 => f32::NAN.to_bits(),
                2 => dice.between(-300.0, 300.0).to_bits(),
                _ => dice.below(4) as u32,
            };
            let words: Vec<u32> = (0..buffer.bytes() / 4).map(|_| fill(&mut rig.dice)).collect();
            encoder.write(buffer, 0, bytemuck::cast_slice(&words));
        }
        rig.gpu.submit(encoder).unwrap();
        // The twin knows nothing of it and starts afresh.
        rig.tracks.clear();
        frame(&mut rig, Find::Here);
        for (region, slot) in rig.kept() {
            assert!(slot < 8 && region.center.is_finite() && region.size.x >= 1.0, "{region:?} in {slot}");
        }
        let state = rig.state();
        for (_, face) in state.present() {
            assert!(face.landmarks.iter().flatten().all(|value| value.is_finite()), "round {round}");
            assert!(face.pose.iter().chain(&face.head).all(|value| value.is_finite()), "round {round}");
        }
        // Faces that garbage looked like are gone as soon as the landmark net has looked at them.
        for _ in 0..2 {
            frame(&mut rig, Find::Here);
        }
        let status = rig.status();
        assert_eq!(status.faces, 3, "round {round}: {status:?}");
        for head in &heads {
            let seen = |face: &crate::scene::Face| face.landmarks[LANDMARKS - 1][0] * 640.0;
            let near = |x: f32| (x - head.at.x).abs() < 60.0;
            assert!(rig.state().present().any(|(_, face)| near(seen(face))), "round {round}");
        }
    }
}
