//! Tracks with made-up detectors and landmark nets.

use glam::Vec2;

use super::*;

/// A made-up head: where it is, how large, and whether the nets can see it.
#[derive(Clone, Copy)]
struct Head {
    at: Vec2,
    size: f32,
    seen: bool,
}

impl Head {
    fn new(x: f32, y: f32) -> Self {
        Self { at: Vec2::new(x, y), size: 80.0, seen: true }
    }

    fn detection(&self) -> Detection {
        let half = Vec2::splat(self.size / 2.0);
        let mut keypoints = [self.at; KEYPOINTS];
        keypoints[0].x -= self.size / 4.0;
        keypoints[1].x += self.size / 4.0;
        Detection { score: 0.9, bounds: Box2 { min: self.at - half, max: self.at + half }, keypoints }
    }

    /// 478 points on a circle.
    fn points(&self) -> Vec<Vec3> {
        let mut points: Vec<Vec3> = (0..478)
            .map(|i| Vec2::from_angle(i as f32) * self.size / 2.0 + self.at)
            .map(|place| place.extend(0.0))
            .collect();
        points[roi::EYE_CORNERS[0]] = (self.at - Vec2::new(20.0, 0.0)).extend(0.0);
        points[roi::EYE_CORNERS[1]] = (self.at + Vec2::new(20.0, 0.0)).extend(0.0);
        points
    }
}

/// One frame: the detector sees all heads that can be seen, the landmark net the visible head nearest to the middle
/// of its region.
fn frame(tracks: &mut Tracks, heads: &[Head], millis: u64) -> Vec<(u32, Vec2)> {
    let now = Duration::from_millis(millis);
    let visible: Vec<&Head> = heads.iter().filter(|head| head.seen).collect();
    if tracks.wants_detection() {
        let detections: Vec<Detection> = visible.iter().map(|head| head.detection()).collect();
        tracks.propose(&detections, now);
    }
    for index in 0..tracks.faces().len() {
        let center = tracks.faces()[index].roi().center;
        let distance = |head: &&&Head| head.at.distance(center);
        let nearest = visible.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let head = nearest.filter(|head| head.at.distance(center) < head.size);
        let (points, presence) = head.map_or((vec![Vec3::ZERO; 478], 0.1), |head| (head.points(), 0.99));
        tracks.update(index, &points, presence, now);
    }
    tracks.finish();
    tracks.faces().iter().map(|track| (track.id().expect("confirmed"), track.roi().center)).collect()
}

fn id_at(faces: &[(u32, Vec2)], at: Vec2) -> Option<u32> {
    faces.iter().find(|(_, center)| center.distance(at) < 30.0).map(|(id, _)| *id)
}

#[test]
fn a_followed_face_needs_no_detector_and_is_not_found_twice() {
    let mut tracks = Tracks::new(1);
    assert_eq!(frame(&mut tracks, &[Head::new(100.0, 100.0)], 0).len(), 1);
    assert!(!tracks.wants_detection());
    let mut several = Tracks::new(4);
    for step in 0..20 {
        let faces = frame(&mut several, &[Head::new(100.0 + step as f32 * 5.0, 100.0)], step * 40);
        assert_eq!((faces.len(), faces[0].0), (1, 0));
        assert!(several.wants_detection());
    }
}

#[test]
fn eight_faces_have_their_own_slots_and_a_ninth_is_left_out() {
    let heads: Vec<Head> = (0..9).map(|i| Head::new(100.0 + 200.0 * i as f32, 100.0)).collect();
    let mut tracks = Tracks::new(99);
    frame(&mut tracks, &heads, 0);
    let mut slots: Vec<usize> = tracks.faces().iter().map(Track::slot).collect();
    slots.sort_unstable();
    assert_eq!(slots, (0..8).collect::<Vec<_>>());
}

#[test]
fn a_face_that_comes_back_soon_keeps_its_id_and_slot_and_a_late_one_does_not() {
    let mut tracks = Tracks::new(2);
    let mut heads = [Head::new(100.0, 100.0), Head::new(500.0, 100.0)];
    frame(&mut tracks, &heads, 0);
    heads[0].seen = false;
    for step in 1..10 {
        assert_eq!(frame(&mut tracks, &heads, step * 40).len(), 1);
    }
    heads[0].seen = true;
    let faces = frame(&mut tracks, &heads, 440);
    assert_eq!((id_at(&faces, heads[0].at), id_at(&faces, heads[1].at)), (Some(0), Some(1)));
    assert_eq!(tracks.faces().iter().find(|track| track.id() == Some(0)).map(Track::slot), Some(0));
    heads[0].seen = false;
    (0..60).for_each(|step| drop(frame(&mut tracks, &heads, 480 + step * 40)));
    heads[0].seen = true;
    let faces = frame(&mut tracks, &heads, 3000);
    assert_eq!(id_at(&faces, heads[0].at), Some(2));
}

#[test]
fn detections_that_are_not_confirmed_use_up_no_id_and_forget_no_face() {
    let mut tracks = Tracks::new(2);
    let (ghost, mut head) = (Head::new(500.0, 100.0), Head::new(100.0, 100.0));
    let mut look = |head: &Head, millis: u64| {
        let now = Duration::from_millis(millis);
        tracks.propose(&[ghost.detection(), head.detection()], now);
        for index in 0..tracks.faces().len() {
            let there = head.seen && tracks.faces()[index].roi().center.distance(head.at) < head.size;
            tracks.update(index, &head.points(), if there { 0.99 } else { 0.1 }, now);
        }
        tracks.finish();
        tracks.faces().iter().map(Track::id).collect::<Vec<_>>()
    };
    assert_eq!(look(&head, 0), [Some(0)]);
    head.seen = false;
    // The detector still believes in the face, the landmark net doesn't.
    (1..6).for_each(|step| assert_eq!(look(&head, step * 40), []));
    head.seen = true;
    assert_eq!(look(&head, 240), [Some(0)]);
    head.seen = false;
    (7..60).for_each(|step| assert_eq!(look(&head, step * 40), []));
    head.seen = true;
    assert_eq!(look(&head, 2400), [Some(1)], "forgotten after a second, whatever the detector believes");
}

#[test]
fn ids_survive_a_crossing_in_which_one_face_hides_the_other() {
    for speed in [3.0, 6.0, 12.0, 20.0] {
        let mut tracks = Tracks::new(2);
        let mut at = -300.0_f32;
        let mut step = 0;
        let mut last = Vec::new();
        while at < 300.0 {
            let mut heads = [Head::new(400.0 + at, 200.0), Head::new(400.0 - at, 205.0)];
            heads[1].seen = at.abs() > 25.0;
            last = frame(&mut tracks, &heads, step * 33);
            (at, step) = (at + speed, step + 1);
        }
        let ends = [Vec2::new(400.0 + at - speed, 200.0), Vec2::new(400.0 - at + speed, 205.0)];
        let ids = ends.map(|end| id_at(&last, end));
        assert_eq!(ids, [Some(0), Some(1)], "at {speed} pixels a frame");
    }
}

#[test]
fn hostile_nets_leave_no_trace() {
    let mut tracks = Tracks::new(2);
    let head = Head::new(100.0, 100.0);
    let mut broken = head.detection();
    broken.bounds.max.x = f32::NAN;
    tracks.propose(&[broken], Duration::ZERO);
    assert!(tracks.faces().is_empty());
    for (presence, spoil) in [(0.9, f32::NAN), (0.9, f32::INFINITY), (f32::NAN, 0.0), (0.9, 1e30)] {
        tracks.clear();
        frame(&mut tracks, &[head], 0);
        let mut points = head.points();
        points[7].x += spoil;
        points[7].x *= if spoil == 1e30 { 1e30 } else { 1.0 };
        tracks.update(0, &points, presence, Duration::from_millis(40));
        tracks.finish();
        assert!(tracks.faces().is_empty(), "presence {presence}, spoiled by {spoil}");
        let faces = frame(&mut tracks, &[head], 80);
        assert!(faces.len() == 1 && faces[0].1.is_finite());
        assert!(tracks.faces()[0].points().iter().all(|point| point.is_finite()));
    }
}

#[test]
fn time_that_runs_back_is_survived() {
    let mut tracks = Tracks::new(2);
    let mut head = Head::new(100.0, 100.0);
    for (step, millis) in [1000, 1040, 1040, 20, 60, 0].into_iter().enumerate() {
        head.at.x += 2.0;
        let faces = frame(&mut tracks, &[head], millis);
        assert_eq!((step, faces.len()), (step, 1));
        assert!(faces[0].1.is_finite());
    }
    head.seen = false;
    frame(&mut tracks, &[head], 0);
    head.seen = true;
    assert_eq!(frame(&mut tracks, &[head], 10).len(), 1);
}

#[test]
fn a_face_that_comes_half_over_a_followed_one_is_that_one() {
    for (off, want) in [(41.5, 1), (55.0, 2)] {
        let (old, new) = (Head::new(100.0, 100.0), Head::new(100.0, 100.0 + off));
        let mut tracks = Tracks::new(4);
        frame(&mut tracks, &[old], 0);
        frame(&mut tracks, &[old], 40);
        let now = Duration::from_millis(80);
        tracks.propose(&[new.detection()], now);
        assert_eq!(tracks.faces().len(), 2, "the regions don't overlap enough");
        for (index, head) in [old, new].iter().enumerate() {
            tracks.update(index, &head.points(), 0.99, now);
        }
        tracks.finish();
        assert_eq!(tracks.faces().len(), want, "{off} away");
        assert_eq!(tracks.faces()[0].id(), Some(0));
    }
}
