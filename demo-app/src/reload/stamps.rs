//! How the files of a filter were when somebody looked.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Folders within folders, files: what is larger is no filter.
const MAX_DEPTH: u32 = 8;
const MAX_FILES: usize = 1000;

/// When files were written, and how long they are.
pub(super) type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Of a folder all files that count, of a file itself.
pub(super) fn of(path: &Path) -> Stamps {
    let mut found = Stamps::new();
    collect(path, 0, &mut found);
    found
}

/// Whether a file is empty that was not.
pub(super) fn is_emptied(before: &Stamps, now: &Stamps) -> bool {
    let held = |path| before.get(path).is_some_and(|(_, bytes)| *bytes > 0);
    now.iter().any(|(path, (_, bytes))| *bytes == 0 && held(path))
}

/// What can't be read has no stamp: when it can, that is a change.
fn collect(path: &Path, depth: u32, found: &mut Stamps) {
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_file() {
        found.insert(path.to_owned(), (about.modified().ok(), about.len()));
        return;
    }
    if depth > MAX_DEPTH {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Editors keep hidden copies; cases are no part of what runs.
        let left_out = name.starts_with('.') || name.ends_with('~') || depth == 0 && name == "case";
        if !left_out && found.len() < MAX_FILES {
            collect(&entry.path(), depth + 1, found);
        }
    }
}
