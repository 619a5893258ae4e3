//! `event` inputs, taps and seeds.

use antifaz::{quality::Tier, tracking::BLENDSHAPE_NAMES};

use super::{Bench, PASS, composer, main, plain, shows};

const GREY: [u8; 4] = [128, 128, 128, 255];

fn event(name: &str, rest: &str) -> String {
    format!("[[inputs]]\nname = \"{name}\"\ntype = \"event\"\n{rest}\n")
}

#[test]
fn an_open_mouth_kicks_each_face_by_itself() {
    let bench = Bench::new();
    let manifest = event("kick", "source = \"blendshape.jawOpen\"\nthreshold = 0.5") + PASS;
    let shader = "import package::inputs::{kick};\nimport antifaz::event::{fading};\n".to_owned()
        + &main(
            "    let face = select(0u, 5u, in.uv.x > 0.5);\n    let now = kick(face);\n    return vec4f(now.value, \
             fading(now, 0.4), f32(now.count) / 4.0, 1.0);",
        );
    let mut composer = composer(&bench, &manifest, &shader, "");
    let mut seen = plain([8, 8], GREY);
    let jaw = BLENDSHAPE_NAMES.iter().position(|name| *name == "jawOpen").unwrap();
    let mut draw = |jaws: [f32; 2], millis| {
        for (face, (slot, open)) in [0, 5].into_iter().zip(jaws).enumerate() {
            seen.faces.faces[slot].presence = 1.0;
            seen.faces.faces[slot].id = face as u32;
            seen.faces.faces[slot].blendshapes[jaw] = open;
        }
        bench.draw(&mut composer, &seen, millis, Tier::High)
    };
    draw([0.1, 0.1], 0);
    let drawn = draw([0.75, 0.45], 100);
    shows(&drawn, [1, 1], [0.75, 1.0, 0.25]);
    shows(&drawn, [6, 1], [0.45, 0.0, 0.0]);
    let drawn = draw([0.45, 0.6], 200);
    shows(&drawn, [1, 1], [0.45, 0.75, 0.25]);
    shows(&drawn, [6, 1], [0.6, 1.0, 0.25]);
    draw([0.1, 0.6], 300);
    shows(&draw([0.6, 0.6], 400), [1, 1], [0.6, 1.0, 0.5]);
}

#[test]
fn taps_are_seen_for_one_frame_and_their_place_stays() {
    let bench = Bench::new();
    let manifest = event("touch", "source = \"tap\"") + PASS;
    let shader = "import package::inputs::{touch};\n".to_owned()
        + &main(
            "    if in.uv.x < 0.5 { return vec4f(touch().on, f32(touch().count) / 4.0, f32(frame.seed) / 8.0, 1.0); }\n    \
             return vec4f(frame.tap, 0.0, 1.0);",
        );
    let mut composer = composer(&bench, &manifest, &shader, "");
    composer.set_seed(6);
    let seen = plain([8, 8], GREY);
    let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
    shows(&drawn, [1, 1], [0.0, 0.0, 0.75]);
    shows(&drawn, [6, 6], [0.5, 0.5, 0.0]);
    composer.tap([0.1, 0.1]);
    composer.tap([0.25, 0.75]);
    let drawn = bench.draw(&mut composer, &seen, 40, Tier::High);
    shows(&drawn, [1, 1], [1.0, 0.5, 0.75]);
    shows(&drawn, [6, 6], [0.25, 0.75, 0.0]);
    let drawn = bench.draw(&mut composer, &seen, 80, Tier::High);
    shows(&drawn, [1, 1], [0.0, 0.5, 0.75]);
    shows(&drawn, [6, 6], [0.25, 0.75, 0.0]);
}
