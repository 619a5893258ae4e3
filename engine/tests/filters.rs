//! Every shipped filter against its expected pictures, and what must hold for all of them.
//!
//! A case is a folder `filters/<filter>/case/<case>/` with `case.json` (still, look, time) and `expected.png`.
//! What the nets would see is stored beside the stills, in `assets/stills/observed/`. To make the expected
//! pictures anew after a wanted change: `ANTIFAZ_BLESS=1 cargo test -p antifaz --test filters`, look at them, and
//! run again without.

#![allow(clippy::unwrap_used, reason = "a test that can't go on stops")]

#[path = "filters/bench.rs"]
mod bench;
#[path = "filters/compare.rs"]
mod compare;
#[path = "filters/format/mod.rs"]
mod format;
#[path = "filters/privacy.rs"]
mod privacy;

use std::path::Path;

use antifaz::{
    compose::{ComposeError, Composer},
    filter::{Catalog, Filter, Look, LookItem, Package, manifest::MANIFEST},
    gpu::Covers,
    quality::Tier,
};
use bench::{Bench, Observed, filters};
use compare::compare;

/// Widest and highest side of the pictures of cases.
const CASE_SIDE: u32 = 320;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A file of `assets/stills`.
    still: String,
    /// `name:p=v,...` of each filter, in order.
    look: Vec<String>,
    /// Milliseconds.
    time: u64,
}

fn cases(filter: &Path) -> Vec<std::path::PathBuf> {
    let Ok(folders) = std::fs::read_dir(filter.join("case")) else { return Vec::new() };
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Tests of all filters, in parts that each take seconds.
macro_rules! parts {
    ($($part:ident $number:literal)*) => {
        $(mod $part {
            #[test]
            fn every_filter_draws_what_its_cases_expect() {
                super::draws_what_its_cases_expect($number);
            }

            #[test]
            fn every_filter_is_steady_in_every_tier() {
                super::is_steady_in_every_tier($number);
            }

            #[test]
            fn filters_stack_in_any_order() {
                super::stack_in_any_order($number);
            }

            #[test]
            fn every_filter_is_the_same_computed() {
                super::is_the_same_computed($number);
            }
        })*
        const PARTS: usize = [$($number),*].len();
    };
}
parts!(one 0 two 1 three 2 four 3 five 4 six 5);

/// The filters of a part.
fn of_part(catalog: &Catalog, part: usize) -> Vec<String> {
    let names: Vec<_> = catalog.names().iter().skip(part).step_by(PARTS).cloned().collect();
    assert!(!names.is_empty(), "there are too few filters");
    names
}

fn draws_what_its_cases_expect(part: usize) {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let bless = std::env::var_os("ANTIFAZ_BLESS").is_some();
    let mut wrong = Vec::new();
    for name in of_part(&catalog, part) {
        let cases = cases(catalog.folder(&name).unwrap());
        assert!(!cases.is_empty(), "{name} needs a case");
        for folder in cases {
            let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
            let case: Case = serde_json::from_str(&text).unwrap();
            let observed = Observed::of_still(&case.still, CASE_SIDE);
            let mut composer = bench.composer(&catalog, &case.look);
            let drawn = bench.draw(&mut composer, &observed, case.time, Tier::High);
            let expected = folder.join("expected.png");
            if bless {
                drawn.save(&expected).unwrap();
                continue;
            }
            // A missing reference is a failure.
            let verdict = match image::open(&expected) {
                Ok(expected) => compare(&drawn, &expected.into_rgba8()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(reason) = verdict {
                let kept = std::env::temp_dir().join(format!("antifaz-{name}.png"));
                drawn.save(&kept).unwrap();
                wrong.push(format!("{}: {reason}; drawn: {}", expected.display(), kept.display()));
            }
        }
    }
    assert!(!bless, "the expected pictures are made anew: look at them and run again without ANTIFAZ_BLESS");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pictures of frames that follow each other.
fn frames(bench: &Bench, composer: &mut Composer) -> Vec<image::RgbaImage> {
    let observed = Observed::of_still("pd_astronaut.png", 160);
    (0..3).map(|frame| bench.draw(composer, &observed, 40 * frame, Tier::High)).collect()
}

/// The same frames give the same pictures, nothing is made once the first are drawn, and lower tiers look alike.
fn is_steady_in_every_tier(part: usize) {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let observed = Observed::of_still("pd_astronaut.png", 160);
    for name in of_part(&catalog, part) {
        let [mut composer, mut other] = bench.composers(&catalog, std::slice::from_ref(&name));
        let drawn = frames(&bench, &mut composer);
        let made = bench.gpu.counts().textures;
        bench.draw(&mut composer, &observed, 120, Tier::High);
        assert_eq!(bench.gpu.counts().textures, made, "{name} makes textures in every frame");
        assert!(drawn == frames(&bench, &mut other), "{name} draws the same frames differently");
        for tier in [Tier::Medium, Tier::Low] {
            let lower = bench.draw(&mut composer, &observed, 0, tier);
            let mean = compare::mean_difference(&drawn[0], &lower);
            assert!(mean < 3.0, "{name} at {tier:?} is {mean} off");
        }
    }
}

/// A long look settles, and gives the same pictures again.
fn stack_in_any_order(part: usize) {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let mut names = of_part(&catalog, part);
    names.reverse();
    let [drawn, again] = bench.composers(&catalog, &names).map(|mut composer| frames(&bench, &mut composer));
    assert!(drawn == again, "{names:?} draw the same frames differently");
}

/// Passes that cover their target may be computed: the pictures are the same, but for rounding.
fn is_the_same_computed(part: usize) {
    let [drawing, computing] = [Covers::Drawn, Covers::Computed].map(Bench::with);
    assert!(computing.gpu.computes());
    let catalog = Catalog::open(&filters()).unwrap();
    for name in of_part(&catalog, part) {
        let look = std::slice::from_ref(&name);
        let [drawn, computed] =
            [&drawing, &computing].map(|bench| frames(bench, &mut bench.composer(&catalog, look)));
        assert_eq!(drawn.len(), computed.len());
        for (drawn, computed) in drawn.iter().zip(&computed) {
            compare(computed, drawn).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        }
    }
}

#[test]
fn nothing_of_a_look_without_meshes_is_drawn_where_passes_are_computed() {
    let catalog = Catalog::open(&filters()).unwrap();
    let observed = Observed::of_still("pd_astronaut.png", 160);
    let look = ["studio-blur", "ascii", "thermal", "skin-smooth", "film"];
    let [drawn, computed] = [Covers::Drawn, Covers::Computed].map(|covers| {
        let bench = Bench::with(covers);
        bench.work(&mut bench.composer(&catalog, &look), &observed)
    });
    // What is left are the faces of skin-smooth.
    assert_eq!((computed.passes, computed.draws), (1, 1), "{computed:?}");
    assert_eq!(computed.passes + computed.dispatches, drawn.passes + drawn.dispatches);
}

#[test]
fn what_is_not_there_is_not_drawn() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let mut nobody = Observed::of_still("neg_coffee_cc0.png", 160);
    let picture = nobody.picture.clone();
    for look in ["face-paint", "glasses", "cat-ears", "confetti", "studio-blur:strength=0", "film:strength=0"]
    {
        let mut composer = bench.composer(&catalog, &[look]);
        let drawn = bench.draw(&mut composer, &nobody, 0, Tier::High);
        assert!(drawn == picture, "{look} changes a picture without faces");
    }
    // Without a matte all is person: nothing is blurred before the net has looked.
    nobody.matte = None;
    let mut composer = bench.composer(&catalog, &["studio-blur"]);
    let drawn = bench.draw(&mut composer, &nobody, 0, Tier::High);
    assert!(compare::mean_difference(&drawn, &picture) < 0.3);
}

#[test]
fn a_tap_throws_confetti_until_all_of_it_has_fallen() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let nobody = Observed::of_still("neg_coffee_cc0.png", 160);
    let mut composer = bench.composer(&catalog, &["confetti"]);
    let changed = |composer: &mut Composer, millis| {
        let drawn = bench.draw(composer, &nobody, millis, Tier::High);
        drawn.pixels().zip(nobody.picture.pixels()).filter(|(drawn, picture)| drawn != picture).count()
    };
    assert_eq!([0, 100].map(|millis| changed(&mut composer, millis)), [0, 0], "nothing has happened yet");
    composer.tap([0.5, 0.5]);
    let burst: Vec<usize> = (2..100).map(|tenth| changed(&mut composer, tenth * 100)).collect();
    let most = burst[..6].iter().max().unwrap();
    assert!((500..12_000).contains(most), "{burst:?}");
    assert_eq!(burst.last(), Some(&0), "{burst:?}");
}

#[test]
fn the_background_is_blurred_and_the_person_is_not() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let observed = Observed::of_still("pd_astronaut.png", 320);
    let mut composer = bench.composer(&catalog, &["studio-blur:radius=4"]);
    let drawn = bench.draw(&mut composer, &observed, 0, Tier::High);
    let energy = |picture: &image::RgbaImage, x: [u32; 2], y: [u32; 2]| {
        let steps = (y[0]..y[1]).flat_map(|y| (x[0]..x[1]).map(move |x| (x, y)));
        let step = |x, y| f32::from(picture[(x, y)][0].abs_diff(picture[(x + 1, y)][0]));
        steps.map(|(x, y)| step(x, y).powi(2)).sum::<f32>()
    };
    let face = ([120, 160], [55, 95]);
    let rocket = ([235, 260], [20, 110]);
    let kept = energy(&drawn, face.0, face.1) / energy(&observed.picture, face.0, face.1);
    let left = energy(&drawn, rocket.0, rocket.1) / energy(&observed.picture, rocket.0, rocket.1);
    assert!((0.95..1.05).contains(&kept), "the face keeps {kept} of its edges");
    assert!(left < 0.25, "the rocket keeps {left} of its edges");
}

#[test]
fn glasses_look_the_same_wherever_the_face_is() {
    let bench = Bench::new();
    let catalog = Catalog::open(&filters()).unwrap();
    let observed = Observed::of_still("pd_astronaut.png", 240);
    let size = [observed.picture.width(), observed.picture.height()];
    let wide = [size[0] * 4, size[1] * 5 / 4];
    let drawn_at = |corner: [u32; 2]| {
        let mut composer = bench.composer(&catalog, &["glasses"]);
        let drawn = bench.draw(&mut composer, &observed.within(wide, corner), 0, Tier::High);
        image::imageops::crop_imm(&drawn, corner[0], corner[1], size[0], size[1]).to_image()
    };
    let middle = drawn_at([wide[0] * 3 / 8, 0]);
    let effect = compare::mean_difference(&middle, &observed.picture);
    assert!(effect > 0.2, "no glasses are drawn: {effect}");
    for corner in [[0, 0], [wide[0] - size[0], 0], [0, wide[1] - size[1]]] {
        let off = compare::mean_difference(&drawn_at(corner), &middle) / effect;
        assert!(off < 0.02, "at {corner:?} {off} of the glasses differ");
    }
}

/// A filter of one pass whose shader is `shader`.
fn filter(shader: &str, requires: &str) -> LookItem {
    let manifest = format!(
        "format = 1\ntitle = \"T\"\n{requires}\n[[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n"
    );
    let package = Package::new("broken", [(MANIFEST, manifest.as_str()), ("a.wgsl", shader)]);
    LookItem::parse(Filter::from_package(&package).unwrap().into(), "").unwrap()
}

#[test]
fn only_filters_that_look_at_expressions_wait_for_them() {
    let bench = Bench::new();
    let mut seen = Observed::of_still("pd_astronaut.png", 64);
    let mut early = seen.faces.clone();
    (seen.faces.faces[0].presence, early.faces[0].presence) = (0.75, 0.25);
    seen.early = Some(early);
    let colour = |colour: &str, need: &str| {
        let shader = format!(
            "import antifaz::face::{{faces}};\nimport antifaz::frame;\nimport antifaz::fullscreen::{{Varying}};\n\n\
             @fragment\nfn main(in: Varying) -> @location(0) vec4f {{\n    let below = frame::picture_at(in.uv);\n    \
             return vec4f({colour}, 1.0);\n}}\n"
        );
        filter(&shader, &format!("requires = {{ face = [\"{need}\"] }}"))
    };
    let first = |need| colour("faces[0].presence, 0.0, 0.0", need);
    let second = |need| colour("below.x, faces[0].presence, 0.0", need);
    // 0.25 and 0.75 of linear light.
    let (early, whole) = (137, 225);
    let drawn = |items: Vec<LookItem>| {
        let mut composer = Composer::new(&bench.gpu, Look(items)).unwrap();
        let [red, green, ..] = bench.draw(&mut composer, &seen, 0, Tier::High)[(5, 5)].0;
        [red, green]
    };
    assert_eq!(drawn(vec![first("mesh")]), [early, 0]);
    assert_eq!(drawn(vec![first("pose")]), [early, 0]);
    assert_eq!(drawn(vec![first("blendshapes")]), [whole, 0]);
    assert_eq!(drawn(vec![first("mesh"), second("mesh")]), [early, early]);
    // Passes that are drawn at once see the same faces.
    assert_eq!(drawn(vec![first("mesh"), second("blendshapes")]), [whole, whole]);
    let one = LookItem { face: Some(0), ..first("mesh") };
    assert_eq!(drawn(vec![one.clone(), second("blendshapes")]), [early, whole]);
    assert_eq!(
        drawn(vec![LookItem { face: Some(0), ..first("blendshapes") }, second("mesh")]),
        [whole, early]
    );
    assert_eq!(drawn(vec![one, LookItem { face: Some(1), ..second("mesh") }]), [early, 0]);
}

#[test]
fn broken_shaders_are_shown_at_their_authors_place() {
    let bench = Bench::new();
    let shader = "import antifaz::frame::{frame};\nimport antifaz::fullscreen::{Varying};\n\n@fragment\n\
                  fn main(in: Varying) -> @location(0) vec4f {\n    return vec4f(frame.tme);\n}";
    let error = Composer::new(&bench.gpu, Look(vec![filter(shader, "")])).unwrap_err().to_string();
    assert!(error.starts_with("broken/a.wgsl:6:"), "{error}");
}

#[test]
fn a_shader_that_reads_more_than_its_manifest_says_is_refused() {
    let bench = Bench::new();
    let shader = "import antifaz::matte::{matte_at};\nimport antifaz::fullscreen::{Varying};\n\n@fragment\n\
                  fn main(in: Varying) -> @location(0) vec4f {\n    return vec4f(matte_at(in.uv));\n}\n";
    match Composer::new(&bench.gpu, Look(vec![filter(shader, "")])) {
        Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, "matte"),
        other => panic!("{other:?}"),
    }
    let declared = filter(shader, "requires = { segment = [\"person\"] }");
    Composer::new(&bench.gpu, Look(vec![declared])).unwrap();
}

#[test]
fn what_the_nets_must_find_is_declared() {
    let bench = Bench::new();
    let shader = "import antifaz::expression::{smile};\nimport antifaz::fullscreen::{Varying};\n\nfn grin() -> f32 {\n    \
                  return smile(0u);\n}\n\n@fragment\nfn main(in: Varying) -> @location(0) vec4f {\n    \
                  if in.uv.x > 0.5 {\n        return vec4f(grin());\n    }\n    return vec4f(1.0);\n}\n";
    match Composer::new(&bench.gpu, Look(vec![filter(shader, "requires = { face = [\"mesh\"] }")])) {
        Err(ComposeError::Undeclared { name, fix, .. }) => {
            assert_eq!(
                (name.as_str(), fix.as_str()),
                ("blendshapes", "requires = { face = [\"blendshapes\"] }")
            );
        }
        other => panic!("{other:?}"),
    }
    let declared = filter(shader, "requires = { face = [\"blendshapes\"] }");
    Composer::new(&bench.gpu, Look(vec![declared])).unwrap();
    let direct = shader.replace("expression::{smile}", "face::{faces}");
    let direct = direct.replace("smile(0u)", "faces[0].blendshapes[44]");
    match Composer::new(&bench.gpu, Look(vec![filter(&direct, "requires = { face = [\"mesh\"] }")])) {
        Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, "blendshapes"),
        other => panic!("{other:?}"),
    }
    // What a shader writes into a face of its own is none of this.
    let own = "import antifaz::face::{faces};\nimport antifaz::fullscreen::{Varying};\n\n@fragment\n\
               fn main(in: Varying) -> @location(0) vec4f {\n    var own = faces[0];\n    own.blendshapes[3] = 0.5;\n    \
               return vec4f(own.presence);\n}\n";
    Composer::new(&bench.gpu, Look(vec![filter(own, "requires = { face = [\"mesh\"] }")])).unwrap();
    for (member, need) in [("expression_age", "blendshapes"), ("head[0].x", "pose"), ("pose[0].x", "pose")] {
        let reads = own.replace("own.presence", &format!("f32(own.{member})"));
        // Whoever asks for either has the mesh, too.
        for requires in ["", "requires = { face = [\"mesh\"] }"] {
            match Composer::new(&bench.gpu, Look(vec![filter(&reads, requires)])) {
                Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, need),
                other => panic!("{other:?}"),
            }
        }
    }
    // As a load by a whole workgroup, which naga has no expression for.
    let manifest = "format = 1\ntitle = \"T\"\nrequires = { face = [\"mesh\"] }\n[[passes]]\nname = \"p\"\n\
        shader = \"a.wgsl\"\nentry = \"main\"\nstage = \"compute\"\ntarget = \"t\"\nsize = [8, 8]\n\
        format = \"rgba16float\"\n[[passes]]\nname = \"show\"\nshader = \"b.wgsl\"\nentry = \"main\"\n\
        reads = [\"t\"]\n";
    let show = "import antifaz::fullscreen::{Varying};\nimport package::inputs::{t};\n\n@fragment\n\
                fn main(in: Varying) -> @location(0) vec4f {\n    return textureLoad(t, vec2u(0u), 0);\n}\n";
    let together = "import antifaz::face::{Face, faces};\nimport package::inputs::{canvas};\nvar<workgroup> own: Face;\n\
        @compute @workgroup_size(8, 8)\nfn main(@builtin(local_invocation_id) at: vec3u) {\n    \
        if at.x + at.y == 0u {\n        own = faces[0];\n    }\n    \
        textureStore(canvas, at.xy, workgroupUniformLoad(&own.head[3]));\n}\n";
    let package = Package::new("t", [(MANIFEST, manifest), ("a.wgsl", together), ("b.wgsl", show)]);
    let item = LookItem::parse(Filter::from_package(&package).unwrap().into(), "").unwrap();
    match Composer::new(&bench.gpu, Look(vec![item])) {
        Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, "pose"),
        other => panic!("{other:?}"),
    }
    let turned = shader.replace("smile", "yaw");
    match Composer::new(&bench.gpu, Look(vec![filter(&turned, "requires = { face = [\"mesh\"] }")])) {
        Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, "pose"),
        other => panic!("{other:?}"),
    }
}
