//! Shader modules that work on faces and their twins, at places around real faces, turned and shut-eyed ones among them.

use std::path::Path;

use antifaz::{
    kernels::{
        faces::{
            eyes::{self, Eye, Side},
            shading, skin,
            warp::{self, Marks},
        },
        matting::Floats,
    },
    scene::{Face, FaceState, LANDMARKS},
    tracking::mesh,
};
use glam::{Quat, Vec2, Vec3, Vec4};

use super::{
    Dice,
    ask::{SIZE, answers, answers_with},
    gpu,
};

/// Both sides sum in single precision; drivers may fuse a product with a sum.
const ROUNDING: f32 = 2e-5;

/// The texture unit's weights have eight bits, and pictures are half floats.
const SAMPLING: f32 = 0.01;

/// Where the blemish of [`complexion`] is, in uv.
const BLEMISH: Vec2 = Vec2::new(0.6, 0.4);

/// The faces of the stills, and the same turned to the side and with their lids pressed together.
fn faces() -> Box<FaceState> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/stills/observed");
    let mut seen = Vec::new();
    for still in ["mit_pyfeat_multi5", "pd_astronaut", "pd_grace_hopper"] {
        let text = std::fs::read_to_string(folder.join(still).with_extension("json")).unwrap();
        let found: serde_json::Value = serde_json::from_str(&text).unwrap();
        for face in found["faces"].as_array().unwrap() {
            let points = face["landmarks"].as_array().unwrap().iter();
            let point = |point: &serde_json::Value| {
                Vec3::from_array([0, 1, 2].map(|axis| point[axis].as_f64().unwrap() as f32))
            };
            seen.push(points.map(point).collect::<Vec<_>>());
        }
    }
    assert_eq!(seen.len(), 4, "stills with other faces");
    let changed = |(number, face): (usize, &Vec<Vec3>)| {
        let middle = face[1];
        let turn = Quat::from_rotation_y([-0.9, -0.4, 0.5, 1.0][number]);
        let mut points: Vec<Vec3> = face.iter().map(|at| middle + turn * (*at - middle)).collect();
        for (upper, lower) in [(159, 145), (160, 144), (158, 153), (386, 374), (387, 373), (385, 380)] {
            points[upper] = points[lower].lerp(points[upper], 0.2 * number as f32);
        }
        points
    };
    let more: Vec<_> = seen.iter().enumerate().map(changed).collect();
    let mut state = FaceState::empty();
    for (slot, face) in state.faces.iter_mut().zip(seen.iter().chain(&more)) {
        slot.presence = 1.0;
        slot.landmarks.iter_mut().zip(face).for_each(|(slot, at)| *slot = at.extend(1.0).to_array());
    }
    state
}

fn marks(face: &Face) -> Marks<'_> {
    Marks { landmarks: &face.landmarks, size: SIZE }
}

/// A picture of skin with pores, a blemish, a shadow and hair below; and the same made small, as tones.
fn complexion() -> [Floats; 2] {
    let size = SIZE.map(|side| side as usize);
    let picture = Floats::make(size, |x, y| {
        let uv = Vec2::new((x as f32 + 0.5) / size[0] as f32, (y as f32 + 0.5) / size[1] as f32);
        let pore = 0.02 * (2.1 * x as f32).sin() * (1.7 * y as f32).cos();
        let shade = 1.0 - 0.25 * (4.0 * uv.x).sin().powi(2);
        let spot = (-(uv - BLEMISH).length_squared() / 0.0001).exp();
        let hair = ((uv.y - 0.85) / 0.02).clamp(0.0, 1.0);
        let skin = Vec3::new(0.52, 0.30 - 0.1 * spot, 0.2 - 0.06 * spot) * (shade + pore - 0.1 * spot);
        skin.lerp(Vec3::new(0.02, 0.016, 0.012), hair).extend(1.0).to_array()
    });
    let small = size.map(|side| side / 4);
    let cell = Vec2::new(1.0 / small[0] as f32, 1.0 / small[1] as f32);
    let shrunk = Floats::make(small, |x, y| {
        let uv = (Vec2::new(x as f32, y as f32) + 0.5) * cell;
        skin::shrunk(&picture, uv, cell).extend(1.0).to_array()
    });
    [picture, shrunk]
}

/// Whether two values are the same but for rounding.
fn assert_near(got: Vec4, want: Vec4, most: f32, what: &str) {
    let near = (got - want).abs().cmple(most * want.abs().max(Vec4::ONE)).all();
    assert!(near, "{what}: {got:?} for {want:?}");
}

const EYES: &str = "
import antifaz::eyes::{eye, lids, on_iris};
fn answer(place: vec4f) -> array<vec4f, 3> {
    let face = u32(place.x);
    let side = u32(place.y);
    let eye = eye(face, side);
    return array(
        vec4f(eye.middle, eye.iris),
        vec4f(eye.across, eye.radius, eye.width),
        vec4f(eye.open, lids(face, side, place.zw), on_iris(eye, place.zw)),
    );
}
";

#[test]
fn eyes_agree_with_their_twin() {
    let (gpu, state, mut dice) = (gpu(), faces(), Dice(31));
    let mut places = Vec::new();
    for face in 0..state.faces.len() {
        for side in [Side::Left, Side::Right] {
            let eye = Eye::of(&marks(&state.faces[face]), side);
            let mut off = || Vec2::new(dice.between(-0.8, 0.8), dice.between(-0.4, 0.4)) * eye.width;
            let around = (0..200).map(|_| eye.middle + off());
            places
                .extend(around.map(|at| Vec4::new(face as f32, f32::from(side == Side::Right), at.x, at.y)));
        }
    }
    let (mut inside, mut outside) = (0, 0);
    for (place, got) in places.iter().zip(answers::<3>(&gpu, &state, EYES, &places)) {
        let marks = marks(&state.faces[place.x as usize]);
        let side = if place.y == 0.0 { Side::Left } else { Side::Right };
        let (eye, at) = (Eye::of(&marks, side), Vec2::new(place.z, place.w));
        let (lids, iris) = (eyes::lids(&marks, side, at), eye.on_iris(at));
        let want = [
            Vec4::new(eye.middle.x, eye.middle.y, eye.iris.x, eye.iris.y),
            Vec4::new(eye.across.x, eye.across.y, eye.radius, eye.width),
            Vec4::new(eye.open, lids, iris.x, iris.y),
        ];
        for (got, want) in got.iter().zip(want) {
            assert_near(*got, want, ROUNDING, &format!("{side:?} at {place}"));
        }
        if lids < 0.0 { inside += 1 } else { outside += 1 }
    }
    assert!(inside > 200 && outside > 200, "{inside} places between the lids and {outside} beside");
}

const CANONICAL: &str = "fn answer(place: vec4f) -> array<vec4f, 1> {
    return array(vec4f(antifaz::eyes::canonical_lids(place.zw)));
}";

#[test]
fn the_lids_of_the_canonical_face_are_arches_through_its_points() {
    let (gpu, mut dice) = (gpu(), Dice(37));
    let points = &mesh::canonical().positions;
    let place = |_| Vec4::new(0.0, 0.0, dice.between(-5.2, 5.2), dice.between(1.6, 3.6));
    let places: Vec<_> = (0..900).map(place).collect();
    let mut inside = 0;
    for (place, [got]) in places.iter().zip(answers::<1>(&gpu, &faces(), CANONICAL, &places)) {
        let want = eyes::canonical_lids(points, Vec2::new(place.z, place.w));
        let most = 0.03 + 0.2 * want.max(0.0);
        assert!((got.x - want).abs() < most, "{got} for {want} at {place}");
        inside += usize::from(want < 0.0);
    }
    assert!((60..840).contains(&inside), "{inside} places between the lids");
}

/// The measures of eyes are those of eyes: a twin alone could agree with nonsense.
#[test]
fn eyes_are_where_a_face_has_them() {
    let state = faces();
    for (number, face) in state.faces.iter().enumerate() {
        let marks = marks(face);
        for side in [Side::Left, Side::Right] {
            let eye = Eye::of(&marks, side);
            let least = if number < 4 { 0.2 } else { 0.1 };
            assert!((least..0.3).contains(&(eye.radius / eye.width)), "{number} {side:?}: {eye:?}");
            assert!(eye.across.x > 0.0 && eye.across.length() <= eye.radius, "{number} {side:?}: {eye:?}");
            // The fifth is the first with its eyes pressed shut.
            assert!(number != 4 || eye.open < 0.1, "{number} {side:?}: {eye:?}");
            if number < 4 {
                assert!(eye.open > 0.15, "{number} {side:?}: {eye:?}");
                assert!(eyes::lids(&marks, side, eye.iris) < 0.0, "{number} {side:?}");
                assert!(eyes::lids(&marks, side, eye.middle + Vec2::new(0.0, 0.4 * eye.width)) > 0.0);
            }
        }
        let [left, right] = [Side::Left, Side::Right].map(|side| Eye::of(&marks, side).iris.x);
        assert!(left > right, "{number}: {left} {right}");
    }
}

const WARP: &str = "
import antifaz::warp::{bump, grown, in_heights, in_uv, moved, span, spot};
fn answer(place: vec4f) -> array<vec4f, 2> {
    let face = u32(place.x);
    let at = in_heights(place.zw);
    let size = span(face, 33u, 263u);
    let shift = moved(at, spot(face, 61u), vec2f(0.03, -0.02), 0.6 * size) + grown(at, spot(face, 4u), 0.3, 0.8 * size);
    return array(vec4f(at, in_uv(at + shift)), vec4f(spot(face, u32(place.y)), size, bump(at - spot(face, 4u), size)));
}
";

#[test]
fn warp_agrees_with_its_twin() {
    let (gpu, state, mut dice) = (gpu(), faces(), Dice(47));
    let places: Vec<Vec4> = (0..4000)
        .map(|number| {
            let face = number % state.faces.len();
            let near = marks(&state.faces[face]).landmark(dice.next() as usize % LANDMARKS);
            let off = [dice.between(-0.1, 0.1), dice.between(-0.1, 0.1)];
            // Beyond the last number is the last landmark.
            let index = dice.next() % (LANDMARKS as u64 + 20);
            Vec4::new(face as f32, index as f32, near.x + off[0], near.y + off[1])
        })
        .collect();
    let mut shifted = 0;
    for (place, got) in places.iter().zip(answers::<2>(&gpu, &state, WARP, &places)) {
        let marks = marks(&state.faces[place.x as usize]);
        let uv = Vec2::new(place.z, place.w);
        let (at, size) = (marks.in_heights(uv), marks.span(33, 263));
        let shift = warp::moved(at, marks.spot(61), Vec2::new(0.03, -0.02), 0.6 * size)
            + warp::grown(at, marks.spot(4), 0.3, 0.8 * size);
        let (from, spot) = (marks.in_uv(at + shift), marks.spot(place.y as usize));
        let bump = warp::bump(at - marks.spot(4), size);
        let want = [Vec4::new(at.x, at.y, from.x, from.y), Vec4::new(spot.x, spot.y, size, bump)];
        for (got, want) in got.iter().zip(want) {
            assert_near(*got, want, ROUNDING, &format!("{place}"));
        }
        shifted += usize::from(from.distance(uv) > 1e-4);
    }
    assert!((500..3900).contains(&shifted), "{shifted} of {} places are shifted", places.len());
}

const SHADING: &str = "
import antifaz::shading;
import compose::measure::{mean_skin};
fn answer(place: vec4f) -> array<vec4f, 4> {
    let skin = mean_skin(u32(place.x));
    let here = vec3f(place.z, place.w, 0.3);
    return array(
        skin,
        vec4f(shading::exposure(skin), shading::shade(here, skin)),
        vec4f(shading::tint(skin, place.z), shading::brightness(vec4f(place.w), 0.3, 0.6, 0.2, 1.2)),
        vec4f(shading::fresnel(place.z, here, place.w), 0.0),
    );
}
";

#[test]
fn shading_agrees_with_its_twin() {
    let (gpu, state, mut dice) = (gpu(), faces(), Dice(53));
    let picture = complexion();
    let places: Vec<Vec4> = (0..800)
        .map(|number| {
            // Dark ones too.
            let light = dice.between(0.0, 1.0).powi(3);
            Vec4::new((number % 8) as f32, 0.0, dice.between(0.0, 1.0), light)
        })
        .collect();
    let mut seen = Vec::new();
    for (place, got) in places.iter().zip(answers_with::<4>(&gpu, &state, SHADING, &places, &picture)) {
        let skin = shading::skin(&picture[0], &marks(&state.faces[place.x as usize]));
        assert_near(got[0], skin, SAMPLING, &format!("{place}"));
        // From here on both start from the same skin.
        let skin = got[0];
        let here = Vec3::new(place.z, place.w, 0.3);
        let brightness = shading::brightness(Vec4::splat(place.w), 0.3, 0.6, 0.2, 1.2);
        let want = [
            shading::exposure(skin).extend(shading::shade(here, skin)),
            shading::tint(skin, place.z).extend(brightness),
            shading::fresnel(place.z, here, place.w).extend(0.0),
        ];
        for (got, want) in got[1..].iter().zip(want) {
            assert_near(*got, want, ROUNDING, &format!("{place}"));
        }
        seen.push(skin.w);
    }
    seen.sort_by(f32::total_cmp);
    assert!(seen[0] < 0.9 * seen[799], "all faces are as light as each other");
}

const SKIN: &str = "
import antifaz::frame::{picture_at};
import antifaz::skin::{evened, ground, like_skin, shrunk, smoothed, tone, without_pores};
@group(1) @binding(2) var small: texture_2d<f32>;
fn answer(place: vec4f) -> array<vec4f, 4> {
    let skin = vec3f(0.72, 0.55, 0.45);
    let here = tone(picture_at(place.zw).rgb);
    let fine = without_pores(place.zw, 0.4);
    let around = ground(small, place.zw, fine, skin, 0.06, 48);
    let even = evened(around, skin, 0.4);
    return array(
        vec4f(fine, like_skin(fine, skin)),
        vec4f(around, 0.0),
        vec4f(smoothed(here, fine, even, 0.8), 0.0),
        vec4f(shrunk(place.zw, vec2f(0.02, 0.03)), 0.0),
    );
}
";

/// What the module `antifaz::skin` says of a place, step by step.
fn smoothed([picture, small]: &[Floats; 2], uv: Vec2) -> [Vec4; 4] {
    let skin = Vec3::new(0.72, 0.55, 0.45);
    let here = skin::tone(skin::color_at(picture, uv));
    let fine = skin::without_pores(picture, uv, 0.4);
    let around = skin::ground((small, picture.size), uv, fine, skin, 0.06, 48);
    let even = skin::evened(around, skin, 0.4);
    [
        fine.extend(skin::like_skin(fine, skin)),
        around.extend(0.0),
        skin::smoothed(here, fine, even, 0.8).extend(0.0),
        skin::shrunk(picture, uv, Vec2::new(0.02, 0.03)).extend(0.0),
    ]
}

#[test]
fn skin_agrees_with_its_twin() {
    let (gpu, state, mut dice) = (gpu(), faces(), Dice(59));
    let pictures = complexion();
    let places: Vec<Vec4> =
        (0..2000).map(|_| Vec4::new(0.0, 0.0, dice.between(0.0, 1.0), dice.between(0.0, 1.0))).collect();
    let (mut like, mut unlike) = (0, 0);
    for (place, got) in places.iter().zip(answers_with::<4>(&gpu, &state, SKIN, &places, &pictures)) {
        let want = smoothed(&pictures, Vec2::new(place.z, place.w));
        for (got, want) in got.iter().zip(want) {
            assert_near(*got, want, SAMPLING, &format!("{place}"));
        }
        like += usize::from(want[0].w > 0.9);
        unlike += usize::from(want[0].w < 0.1);
    }
    assert!(like > 1000 && unlike > 100, "{like} places of skin, {unlike} of hair");
}

/// What the tool is for: of two places of one kind of skin that differ, a blemish comes near to its surroundings, and
/// pores stay apart. Hair isn't skin.
#[test]
fn blemishes_go_and_pores_stay() {
    let pictures = complexion();
    let light = |uv: Vec2| smoothed(&pictures, uv)[2].y.sqrt();
    let before = |uv: Vec2| skin::tone(skin::color_at(&pictures[0], uv)).y;
    let off = |of: &dyn Fn(Vec2) -> f32| (of(BLEMISH) - of(BLEMISH + Vec2::new(0.05, 0.0))).abs();
    assert!(off(&light) < 0.5 * off(&before), "{} of {} is left", off(&light), off(&before));
    let pixels = (40..60).map(|x| Vec2::new((x as f32 + 0.5) / SIZE[0] as f32, 0.2));
    let rough = |of: &dyn Fn(Vec2) -> f32| {
        let values: Vec<f32> = pixels.clone().map(of).collect();
        values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f32>()
    };
    assert!(rough(&light) > 0.5 * rough(&before), "{} of {} is left", rough(&light), rough(&before));
    assert!(smoothed(&pictures, Vec2::new(0.5, 0.97))[0].w < 0.01, "hair is taken for skin");
}
