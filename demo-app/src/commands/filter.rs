//! `antifaz filter`: what filters there are.

use antifaz::filter::{Catalog, Filter};
use clap::{Args, Subcommand};

use crate::{cli::Common, error::AppError, output, walk};

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
pub(crate) fn run(args: &FilterArgs, common: &Common) -> Result<(), AppError> {
    match args.action {
        FilterAction::List => list(&walk::catalog(common)?),
    }
}

/// Each filter with its parameters, their defaults and ranges. One that is broken is named, and the others still listed.
fn list(catalog: &Catalog) -> Result<(), AppError> {
    for name in catalog.names() {
        match catalog.filter(name) {
            Ok(filter) => output::print(&entry(&filter))?,
            Err(error) => log::warn!("{name} is left out: {error}"),
        }
    }
    Ok(())
}

fn entry(filter: &Filter) -> String {
    let mut text = format!("{}: {}\n", filter.name, filter.description);
    for input in &filter.inputs {
        text += &format!(
            "  {}={} ({}), {}\n",
            input.name,
            input.kind.text(&input.default),
            input.kind,
            input.label
        );
    }
    text
}
