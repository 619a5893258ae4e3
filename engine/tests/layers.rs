//! The dependency rule, as a test: a module imports only from a lower layer, an outside crate is imported only where
//! it belongs, and the layers that shall run anywhere use no files, threads, clocks or environment of their own.
//! Each rule has a test that breaks it in the real tree and must be told so.

#[path = "layers/reader.rs"]
mod reader;
#[path = "layers/tree.rs"]
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use tree::{Target, Tree};

/// Top-level modules, from the lowest layer to the highest. Modules of one layer never import each other.
const LAYERS: &[&[&str]] = &[
    &["frame", "mailbox", "quality", "workers"],
    &["telemetry"],
    &["gpu", "scheduler"],
    &["kernels", "scene"],
    &["filter", "nets", "tracking"],
    &["compose", "sink", "source", "vision"],
    &["data", "engine"],
    &["session"],
];

/// Every dependency of the engine, and the modules that may name it; `*` for small vocabulary crates.
const CRATES: &[(&str, &[&str])] = &[
    // Texts of filters.
    ("ab_glyph", &["filter::text"]),
    ("bytemuck", &["*"]),
    ("candle_core", &["nets::candle"]),
    // The sum of what a driver is given back.
    ("crc32fast", &["gpu"]),
    ("glam", &["*"]),
    ("half", &["*"]),
    // Picture files are decoded and encoded at the ends of the walk; a filter brings pictures of its own.
    ("image", &["source", "sink", "filter", "compose"]),
    ("jpeg_decoder", &["source"]),
    ("log", &["*"]),
    // A filter's names must be none that WGSL reserves; shaders in GLSL are imported.
    ("naga", &["gpu", "filter::resolve", "filter::import"]),
    ("nokhwa", &["source::camera"]),
    ("openh264", &["source::video", "sink::video"]),
    ("pollster", &["gpu", "engine", "session"]),
    // Text files are read here.
    ("serde", &["filter", "source::video"]),
    ("serde_json", &["filter", "source::video"]),
    ("strsim", &["*"]),
    ("tempfile", &["sink"]),
    ("thiserror", &["*"]),
    ("toml", &["filter"]),
    ("wgpu", &["gpu", "kernels", "nets::wgsl"]),
    ("wgpu_naga_bridge", &["gpu"]),
    ("zip", &["nets::bundle", "filter::archive"]),
    ("zune_jpeg", &["source"]),
];

/// These run in a browser or on a phone one day: whatever comes from the system is handed to them.
const PORTABLE: &[&str] = &[
    "frame",
    "mailbox",
    "quality",
    "workers",
    "telemetry",
    "gpu",
    "scheduler",
    "kernels",
    "scene",
    "filter",
    "nets",
    "tracking",
    "compose",
    "vision",
];

/// What the portable modules don't name outside of tests.
const SYSTEM: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Who may name something of [`SYSTEM`] all the same, what, and why.
const SYSTEM_EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "filter::catalog",
        "std::fs",
        "lists the folder that its caller names; a filter can also be given as bytes",
    ),
    (
        "filter::package",
        "std::fs",
        "reads the folder that its caller names; a filter can also be given as bytes",
    ),
];

/// Vision's results in host memory: composing reads the buffers that shaders read, wherever the nets ran.
const HOST_RESULTS: &[&str] = &["scene::Face", "scene::FaceState", "scene::HostMatte", "scene::Observation"];

/// Lines of a Rust file and of a WGSL file.
const LONGEST: [(&str, usize); 2] = [("rs", 400), ("wgsl", 200)];

/// Lines of all shaders of a filter together: each is an example that can be read at once.
const LONGEST_FILTER: usize = 200;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

#[test]
fn every_module_has_a_layer_and_every_layer_its_modules() {
    let placed: BTreeSet<&str> = LAYERS.iter().copied().flatten().copied().collect();
    let tree = Tree::of_engine();
    let found: BTreeSet<&str> =
        tree.files.iter().filter_map(|file| Some(file.module.first()?.as_str())).collect();
    assert_eq!(found, placed);
}

#[test]
fn modules_import_only_from_lower_layers() {
    assert_eq!(wrong_layers(&Tree::of_engine()), NOTHING);
}

#[test]
fn a_wrong_layer_is_seen() {
    for (file, line) in [
        ("frame/pixels.rs", "use crate::scene::Scene;"),
        ("gpu/mod.rs", "fn f() { crate::engine::run(); }"),
        ("gpu/mod.rs", "use super::scheduler::WorkPlan;"),
        ("gpu/shader/mod.rs", "use super::super::kernels;"),
        ("vision/mod.rs", "use crate::{nets, compose::{self, Composer}};"),
        ("compose/mod.rs", "mod inner { use super::super::sink; }"),
        ("source/mod.rs", "use crate::{self as root};"),
        ("scene.rs", "use crate::Engine;"),
        ("engine/mod.rs", "#[cfg(test)] mod tests { use crate::session::Session; }"),
    ] {
        assert_ne!(wrong_layers(&Tree::of_engine().with(file, line)), NOTHING, "{file}: {line}");
    }
    let allowed =
        Tree::of_engine().with("vision/mod.rs", "use crate::{nets, scene::Scene}; use super::tracking;");
    assert_eq!(wrong_layers(&allowed), NOTHING);
}

#[test]
fn outside_crates_are_imported_only_where_they_belong() {
    assert_eq!(misplaced_crates(&Tree::of_engine()), NOTHING);
}

#[test]
fn a_misplaced_crate_is_seen() {
    for (file, line) in [
        ("nets/mod.rs", "use candle_core::Tensor;"),
        ("compose/mod.rs", "fn f(x: &wgpu::Device) {}"),
        ("scene.rs", "use ::wgpu as graphics;"),
        ("scene.rs", "extern crate wgpu as graphics;"),
        ("vision/mod.rs", "#[cfg(test)] mod tests { use nokhwa::Camera; }"),
        ("scheduler/mod.rs", "#[derive(serde::Deserialize)] struct S;"),
    ] {
        assert_ne!(misplaced_crates(&Tree::of_engine().with(file, line)), NOTHING, "{file}: {line}");
    }
    // A module of our own may have the name of a crate.
    let own = Tree::of_engine().with("tracking/mod.rs", "mod image { pub fn f() {} } fn g() { image::f(); }");
    assert_eq!(misplaced_crates(&own), NOTHING);
}

#[test]
fn every_dependency_has_its_place() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let declared: BTreeSet<String> = ["dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|key| manifest.get(*key)?.as_table())
        .flat_map(|table| table.keys().map(|name| name.replace('-', "_")))
        .collect();
    let placed: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, placed);
}

#[test]
fn portable_layers_use_nothing_of_the_system() {
    assert_eq!(system_uses(&Tree::of_engine()), NOTHING);
}

#[test]
fn a_use_of_the_system_is_seen() {
    for (file, line) in [
        ("kernels/mod.rs", "use std::{fs, sync::Arc};"),
        ("nets/mod.rs", "use std::time; fn f() { time::Instant::now(); }"),
        ("vision/mod.rs", "fn f() { std::thread::spawn(|| ()); }"),
        ("scheduler/mod.rs", "use std::time::*;"),
        ("filter/mod.rs", "use std as s; fn f() { s::env::var(\"A\"); }"),
    ] {
        assert_ne!(system_uses(&Tree::of_engine().with(file, line)), NOTHING, "{file}: {line}");
    }
    let allowed = Tree::of_engine()
        .with("kernels/mod.rs", "#[cfg(test)] mod more { use std::fs; } use std::time::Duration;")
        .with("source/mod.rs", "use std::{fs, thread};");
    assert_eq!(system_uses(&allowed), NOTHING);
}

#[test]
fn composing_reads_no_landmarks_on_the_cpu() {
    assert_eq!(host_results(&Tree::of_engine()), NOTHING);
    for line in ["use crate::scene::{FaceState, Scene};", "fn f(x: &crate::scene::Observation) {}"] {
        assert_ne!(host_results(&Tree::of_engine().with("compose/mod.rs", line)), NOTHING, "{line}");
    }
}

#[test]
fn files_are_of_a_size_to_read_at_once() {
    assert_eq!(long_files(&files_of_the_project()), NOTHING);
    let text = |lines| "\n".repeat(lines);
    let sizes = [("a.rs", 400), ("b.rs", 401), ("c.wgsl", 200), ("d.wgsl", 201), ("e.md", 999)];
    let files: Vec<_> = sizes.map(|(path, lines)| (path.to_owned(), text(lines))).into();
    assert_eq!(long_files(&files).len(), 2);
}

#[test]
fn every_filter_can_be_read_at_once() {
    assert_eq!(long_filters(&files_of_the_project()), NOTHING);
    let text = |lines| "\n".repeat(lines);
    let sizes = [("filters/a/x.wgsl", 120), ("filters/a/y.wgsl", 80), ("filters/b/x.wgsl", 120)];
    let mut files: Vec<_> = sizes.map(|(path, lines)| (path.to_owned(), text(lines))).into();
    assert_eq!(long_filters(&files), NOTHING);
    files.push(("filters/b/y.wgsl".to_owned(), text(81)));
    assert_eq!(long_filters(&files), ["filters/b: 201 lines of WGSL"]);
}

#[test]
fn no_exception_has_outlived_its_use() {
    let tree = Tree::of_engine();
    for (module, what, why) in SYSTEM_EXCEPTIONS {
        let used = tree.targets().iter().any(|(file, named, target)| {
            !named.test && within(&file.module, module) && matches_system(target, what)
        });
        assert!(used && !why.is_empty(), "`{module}` needs no exception for `{what}`");
    }
    let files = files_of_the_project();
    for (path, why) in LONG_FILES {
        let long = files.iter().any(|(file, text)| file == path && is_long(file, text));
        assert!(long && !why.is_empty(), "{path} needs no exception");
    }
}

const NOTHING: Vec<String> = Vec::new();

/// A sentence for each import that does not point to a lower layer.
fn wrong_layers(tree: &Tree) -> Vec<String> {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let wrong = tree.targets().into_iter().filter_map(|(file, named, target)| {
        let Target::Own(path) = target else { return None };
        let own = file.module.first()?;
        let theirs = path.first().map_or("the crate's root", String::as_str);
        let lower = layer(theirs).is_some_and(|theirs| Some(theirs) < layer(own));
        (own != theirs && !lower)
            .then(|| format!("{}:{}: `{own}` must not import `{theirs}`", file.path, named.line))
    });
    wrong.collect()
}

/// A sentence for each outside crate that is named where it doesn't belong.
fn misplaced_crates(tree: &Tree) -> Vec<String> {
    let wrong = tree.targets().into_iter().filter_map(|(file, named, target)| {
        let Target::Outside(path) = target else { return None };
        let (name, places) =
            CRATES.iter().find(|(name, _)| path.first().is_some_and(|first| first == name))?;
        let in_place = places.iter().any(|place| *place == "*" || within(&file.module, place));
        // Tests make their files with `tempfile` anywhere.
        let in_place = in_place || (named.test && *name == "tempfile");
        (!in_place).then(|| format!("{}:{}: `{name}` is imported only in {places:?}", file.path, named.line))
    });
    wrong.collect()
}

/// A sentence for each thing of the system that a portable module names.
fn system_uses(tree: &Tree) -> Vec<String> {
    let wrong = tree.targets().into_iter().filter_map(|(file, named, target)| {
        let portable = file.module.first().is_some_and(|module| PORTABLE.contains(&module.as_str()));
        let what = SYSTEM.iter().find(|what| matches_system(&target, what))?;
        let excepted = SYSTEM_EXCEPTIONS
            .iter()
            .any(|(module, allowed, _)| allowed == what && within(&file.module, module));
        (portable && !named.test && !excepted)
            .then(|| format!("{}:{}: `{what}` must be handed in by the caller", file.path, named.line))
    });
    wrong.collect()
}

/// Whether `target` is `what`, lies in it, or imports all that is around it.
fn matches_system(target: &Target, what: &str) -> bool {
    let Target::Outside(path) = target else { return false };
    match path.split_last() {
        Some((last, around)) if last == "*" => {
            what.starts_with(&format!("{}::", around.join("::"))) || within(around, what)
        }
        _ => within(path, what),
    }
}

/// A sentence for each result of vision in host memory that composing names outside of its tests.
fn host_results(tree: &Tree) -> Vec<String> {
    let wrong = tree.targets().into_iter().filter_map(|(file, named, target)| {
        let Target::Own(path) = target else { return None };
        let named_here = within(&file.module, "compose") && !named.test;
        let what = HOST_RESULTS.iter().find(|what| within(&path, what))?;
        named_here.then(|| format!("{}:{}: `{what}` is vision's own", file.path, named.line))
    });
    wrong.collect()
}

/// Whether a path is `place` or lies in it.
fn within(path: &[String], place: &str) -> bool {
    let place: Vec<&str> = place.split("::").collect();
    path.len() >= place.len() && place.iter().zip(path).all(|(place, part)| place == part)
}

fn long_files(files: &[(String, String)]) -> Vec<String> {
    let excepted = |path: &str| LONG_FILES.iter().any(|(file, _)| *file == path);
    let long = files.iter().filter(|(path, text)| is_long(path, text) && !excepted(path));
    long.map(|(path, text)| format!("{path}: {} lines", text.lines().count())).collect()
}

/// A sentence for each shipped filter whose shaders are too long together.
fn long_filters(files: &[(String, String)]) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for (path, text) in files {
        let inner = path.strip_prefix("filters/").filter(|_| path.ends_with(".wgsl"));
        if let Some((name, _)) = inner.and_then(|inner| inner.split_once('/')) {
            *lines.entry(name).or_insert(0) += text.lines().count();
        }
    }
    assert!(!lines.is_empty(), "no filter was found");
    let long = lines.into_iter().filter(|(_, lines)| *lines > LONGEST_FILTER);
    long.map(|(name, lines)| format!("filters/{name}: {lines} lines of WGSL")).collect()
}

fn is_long(path: &str, text: &str) -> bool {
    let most =
        LONGEST.iter().find(|(extension, _)| Path::new(path).extension().is_some_and(|e| e == *extension));
    most.is_some_and(|(_, most)| text.lines().count() > *most)
}

/// Every text of the project that has a limit, by its path from the project's root.
fn files_of_the_project() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folders = ["engine", "demo-app", "benches", "shaders", "filters", "tools"];
    let files: Vec<_> =
        folders.iter().flat_map(|folder| tree::texts(root, &root.join(folder), &["rs", "wgsl"])).collect();
    assert!(files.iter().any(|(path, _)| path == "engine/tests/layers.rs"), "this very file was not found");
    files
}
