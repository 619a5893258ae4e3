//! A folder of filters: each folder in it that has a manifest is one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Filter, FilterError, Package, error::nearest, manifest::MANIFEST};

/// The filters of a folder. Each is read when it is asked for.
#[derive(Clone, Debug)]
pub struct Catalog {
    folder: PathBuf,
    names: Vec<String>,
}

impl Catalog {
    /// Lists a folder of filters.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn open(folder: &Path) -> Result<Self, FilterError> {
        let failed = |source| FilterError::Folder { folder: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path().join(MANIFEST).is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(Self { folder: folder.to_owned(), names })
    }

    /// The names of all filters, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a filter lies.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Reads and checks a filter.
    ///
    /// # Errors
    /// No filter has this name (the most similar one is suggested), or it is broken.
    pub fn filter(&self, name: &str) -> Result<Arc<Filter>, FilterError> {
        if !self.names.iter().any(|known| known == name) {
            let nearest = nearest(name, self.names.iter().map(String::as_str));
            return Err(FilterError::UnknownFilter { name: name.to_owned(), nearest });
        }
        Filter::from_package(&Package::from_folder(&self.folder(name))?).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_filter_is_answered_with_the_nearest_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["film", "glasses", "notes"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["film", "glasses"] {
            fs::write(folder.path().join(name).join(MANIFEST), "").unwrap();
        }
        let catalog = Catalog::open(folder.path()).unwrap();
        assert_eq!(catalog.names(), ["film", "glasses"]);
        let error = catalog.filter("glases").unwrap_err().to_string();
        assert_eq!(error, "there is no filter `glases`; did you mean `glasses`?");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Catalog::open(Path::new("/nowhere/filters")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/filters"), "{error}");
    }

    #[test]
    fn links_and_cases_are_not_part_of_a_package() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("case")).unwrap();
        fs::write(folder.path().join("case/x.png"), "x").unwrap();
        fs::write(folder.path().join("a.wgsl"), "a").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link")).unwrap();
        let package = Package::from_folder(folder.path()).unwrap();
        assert_eq!(package.paths().collect::<Vec<_>>(), ["a.wgsl"]);
        assert_eq!(package.file("../a.wgsl"), None);
    }
}
