//! Why a source failed.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why a source failed. Each message is one sentence that names the file or camera.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file system said no.
    #[error("can't read {}: {error}; check that the path is right and that you may read it", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
    /// Neither a picture nor a clip.
    #[error(
        "{} is neither a picture (PNG, JPEG, WebP, BMP) nor a clip that is known (MP4, MOV, AVI; others need ffmpeg \
         on the PATH); convert it to one of them",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A folder without a picture.
    #[error(
        "the folder {} has no pictures in it: put some there (PNG, JPEG, WebP, BMP), or name another one",
        path.display()
    )]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file is damaged, cut or uses something that is not supported.
    #[error("{}: {what}; try a new copy or export of it", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file may be sound, but nothing can be made of it here.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        what: String,
    },
    /// One frame of a clip is damaged or missing.
    #[error(
        "{}: frame {frame} can't be decoded ({what}), the file is damaged from there on; try a new copy or export of it",
        path.display()
    )]
    BrokenFrame {
        /// The file.
        path: PathBuf,
        /// Which frame, from zero.
        frame: u64,
        /// What the decoder said.
        what: String,
    },
    /// A clip that changes its size.
    #[error(
        "{}: frame {frame} is {}x{} pixels after {}x{}; a clip must keep its size, so convert it first \
         (ffmpeg -i IN -vf scale={}:{} OUT.mp4)",
        path.display(), now[0], now[1], was[0], was[1], was[0], was[1]
    )]
    SizeChanged {
        /// The file.
        path: PathBuf,
        /// The first frame of the new size, from zero.
        frame: u64,
        /// The size so far.
        was: [u32; 2],
        /// The new size.
        now: [u32; 2],
    },
    /// A folder of stills of several sizes, where they must have one.
    #[error(
        "{} is {}x{} pixels, but {first} in the same folder is {}x{}; stretch all pictures to one size with --size {}x{}",
        path.display(), now[0], now[1], was[0], was[1], was[0], was[1]
    )]
    MixedSizes {
        /// The first picture of another size.
        path: PathBuf,
        /// Its size.
        now: [u32; 2],
        /// The name of the folder's first picture.
        first: String,
        /// The size of that.
        was: [u32; 2],
    },
    /// A codec that is not built in, and no ffmpeg to help.
    #[error(
        "{} holds {codec}, which is not built in and is read through ffmpeg: install ffmpeg (Debian: apt install \
         ffmpeg), or convert the file to H.264 in MP4",
        path.display()
    )]
    NeedsFfmpeg {
        /// The file.
        path: PathBuf,
        /// What is in it.
        codec: String,
    },
    /// No camera of that number.
    #[error("there is no camera {index}: {found}")]
    NoCamera {
        /// The number asked for.
        index: u32,
        /// What there is instead.
        found: String,
    },
    /// The camera can't be used, or is gone.
    #[error("the camera {name:?} {what}")]
    Camera {
        /// The camera's own name.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A value that makes no sense.
    #[error("{0}")]
    Value(String),
}

impl SourceError {
    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), error }
    }

    pub(super) fn broken(path: &Path, what: impl ToString) -> Self {
        Self::Broken { path: path.to_owned(), what: what.to_string() }
    }

    /// `what` says what to do.
    pub(super) fn unfit(path: &Path, what: impl ToString) -> Self {
        Self::Unfit { path: path.to_owned(), what: what.to_string() }
    }
}
