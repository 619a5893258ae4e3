//! Looks that are there before everything is compiled.

use antifaz::{
    compose::{Composer, Parts, Rest},
    filter::{Filter, Look, LookItem, Package, manifest::MANIFEST},
    quality::Tier,
};

use super::{Bench, HEAD, IMPORTS, PASS, main, shows};
use crate::bench::Observed;

/// A mesh over the face, and what dims the picture: by half, or at the lowest tier to a quarter.
const DIMS: &str = "[[inputs]]\nname = \"gain\"\ntype = \"float\"\ndefault = 0.5\n\
    [[passes]]\nname = \"paint\"\nshader = \"a.wgsl\"\nentry = \"paint\"\nspace = \"face_mesh\"\n";
const LADDER: &str = "[[quality]]\ntier = \"high\"\n[[quality]]\ntier = \"low\"\nset = { gain = 0.25 }\n";
const PAINT: &str = "@fragment\nfn paint(in: antifaz::face_mesh::Varying) -> @location(0) vec4f {\n    return vec4f(0.0, 1.0, 0.0, 1.0);\n}\n";

/// As [`Composer::at_first`], with `more` in the shader that dims.
fn at_first(bench: &Bench, more: &str, tier: Tier) -> Result<(Composer, Rest), String> {
    let manifest = format!("{HEAD}requires = {{ face = [\"mesh\"] }}\n{DIMS}{PASS}{LADDER}");
    let dim =
        main(&format!("    {more}return vec4f(picture_at(in.uv).rgb * package::inputs::params.gain, 1.0);"));
    let files = [(MANIFEST, manifest), ("a.wgsl", format!("{IMPORTS}{PAINT}{dim}"))];
    let filter = Filter::from_package(&Package::new("dims", files)).unwrap_or_else(|error| panic!("{error}"));
    let look = Look(vec![LookItem::parse(filter.into(), "").unwrap()]);
    Composer::at_first(&bench.gpu, &Parts::new(&bench.gpu).unwrap(), look, tier)
        .map_err(|error| error.to_string())
}

#[test]
fn a_look_is_drawn_at_its_first_tier_until_the_rest_is_made() {
    let bench = Bench::new();
    let mut seen = Observed::of_still("pd_astronaut.png", 96);
    seen.picture.put_pixel(0, 0, image::Rgba([255; 4]));
    let (mut whole, rest) = at_first(&bench, "", Tier::High).unwrap();
    rest.make(&bench.gpu).unwrap();
    let [high, low] = [Tier::High, Tier::Low].map(|tier| bench.draw(&mut whole, &seen, 0, tier));
    shows(&high, [0, 0], [0.5; 3]);
    shows(&low, [0, 0], [0.25; 3]);
    for (first, other, [drawn, wanted]) in
        [(Tier::High, Tier::Low, [&high, &low]), (Tier::Low, Tier::High, [&low, &high])]
    {
        let (mut composer, rest) = at_first(&bench, "", first).unwrap();
        let mut draw = |tier| bench.draw(&mut composer, &seen, 0, tier);
        assert_eq!(draw(first), *drawn, "{first:?}");
        assert_eq!(draw(other), *drawn, "{other:?}, which is still to be made");
        rest.make(&bench.gpu).unwrap();
        assert_eq!(draw(other), *wanted, "{other:?}");
        assert_eq!(draw(first), *drawn, "{first:?} again");
    }
}

#[test]
fn tiers_with_the_same_samples_are_there_at_once() {
    let bench = Bench::new();
    let mut seen = Observed::of_still("pd_astronaut.png", 96);
    seen.picture.put_pixel(0, 0, image::Rgba([255; 4]));
    let drawn = |first| {
        let (mut composer, _rest) = at_first(&bench, "", first).unwrap();
        [Tier::High, Tier::Medium, Tier::Low].map(|tier| bench.draw(&mut composer, &seen, 0, tier))
    };
    // The lower rung is for the medium tier too.
    let [high, medium, low] = drawn(Tier::High);
    shows(&high, [0, 0], [0.5; 3]);
    shows(&medium, [0, 0], [0.25; 3]);
    assert_eq!(low, high);
    let [high, coarse, low] = drawn(Tier::Low);
    assert_eq!((&high, &coarse), (&low, &low));
    assert_ne!(coarse, medium, "the edges of the mesh have one sample");
}

#[test]
fn what_is_wrong_at_any_tier_is_found_at_first() {
    let bench = Bench::new();
    for (wrong, told) in [
        ("let a = nothing_such;", "nothing_such"),
        ("let a = antifaz::matte::matte_at(in.uv);", "segment = [\"person\"]"),
    ] {
        for (tier, first) in [("low", Tier::High), ("high", Tier::Low)] {
            let error = at_first(&bench, &format!("@if(tier_{tier}) {wrong}\n    "), first).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
    let _ = at_first(&bench, "@if(tier_low) let a = 1.0;\n    ", Tier::High).unwrap();
}
