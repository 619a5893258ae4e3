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

/// The least, the median and the 99th percentile of `times_ms`, in JSON; zeros where there are none.
pub(crate) fn times(times_ms: &mut [f64]) -> String {
    times_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = times_ms.len().saturating_sub(1) as f64;
        let ms = times_ms.get((last * share).round() as usize).copied().unwrap_or_default();
        (ms * 1e4).round() / 1e4
    };
    let [min, median, p99] = [0.0, 0.5, 0.99].map(at);
    format!("{{\"min_ms\":{min},\"median_ms\":{median},\"p99_ms\":{p99}}}")
}

/// Writes an error to standard error. Where even that is closed, nobody can be told.
pub(crate) fn complain(error: &AppError) {
    let _ = writeln!(io::stderr().lock(), "error: {error}");
}
