//! Passes that see only the pixel that they draw share one with what comes before them; chains of any length two textures.

use std::collections::BTreeSet;

use antifaz::{
    compose::{Composer, plan::Slot},
    filter::{Catalog, Filter, Look, LookItem, Package, manifest::MANIFEST},
    quality::Tier,
};

use image::Rgba;

use super::{Bench, HEAD, IMPORTS, PASS, light, main, plain, shows};
use crate::bench::filters;

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
fn a_chain_is_that_of_its_tier_however_conditions_are_written() {
    let bench = Bench::new();
    let body = "    @ if(tier_low) let share = 0.25;\n    @ else let share = 0.5;\n    let c = picture_at(in.uv);\n    \
                return vec4f(c.rgb * share, c.a);";
    for items in [&[(body, "")][..], &[(body, ""), (TURN, "")], &[(TURN, ""), (body, "")]] {
        let mut composer = Composer::new(&bench.gpu, look(items)).unwrap();
        assert_eq!(composer.plan([8, 8], Tier::High).passes.len(), 1);
        for (tier, share) in [(Tier::High, 0.5), (Tier::Low, 0.25)] {
            let drawn = bench.draw(&mut composer, &plain([8, 8], [220, 220, 220, 255]), 0, tier);
            shows(&drawn, [3, 3], [light(220) * share; 3]);
        }
    }
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
fn who_sees_more_than_a_pixel_comes_first() {
    let bench = Bench::new();
    for body in [
        SHIFT,
        "    return textureSampleLevel(antifaz::frame::picture, linear, in.uv, 0.0);",
        "    return picture_at(in.uv.yx);",
        "    var uv = in.uv;\n    uv.x = 0.5;\n    return picture_at(uv);",
    ] {
        let items = [(SCALE, ""), (SCALE, ""), (body, ""), (SCALE, "gain=0.9"), (TURN, "")];
        let composer = Composer::new(&bench.gpu, look(&items)).unwrap();
        let expected = "f0/p + f1/p: Input -> A 8x8\nf2/p + f3/p + f4/p: A -> B 8x8\noutput: B\n";
        assert_eq!(composer.plan([8, 8], Tier::High).to_string(), expected, "{body}");
    }
    let mut composer =
        Composer::new(&bench.gpu, look(&[(SHIFT, ""), (SCALE, "gain=0.5"), (TURN, "")])).unwrap();
    let mut seen = plain([8, 8], [200, 100, 20, 255]);
    seen.picture.put_pixel(4, 3, Rgba([20, 200, 100, 255]));
    let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
    shows(&drawn, [3, 3], [light(100), light(20), light(200)].map(|v| v * 0.5));
    shows(&drawn, [4, 3], [light(20), light(200), light(100)].map(|v| v * 0.5));
}

#[test]
fn who_leaves_pixels_out_or_is_no_plain_function_has_a_pass_of_its_own() {
    let bench = Bench::new();
    let item = |shader: String| {
        let files = [(MANIFEST, format!("{HEAD}{PASS}")), ("a.wgsl", format!("{IMPORTS}{shader}"))];
        let filter =
            Filter::from_package(&Package::new("own", files)).unwrap_or_else(|error| panic!("{error}"));
        LookItem::parse(filter.into(), "").unwrap()
    };
    for shader in [
        main("    if in.uv.x < 0.5 { discard; }\n    return picture_at(in.uv);"),
        "@fragment\nfn main() -> @location(0) vec4f { return vec4f(0.5); }\n".into(),
        "@fragment\nfn main(@builtin(position) at: vec4f) -> @location(0) vec4f { return at / 8.0; }\n"
            .into(),
        "struct Out { @location(0) color: vec4f }\n@fragment\nfn main(in: Varying) -> Out { \
         return Out(picture_at(in.uv)); }\n"
            .into(),
    ] {
        let mut look = look(&[(SCALE, ""), (SCALE, "")]);
        look.0.insert(0, item(shader));
        let composer = Composer::new(&bench.gpu, look).unwrap();
        let expected = "own/p: Input -> A 8x8\nf0/p + f1/p: A -> B 8x8\noutput: B\n";
        assert_eq!(composer.plan([8, 8], Tier::High).to_string(), expected);
    }
}

#[test]
fn turns_of_loops_and_private_variables_are_for_each_pass() {
    let bench = Bench::new();
    let turns = "    var sum = 0.0;\n    var i = 0;\n    loop { if i >= 20000 { break; } i++; sum += 1.0; }\n    \
                 return picture_at(in.uv) * (sum / 20000.0);";
    let mut composer =
        Composer::new(&bench.gpu, look(&[(turns, ""), (turns, ""), (SCALE, "gain=0.5")])).unwrap();
    let expected = "f0/p: Input -> A 8x8\nf1/p + f2/p: A -> B 8x8\noutput: B\n";
    assert_eq!(composer.plan([8, 8], Tier::High).to_string(), expected);
    let drawn = bench.draw(&mut composer, &plain([8, 8], [200, 100, 20, 255]), 0, Tier::High);
    shows(&drawn, [3, 3], [200, 100, 20].map(|v| light(v) * 0.5));

    let twice = format!("{PASS}{}", PASS.replace("\"p\"", "\"q\""));
    let body = "    count += 1.0;\n    return picture_at(in.uv) / count;";
    let shader = format!("var<private> count: f32 = 1.0;\n{}", main(body));
    let mut composer = super::composer(&bench, &twice, &shader, "");
    assert_eq!(composer.plan([8, 8], Tier::High).passes.len(), 2);
    let drawn = bench.draw(&mut composer, &plain([8, 8], [200, 100, 20, 255]), 0, Tier::High);
    shows(&drawn, [3, 3], [200, 100, 20].map(|v| light(v) * 0.25));
}

#[test]
fn no_filter_can_ask_whether_it_shares_a_pass() {
    let bench = Bench::new();
    let shader = format!("@if(merged)\nconst X = 1.0;\n{}", main("    return picture_at(in.uv);"));
    let error = super::try_composer(&bench, PASS, &shader, "").expect_err("a flag of the engine's own");
    assert!(error.to_string().contains("there is no flag `merged`"), "{error}");
}

/// A filter that makes and keeps things, of this manifest and shader: drawn alone, and with [`SCALE`] after it in one pass.
fn goes_on(manifest: &str, shader: &str) {
    let bench = Bench::new();
    let files = [(MANIFEST, format!("{HEAD}{manifest}")), ("a.wgsl", format!("{IMPORTS}{shader}"))];
    let filter = Filter::from_package(&Package::new("made", files)).unwrap_or_else(|error| panic!("{error}"));
    let made = LookItem::parse(filter.into(), "").unwrap();
    let alone = Look(vec![made.clone()]);
    let followed = Look(vec![made, look(&[(SCALE, "gain=0.5")]).0.remove(0)]);
    let [mut alone, mut followed] = [alone, followed].map(|look| Composer::new(&bench.gpu, look).unwrap());
    let passes = |composer: &Composer| composer.plan([8, 8], Tier::High).passes.len();
    assert_eq!(passes(&alone), passes(&followed));
    for frame in 0..4 {
        let seen = plain([8, 8], [200, 100, 20, 255]);
        if frame % 2 == 1 {
            [&mut alone, &mut followed].into_iter().for_each(|composer| composer.tap([0.25, 0.75]));
        }
        let [one, other] =
            [&mut alone, &mut followed].map(|composer| bench.draw(composer, &seen, 100 * frame, Tier::High));
        for at in [[1, 1], [6, 5]] {
            let pixel = one[(at[0], at[1])];
            shows(&other, at, [0, 1, 2].map(|channel| light(pixel[channel]) * 0.5));
        }
    }
}

#[test]
fn what_a_filter_makes_and_keeps_is_there_where_it_shares_a_pass() {
    let named = |name: &str, more: &str| {
        format!(
            "[[passes]]\nname = \"grow\"\nshader = \"a.wgsl\"\nentry = \"grow\"\ntarget = \"{name}\"\nsize = [4, 4]\n\
             format = \"rgba16float\"\n{more}\n{PASS}reads = [\"{name}\"]\n"
        )
    };
    let target = |more: &str| named("t", more);
    let grow = "@fragment\nfn grow(in: Varying) -> @location(0) vec4f { return vec4f(frame.time + 0.25, in.uv, 1.0); }\n";
    let shown = main("    return textureSampleLevel(t, linear, in.uv, 0.0);");
    goes_on(&target(""), &format!("import package::inputs::{{t}};\n{grow}{shown}"));
    // It is the engine's own name for what meshes draw.
    let layer = shown.replace("(t,", "(layer,");
    goes_on(&named("layer", ""), &format!("import package::inputs::{{layer}};\n{grow}{layer}"));
    goes_on(&target("persistent = true"), &format!("import package::inputs::{{t}};\n{grow}{shown}"));
    let ago = main("    return vec4f(t_ago(in.uv, 0u).rg, t_ago(in.uv, 1u).r, 1.0);");
    goes_on(&target("history = 2"), &format!("import package::inputs::{{t_ago}};\n{grow}{ago}"));
    let event = format!("[[inputs]]\nname = \"touch\"\ntype = \"event\"\nsource = \"tap\"\n{PASS}");
    let touched = main("    return vec4f(touch().on, f32(touch().count) / 4.0, frame.tap.y, 1.0);");
    goes_on(&event, &format!("import package::inputs::{{touch}};\n{touched}"));
    let dots = "[[particles]]\nname = \"dots\"\ncount = 3\n[[passes]]\nname = \"step\"\nshader = \"a.wgsl\"\n\
        entry = \"step\"\nstage = \"compute\"\nparticles = \"dots\"\n"
        .to_owned() + PASS;
    let step = "import package::inputs::{dots, dots_count};\n@if(compute)\n@compute @workgroup_size(64)\n\
        fn step(@builtin(global_invocation_id) at: vec3u) { dots[at.x].age += 0.125; }\n";
    let ages = main("    return vec4f(dots[dots_count - 1u].age, in.uv, 1.0);");
    goes_on(&dots, &format!("{step}{ages}"));
    for blend in ["over", "add", "multiply", "screen"] {
        let half = main("    return vec4f(in.uv, 0.5, 1.0) * 0.5;");
        goes_on(&format!("{PASS}blend = \"{blend}\"\n"), &half);
    }
}

#[test]
fn a_filter_for_one_face_keeps_to_itself() {
    let bench = Bench::new();
    let mut look = look(&[(SHIFT, ""), (SCALE, "")]);
    look.0[0].face = Some(1);
    let composer = Composer::new(&bench.gpu, look).unwrap();
    assert_eq!(composer.plan([8, 8], Tier::High).passes.len(), 2);
}

#[test]
fn every_filter_is_graded_in_its_last_pass() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    for name in catalog.names() {
        let composer = bench.composer(&catalog, &[name, "film"]);
        let plan = composer.plan([64, 64], Tier::High);
        let last = plan.passes.last().map(|pass| pass.label.as_str()).unwrap_or_default();
        assert!(last.starts_with(&format!("{name}/")) && last.ends_with(" + film/expose"), "{plan}");
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
    let before = bench.gpu.counts().textures;
    bench.draw(&mut composer, &picture, 0, Tier::High);
    // One of them is the frame itself, which the bench brings.
    assert_eq!(bench.gpu.counts().textures - before, 1 + 2);
}
