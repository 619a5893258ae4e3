//! Faults in what computes, and in what outlives a frame.

use antifaz::{engine::Preparer, filter::Place};

use crate::{fault, look, preparer, running};

const M: &str = "filter.toml";
const F: &str = "field.wgsl";
const B: &str = "bits.wgsl";
const L: &str = "look.wgsl";

const MANIFEST: &str = r#"format = 1
title = "Moving"
license = "CC0-1.0"

[[inputs]]
name = "amount"
type = "float"
default = 0.5

[[particles]]
name = "bits"
count = 64

[[passes]]
name = "fill"
shader = "field.wgsl"
entry = "fill"
stage = "compute"
target = "field"
format = "rgba16float"
size = [16, 16]
persistent = true
reads = ["field"]

[[passes]]
name = "move"
shader = "bits.wgsl"
entry = "move_all"
stage = "compute"
particles = "bits"

[[passes]]
name = "keep"
shader = "look.wgsl"
entry = "keep"
target = "past"
history = 4

[[passes]]
name = "look"
shader = "look.wgsl"
entry = "look"
reads = ["field", "past"]
"#;

const FIELD: &str = "import package::inputs::{canvas, field, params};

@compute @workgroup_size(8, 8)
fn fill(@builtin(global_invocation_id) at: vec3u) {
    let before = textureLoad(field, at.xy, 0);
    let next = vec4f(vec3f(params.amount), 1.0);
    textureStore(canvas, at.xy, 0.5 * before + 0.5 * next);
}
";

const BITS: &str = "import package::inputs::{bits};

@compute @workgroup_size(64)
fn move_all(@builtin(global_invocation_id) at: vec3u) {
    bits[at.x].age += 0.1;
}
";

const LOOK: &str = "import antifaz::frame::{linear, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{field, past_ago};

@fragment
fn keep(in: Varying) -> @location(0) vec4f {
    return picture_at(in.uv);
}

@fragment
fn look(in: Varying) -> @location(0) vec4f {
    let light = textureSampleLevel(field, linear, in.uv, 0.0);
    return vec4f(light.rgb + past_ago(in.uv, 2u).rgb, 1.0);
}
";

/// As in [`Case`](crate::Case).
const CASES: &[(&str, &str, &str, &str)] = &[
    (F, "@workgroup_size(8, 8)\nfn fill", "@workgroup_size(16, 16)\nfn ^fill", "@workgroup_size(8, 8)"),
    (
        F,
        "@workgroup_size(8, 8)\nfn fill",
        "@workgroup_size(1024, 1024, 64)\nfn ^fill",
        "@workgroup_size(8, 8)",
    ),
    (B, "@workgroup_size(64)\nfn move_all", "@workgroup_size(8)\nfn ^move_all", "@workgroup_size(64)"),
    (
        F,
        "@compute @workgroup_size(8, 8)\nfn",
        "^override side: f32;\n@compute @workgroup_size(8, 8)\nfn",
        "nobody sets `side`",
    ),
    (F, "fn fill", "fn fill_all", ""),
    (F, "0.5 * before + 0.5 * next", "textureLoad(canvas, at.xy)", ""),
    (F, "textureStore(canvas, at.xy, 0.5", "textureStore(^field, at.xy, 0.5", ""),
    (F, "let next = ", "^loop { }\n    let next = ", "never ends"),
    (F, "let next = ", "^var big: array<vec4f, 100000000>;\n    let next = ", "memory"),
    (F, "@compute @work", "^var<workgroup> big: array<vec4f, 1000000>;\n@compute @work", "memory"),
    (F, "@compute @work", "^var<private> big: array<vec4f, 10000000>;\n@compute @work", "memory"),
    (B, "bits[at.x].age += 0.1;", "^for (var i = 0.0; ; i += 1.0) { bits[at.x].age = i; }", "never ends"),
    (B, "bits[at.x].age += 0.1;", "bits[at.x].^agee += 0.1;", "did you mean `age`?"),
    (B, "bits[at.x].age += 0.1;", "^bits[at.x].age += vec2f(0.1);", ""),
    (
        L,
        "return picture_at(in.uv);",
        "return picture_at(in.uv) * w[0];\n}\n^var<workgroup> w: array<f32, 4>;\nfn other() {",
        "only compute passes have workgroups",
    ),
    (
        L,
        "return picture_at(in.uv);",
        "^package::inputs::bits[0].age = 1.0;\n    return picture_at(in.uv);",
        "can only be read here",
    ),
    (L, "past_ago(in.uv, 2u)", "past_ago(^in.uv.x, 2u)", ""),
    (L, "field, past_ago}", "field, ^pas_ago}", "did you mean `past_ago`?"),
    (M, "history = 4", "history = ^1", "from 2 to 16"),
    (M, "history = 4", "history = ^400", "from 2 to 16"),
    (M, "history = 4", "history = ^4.5", "a whole number is needed"),
    (M, "history = 4", "history = ^4\npersistent = true", "not both"),
    (M, "persistent = true", "persistent = ^\"yes\"", "true or false"),
    (M, "persistent = true\nreads = [\"field\"]", "reads = [^\"field\"]", "unless that is `persistent`"),
    (M, "count = 64", "count = ^0", "from 1 to 65536"),
    (M, "count = 64", "count = ^9999999999", "from 1 to 65536"),
    (M, "name = \"bits\"", "name = ^\"faces\"", "choose another"),
    (M, "name = \"amount\"", "name = \"bits_count\"", "brings the name `bits_count`"),
    (M, "name = \"amount\"", "name = \"past_ago\"", "brings the name `past_ago`"),
    (M, "particles = \"bits\"", "particles = ^\"bit\"", "did you mean `bits`?"),
    (M, "stage = \"compute\"\ntarget", "stage = ^\"computer\"\ntarget", "did you mean `compute`?"),
    (M, "format = \"rgba16float\"\nsize", "size", "writes only targets of the format"),
    (M, "name = \"keep\"", "name = ^\"move\"", "there already"),
];

/// How many there are.
pub(crate) const COUNT: usize = CASES.len();

fn files() -> Vec<(String, Vec<u8>)> {
    [(M, MANIFEST), (F, FIELD), (B, BITS), (L, LOOK)]
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .to_vec()
}

/// The filter with one change, and the place that `^` marks.
fn broken(file: &str, from: &str, to: &str) -> (Vec<(String, Vec<u8>)>, Option<Place>) {
    let mut files = files();
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == file).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let at = text.find(from).unwrap_or_else(|| panic!("{file} has no {from:?}"));
    let mark = to.find('^').map(|mark| at + mark);
    let text = text.replacen(from, &to.replacen('^', "", 1), 1);
    *bytes = text.clone().into_bytes();
    (files, mark.map(|byte| Place::of(format!("base/{file}"), &text, byte)))
}

fn problem(preparer: &Preparer, (file, from, to, said): (&str, &str, &str, &str)) -> Option<String> {
    let (files, place) = broken(file, from, to);
    let Some(fault) = fault(files, preparer) else { return Some(format!("{to:?}: no fault")) };
    let right = place.as_ref().is_none_or(|place| fault.place.as_ref() == Some(place));
    let shown = fault.to_string();
    let wanted = place.map(|place| place.to_string()).unwrap_or_default();
    (!right || !shown.contains(said)).then(|| format!("{to:?}\n  wanted {wanted} {said:?}\n  found  {shown}"))
}

#[test]
fn faults_of_what_computes_are_shown_at_their_authors_place() {
    let preparer = preparer();
    assert_eq!(fault(files(), &preparer), None, "the filter is whole before it is broken");
    let problems: Vec<String> = CASES.iter().filter_map(|case| problem(&preparer, *case)).collect();
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn what_is_no_number_does_not_stay_in_what_computes() {
    let preparer = preparer();
    let drawn = |to: &str| {
        let (files, _) = broken(F, "vec4f(vec3f(params.amount), 1.0)", to);
        let mut composer =
            preparer.compile(look(files)).unwrap_or_else(|e| panic!("{to}: {e}")).into_composer();
        running::draw(&preparer, &mut composer);
        running::draw(&preparer, &mut composer)
    };
    for bad in [
        "vec4f(sqrt(params.amount - 9.0), 0.0, 0.0, 1.0)",
        "vec4f(exp2(params.amount * 900.0), 0.0, 0.0, 1.0)",
        "vec4f(bitcast<f32>(0x7fc00000u + u32(params.amount)), 0.0, 0.0, 1.0)",
    ] {
        // Zero in the place of what is none, each time that it is written: of the sum, not of its parts.
        assert_eq!(drawn(bad), drawn("vec4f(-before.x, 0.0, 0.0, 1.0)"), "{bad}");
    }
}

#[test]
fn names_of_guards_are_no_way_around_them() {
    let preparer = preparer();
    for name in ["antifaz_guard_turn", "antifaz_guard_turns", "antifaz_guard_finite", "antifaz_guard"] {
        let body = format!(
            "var {name} = 0.0;\n    loop {{ {name} += 1.0; if {name} < 0.0 {{ break; }} }}\n    let light"
        );
        let (files, _) = broken(L, "let light", &body);
        let mut composer =
            preparer.compile(look(files)).unwrap_or_else(|e| panic!("{name}: {e}")).into_composer();
        let (whole, _) = broken(L, "let light", "let light");
        let mut good = preparer.compile(look(whole)).unwrap().into_composer();
        assert_eq!(running::draw(&preparer, &mut composer), running::draw(&preparer, &mut good), "{name}");
    }
}

#[test]
fn loops_in_loops_end_too() {
    let preparer = preparer();
    let nested = "for (var i = 0; i < 4000; i++) { for (var j = 0; j < 4000; j++) { for (var k = 0; k < 4000; k++) { \
                  if params.amount > 7.0 { break; } } } }\n    let next";
    let (files, _) = broken(F, "let next", nested);
    let mut composer = preparer.compile(look(files)).unwrap().into_composer();
    let mut good = preparer.compile(look(self::files())).unwrap().into_composer();
    assert_eq!(running::draw(&preparer, &mut composer), running::draw(&preparer, &mut good));
}
