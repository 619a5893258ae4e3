//! Shader modules that work on faces and their twins, at places around real faces, turned and shut-eyed ones among them.

use std::path::Path;

use antifaz::{
    compose::engine_modules,
    gpu::{BufferUse, ComputePipeline, Gpu, Resource, readback::Readback},
    kernels::faces::{
        eyes::{self, Eye, Side},
        warp::{self, Marks},
    },
    scene::{Face, FaceState, LANDMARKS},
};
use glam::{Quat, Vec2, Vec3, Vec4};

use super::{Dice, gpu};

/// Size of the pictures that the faces lie in.
const SIZE: [u32; 2] = [640, 400];

/// Both sides sum in single precision; drivers may fuse a product with a sum.
const ROUNDING: f32 = 2e-5;

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

/// What `fn answer(place: vec4f) -> array<vec4f, N>` of `text` says for each place. The first member of a place is the
/// number of the face.
fn answers<const N: usize>(gpu: &Gpu, state: &FaceState, text: &str, places: &[Vec4]) -> Vec<[Vec4; N]> {
    let text = format!(
        "{text}\n\
         @group(1) @binding(0) var<storage, read> places: array<vec4f>;\n\
         @group(1) @binding(1) var<storage, read_write> answers: array<array<vec4f, {N}>>;\n\
         @compute @workgroup_size(64) fn ask(@builtin(global_invocation_id) at: vec3u) {{\n\
         if at.x < arrayLength(&places) {{ answers[at.x] = answer(places[at.x]); }}\n}}\n"
    );
    let mut library = engine_modules();
    library.insert("test", "test.wgsl", &text);
    let shader = library.resolve("test", &[]).unwrap_or_else(|error| panic!("{error}"));
    let pipeline = ComputePipeline::new(gpu, &shader, "ask", "ask").unwrap();
    let storage = |bytes: &[u8]| gpu.buffer_with("test", BufferUse::Storage, bytes).unwrap();
    // A frame begins with its size.
    let mut frame = [0.0_f32; 12];
    frame[..2].copy_from_slice(&SIZE.map(|side| side as f32));
    let frame = gpu.buffer_with("frame", BufferUse::Uniform, bytemuck::cast_slice(&frame)).unwrap();
    let (faces, asked) = (storage(bytemuck::bytes_of(state)), storage(bytemuck::cast_slice(places)));
    let answered = gpu.buffer("answers", BufferUse::Storage, (places.len() * N * 16) as u64).unwrap();
    let resources = [
        ("frame", Resource::Buffer(&frame)),
        ("faces", Resource::Buffer(&faces)),
        ("places", Resource::Buffer(&asked)),
        ("answers", Resource::Buffer(&answered)),
    ];
    let mut encoder = gpu.encoder("ask");
    encoder.dispatch(&pipeline, &resources, [places.len().div_ceil(64) as u32, 1, 1]).unwrap();
    let ticket = Readback::new().start_buffer(&mut encoder, &answered).unwrap();
    gpu.submit(encoder).unwrap();
    let values: Vec<Vec4> = bytemuck::pod_collect_to_vec(&ticket.wait(gpu).unwrap());
    values.chunks_exact(N).map(|chunk| chunk.try_into().unwrap()).collect()
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
