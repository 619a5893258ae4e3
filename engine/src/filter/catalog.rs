//! Folders of filters: each folder in one that has a manifest is a filter.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Filter, FilterError, Package, error::nearest, manifest::MANIFEST};

/// The filters of one folder or more. Each is read when it is asked for.
#[derive(Clone, Debug)]
pub struct Catalog {
    names: Vec<String>,
    /// Where each lies, in the order of names.
    folders: Vec<PathBuf>,
}

impl Catalog {
    /// Lists a folder of filters.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn open(folder: &Path) -> Result<Self, FilterError> {
        Self { names: Vec::new(), folders: Vec::new() }.and(folder)
    }

    /// Lists a further folder. A name that is there already stays what it was.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn and(self, folder: &Path) -> Result<Self, FilterError> {
        let failed = |source| FilterError::Folder { folder: folder.to_owned(), source };
        let mut known: BTreeMap<String, PathBuf> = self.names.into_iter().zip(self.folders).collect();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.join(MANIFEST).is_file() && !name.starts_with('.') {
                known.entry(name).or_insert(path);
            }
        }
        let (names, folders) = known.into_iter().unzip();
        Ok(Self { names, folders })
    }

    /// The names of all filters, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a filter lies.
    ///
    /// # Errors
    /// No filter has this name; the most similar one is suggested.
    pub fn folder(&self, name: &str) -> Result<&Path, FilterError> {
        let found = self.names.iter().position(|known| known == name);
        found.map(|index| self.folders[index].as_path()).ok_or_else(|| {
            let nearest = nearest(name, self.names.iter().map(String::as_str));
            FilterError::UnknownFilter { name: name.to_owned(), nearest }
        })
    }

    /// Reads and checks a filter.
    ///
    /// # Errors
    /// No filter has this name (the most similar one is suggested), or it is broken.
    pub fn filter(&self, name: &str) -> Result<Arc<Filter>, FilterError> {
        Filter::from_package(&Package::from_folder(self.folder(name)?)?).map(Arc::new)
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
        let more = tempfile::tempdir().unwrap();
        for name in ["film", "mine"] {
            fs::create_dir(more.path().join(name)).unwrap();
            fs::write(more.path().join(name).join(MANIFEST), "").unwrap();
        }
        let both = catalog.and(more.path()).unwrap();
        assert_eq!(both.names(), ["film", "glasses", "mine"]);
        assert_eq!(both.folder("film").unwrap(), folder.path().join("film"));
        assert_eq!(both.folder("mine").unwrap(), more.path().join("mine"));
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
