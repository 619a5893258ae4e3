//! Every shader of the tree is resolved and judged as it is at run time; broken ones are answered at their
//! author's place; and no text at all makes the resolver panic.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::path::{Path, PathBuf};

use antifaz::{
    compose::engine_modules,
    gpu::shader::{Library, Shader, ShaderError, Stage},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names and texts of the WGSL files of a folder, in order.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no shader in {}", folder.display());
    found
}

/// The library of the broken shaders: `antifaz::*`, and each file as `package::<name>`.
fn broken() -> Library {
    let data = root().join("engine/tests/data/broken-shaders");
    let mut library = Library::new();
    for (folder, package) in [(data.clone(), "package"), (data.join("antifaz"), "antifaz")] {
        for (name, text) in texts(&folder) {
            library.insert(&format!("{package}::{name}"), &format!("{name}.wgsl"), &text);
        }
    }
    library
}

fn resolve(library: &Library, name: &str) -> Result<Shader, ShaderError> {
    library.resolve(name, &[("tier_low", false)])
}

/// File, place and the gist of the message and hint for each broken shader.
const BROKEN: &[(&str, &str, &str, &str)] = &[
    ("b1_syntax", "b1_syntax.wgsl:16:5", "expected `;`", ""),
    ("b2_ident", "b2_ident.wgsl:15:16", "`landmrk`", "did you mean `landmark`?"),
    ("b3_type", "b3_type.wgsl:14:33", "(`vec3<f32>`) and `uv` (`vec2<f32>`)", ""),
    ("b3b_valid", "b3b_valid.wgsl:17:23", "`camera_at` takes `vec2<f32>` as its argument 1, but", ""),
    ("b4_attr", "b4_attr.wgsl:12:2", "unknown attribute: `fragmnt`", ""),
    ("b5_module", "b5_module.wgsl:2:24", "no module `antifaz::fase`", "did you mean `antifaz::face`?"),
    ("b5b_item", "b5b_item.wgsl:2:34", "`antifaz::face` has no `landmarks`", "did you mean `landmark`?"),
    ("b6_helper", "helper.wgsl:10:12", "(`mat2x2<f32>`) and `vec3f(uv, 1.0)` (`vec3<f32>`)", ""),
    ("b9_binding", "b9_binding.wgsl:12:23", "`picture` has the place of `params`", ""),
    ("b17_brace", "b17_brace.wgsl:3:58", "never closed", ""),
    ("b20_string", "b20_string.wgsl:5:10", "expected expression", ""),
    ("b21_crlf", "b21_crlf.wgsl:5:29", "`tme`", "did you mean `time`?"),
];

#[test]
fn broken_shaders_are_answered_at_their_authors_place() {
    let library = broken();
    for (name, place, message, hint) in BROKEN {
        let error = resolve(&library, &format!("package::{name}")).expect_err(name);
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("{place}: ")), "{place} expected:\n{shown}");
        assert!(error.message.contains(message), "{message} expected:\n{shown}");
        assert_eq!(error.hint.as_deref().unwrap_or_default(), *hint, "{shown}");
        assert!(!shown.contains("naga") && !shown.contains("Scalar {"), "{shown}");
    }
}

#[test]
fn a_derivative_that_some_fragments_miss_is_a_warning() {
    let shader = resolve(&broken(), "package::b12_uniformity").unwrap();
    let [warning] = shader.warnings() else { panic!("{:?}", shader.warnings()) };
    assert!(warning.to_string().starts_with("b12_uniformity.wgsl:16:13: "), "{warning}");
}

#[test]
fn what_an_entry_point_does_not_reach_is_no_part_of_its_essence() {
    let essence = |near: &str, far: &str| {
        let text = format!(
            "fn near() -> f32 {{ return {near}; }}\nfn far() -> f32 {{ return {far}; }}\n\
             @fragment fn a() -> @location(0) vec4f {{ return vec4f(near()); }}\n\
             @fragment fn b() -> @location(0) vec4f {{ return vec4f(far()); }}\n"
        );
        let mut library = Library::new();
        let shader =
            library.insert("package::m", "m.wgsl", &text).resolve("package::m", &[]).expect("a shader");
        shader.essence(&[(Stage::Fragment, "a")])
    };
    assert_eq!(essence("0.5", "0.5"), essence("0.5", "0.25 + 0.5 * f32(1u)"));
    assert_ne!(essence("0.5", "0.5"), essence("0.25", "0.5"));
}

#[test]
fn conditions_choose_what_is_compiled() {
    let library = broken();
    let text = |low| library.resolve("antifaz::noise", &[("tier_low", low)]).unwrap().text().to_owned();
    assert!(text(true).contains("= 2;") && !text(true).contains("= 5;"));
    assert!(text(false).contains("= 5;") && !text(false).contains("= 2;"));
}

/// The WGSL files below `folder`, as module paths and texts.
fn tree(folder: &Path, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") };
        if file.is_dir() {
            found.extend(tree(&file, &path));
        } else if file.extension().is_some_and(|extension| extension == "wgsl") {
            found.push((path, std::fs::read_to_string(&file).unwrap()));
        }
    }
    found
}

#[test]
fn every_shader_of_the_engine_is_accepted_everywhere() {
    let mut library = engine_modules();
    let found = tree(&root().join("shaders"), "");
    assert!(!found.is_empty(), "no shader at all");
    for (path, text) in &found {
        library.insert(path, &format!("{path}.wgsl"), text);
    }
    for (path, _) in &found {
        let shader = library.resolve(path, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(shader.warnings(), [], "{path}");
    }
}

/// A small deterministic source of numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end.max(1)
    }
}

/// What edits put in.
const WORDS: &[&str] = &[
    "@if(",
    "@else",
    "import",
    "::",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    ";",
    ",",
    "/*",
    "*/",
    "//",
    "@",
    "ñ",
    "\"",
    "struct",
    "fn",
    "var",
    "let",
    "package",
    "super",
    "antifaz::face",
    "4294967296u",
    "0x",
    "1e",
    "as",
    "&&",
    "!",
    "\n",
    "\t",
    "\u{0}",
    "array<",
    "vec3f(",
    "enable f16;",
    "-",
    "\u{2028}",
];

/// Shaders with words cut, doubled, swapped and replaced.
#[test]
fn no_text_makes_it_panic() {
    let data = root().join("engine/tests/data/broken-shaders");
    let mut sources = texts(&data);
    sources.extend(texts(&data.join("antifaz")));
    sources.extend(texts(&root().join("shaders/kernels")));
    let (mut dice, mut library, mut refused) = (Dice(11), broken(), 0);
    let mut judge = |text: &str| {
        library.insert("package::fuzz", "fuzz.wgsl", text);
        if let Err(error) = resolve(&library, "package::fuzz") {
            assert!(error.line >= 1 && error.column >= 1 && !error.to_string().is_empty());
            refused += 1;
        }
    };
    for (_, text) in &sources {
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for at in cuts.iter().step_by(7) {
            judge(&text[..*at]);
        }
        for _ in 0..60 {
            let mut edited = text.clone();
            for _ in 0..=dice.below(4) {
                let places: Vec<usize> = edited.char_indices().map(|(at, _)| at).collect();
                let (a, b) = (places[dice.below(places.len())], places[dice.below(places.len())]);
                let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 12));
                let end = (end..).find(|end| edited.is_char_boundary(*end)).unwrap_or(edited.len());
                edited.replace_range(start..end, WORDS[dice.below(WORDS.len())]);
            }
            judge(&edited);
        }
    }
    for open in ["(", "{", "[", "!", "-", "a<", "if a {", "import a::{", "@if(", "/*", "array<"] {
        judge(&format!("fn f() {{ let x = {}1; }}", open.repeat(5_000)));
        judge(&open.repeat(5_000));
    }
    // As deep as it may be.
    for (count, open, close) in
        [(90, "(", ")"), (90, "-", ""), (90, "vec3f(", ").x"), (80, "1.0+", ""), (90, "array<", ",1>")]
    {
        judge(&format!("fn f() {{ let x = {}1{}; }}", open.repeat(count), close.repeat(count)));
    }
    judge(&format!("fn f() {{ {}{} }}", "if true {".repeat(90), "}".repeat(90)));
    judge(&format!("fn f() {{ {} {{}} }}", "if true {} else ".repeat(190)));
    assert!(refused > 1_000, "only {refused} texts were refused");
}
