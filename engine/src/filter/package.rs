//! The files of one filter, in memory. A path that leads out of the package names nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::FilterError;

/// Larger files are refused: a filter is meant to be sent around.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// Expected pictures are not part of what runs.
const CASES: &str = "case";

/// A filter's files by their path inside its folder, with `/` between names.
#[derive(Clone, Debug, Default)]
pub struct Package {
    name: String,
    shown: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    /// A package of these files: how a library without file access hands a filter over.
    pub fn new(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>,
    ) -> Self {
        let name = name.into();
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
        Self { shown: name.clone(), name, files }
    }

    /// Reads a filter's folder. Links and hidden files are left out, so is `case/`.
    ///
    /// # Errors
    /// A file or folder can't be read, or a file is too large.
    pub fn from_folder(folder: &Path) -> Result<Self, FilterError> {
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files).map_err(|(path, source)| FilterError::Read { path, source })?;
        Ok(Self { name, shown: folder.display().to_string(), files })
    }

    /// The filter's name: that of its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file's name for people.
    pub fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.shown)
    }

    /// A file's bytes.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), (PathBuf, std::io::Error)> {
    let failed = |source| (folder.to_owned(), source);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let failed = |source| (path.clone(), source);
        let kind = entry.file_type().map_err(failed)?;
        let inside = format!("{prefix}{name}");
        if name.starts_with('.') || inside == CASES {
            continue;
        } else if kind.is_dir() {
            collect(&path, &format!("{inside}/"), files)?;
        } else if kind.is_file() {
            if entry.metadata().map_err(failed)?.len() > MAX_FILE_BYTES {
                return Err(failed(std::io::Error::other(
                    "it is larger than 64 MiB, too large for a filter",
                )));
            }
            files.insert(inside, fs::read(&path).map_err(failed)?);
        }
    }
    Ok(())
}
