//! Whole sequences of frames: ids, slots, presence, regions, landmarks, pose and expressions.

use std::time::Duration;

use glam::{Mat4, Vec2};

use super::{
    dice::Dice,
    rig::{Head, Rig, SIZE, Spoiled, distance, largest, twin_regions, within},
};
use crate::{
    scene::{Face, FaceState, LANDMARKS},
    vision::{
        Mode, VisionOptions,
        device::{Find, Status},
    },
};

/// Single precision on both sides, in another order: pixels of the picture, summed up over a sequence, since the
/// made-up landmark net does not correct a region as a real one does.
const PIXELS: f32 = 0.02;
/// What the pose may be off by: degrees, and the share of size and distance. Double precision on one side.
const DEGREES: f32 = 0.02;
const SHARE: f32 = 1e-3;

fn options(faces: usize) -> VisionOptions {
    VisionOptions { faces, ..VisionOptions::default() }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What is wrong with a pose; nothing where both are absent.
fn pose_fault(got: &[f32; 16], want: &[f32; 16]) -> Option<String> {
    let [got, want] = [got, want].map(Mat4::from_cols_array);
    if want == Mat4::ZERO {
        return (got != want).then(|| format!("{got} for none"));
    }
    let (size, turn, place) = want.to_scale_rotation_translation();
    let (got_size, got_turn, got_place) = got.to_scale_rotation_translation();
    // An arc cosine would round a tenth of a degree away.
    let apart = (got_turn - turn).length().min((got_turn + turn).length());
    let degrees = (apart / 2.0).asin().to_degrees() * 2.0;
    let far = (got_place - place).length() / place.length();
    let wrong = !(degrees < DEGREES && far < SHARE && (got_size - size).length() < SHARE * size.length());
    wrong.then(|| format!("{degrees} degrees, {far} away, {got_size} for {size}"))
}

/// What is wrong with a face.
fn fault(got: &Face, want: &Face) -> Option<String> {
    let head = |face: &Face| (face.id, face.age, face.expression_age, face.presence > 0.0);
    if head(got) != head(want) || !within(got.presence - want.presence, 1e-5) {
        return Some(format!("{:?} {} for {:?} {}", head(got), got.presence, head(want), want.presence));
    }
    let off = |a: &[f32; 4], b: &[f32; 4]| largest((0..4).map(|i| a[i] - b[i]));
    let pairs = || got.landmarks.iter().zip(&want.landmarks);
    if let Some((a, b)) = pairs().find(|(a, b)| !within(off(a, b) * SIZE[0] as f32, PIXELS)) {
        return Some(format!("landmark {a:?} for {b:?}"));
    }
    let shapes = || got.blendshapes.iter().zip(&want.blendshapes);
    if shapes().any(|(a, b)| !within(a - b, 1e-6)) {
        return Some(format!("blendshapes {:?} for {:?}", got.blendshapes, want.blendshapes));
    }
    pose_fault(&got.pose, &want.pose).or_else(|| pose_fault(&got.head, &want.head))
}

fn faults(got: &FaceState, want: &FaceState) -> Vec<String> {
    let slots = got.faces.iter().zip(&want.faces).enumerate();
    slots.filter_map(|(slot, (got, want))| Some(format!("slot {slot}: {}", fault(got, want)?))).collect()
}

/// Compares all that the last frame left.
fn compare(rig: &Rig, what: &str) {
    assert_eq!(faults(&rig.state(), &rig.expected()), Vec::<String>::new(), "{what}");
    assert_eq!(faults(&rig.early(), &rig.expected_early()), Vec::<String>::new(), "{what}, early");
    let (got, want) = (rig.kept(), twin_regions(&rig.tracks));
    let slots = |regions: &[(_, usize)]| regions.iter().map(|(_, slot)| *slot).collect::<Vec<_>>();
    assert_eq!(slots(&got), slots(&want), "{what}");
    for ((got, _), (want, _)) in got.iter().zip(&want) {
        assert!(distance(got, want) < PIXELS, "{what}: {got:?} for {want:?}");
    }
    let status = rig.status();
    let bits = want.iter().fold(0, |bits, (_, slot)| bits | 1 << slot);
    assert_eq!((status.faces as usize, status.slots), (want.len(), bits), "{what}");
    for track in rig.tracks.faces() {
        assert_eq!(status.ids[track.slot()], track.id().unwrap(), "{what}");
    }
}

fn find(rig: &Rig) -> Find {
    if rig.tracks.wants_detection() { Find::Here } else { Find::Nothing }
}

/// Heads that move, turn, meet, hide and come back.
fn wander(heads: &mut [Head], dice: &mut Dice) {
    for head in heads {
        head.at += Vec2::new(dice.between(-6.0, 6.0), dice.between(-3.0, 3.0));
        head.at = head.at.clamp(Vec2::new(40.0, 60.0), Vec2::new(600.0, 300.0));
        head.yaw = (head.yaw + dice.between(-0.05, 0.05)).clamp(-0.6, 0.6);
        head.roll = (head.roll + dice.between(-0.05, 0.05)).clamp(-0.9, 0.9);
        if dice.below(if head.seen { 25 } else { 12 }) == 0 {
            head.seen = !head.seen;
        }
    }
}

/// Follows one head more than there is room for; how many faces were compared, and the last id.
fn follow(options: &VisionOptions, seed: u64) -> (usize, u32) {
    let (mut rig, mut dice) = (Rig::new(options, seed), Dice(seed * 31));
    let faces = options.faces;
    let place = |i: usize| Head::new(60.0 + 65.0 * i as f32, 180.0 - 20.0 * (i % 3) as f32);
    let mut heads: Vec<Head> = (0..=faces).map(place).collect();
    let (mut now, mut followed, mut last) = (1000, 0, 0);
    for step in 0..50 {
        wander(&mut heads, &mut dice);
        let find = find(&rig);
        rig.frame(&heads, at(now), find, Spoiled::Nothing);
        compare(&rig, &format!("{faces} faces, frame {step}"));
        followed += rig.tracks.faces().len();
        last = rig.tracks.faces().iter().filter_map(|track| track.id()).fold(last, u32::max);
        now += 20 + dice.below(40);
    }
    (followed, last)
}

#[test]
fn eight_faces_that_come_go_and_meet_are_followed_as_by_the_twin() {
    let (followed, last) = follow(&options(8), 1);
    assert!(followed > 200 && last > 8, "{followed} faces, ids up to {last}: too few to say anything");
}

#[test]
fn few_faces_are_followed_as_by_the_twin() {
    let all = [follow(&options(3), 2), follow(&options(1), 3)];
    let (followed, last) = (all[0].0 + all[1].0, all[0].1 + all[1].1);
    assert!(followed > 100 && last > 2, "{followed} faces, ids up to {last}: too few to say anything");
}

#[test]
fn late_expressions_stay_with_their_faces() {
    let (followed, last) = follow(&VisionOptions { late_blendshapes: true, ..options(8) }, 7);
    assert!(followed > 200 && last > 8, "{followed} faces, ids up to {last}: too few to say anything");
}

#[test]
fn detections_ahead_are_followed_from_the_next_frame_on() {
    let mut rig = Rig::new(&options(3), 5);
    let mut dice = Dice(77);
    let mut heads = [Head::new(100.0, 100.0), Head::new(300.0, 200.0), Head::new(500.0, 150.0)];
    rig.frame(&heads, at(40), Find::Ahead, Spoiled::Nothing);
    assert_eq!((rig.status().faces, rig.status().detections), (0, 0));
    for step in 2..40 {
        wander(&mut heads, &mut dice);
        let find = if step % 3 == 0 { Find::Nothing } else { Find::Ahead };
        rig.frame(&heads, at(step * 40), find, Spoiled::Nothing);
        compare(&rig, &format!("frame {step}"));
        assert!(step > 2 || rig.status().faces == 3, "{:?}", rig.status());
    }
}

#[test]
fn a_lost_face_is_resumed_in_time_and_not_later() {
    for (gap, want) in [(900, 0), (1000, 0), (1100, 1)] {
        let mut rig = Rig::new(&options(2), 9);
        let mut head = Head::new(300.0, 180.0);
        for step in 0..4 {
            rig.frame(&[head], at(100 + step * 50), find(&rig), Spoiled::Nothing);
        }
        head.seen = false;
        for step in 1..5 {
            rig.frame(&[head], at(250 + step * 50), find(&rig), Spoiled::Nothing);
            assert_eq!(rig.status().faces, 0);
        }
        head.seen = true;
        // Seen last at 250.
        rig.frame(&[head], at(250 + gap), find(&rig), Spoiled::Nothing);
        compare(&rig, &format!("after {gap} ms"));
        assert_eq!(rig.status().ids[0], want, "after {gap} ms");
    }
}

#[test]
fn two_faces_that_become_one_leave_the_one_that_moved_as_expected() {
    let mut rig = Rig::new(&options(2), 11);
    let mut merged = false;
    for step in 0..30 {
        let mut heads =
            [Head::new(150.0 + step as f32 * 9.0, 180.0), Head::new(450.0 - step as f32 * 9.0, 184.0)];
        heads[1].seen = (heads[0].at.x - heads[1].at.x).abs() > 30.0;
        rig.frame(&heads, at(100 + step * 33), find(&rig), Spoiled::Nothing);
        compare(&rig, &format!("frame {step}"));
        merged |= rig.status().lost_faces == 1;
    }
    assert!(merged && rig.status().faces == 2, "{:?}", rig.status());
}

#[test]
fn a_face_that_comes_half_over_a_followed_one_is_that_one() {
    let mut ends = [0; 3];
    for off in (0..120).step_by(10) {
        let mut rig = Rig::new(&options(3), 13);
        let head = Head::new(300.0, 180.0);
        for step in 0..3 {
            rig.frame(&[head], at(100 + step * 33), find(&rig), Spoiled::Nothing);
        }
        let heads = [head, Head::new(300.0 + off as f32, 180.0)];
        rig.frame(&heads, at(200), find(&rig), Spoiled::Nothing);
        compare(&rig, &format!("{off}"));
        ends[rig.status().faces as usize] += 1;
    }
    assert!(ends[1] > 1 && ends[2] > 1, "{ends:?}");
}

#[test]
fn broken_answers_lose_a_face_and_leave_no_trace() {
    let last = LANDMARKS * 3 - 1;
    let spoils = [
        Spoiled::Landmark(0, f32::NAN),
        Spoiled::Landmark(last, f32::INFINITY),
        Spoiled::Landmark(700, -1e38),
        Spoiled::Presence(f32::NAN),
        Spoiled::Presence(-0.01),
        Spoiled::Presence(f32::NEG_INFINITY),
    ];
    let mut rig = Rig::new(&options(2), 13);
    let heads = [Head::new(150.0, 180.0), Head::new(450.0, 180.0)];
    for (step, spoiled) in spoils.into_iter().enumerate() {
        for (part, spoiled) in [Spoiled::Nothing, Spoiled::Nothing, spoiled].into_iter().enumerate() {
            rig.frame(&heads, at(100 + (step * 3 + part) as u64 * 33), find(&rig), spoiled);
            compare(&rig, &format!("spoil {step}, frame {part}"));
            assert_eq!(rig.status().faces, if part == 2 { 1 } else { 2 }, "spoil {step}, frame {part}");
        }
    }
    // Beyond any doubt.
    rig.frame(&heads, at(900), find(&rig), Spoiled::Presence(f32::INFINITY));
    compare(&rig, "sure");
    assert_eq!(rig.status().faces, 2);
}

#[test]
fn time_that_stands_still_runs_back_or_leaps_is_survived_alike() {
    let mut rig = Rig::new(&options(2), 17);
    let mut heads = [Head::new(150.0, 180.0), Head::new(450.0, 180.0)];
    for (step, millis) in [0, 40, 80, 80, 80, 120, 20, 60, 0, 5, 5000, 5040, 5040].into_iter().enumerate() {
        heads[0].at.x += 2.0;
        heads[1].seen = step % 4 != 3;
        rig.frame(&heads, at(millis), find(&rig), Spoiled::Nothing);
        compare(&rig, &format!("frame {step}"));
    }
}

#[test]
fn frames_that_stand_alone_count_ids_from_zero() {
    let mut rig = Rig::new(&VisionOptions { mode: Mode::Image, ..options(2) }, 19);
    for step in 0..3 {
        let heads = [Head::new(150.0 + step as f32, 180.0), Head::new(450.0, 180.0)];
        rig.tracks.clear();
        rig.frame(&heads, at(step * 40), Find::Here, Spoiled::Nothing);
        compare(&rig, &format!("frame {step}"));
        assert_eq!(rig.status().ids[..3], [0, 1, Status::NO_ID]);
    }
}

#[test]
fn a_reset_forgets_and_the_poses_may_be_left_out() {
    let mut rig = Rig::new(&VisionOptions { pose: false, ..options(2) }, 23);
    let heads = [Head::new(150.0, 180.0), Head::new(450.0, 180.0)];
    for step in 0..4 {
        if step == 2 {
            rig.tracks.clear();
            rig.follower.reset();
        }
        rig.frame(&heads, at(step * 40), find(&rig), Spoiled::Nothing);
        compare(&rig, &format!("frame {step}"));
        assert_eq!(rig.status().new_faces, if step % 2 == 0 { 2 } else { 0 });
        assert_eq!(rig.state().faces[0].pose, [0.0; 16]);
    }
}

#[test]
fn the_blendshapes_net_gets_its_landmarks_face_by_face() {
    let mut rig = Rig::new(&options(3), 29);
    let heads = [Head::new(100.0, 180.0), Head::new(300.0, 180.0), Head::new(500.0, 180.0)];
    for step in 0..3 {
        rig.frame(&heads, at(step * 40), find(&rig), Spoiled::Nothing);
    }
    let got = rig.values(&rig.nets.expression);
    for (row, track) in rig.tracks.faces().iter().enumerate() {
        let want = crate::tracking::BLENDSHAPE_LANDMARKS.map(|index| track.points()[usize::from(index)]);
        for (point, want) in got[row * 292..].chunks_exact(2).zip(want) {
            assert!(Vec2::from_slice(point).distance(want.truncate()) < PIXELS, "{point:?} for {want}");
        }
    }
    assert_eq!(rig.tracks.faces().len(), 3);
}

#[test]
fn a_wrong_face_is_seen() {
    let mut rig = Rig::new(&options(1), 31);
    for step in 0..3 {
        rig.frame(&[Head::new(300.0, 180.0)], at(step * 40), find(&rig), Spoiled::Nothing);
    }
    let want = rig.expected();
    let seen = |change: fn(&mut Face)| {
        let mut got = want.clone();
        change(&mut got.faces[0]);
        faults(&got, &want).len()
    };
    let changes: [fn(&mut Face); 7] = [
        |face| face.landmarks[99][1] += 2.0 * PIXELS / SIZE[0] as f32,
        |face| face.landmarks[477][3] = f32::NAN,
        |face| face.id += 1,
        |face| face.presence = f32::NAN,
        |face| face.blendshapes[51] += 1e-3,
        |face| face.pose[12..15].iter_mut().for_each(|place| *place *= 1.01),
        |face| face.head = (Mat4::from_rotation_y(0.01) * Mat4::from_cols_array(&face.head)).to_cols_array(),
    ];
    assert_eq!((changes.map(seen), seen(|_| ())), ([1; 7], 0));
    let (region, mut other) = (rig.tracks.faces()[0].roi(), rig.tracks.faces()[0].roi());
    assert!(distance(&region, &other) == 0.0);
    other.size.y = f32::NAN;
    assert!(!within(distance(&region, &other), PIXELS));
    other = region;
    other.angle += 0.01;
    assert!(distance(&region, &other) > PIXELS);
}

#[test]
fn nothing_is_made_while_frames_go_on() {
    let mut rig = Rig::new(&options(2), 37);
    let heads = [Head::new(150.0, 180.0)];
    let mut made = Vec::new();
    for step in 0..8 {
        rig.frame(&heads, at(step * 40), find(&rig), Spoiled::Nothing);
        rig.gpu.wait().unwrap();
        made.push((rig.gpu.counts().buffers, rig.gpu.counts().textures));
    }
    assert_eq!(made[3], made[7], "{made:?}");
}
