//! What commands share that go through a file frame by frame: every frame, in order, as fast as it goes.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use antifaz::{
    EngineError,
    engine::Crew,
    frame::Frame,
    nets::{Backend, Models},
    source::{Next, Source},
};
use tempfile::NamedTempFile;

use crate::{cli::Common, error::AppError, interrupt, progress::Progress, values::Nets};

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

/// The backend that `nets` asks for.
///
/// # Errors
/// For the GPU, where nets do not run yet: nobody gets another backend than they asked for, and a look without
/// nets is no exception.
pub(crate) fn backend(nets: Nets) -> Result<Backend, AppError> {
    match nets {
        Nets::Auto | Nets::Cpu => Ok(Backend::Cpu),
        Nets::Candle => Ok(Backend::Candle),
        Nets::Scalar => Ok(Backend::Scalar),
        Nets::Gpu => Err(AppError::Value {
            argument: "--nets gpu".into(),
            problem: "nets do not run on the GPU yet; use auto, cpu, candle or scalar".into(),
        }),
    }
}

/// As many threads as small nets can use.
pub(crate) fn net_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(4))
}

/// Threads for the nets.
pub(crate) fn crew(threads: usize) -> Result<Crew, AppError> {
    Crew::of(threads).map_err(|error| AppError::Engine(EngineError::Thread(error)))
}

/// A text file under a temporary name until it is whole.
pub(crate) struct TextFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile<File>>,
}

impl TextFile {
    /// Starts the file that will stand at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self, AppError> {
        let failed = |source| AppError::File { path: path.to_owned(), doing: "writing", source };
        if path.is_dir() {
            let problem = "a folder has that name; name a file".into();
            return Err(AppError::Value { argument: path.display().to_string(), problem });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".antifaz-");
        #[cfg(unix)]
        // As any new file: what the user's umask leaves.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = BufWriter::new(builder.tempfile_in(folder).map_err(|error| failed(without_path(error)))?);
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds `value` as one line of JSON.
    pub(crate) fn json_line(&mut self, value: &impl serde::Serialize) -> Result<(), AppError> {
        let written = serde_json::to_writer(&mut self.file, value).map_err(std::io::Error::from);
        let written = written.and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| AppError::File { path: self.path.clone(), doing: "writing", source })
    }

    /// Gives the file its name.
    pub(crate) fn keep(self) -> Result<(), AppError> {
        let kept = self.file.into_inner().map_err(|error| error.into_error());
        let kept = kept.and_then(|file| file.persist(&self.path).map_err(|error| error.error));
        kept.map(drop).map_err(|source| AppError::File { path: self.path, doing: "writing", source })
    }
}

/// The system's own words, without the temporary name that `tempfile` adds and nobody knows.
fn without_path(error: std::io::Error) -> std::io::Error {
    let words = error.to_string();
    let words = words.split(" at path ").next().unwrap_or_default();
    std::io::Error::new(error.kind(), words)
}
