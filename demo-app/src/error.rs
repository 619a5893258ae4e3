//! Why a command failed. Each message is one sentence: it names the thing, says what is wrong and what to do.

use std::{io, path::PathBuf};

use crate::cli::Usage;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// The arguments don't make sense.
    #[error("{0}")]
    Usage(Usage),
    /// An argument reads well but names something that can't be.
    #[error("{argument}: {problem}")]
    Value { argument: String, problem: String },
    /// A file or folder can't be read or written.
    #[error("{}: {doing} failed ({source}); check that the path exists and that you may use it", path.display())]
    File { path: PathBuf, doing: &'static str, source: io::Error },
    /// Nobody reads our standard output any more.
    #[error("standard output was closed")]
    ClosedPipe,
    /// Standard output can't be written, for example because the disk is full.
    #[error("standard output: writing failed ({0}); check where it is redirected to")]
    Output(io::Error),
    /// Ctrl-C, or a signal to terminate.
    #[error("interrupted; unfinished output was removed")]
    Interrupted,
    /// The input is missing, broken or of an unknown kind.
    #[error(transparent)]
    Source(#[from] antifaz::source::SourceError),
    /// The output can't be written.
    #[error(transparent)]
    Sink(#[from] antifaz::sink::SinkError),
    /// Filters that were checked are broken; what is wrong stands on standard output.
    #[error("{broken} of {all} filters {} errors, shown above", if *broken == 1 { "has" } else { "have" })]
    Checked { broken: usize, all: usize },
    /// A filter is not known or broken, or has no such value.
    #[error(transparent)]
    Filter(#[from] antifaz::filter::FilterError),
    /// No graphics device, or one that failed.
    #[error(transparent)]
    Gpu(#[from] antifaz::gpu::GpuError),
    /// The walk from upload to compose can't be set up.
    #[error(transparent)]
    Engine(#[from] antifaz::EngineError),
    /// The walk ended early.
    #[error(transparent)]
    Session(#[from] antifaz::session::SessionError),
    /// No window.
    #[error("no window can be opened ({0}); `antifaz render` needs none, and `antifaz doctor` says more")]
    Window(String),
    /// A net is missing or broken.
    #[error(transparent)]
    Vision(#[from] antifaz::vision::VisionError),
    /// Models, filters or assets are not there.
    #[error(transparent)]
    Data(#[from] antifaz::data::DataError),
}

impl AppError {
    /// 2 for an unknown command or option or a missing argument, 130 after Ctrl-C or a signal to terminate, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(usage) => usage.exit_code(),
            Self::Interrupted => 130,
            _ => 1,
        }
    }
}
