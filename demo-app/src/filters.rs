//! Filters as people name them: one of the library's or one that was installed, a folder, or a packed file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use antifaz::{
    data::{DataDir, user_filters},
    filter::{Catalog, Filter, FilterError, Look, LookItem, Package, archive::EXTENSION, manifest::MANIFEST},
    source::content,
};

use crate::{cli::Common, error::AppError, values::FilterArg};

/// A filter with its values, and where it was read.
pub(crate) struct Found {
    pub(crate) item: LookItem,
    pub(crate) path: PathBuf,
}

/// The filters of the data folder, then those that the user has installed.
pub(crate) fn catalog(common: &Common) -> Result<Catalog, AppError> {
    let catalog = library(common)?;
    match user_filters().filter(|folder| folder.is_dir()) {
        Some(folder) => Ok(catalog.and(&folder)?),
        None => Ok(catalog),
    }
}

/// The filters of the data folder.
pub(crate) fn library(common: &Common) -> Result<Catalog, AppError> {
    Ok(Catalog::open(&DataDir::find(common.data.as_deref())?.filters())?)
}

/// Where the filter lies that is called so: by its name, else by its path. A folder of the working directory need not
/// be written as a path unless the library has one of its name.
pub(crate) fn locate(name: &str, common: &Common) -> Result<PathBuf, AppError> {
    let path = Path::new(name);
    if is_path(name) {
        return Ok(path.to_owned());
    }
    match catalog(common)?.folder(name) {
        Ok(folder) => Ok(folder.to_owned()),
        Err(_) if path.join(MANIFEST).is_file() => Ok(path.to_owned()),
        Err(error) => Err(error.into()),
    }
}

/// Reads what [`locate`] finds.
pub(crate) fn read(path: &Path) -> Result<Arc<Filter>, FilterError> {
    Filter::from_package(&Package::open(path)?).map(Arc::new)
}

/// A filter with the values that were given.
pub(crate) fn open(arg: &FilterArg, common: &Common) -> Result<Found, AppError> {
    let path = locate(&arg.name, common)?;
    let item = LookItem::parse_with(read(&path)?, &arg.values, content)?;
    let item = match arg.face {
        Some(face) => item.for_face(face)?,
        None => item,
    };
    Ok(Found { item, path })
}

/// All of them, in order.
pub(crate) fn open_all(args: &[FilterArg], common: &Common) -> Result<Vec<Found>, AppError> {
    args.iter().map(|arg| open(arg, common)).collect()
}

/// The look that arguments name.
pub(crate) fn look(args: &[FilterArg], common: &Common) -> Result<Look, AppError> {
    Ok(Look(open_all(args, common)?.into_iter().map(|found| found.item).collect()))
}

/// Whether a filter is named by its path: it has a separator or the ending of a packed filter.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\'])
        || matches!(name, "." | "..")
        || Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case(EXTENSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_names() {
        for path in ["./neon", "a/b", "..", ".", "neon.antifaz", "C:\\neon", "neon.ANTIFAZ"] {
            assert!(is_path(path), "{path}");
        }
        assert!(!is_path("neon") && !is_path("face-paint"));
    }
}
