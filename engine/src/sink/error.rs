//! Why a sink failed.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::gpu::GpuError;

/// Why a sink failed. Each message is one sentence that names the output.
#[derive(Debug, Error)]
pub enum SinkError {
    /// The file system said no.
    #[error("can't write {}: {error}; check that you may write there and that there is room", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
    /// The folder that the output should go into is missing.
    #[error("can't write {}: the folder {} does not exist; make it first", path.display(), folder.display())]
    NoFolder {
        /// The output.
        path: PathBuf,
        /// What is missing.
        folder: PathBuf,
    },
    /// An extension that is not known.
    #[error(
        "{} has the unknown extension {extension:?}: .mp4, .avi and .png are known, and a name without one is a \
         folder of PNG files",
        path.display()
    )]
    UnknownExtension {
        /// The output.
        path: PathBuf,
        /// Its extension.
        extension: String,
    },
    /// The picture did not come back from the GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The output can't hold what it was given.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// The output.
        path: PathBuf,
        /// Why not.
        what: String,
    },
}

impl SinkError {
    pub(super) fn unwritable(path: &Path, error: io::Error) -> Self {
        Self::Unwritable { path: path.to_owned(), error }
    }

    pub(super) fn unfit(path: &Path, what: impl ToString) -> Self {
        Self::Unfit { path: path.to_owned(), what: what.to_string() }
    }
}
