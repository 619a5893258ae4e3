use super::*;
use crate::filter::Filter;

const TOY: &str = include_str!("../../../tests/data/imports/waves.glsl");

const ISF: &str = include_str!("../../../tests/data/imports/ring.fs");

fn imported(origin: Origin, text: &str) -> Filter {
    let package = import(origin, "old/wave.fs", text, "old-wave").unwrap_or_else(|error| panic!("{error}"));
    let shown = String::from_utf8_lossy(package.file("filter.toml").unwrap_or_default()).into_owned();
    Filter::from_package(&package).unwrap_or_else(|error| panic!("{error}\n{shown}"))
}

#[test]
fn a_shader_of_shadertoy_becomes_a_filter() {
    let filter = imported(Origin::Shadertoy, TOY);
    assert_eq!((filter.title.as_str(), filter.inputs.len()), ("Old wave", 1));
    let text = &filter.modules[0].text;
    for part in ["fn antifaz_draw(", "iTime = antifaz_frame.time;", "fn wave(", "y is up"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("iDate") && !text.contains("FragmentOutput"), "{text}");
}

#[test]
fn a_shader_of_isf_becomes_a_filter() {
    let filter = imported(Origin::Isf, ISF);
    let inputs: Vec<String> = filter
        .inputs
        .iter()
        .map(|input| format!("{}={}", input.name, input.kind.text(&input.default)))
        .collect();
    assert_eq!(
        inputs,
        [
            "strength=1",
            "ring_size=0.3",
            "tint=#ff8000",
            "center=0.5/0.75",
            "where_value=-1/-1",
            "invert=true",
            "mode=very-hard"
        ]
    );
    assert_eq!((filter.events[0].name.as_str(), filter.inputs[1].label.as_str()), ("flash", "Ring"));
    assert_eq!(filter.description, "Tints with a \"ring\"");
}

#[test]
fn mistakes_are_named_in_the_original() {
    for (origin, text, said) in [
        (
            Origin::Shadertoy,
            TOY.replace("speed * iTime", "speed * iTyme"),
            "a.glsl:7:48: unknown variable: iTyme",
        ),
        (Origin::Shadertoy, TOY.replace("vec2 target =", "vec2 target = ="), "a.glsl:17:19: `"),
        (
            Origin::Shadertoy,
            TOY.replace("look(iChannel0", "antifaz_x(iChannel0"),
            "a.glsl:18:16: names that begin",
        ),
        (Origin::Shadertoy, "void main() {}".into(), "a.glsl:1:1: there is no function `mainImage"),
        (Origin::Shadertoy, "vec2 mainSound(float t) { return vec2(0); }".into(), "a.glsl:1:6: sound"),
        (Origin::Isf, TOY.into(), "a.glsl:1:1: there is no comment"),
        (Origin::Isf, ISF.replace("\"MAX\": 2.0,", "\"MAX\" 2.0,"), "a.glsl:6:77: the JSON is broken"),
        (
            Origin::Isf,
            ISF.replace("\"TYPE\": \"event\"", "\"TYPE\": \"audio\""),
            "a.glsl:12:14: an input of the type audio",
        ),
        (
            Origin::Isf,
            ISF.replace("\"CREDIT\"", "\"PASSES\": [{}, {}], \"CREDIT\""),
            "a.glsl:3:3: only shaders of one",
        ),
        (Origin::Isf, ISF.replace("step(0.05, ring)", "stepp(0.05, ring)"), "a.glsl:20:"),
    ] {
        let error = import(origin, "a.glsl", &text, "x").expect_err(said).to_string();
        assert!(error.starts_with(said), "{error} is not {said}");
    }
}

/// Pieces of shaders, put together as chance will have it.
fn shuffled(text: &str, seed: &mut u32) -> String {
    let mut next = |below: usize| {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 8) as usize % below
    };
    let mut words: Vec<&str> = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).collect();
    for _ in 0..1 + next(4) {
        let (from, to) = (next(words.len()), next(words.len()));
        match next(4) {
            0 => drop(words.remove(from)),
            1 => words.insert(to, words[from]),
            2 => words.swap(from, to),
            _ => {
                words[from] = [
                    "(",
                    ")",
                    "{",
                    "}",
                    ";",
                    "0",
                    "-1.0",
                    "vec4(",
                    "#define ",
                    "[",
                    "1000000000000",
                    "0u",
                    "=",
                ][next(13)]
            }
        }
    }
    words.concat()
}

#[test]
fn no_text_at_all_makes_the_importer_panic() {
    let (mut seed, mut taken, mut refused) = (1, 0, 0);
    for round in 0..900 {
        let (origin, text) = if round % 2 == 0 { (Origin::Shadertoy, TOY) } else { (Origin::Isf, ISF) };
        match import(origin, "a", &shuffled(text, &mut seed), "x") {
            Ok(_) => taken += 1,
            Err(FilterError::Text { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(taken > 50 && refused > 50, "{taken} taken, {refused} refused");
    for deep in ["(", "{", "[", "-", "! ", "if (true) ", "vec4(", "1.0 ? x : ", "a = ", "c; if (a) {} else "]
    {
        let text = TOY.replace("fragColor = ", &format!("fragColor = {}", deep.repeat(20_000)));
        assert!(import(Origin::Shadertoy, "a", &text, "x").is_err(), "{deep}");
    }
}
