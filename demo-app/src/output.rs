//! The only writers to standard output and standard error. A reader that leaves early (`antifaz ... | head -1`)
//! is not an error, and never a panic.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use crate::error::AppError;

/// Writes `text` to standard output, as it is.
pub(crate) fn print(text: &str) -> Result<(), AppError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => AppError::ClosedPipe,
        _ => AppError::Output(error),
    })
}

/// Writes `line` and a line end to standard output.
pub(crate) fn line(line: impl Display) -> Result<(), AppError> {
    print(&format!("{line}\n"))
}

/// Writes an error to standard error. Where even that is closed, nobody can be told.
pub(crate) fn complain(error: &AppError) {
    let _ = writeln!(io::stderr().lock(), "error: {error}");
}
