//! Neighbouring passes that see only the pixel that they draw share a pass; chains of any length two textures.

use std::collections::BTreeSet;

use antifaz::{
    compose::{Composer, plan::Slot},
    filter::{Filter, Look, LookItem, Package, manifest::MANIFEST},
    quality::Tier,
};

use super::{Bench, HEAD, IMPORTS, PASS, light, main, plain, shows};

const GAIN: &str =
    "[[inputs]]\nname = \"gain\"\ntype = \"float\"\ndefault = 0.5\nmax = 2.0\nidentity = 1.0\n";
const INPUTS: &str = "import package::inputs::{params};\n";

/// A look of filters whose shaders have these bodies, each with a parameter `gain`.
fn look(items: &[(&str, &str)]) -> Look {
    let item = |(number, (body, values)): (usize, &(&str, &str))| {
        let files = [
            (MANIFEST, format!("{HEAD}{GAIN}{PASS}")),
            ("a.wgsl", format!("{IMPORTS}{INPUTS}{}", main(body))),
        ];
        let filter = Filter::from_package(&Package::new(format!("f{number}"), files));
        LookItem::parse(filter.unwrap_or_else(|error| panic!("{error}")).into(), values).unwrap()
    };
    Look(items.iter().enumerate().map(item).collect())
}

/// Multiplies by its own parameter.
const SCALE: &str =
    "    let c = picture_at(in.uv);\n    return vec4f(c.rgb * params.gain * min(frame.size.x, 1.0), c.a);";
/// Turns colours round.
const TURN: &str = "    let at = in.uv;\n    return picture_at(at).brga;";
/// Sees its neighbour.
const SHIFT: &str = "    return picture_at(in.uv + vec2f(0.125, 0.0));";

#[test]
fn four_filters_that_see_one_pixel_are_one_pass() {
    let bench = Bench::new();
    let items = [(SCALE, "gain=0.5"), (TURN, ""), (SCALE, "gain=1.5"), (SCALE, "gain=0.8")];
    let mut composer = Composer::new(&bench.gpu, look(&items)).unwrap();
    let plan = composer.plan([8, 8], Tier::High);
    assert_eq!(plan.to_string(), "f0/p + f1/p + f2/p + f3/p: Input -> A 8x8\noutput: A\n");
    let drawn = bench.draw(&mut composer, &plain([8, 8], [200, 100, 20, 255]), 0, Tier::High);
    shows(&drawn, [3, 3], [light(20), light(200), light(100)].map(|v| v * 0.5 * 1.5 * 0.8));
}

#[test]
fn what_lies_between_passes_holds_no_more_than_a_picture() {
    let bench = Bench::new();
    let mut composer = Composer::new(&bench.gpu, look(&[(SCALE, "gain=2"), (SCALE, "gain=0.5")])).unwrap();
    assert_eq!(composer.plan([8, 8], Tier::High).passes.len(), 1);
    let drawn = bench.draw(&mut composer, &plain([8, 8], [220, 255, 20, 255]), 0, Tier::High);
    shows(&drawn, [3, 3], [0.5, 0.5, light(20)]);
}

#[test]
fn who_sees_more_than_a_pixel_has_a_pass_of_its_own() {
    let bench = Bench::new();
    for body in [
        SHIFT,
        "    return textureSampleLevel(antifaz::frame::picture, linear, in.uv, 0.0);",
        "    return picture_at(in.uv.yx);",
        "    var uv = in.uv;\n    uv.x = 0.5;\n    return picture_at(uv);",
        "    if in.uv.x < 0.5 { discard; }\n    return picture_at(in.uv);",
    ] {
        let items = [(SCALE, ""), (SCALE, ""), (body, ""), (SCALE, "gain=0.9"), (TURN, "")];
        let composer = Composer::new(&bench.gpu, look(&items)).unwrap();
        let expected = "f0/p + f1/p: Input -> A 8x8\nf2/p: A -> B 8x8\nf3/p + f4/p: B -> A 8x8\noutput: A\n";
        assert_eq!(composer.plan([8, 8], Tier::High).to_string(), expected, "{body}");
    }
}

#[test]
fn a_value_at_its_identity_leaves_the_others_to_passes_of_their_own() {
    let bench = Bench::new();
    let items = [(SCALE, "gain=0.5"), (SCALE, "gain=0.8"), (TURN, "")];
    let mut composer = Composer::new(&bench.gpu, look(&items)).unwrap();
    let values = composer.look().0[1].filter.parse_values("gain=1").unwrap();
    assert!(composer.set_values(1, values));
    let expected = "f0/p: Input -> A 8x8\nf2/p: A -> B 8x8\noutput: B\n";
    assert_eq!(composer.plan([8, 8], Tier::High).to_string(), expected);
    let drawn = bench.draw(&mut composer, &plain([8, 8], [200, 100, 20, 255]), 0, Tier::High);
    shows(&drawn, [3, 3], [light(20), light(200), light(100)].map(|v| v * 0.5));
}

#[test]
fn eight_filters_over_the_frame_have_two_textures() {
    let bench = Bench::new();
    let items = [(SHIFT, ""); 8];
    let mut composer = Composer::new(&bench.gpu, look(&items)).unwrap();
    let targets: BTreeSet<_> =
        composer.plan([16, 8], Tier::High).passes.iter().map(|pass| format!("{:?}", pass.target)).collect();
    assert_eq!(targets, BTreeSet::from([Slot::A, Slot::B].map(|slot| format!("{slot:?}"))));
    let picture = plain([16, 8], [90, 90, 90, 255]);
    let before = bench.gpu.textures_created();
    bench.draw(&mut composer, &picture, 0, Tier::High);
    // One of them is the frame itself, which the bench brings.
    assert_eq!(bench.gpu.textures_created() - before, 1 + 2);
}
