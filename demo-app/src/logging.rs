//! Log lines on standard error: warnings by default, more with `-v`, errors alone with `--quiet`.

use std::io::Write;

use log::LevelFilter;

use crate::cli::Common;

/// Starts logging for the whole program.
pub(crate) fn start(common: &Common) {
    let (ours, theirs) = match (common.quiet, common.verbose) {
        (true, _) => (LevelFilter::Error, LevelFilter::Off),
        (false, 0) => (LevelFilter::Warn, LevelFilter::Off),
        (false, 1) => (LevelFilter::Info, LevelFilter::Error),
        (false, 2) => (LevelFilter::Debug, LevelFilter::Warn),
        (false, _) => (LevelFilter::Trace, LevelFilter::Info),
    };
    env_logger::Builder::new()
        .filter_level(theirs)
        .filter_module("antifaz", ours)
        .format(|out, record| writeln!(out, "{}: {}", record.level().as_str().to_lowercase(), record.args()))
        .init();
}
