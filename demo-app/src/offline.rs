//! What commands share that go through a file frame by frame: every frame, in order, as fast as it goes.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use antifaz::{
    EngineError,
    engine::Crew,
    frame::Frame,
    nets::Models,
    source::{Next, Source},
};
use tempfile::{NamedTempFile, TempPath};

use crate::{cli::Common, error::AppError, interrupt, progress::Progress};

/// Calls `each` with the number of every frame, from zero, and the frame. Shows a progress bar on a terminal; ends
/// early on Ctrl-C.
pub(crate) fn each_frame(
    source: &mut dyn Source,
    common: &Common,
    mut each: impl FnMut(u64, &Frame) -> Result<(), AppError>,
) -> Result<(), AppError> {
    interrupt::watch();
    let progress = Progress::new(common, source.info().frames);
    let mut index = 0;
    loop {
        let next = source.next();
        // Ctrl-C on a terminal also ends an ffmpeg that reads for us: what it leaves is no error of the clip.
        interrupt::check()?;
        match next? {
            Next::Frame(frame) => each(index, &frame)?,
            Next::Pending => continue,
            Next::End => break,
        }
        index += 1;
        progress.step();
    }
    Ok(())
}

/// The default models.
pub(crate) fn models() -> Models {
    Models::embedded()
}

/// As many threads as small nets can use.
pub(crate) fn net_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(4))
}

/// Threads for the nets.
pub(crate) fn crew(threads: usize) -> Result<Crew, AppError> {
    Crew::of(threads).map_err(|error| AppError::Engine(EngineError::Thread(error)))
}

/// A text file under a temporary name until it is whole. A device or a pipe of that name is written into.
pub(crate) struct TextFile {
    path: PathBuf,
    file: BufWriter<File>,
    temporary: Option<TempPath>,
}

impl TextFile {
    /// Starts the file that will stand at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self, AppError> {
        let failed = |source| AppError::File { path: path.to_owned(), doing: "writing", source };
        if path.is_dir() {
            let problem = "a folder has that name; name a file".into();
            return Err(AppError::Value { argument: path.display().to_string(), problem });
        }
        let (file, temporary) = if path.metadata().is_ok_and(|there| !there.is_file()) {
            (File::options().write(true).open(path).map_err(failed)?, None)
        } else {
            let (file, temporary) = temporary_beside(path).map_err(failed)?.into_parts();
            (file, Some(temporary))
        };
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), temporary })
    }

    /// Adds `value` as one line of JSON.
    pub(crate) fn json_line(&mut self, value: &impl serde::Serialize) -> Result<(), AppError> {
        let written = serde_json::to_writer(&mut self.file, value).map_err(std::io::Error::from);
        let written = written.and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| AppError::File { path: self.path.clone(), doing: "writing", source })
    }

    /// Gives the file its name.
    pub(crate) fn keep(self) -> Result<(), AppError> {
        let written = self.file.into_inner().map_err(|error| error.into_error());
        let kept = written.and_then(|_| match self.temporary {
            Some(temporary) => temporary.persist(&self.path).map_err(|error| error.error),
            None => Ok(()),
        });
        kept.map_err(|source| AppError::File { path: self.path, doing: "writing", source })
    }
}

/// An empty file in the folder of `path`, for what will stand there. Dropped, it is removed.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".antifaz-");
    #[cfg(unix)]
    // As any new file: what the user's umask leaves.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(without_path)
}

/// The system's own words, without the temporary name that `tempfile` adds and nobody knows.
fn without_path(error: io::Error) -> io::Error {
    let words = error.to_string();
    let words = words.split(" at path ").next().unwrap_or_default();
    io::Error::new(error.kind(), words)
}
