//! Outputs under way: a temporary name beside the final one until all is written.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::SinkError;

/// A file or folder under a temporary name. Dropped before [`Partial::commit`], it is removed.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    temporary: PathBuf,
    committed: bool,
}

impl Partial {
    /// A new empty file for `path`.
    pub(super) fn file(path: &Path) -> Result<(Self, File), SinkError> {
        let partial = Self::beside(path)?;
        if path.is_dir() {
            return Err(SinkError::unfit(path, "a folder has that name; choose another"));
        }
        // A device or a pipe would be replaced by the file.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(SinkError::unfit(path, "it is there and no regular file; choose another name"));
        }
        let file =
            File::options().read(true).write(true).create(true).truncate(true).open(&partial.temporary);
        let file = file.map_err(|error| SinkError::unwritable(path, error))?;
        Ok((partial, file))
    }

    /// A new empty folder for `path`.
    pub(super) fn folder(path: &Path) -> Result<Self, SinkError> {
        let partial = Self::beside(path)?;
        // Without the slash at its end, which no file's name has.
        if path.components().collect::<PathBuf>().is_file() {
            return Err(SinkError::unfit(path, "a file has that name; choose another folder"));
        }
        fs::create_dir_all(&partial.temporary).map_err(|error| SinkError::unwritable(path, error))?;
        Ok(partial)
    }

    fn beside(path: &Path) -> Result<Self, SinkError> {
        let Some(name) = path.file_name() else {
            return Err(SinkError::unfit(path, "it has no name of its own; name a file or folder in it"));
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let (path, folder) = (path.to_owned(), folder.to_owned());
            return Err(SinkError::NoFolder { path, folder });
        }
        let name = format!(".{}.partial-{}", name.to_string_lossy(), std::process::id());
        Ok(Self { path: path.to_owned(), temporary: folder.join(name), committed: false })
    }

    /// The final name.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name until then.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Gives the output its final name. A file of that name is replaced; into a folder of that name the new files
    /// are moved.
    pub(super) fn commit(&mut self) -> Result<(), SinkError> {
        let unwritable = |error| SinkError::unwritable(&self.path, error);
        if self.temporary.is_dir() && self.path.is_dir() {
            for entry in fs::read_dir(&self.temporary).map_err(unwritable)? {
                let entry = entry.map_err(unwritable)?;
                fs::rename(entry.path(), self.path.join(entry.file_name())).map_err(unwritable)?;
            }
            fs::remove_dir(&self.temporary).map_err(unwritable)?;
        } else {
            fs::rename(&self.temporary, &self.path).map_err(unwritable)?;
        }
        self.committed = true;
        Ok(())
    }

    /// As [`Partial::commit`], of a folder with `count` numbered pictures. What follows them in the folder is of an
    /// older, longer run, and would pass for the end of this one: it is removed, and a log line says so.
    pub(super) fn commit_numbered(&mut self, count: u64) -> Result<(), SinkError> {
        self.commit()?;
        let mut next = count;
        loop {
            let path = self.path.join(numbered(next));
            if !path.is_file() {
                break;
            }
            fs::remove_file(&path).map_err(|error| SinkError::unwritable(&path, error))?;
            next += 1;
        }
        if next > count {
            let (first, last) = (numbered(count), numbered(next - 1));
            log::warn!(
                "{}: {first} to {last} were of an older, longer run and are removed",
                self.path.display()
            );
        }
        Ok(())
    }
}

/// The file of a picture in a folder of them, by its number from zero.
pub(super) fn numbered(index: u64) -> String {
    format!("{index:05}.png")
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.committed {
            // Nobody is left to tell when even that fails.
            let _ = if self.temporary.is_dir() {
                fs::remove_dir_all(&self.temporary)
            } else {
                fs::remove_file(&self.temporary)
            };
        }
    }
}
