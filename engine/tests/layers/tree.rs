//! The engine's files as a tree of modules, and what their paths lead to.

use std::{collections::BTreeSet, fs, path::Path};

use super::reader::{self, Named};

/// A file of the engine.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// From `src`, with `/`.
    pub(crate) path: String,
    /// The module that it holds.
    pub(crate) module: Vec<String>,
    text: String,
}

/// All files of the engine, without the crate's root file, which declares all modules.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(crate) enum Target {
    /// A module or item of the engine, from its root.
    Own(Vec<String>),
    /// A crate, or a name that is in scope without an import.
    Outside(Vec<String>),
}

/// Paths from `root`, and texts, of the files under `folder` with one of `extensions`.
pub(crate) fn texts(root: &Path, folder: &Path, extensions: &[&str]) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("a readable folder").path()) {
        if path.is_dir() {
            found.extend(texts(root, &path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|e| *e == extension)) {
            let from_root =
                path.strip_prefix(root).expect("under the root").to_string_lossy().replace('\\', "/");
            found.push((from_root, fs::read_to_string(&path).expect("readable text")));
        }
    }
    found
}

impl Tree {
    /// The engine as it is.
    pub(crate) fn of_engine() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = texts(&src, &src, &["rs"]).into_iter().map(|(path, text)| {
            let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
            File { module: stem.split('/').map(str::to_owned).collect(), path, text }
        });
        Self { files: files.filter(|file| file.path != "lib.rs").collect() }
    }

    /// The same tree with `line` at the end of the file at `path`.
    pub(crate) fn with(mut self, path: &str, line: &str) -> Self {
        let file = self.files.iter_mut().find(|file| file.path == path).expect("a file of the engine");
        file.text += line;
        self
    }

    /// Each path that a file names, and what it leads to.
    pub(crate) fn targets(&self) -> Vec<(&File, Named, Target)> {
        let contents: Vec<_> =
            self.files.iter().map(|file| (file, reader::read(&file.module, &file.text))).collect();
        let declared = || contents.iter().flat_map(|(_, contents)| &contents.modules);
        let modules: BTreeSet<&[String]> = declared().map(|(module, _)| module.as_slice()).collect();
        let for_tests: BTreeSet<&[String]> =
            declared().filter(|(_, test)| *test).map(|(module, _)| module.as_slice()).collect();
        let mut targets = Vec::new();
        for (file, contents) in &contents {
            let test_file = (1..=file.module.len()).any(|length| for_tests.contains(&file.module[..length]));
            for named in &contents.named {
                let target = resolve(named, &contents.named, &modules);
                targets.push((*file, Named { test: named.test || test_file, ..named.clone() }, target));
            }
        }
        targets
    }
}

/// What `named` leads to; `all` are the paths of its file, `modules` those of the tree.
fn resolve(named: &Named, all: &[Named], modules: &BTreeSet<&[String]>) -> Target {
    let Some((first, rest)) = named.parts.split_first() else { return Target::Own(Vec::new()) };
    let module = &named.module;
    match first.as_str() {
        "crate" => return Target::Own(rest.to_vec()),
        "" => return Target::Outside(rest.to_vec()),
        "self" => return Target::Own([module, rest].concat()),
        "super" => {
            let ups = named.parts.iter().take_while(|part| *part == "super").count();
            let above = &module[..module.len().saturating_sub(ups)];
            return Target::Own([above, &named.parts[ups..]].concat());
        }
        _ => {}
    }
    let inside = [module.as_slice(), &named.parts].concat();
    if modules.contains(&inside[..=module.len()]) {
        return Target::Own(inside);
    }
    // `use std::time;` makes `time::Instant` a name of std; `use image;` says nothing new.
    let bound = all.iter().find(|other| other.binds.as_ref() == Some(first) && other.parts[0] != *first);
    match bound {
        Some(bound) => {
            resolve(&Named { parts: [&bound.parts, rest].concat(), ..bound.clone() }, &[], modules)
        }
        None => Target::Outside(named.parts.clone()),
    }
}
