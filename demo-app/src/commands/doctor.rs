//! `antifaz doctor`: what this machine offers, what is missing and how to get it.

use crate::{cli::Common, error::AppError};

/// Runs the command.
pub(crate) fn run(_common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
