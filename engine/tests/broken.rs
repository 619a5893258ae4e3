//! Filters that are broken in every way that we could think of. Each is answered with a fault at its author's place, none
//! panics, and what is drawn meanwhile goes on as it was.

#![allow(clippy::unwrap_used, reason = "a test that can't go on stops")]

#[path = "broken/base.rs"]
mod base;
#[path = "broken/files.rs"]
mod files;
#[path = "broken/manifests.rs"]
mod manifests;
#[path = "broken/moving.rs"]
mod moving;
#[path = "broken/running.rs"]
mod running;
#[path = "broken/shaders.rs"]
mod shaders;

use antifaz::{
    engine::Preparer,
    filter::{Fault, Filter, Look, LookItem, Place},
    gpu::{Gpu, GpuOptions},
};

/// One change to the whole filter: a file, a text in it, what takes its place, and a part of what must be said. `^` in
/// the new text marks where. Without it the place is known by the file alone.
pub(crate) struct Case(pub(crate) &'static str, &'static str, &'static str, &'static str);

/// Cases of every kind, at least.
const LEAST: usize = 340;

pub(crate) fn preparer() -> Preparer {
    let options = GpuOptions { adapter: std::env::var("ANTIFAZ_ADAPTER").ok(), ..GpuOptions::default() };
    Preparer::of(pollster::block_on(Gpu::new(&options)).unwrap()).unwrap()
}

impl Case {
    /// The files of the broken filter, and the place of the fault.
    fn apply(&self) -> (Vec<(String, Vec<u8>)>, Option<Place>) {
        let Case(file, from, to, _) = self;
        let mut files = base::files();
        let (_, bytes) = files.iter_mut().find(|(name, _)| name == file).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let at = text.find(from).unwrap_or_else(|| panic!("{file} has no {from:?}"));
        let place = to.find('^').map(|mark| at + mark);
        let text = text.replacen(from, &to.replacen('^', "", usize::from(place.is_some())), 1);
        *bytes = text.clone().into_bytes();
        (files, place.map(|byte| Place::of(format!("base/{file}"), &text, byte)))
    }

    /// What is wrong with how this is answered.
    fn problem(&self, preparer: &Preparer) -> Option<String> {
        let Case(file, from, to, said) = self;
        let (files, place) = self.apply();
        let Some(fault) = fault(files, preparer) else {
            return Some(format!("{file}: {to:?} for {from:?}: no fault"));
        };
        let found = fault.place.as_ref().map(|place| format!("{place}"));
        let right = match &place {
            Some(place) => found == Some(place.to_string()),
            None => found.is_some_and(|found| found.starts_with(&format!("base/{file}:"))),
        };
        let clear =
            !["naga", "Scalar {", "Handle", "[0]", "Err("].iter().any(|word| fault.message.contains(word));
        let all = format!("{fault}");
        if right && clear && all.contains(said) {
            return None;
        }
        let wanted = place.map_or_else(|| "anywhere in it".to_owned(), |place| place.to_string());
        Some(format!("{to:?}\n  wanted {wanted} {said:?}\n  found  {all}"))
    }
}

/// The first fault of a filter.
pub(crate) fn fault(files: Vec<(String, Vec<u8>)>, preparer: &Preparer) -> Option<Fault> {
    match Filter::from_package(&base::package(files)) {
        Ok(filter) => preparer.check(&filter).faults.into_iter().next(),
        Err(error) => Some(Fault::from(&error)),
    }
}

pub(crate) fn look(files: Vec<(String, Vec<u8>)>) -> Look {
    let filter = Filter::from_package(&base::package(files)).unwrap_or_else(|error| panic!("{error}"));
    Look(vec![LookItem::parse(filter.into(), "").unwrap()])
}

fn cases() -> impl Iterator<Item = &'static Case> {
    let shaders = [shaders::SYNTAX, shaders::NAMES, shaders::TYPES, shaders::BINDINGS];
    shaders.into_iter().chain([manifests::MANIFEST]).flatten()
}

#[test]
fn the_filter_is_whole_before_it_is_broken() {
    let preparer = preparer();
    let checked = preparer.check(&look(base::files()).0[0].filter);
    assert!(checked.faults.is_empty() && checked.warnings.is_empty(), "{checked:?}");
}

#[test]
fn an_entry_point_of_another_stage_is_shown_where_it_is() {
    let preparer = preparer();
    for stage in ["@vertex", "@compute @workgroup_size(8)"] {
        let to = format!("{stage}\nfn look");
        let mut files = base::files();
        files[1].1 = base::LOOK.replace("@fragment\nfn look", &to).into_bytes();
        let fault = fault(files, &preparer).expect(stage);
        let line = base::LOOK.lines().position(|line| line.starts_with("fn look")).unwrap() + 1;
        assert!(fault.to_string().starts_with(&format!("base/look.wgsl:{line}:4: ")), "{fault}");
    }
}

#[test]
fn half_a_file_is_answered_within_that_half() {
    let preparer = preparer();
    let whole = base::LOOK.len();
    let cuts: Vec<usize> = (1..whole - 1).step_by(41).filter(|at| base::LOOK.is_char_boundary(*at)).collect();
    assert!(cuts.len() > 30, "{} cuts", cuts.len());
    for cut in cuts {
        let mut files = base::files();
        files[1].1.truncate(cut);
        let fault = fault(files, &preparer).unwrap_or_else(|| panic!("no fault in {cut} bytes"));
        let place = fault.place.as_ref().unwrap_or_else(|| panic!("{fault}"));
        let lines = base::LOOK[..cut].lines().count();
        let inside =
            place.file == "base/filter.toml" || place.file == "base/look.wgsl" && place.line <= lines;
        assert!(inside && !fault.to_string().contains("antifaz_"), "{cut} bytes, {lines} lines: {fault}");
    }
}

#[test]
fn marks_and_line_ends_of_other_editors_are_no_faults() {
    let preparer = preparer();
    for change in [|text: &str| format!("\u{feff}{text}"), |text: &str| text.replace('\n', "\r\n")] {
        let mut files = base::files();
        for (name, bytes) in &mut files {
            if name.ends_with(".wgsl") || name.ends_with(".toml") {
                *bytes = change(std::str::from_utf8(bytes).unwrap()).into_bytes();
            }
        }
        assert_eq!(fault(files, &preparer), None);
    }
}

fn all_are_shown<'a>(cases: impl Iterator<Item = &'a Case>) {
    let preparer = preparer();
    let problems: Vec<String> = cases.filter_map(|case| case.problem(&preparer)).collect();
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_fault_of_a_text_is_shown_at_its_authors_place() {
    all_are_shown([shaders::SYNTAX, shaders::NAMES].into_iter().flatten());
}

#[test]
fn every_fault_of_a_meaning_is_shown_at_its_authors_place() {
    all_are_shown([shaders::TYPES, shaders::BINDINGS].into_iter().flatten());
}

#[test]
fn every_fault_of_a_manifest_is_shown_at_its_authors_place() {
    all_are_shown(manifests::MANIFEST.iter());
    let count = cases().count() + files::COUNT + moving::COUNT;
    assert!(count >= LEAST, "only {count} cases");
}
