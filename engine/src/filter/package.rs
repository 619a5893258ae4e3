//! The files of one filter, in memory. A path that leads out of the package names nothing.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{FilterError, archive::EXTENSION, error::nearest, manifest::MANIFEST};

/// Larger files are refused: a filter is meant to be sent around.
pub(super) const MAX_FILE_BYTES: u64 = 64 << 20;
/// All files together.
pub(super) const MAX_BYTES: u64 = 128 << 20;
/// What has more files is hardly a filter.
pub(super) const MAX_FILES: usize = 1000;
/// Folders within folders.
const MAX_DEPTH: u32 = 8;
/// Expected pictures are not part of what runs.
const CASES: &str = "case";

/// A filter's files by their path inside its folder, with `/` between names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    pub(super) fn of(name: String, shown: String, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { name, shown, files }
    }

    /// Reads a filter's folder, or the one file that it was packed into.
    ///
    /// # Errors
    /// As [`Package::from_folder`] and [`Package::from_archive`]; the folder holds no manifest.
    pub fn open(path: &Path) -> Result<Self, FilterError> {
        let failed = |source| FilterError::Read { path: path.to_owned(), source };
        if path.is_dir() {
            // A folder that is no filter may be a large one.
            if !path.join(MANIFEST).is_file() {
                return Err(FilterError::NoManifest { folder: path.display().to_string() });
            }
            return Self::from_folder(path);
        }
        if matches!(path.try_exists(), Ok(false)) {
            return Err(FilterError::Missing { path: path.to_owned(), nearest: neighbour(path) });
        }
        let about = fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            // A device or a pipe may never end.
            return Err(failed(io::Error::other("it is neither a folder nor a file")));
        }
        if about.len() > MAX_FILE_BYTES {
            return Err(failed(too_large()));
        }
        Self::from_archive(&path.display().to_string(), &fs::read(path).map_err(failed)?)
    }

    /// Reads a filter's folder. Links and hidden files are left out, so is `case/`.
    ///
    /// # Errors
    /// A file or folder can't be read, or is too large.
    pub fn from_folder(folder: &Path) -> Result<Self, FilterError> {
        // `.` has a name too.
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut collector = Collector { files: BTreeMap::new(), bytes: 0 };
        collector.collect(folder, "", 0).map_err(|(path, source)| FilterError::Read { path, source })?;
        Ok(Self { name, shown: folder.display().to_string(), files: collector.files })
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

    /// Bytes of all files together.
    pub fn bytes(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }
}

/// Whether a path within a filter is no part of what runs: hidden, or an expected picture.
pub(super) fn is_left_out(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.')) || path.split('/').next() == Some(CASES)
}

/// The filter beside a path that is not there that has the most similar name.
fn neighbour(path: &Path) -> Option<String> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_string_lossy());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let filters =
        fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| {
            let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(EXTENSION));
            packed || path.join(MANIFEST).is_file()
        });
    let beside: Vec<String> =
        filters.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    let nearest = nearest(&name, beside.iter().map(String::as_str))?;
    Some(path.with_file_name(nearest).display().to_string())
}

fn too_large() -> io::Error {
    io::Error::other("it is larger than 64 MiB, too large for a filter")
}

struct Collector {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Collector {
    fn collect(&mut self, folder: &Path, prefix: &str, depth: u32) -> Result<(), (PathBuf, io::Error)> {
        let failed = |source| (folder.to_owned(), source);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let failed = |source| (path.clone(), source);
            let kind = entry.file_type().map_err(failed)?;
            let inside = format!("{prefix}{name}");
            if is_left_out(&inside) {
                continue;
            } else if kind.is_dir() {
                if depth == MAX_DEPTH {
                    return Err(failed(io::Error::other("it lies too deep for a filter")));
                }
                self.collect(&path, &format!("{inside}/"), depth + 1)?;
            } else if kind.is_file() {
                let bytes = entry.metadata().map_err(failed)?.len();
                self.bytes += bytes;
                if bytes > MAX_FILE_BYTES || self.bytes > MAX_BYTES || self.files.len() == MAX_FILES {
                    return Err(failed(if bytes > MAX_FILE_BYTES { too_large() } else { too_many() }));
                }
                self.files.insert(inside, fs::read(&path).map_err(failed)?);
            }
        }
        Ok(())
    }
}

fn too_many() -> io::Error {
    let message = format!("with it the filter has more than {MAX_FILES} files or {} MiB", MAX_BYTES >> 20);
    io::Error::other(message)
}
