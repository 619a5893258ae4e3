//! Where models, filters and assets are found, whatever the working directory is.
//!
//! A data folder holds `models/`, `filters/` and `assets/`. It is looked for in this order: the one that the
//! caller names, the one that `ANTIFAZ_DATA` names, the folder of the executable, the workspace that the program
//! was built from. The first two are binding: a folder that was named and is not one is an error, not a reason to
//! look further.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The environment variable that names the data folder.
pub const VARIABLE: &str = "ANTIFAZ_DATA";

/// The folder that tells a data folder from others.
const MARK: &str = "filters";

/// A folder with `models/`, `filters/` and `assets/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Why there is no data folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// The folder that was named is not one.
    #[error("{}: {by} names this as the data folder, but it holds no `{MARK}` folder; name one that does", path.display())]
    NotOne {
        /// Which folder.
        path: PathBuf,
        /// `--data` or the variable.
        by: &'static str,
    },
    /// None was named, and none of the usual places is one.
    #[error(
        "no data folder with `{MARK}` in it was found (tried {}); name one by --data or {VARIABLE}",
        list(tried)
    )]
    Nowhere {
        /// The places that were looked into.
        tried: Vec<PathBuf>,
    },
}

impl DataDir {
    /// Finds the data folder; `explicit` is the one that the user names.
    ///
    /// # Errors
    /// When the named folder is not a data folder, or none is named and none is found.
    pub fn find(explicit: Option<&Path>) -> Result<Self, DataError> {
        let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some((path, by)) =
            explicit.map(|path| (path.to_owned(), "--data")).or(variable.map(|path| (path, VARIABLE)))
        {
            return if is_one(&path) { Ok(Self(path)) } else { Err(DataError::NotOne { path, by }) };
        }
        Self::first(usual_places())
    }

    fn first(places: Vec<PathBuf>) -> Result<Self, DataError> {
        match places.iter().find(|place| is_one(place)) {
            Some(place) => Ok(Self(place.clone())),
            None => Err(DataError::Nowhere { tried: places }),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// One folder for each net.
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// One folder for each filter.
    pub fn filters(&self) -> PathBuf {
        self.0.join(MARK)
    }

    /// Clips, stills and what else the demo shows.
    pub fn assets(&self) -> PathBuf {
        self.0.join("assets")
    }
}

/// The folder of filters that the user has installed, where the system has a place for such files. It need not exist.
pub fn user_filters() -> Option<PathBuf> {
    let data = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("antifaz").join(MARK))
}

/// The folder of what can be made again, where the system has a place for such files. It need not exist.
pub fn user_cache() -> Option<PathBuf> {
    let cache = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    cache.map(|cache| cache.join("antifaz"))
}

/// The folder that a variable of the environment names.
fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn is_one(path: &Path) -> bool {
    path.join(MARK).is_dir()
}

/// Beside the executable, then the workspace.
fn usual_places() -> Vec<PathBuf> {
    let executable = env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    let beside = executable.and_then(|path| path.parent().map(Path::to_owned));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
    beside.into_iter().chain(workspace).collect()
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_binding() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = DataDir::find(Some(folder.path())).expect_err("it holds no filters");
        assert_eq!(error, DataError::NotOne { path: folder.path().into(), by: "--data" });
        std::fs::create_dir(folder.path().join("filters")).expect("a folder");
        let data = DataDir::find(Some(folder.path())).expect("it is one now");
        assert_eq!(data.filters(), folder.path().join("filters"));
        assert_eq!((data.root(), data.models()), (folder.path(), folder.path().join("models")));
    }

    #[test]
    fn the_first_place_that_is_one_wins_and_a_failure_names_all() {
        let folders = [(); 3].map(|()| tempfile::tempdir().expect("a temporary folder"));
        let places: Vec<PathBuf> = folders.iter().map(|folder| folder.path().to_owned()).collect();
        let message = DataDir::first(places.clone()).expect_err("none is one").to_string();
        assert!(places.iter().all(|place| message.contains(&place.display().to_string())), "{message}");
        for place in &places[1..] {
            std::fs::create_dir(place.join("filters")).expect("a folder");
        }
        assert_eq!(DataDir::first(places.clone()), Ok(DataDir(places[1].clone())));
    }
}
