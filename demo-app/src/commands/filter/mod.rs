//! `antifaz filter`: what filters there are, and all that their authors need.

mod bench;
mod check;
mod import;
mod new;
mod pack;
mod reload;
mod show;
mod stage;

use antifaz::filter::{Catalog, Filter};
use clap::{Args, Subcommand};

use crate::{cli::Common, error::AppError, filters, output};

/// Arguments of `antifaz filter`.
#[derive(Args, Debug)]
#[command(after_help = "\
Wherever a filter is named, a folder or a packed file does too: ./my-filter, my-filter.antifaz.

Examples:
  antifaz filter list
  antifaz filter new my-filter --kind face-paint
  antifaz run --filter ./my-filter          edit and save: the window shows it at once
  antifaz filter check ./my-filter
  antifaz filter pack ./my-filter
  antifaz filter install my-filter.antifaz
  antifaz filter import shadertoy waves.glsl --out waves
  antifaz filter reference                  all keys, modules and functions, as Markdown")]
pub(crate) struct FilterArgs {
    #[command(subcommand)]
    pub(crate) action: FilterAction,
}

/// What to do with filters.
#[derive(Subcommand, Debug)]
pub(crate) enum FilterAction {
    /// List the filters and their parameters
    List,
    /// Show what a filter is made of, and what is drawn for it
    Show(show::ShowArgs),
    /// Write the folder of a new filter, to start from
    New(new::NewArgs),
    /// Check filters: manifest, shaders, files, size, cost
    Check(check::CheckArgs),
    /// Measure what the passes of a filter cost, or how fast a change is seen
    Bench(bench::BenchArgs),
    /// Make one file of a filter
    Pack(pack::PackArgs),
    /// Put a packed filter where filters are found by name
    Install(pack::InstallArgs),
    /// Make a filter of a shader from Shadertoy or in the Interactive Shader Format
    Import(import::ImportArgs),
    /// Print all that filters are written with, as Markdown
    Reference,
}

/// Runs the command.
pub(crate) fn run(args: &FilterArgs, common: &Common) -> Result<(), AppError> {
    match &args.action {
        FilterAction::List => list(&filters::catalog(common)?),
        FilterAction::Show(args) => show::run(args, common),
        FilterAction::New(args) => new::run(args),
        FilterAction::Check(args) => check::run(args, common),
        FilterAction::Bench(args) => bench::run(args, common),
        FilterAction::Pack(args) => pack::pack(args, common),
        FilterAction::Install(args) => pack::install(args, common),
        FilterAction::Import(args) => import::run(args),
        FilterAction::Reference => output::print(&antifaz::compose::reference()),
    }
}

/// Each filter with its parameters, their defaults and ranges. One that is broken is named, and the others still listed.
fn list(catalog: &Catalog) -> Result<(), AppError> {
    for name in catalog.names() {
        match catalog.filter(name) {
            Ok(filter) => {
                output::print(&format!("{}: {}\n{}", filter.name, filter.description, inputs(&filter)))?;
            }
            Err(error) => log::warn!("{name} is left out: {error}"),
        }
    }
    Ok(())
}

/// A line for each parameter.
fn inputs(filter: &Filter) -> String {
    let lines = filter.inputs.iter().map(|input| {
        format!("  {}={} ({}), {}\n", input.name, input.kind.text(&input.default), input.kind, input.label)
    });
    lines.collect()
}
