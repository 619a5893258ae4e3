//! `blend`.

use antifaz::quality::Tier;

use super::{Bench, PASS, composer, light, main, plain, shows};

const BELOW: [u8; 4] = [200, 100, 20, 255];

#[test]
fn blends_do_in_linear_light_what_they_are_called() {
    let bench = Bench::new();
    let seen = plain([8, 8], BELOW);
    let below = [light(200), light(100), light(20)];
    let (top, alpha) = ([0.1, 0.3, 0.02], 0.4);
    let shader = main("    return vec4f(0.1, 0.3, 0.02, 0.4);");
    let each = |join: &dyn Fn(f32, f32) -> f32| [0, 1, 2].map(|c| join(top[c], below[c]));
    for (blend, expected) in [
        ("replace", top),
        ("over", each(&|top, below| top + below * (1.0 - alpha))),
        ("add", each(&|top, below| top + below)),
        ("multiply", each(&|top, below| top * below + below * (1.0 - alpha))),
        ("screen", each(&|top, below| top + below - top * below)),
    ] {
        let mut composer = composer(&bench, &format!("{PASS}blend = \"{blend}\""), &shader, "");
        let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
        shows(&drawn, [3, 3], expected);
        let opaque = if blend == "replace" { 102 } else { 255 };
        assert_eq!(drawn[(3, 3)][3], opaque, "{blend}");
    }
}

#[test]
fn passes_blend_on_a_target_as_on_the_picture() {
    let bench = Bench::new();
    let seen = plain([8, 8], BELOW);
    let pass = |name: &str, more: &str| {
        format!("[[passes]]\nname = \"{name}\"\nshader = \"a.wgsl\"\nentry = \"{name}\"\n{more}\n")
    };
    let entry = |name: &str, value: &str| {
        format!("@fragment\nfn {name}(in: Varying) -> @location(0) vec4f {{\n    return {value};\n}}\n")
    };
    for (blend, expected) in [("add", 0.6), ("multiply", 0.2 * 0.4 + 0.4 * 0.5), ("screen", 0.6 - 0.08)] {
        let manifest = pass("below", "target = \"t\"\nformat = \"rgba16float\"")
            + &pass("top", &format!("target = \"t\"\nblend = \"{blend}\""))
            + &pass("show", "reads = [\"t\"]");
        let shader = format!(
            "import package::inputs::{{t}};\n{}{}{}",
            entry("below", "vec4f(0.4, 0.4, 0.4, 1.0)"),
            entry("top", "vec4f(0.2, 0.2, 0.2, 0.5)"),
            entry("show", "textureSampleLevel(t, linear, in.uv, 0.0)"),
        );
        let mut composer = composer(&bench, &manifest, &shader, "");
        shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [1, 6], [expected; 3]);
    }
}
