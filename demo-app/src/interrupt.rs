//! Ctrl-C in long work, or the system's wish that it ends: it does at its next frame, so that sinks can remove what
//! is half written. A second Ctrl-C ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::AppError;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C, and a signal to terminate or hang up, is seen by [`check`] instead of ending the program.
pub(crate) fn watch() {
    let watched = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    if let Err(error) = watched {
        log::warn!("Ctrl-C can't be caught ({error}): it may leave unfinished output behind");
    }
}

/// Call it between two frames.
///
/// # Errors
/// After Ctrl-C.
pub(crate) fn check() -> Result<(), AppError> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err(AppError::Interrupted) } else { Ok(()) }
}
