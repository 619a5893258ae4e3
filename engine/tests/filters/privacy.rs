//! The filter `privacy` over a clip in which a face moves and is lost for ten frames.

use antifaz::{filter::Catalog, quality::Tier};
use image::RgbaImage;

use super::bench::{Bench, Observed, filters};

/// Frames of the clip, and those in which the face is not found.
const FRAMES: u32 = 26;
const LOST: std::ops::Range<u32> = 8..18;
/// Milliseconds from frame to frame.
const STEP: u64 = 40;

/// Pixels that may look as they did by chance, in %; and how much of the picture's detail may be left, as correlation.
const SAME: f64 = 12.0;
const LIKE: f64 = 0.25;

/// From brows to chin and from cheek to cheek: columns and rows.
fn inner(face: &Observed) -> [std::ops::Range<u32>; 2] {
    [0, 1].map(|axis: usize| {
        let side = [face.picture.width(), face.picture.height()][axis] as f32;
        let points = face.faces.faces[0].landmarks.iter().map(|point| point[axis] * side);
        let (low, high) = points.fold((f32::MAX, 0.0_f32), |(low, high), at| (low.min(at), high.max(at)));
        let spare = 0.1 * (high - low);
        (low + spare) as u32..(high - spare) as u32
    })
}

/// How much of the inner face is as it was, in %, and the correlation of its details with those that it had.
fn resemblance(face: &Observed, drawn: &RgbaImage) -> (f64, f64) {
    let [columns, rows] = inner(face);
    let value = |picture: &RgbaImage, x: u32, y: u32| f64::from(picture.get_pixel(x, y)[1]);
    let (mut same, mut all, mut mixed, mut squares) = (0.0, 0.0, 0.0, [0.0; 2]);
    for (x, y) in rows.flat_map(|y| columns.clone().map(move |x| (x, y))) {
        let near = |channel: usize| {
            face.picture.get_pixel(x, y)[channel].abs_diff(drawn.get_pixel(x, y)[channel]) <= 2
        };
        same += f64::from(u8::from((0..3).all(near)));
        all += 1.0;
        for [right, down] in [[1, 0], [0, 1]] {
            let slope = |picture| value(picture, x + right, y + down) - value(picture, x, y);
            let [was, is] = [slope(&face.picture), slope(drawn)];
            mixed += was * is;
            squares[0] += was * was;
            squares[1] += is * is;
        }
    }
    (100.0 * same / all, mixed / (squares[0] * squares[1]).sqrt().max(1e-9))
}

/// Where the still lies in the frame of this number: it moves on while the face is lost, or turns back.
fn corner(frame: u32, turns: bool) -> [u32; 2] {
    let steps = if turns && frame > LOST.start { 2 * LOST.start - frame.min(2 * LOST.start) } else { frame };
    [10 + 4 * steps, 2 + steps / 2]
}

#[test]
fn privacy_covers_a_face_that_is_lost_for_ten_frames() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let still = Observed::of_still("pd_grace_hopper.jpg", 150);
    for (style, turns) in [("cells", false), ("blur", false), ("patch", false), ("cells", true)] {
        let mut composer = bench.composer(&catalog, &[format!("privacy:style={style}")]);
        for frame in 0..FRAMES {
            let face = still.within([300, 180], corner(frame, turns));
            let mut seen = still.within([300, 180], corner(frame, turns));
            if LOST.contains(&frame) {
                seen.faces.faces[0].presence = 0.0;
            }
            let drawn = bench.draw(&mut composer, &seen, u64::from(frame) * STEP, Tier::High);
            let (same, like) = resemblance(&face, &drawn);
            assert!(same <= SAME && like <= LIKE, "{style}, frame {frame}: {same} % are seen, {like}");
        }
    }
}

#[test]
fn a_face_that_is_not_covered_is_noticed() {
    let face = Observed::of_still("pd_grace_hopper.jpg", 150).within([300, 180], [10, 2]);
    let (same, like) = resemblance(&face, &face.picture);
    assert!(same > 99.9 && like > 0.99, "{same} %, {like}");
    // A veil over it hides nothing.
    let mut veiled = face.picture.clone();
    veiled.pixels_mut().for_each(|pixel| pixel.0[..3].iter_mut().for_each(|value| *value = *value / 2 + 90));
    assert!(resemblance(&face, &veiled).1 > 0.9);
}
