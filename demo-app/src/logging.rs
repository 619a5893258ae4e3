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

/// Keeps a line of libwayland off standard error, where scripts expect one sentence of ours. Mesa's
/// device-select layer asks for a Wayland display even where there can be none, and libwayland then complains.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the environment can't be changed otherwise")]
pub(crate) fn hush_drivers() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: `main` calls this first, while the program has one thread.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}

/// Other systems' drivers are quiet.
#[cfg(not(target_os = "linux"))]
pub(crate) fn hush_drivers() {}
