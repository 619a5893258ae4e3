use std::sync::Arc;

use super::*;
use crate::filter::{Filter, Package, manifest::MANIFEST};

fn filter(name: &str, passes: &str) -> Arc<Filter> {
    let text = format!(
        "format = 1\ntitle = \"T\"\n[[inputs]]\nname = \"strength\"\ntype = \"float\"\ndefault = 1.0\n\
         identity = 0.0\n{passes}"
    );
    let package = Package::new(name, [(MANIFEST, text.as_str()), ("a.wgsl", "")]);
    Arc::new(Filter::from_package(&package).unwrap_or_else(|error| panic!("{error}")))
}

const GRADE: &str = "[[passes]]\nname = \"grade\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
const PAINT: &str =
    "[[passes]]\nname = \"paint\"\nshader = \"a.wgsl\"\nentry = \"main\"\nspace = \"face_mesh\"\n";
const GLOW: &str = "[[passes]]\nname = \"glow\"\nshader = \"a.wgsl\"\nentry = \"main\"\nblend = \"add\"\n";
const BLUR: &str = "[[passes]]\nname = \"small\"\nshader = \"a.wgsl\"\nentry = \"main\"\ntarget = \"half\"\n\
     size = [\"width / 2\", \"height / 2\"]\n[[passes]]\nname = \"sharp\"\nshader = \"a.wgsl\"\n\
     entry = \"main\"\nreads = [\"half\"]\n[[quality]]\ntier = \"high\"\n[[quality]]\ntier = \"medium\"\n\
     scale = 0.5\n[[quality]]\ntier = \"low\"\ndrop = [\"small\"]\n";

fn look(items: &[(&str, &str, &str)]) -> Look {
    let item = |(name, passes, values): &(&str, &str, &str)| {
        LookItem::parse(filter(name, passes), values).unwrap_or_else(|error| panic!("{error}"))
    };
    Look(items.iter().map(item).collect())
}

#[test]
fn identity_plans_nothing_and_needs_nothing() {
    let look = look(&[("film", GRADE, "strength=0"), ("paint", PAINT, "strength=0")]);
    let plan = Plan::new(&look, [64, 32], Tier::High);
    assert_eq!(plan.to_string(), "output: Input\n");
    assert!(!look.requires().face);
}

#[test]
fn a_chain_of_any_length_has_two_textures() {
    let items: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| (name, GRADE, "")).to_vec();
    let plan = Plan::new(&look(&items), [64, 32], Tier::High);
    let targets: Vec<Slot> = plan.passes.iter().map(|pass| pass.target).collect();
    assert_eq!(targets, [Slot::A, Slot::B, Slot::A, Slot::B, Slot::A]);
    assert!(plan.passes.windows(2).all(|pair| pair[1].reads == pair[0].target));
    assert_eq!((plan.passes[0].reads, plan.output), (Slot::Input, Slot::A));
}

#[test]
fn meshes_are_laid_over_the_picture() {
    let plan = Plan::new(&look(&[("film", GRADE, ""), ("face", PAINT, "")]), [64, 33], Tier::High);
    let expected = "film/grade: Input -> A 64x33\nface/paint: A -> Layer 64x33\nface/paint: A -> B 64x33\n\
                    output: B\n";
    assert_eq!(plan.to_string(), expected);
    assert_eq!(plan.passes.iter().map(|pass| pass.samples).collect::<Vec<_>>(), [1, 4, 1]);
}

#[test]
fn what_is_blended_is_drawn_by_itself_first() {
    let plan = Plan::new(&look(&[("glow", GLOW, "")]), [64, 33], Tier::High);
    assert_eq!(plan.to_string(), "glow/glow: Input -> Layer 64x33\nglow/glow: Input -> A 64x33\noutput: A\n");
    assert_eq!(plan.passes[1].draw, Draw::Lay { item: 0, pass: 0, blend: Blend::Add });
    assert_eq!(plan.passes[0].samples, 1);
}

#[test]
fn what_outlives_a_frame_goes_on_and_keeps_its_size() {
    let pass = |name: &str, more: &str| {
        format!("[[passes]]\nname = \"{name}\"\nshader = \"a.wgsl\"\nentry = \"main\"\n{more}\n")
    };
    let passes = pass("drop", "target = \"t\"\npersistent = true\nblend = \"add\"\nsize = [8, 8]")
        + &pass("more", "target = \"t\"\nblend = \"over\"")
        + &pass("over", "target = \"u\"\npersistent = true\nreads = [\"u\"]")
        + &pass("show", "reads = [\"t\"]\n[[quality]]\ntier = \"high\"\nscale = 0.5");
    let plan = Plan::new(&look(&[("trail", &passes, "")]), [64, 32], Tier::High);
    let loads: Vec<Load> = plan.passes.iter().map(|pass| pass.load).collect();
    assert_eq!(loads, [Load::Before, Load::Keep, Load::Clear, Load::Clear]);
    assert_eq!((plan.passes[0].size, plan.passes[2].size), ([8, 8], [64, 32]));
}

#[test]
fn particles_are_moved_and_then_drawn() {
    let passes = "[[particles]]\nname = \"dust\"\ncount = 100\n[[passes]]\nname = \"step\"\nshader = \"a.wgsl\"\n\
        entry = \"step\"\nstage = \"compute\"\nparticles = \"dust\"\n[[passes]]\nname = \"draw\"\nshader = \"a.wgsl\"\n\
        entry = \"main\"\nspace = \"particles\"\nparticles = \"dust\"\n";
    let plan = Plan::new(&look(&[("dust", passes, "")]), [64, 32], Tier::High);
    let expected = "dust/step: Input -> Particles(0, 0) 100x1\ndust/draw: Input -> Layer 64x32\n\
                    dust/draw: Input -> A 64x32\noutput: A\n";
    assert_eq!(plan.to_string(), expected);
}

#[test]
fn what_filters_ask_the_engine_for_is_made_once() {
    let cut = format!("requires = {{ segment = [\"edges\"] }}\n{GRADE}");
    let glow = format!("{GRADE}reads = [\"picture.levels\"]\n");
    let two = glow.replace("grade", "first").replace("reads", "target = \"t\"\nreads") + &glow;
    // `requires` stands before the tables.
    let item = |name: &str, passes: &str| {
        let text = format!("format = 1\ntitle = \"T\"\n{passes}");
        let package = Package::new(name, [(MANIFEST, text.as_str()), ("a.wgsl", "")]);
        let filter = Filter::from_package(&package).unwrap_or_else(|error| panic!("{error}"));
        LookItem::parse(Arc::new(filter), "").unwrap_or_else(|error| panic!("{error}"))
    };
    let look = Look(vec![item("cut", &cut), item("glow", &two), item("cut", &cut), item("more", &glow)]);
    let expected = "edges of the person: Input -> Person 64x32\ncut/grade: Input -> A 64x32\n\
                    levels of the picture: A -> Levels 32x16\nglow/first: A -> Named(1, 0) 64x32\n\
                    glow/grade: A -> B 64x32\ncut/grade: B -> A 64x32\n\
                    levels of the picture: A -> Levels 32x16\nmore/grade: A -> B 64x32\noutput: B\n";
    assert_eq!(Plan::new(&look, [64, 32], Tier::High).to_string(), expected);
}

#[test]
fn tiers_walk_down_the_authors_ladder() {
    let look = look(&[("blur", BLUR, "")]);
    let sizes = |tier| Plan::new(&look, [64, 33], tier).passes.iter().map(|p| p.size).collect::<Vec<_>>();
    assert_eq!(sizes(Tier::High), [[32, 17], [64, 33]]);
    assert_eq!(sizes(Tier::Medium), [[16, 9], [64, 33]]);
    assert_eq!(sizes(Tier::Low), [[64, 33]]);
}

#[test]
fn what_does_not_see_the_picture_comes_first_unless_its_item_has_begun() {
    let pass = |name: &str, more: &str| {
        format!("[[passes]]\nname = \"{name}\"\nshader = \"a.wgsl\"\nentry = \"main\"\n{more}\n")
    };
    let target = |name: &str| format!("target = \"{name}\"\nsize = [8, 8]");
    let passes = pass("seen", &target("t"))
        + &pass("blind", &target("u"))
        + &pass("show", "reads = [\"t\", \"u\"]")
        + &pass("late", &target("v"))
        + &pass("done", "reads = [\"v\"]");
    let look = look(&[("film", GRADE, ""), ("cloud", &passes, "")]);
    let order = |blind: &[usize]| {
        let blind = |draw| matches!(draw, Draw::Filter { item: 1, pass } if blind.contains(&pass));
        let plan = Plan::new(&look, [64, 32], Tier::High).with_early(blind).with_chains(Vec::new());
        let passes = plan.passes.iter().map(|pass| format!("{} {:?}", pass.label, pass.reads));
        passes.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        order(&[0, 1, 3]),
        "cloud/seen Input, cloud/blind Input, film/grade Input, cloud/show A, cloud/late B, cloud/done B"
    );
    assert_eq!(
        order(&[1, 3]),
        "film/grade Input, cloud/seen A, cloud/blind A, cloud/show A, cloud/late B, cloud/done B"
    );
}
