//! `antifaz filter`: what filters there are.

use clap::{Args, Subcommand};

use crate::{cli::Common, error::AppError};

/// Arguments of `antifaz filter`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  antifaz filter list")]
pub(crate) struct FilterArgs {
    #[command(subcommand)]
    pub(crate) action: FilterAction,
}

/// What to do with filters.
#[derive(Subcommand, Debug)]
pub(crate) enum FilterAction {
    /// List the filters and their parameters
    List,
}

/// Runs the command.
pub(crate) fn run(_args: &FilterArgs, _common: &Common) -> Result<(), AppError> {
    Err(AppError::Value { argument: "antifaz".into(), problem: "this command is not built yet".into() })
}
