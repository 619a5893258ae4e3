//! The desktop demo and the command line of Antifaz: one binary, `antifaz`. It reads arguments, opens what they
//! name, and walks; pixels are the engine's business.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;
mod commands;
mod error;
mod eyes;
mod filters;
mod interrupt;
mod logging;
mod offline;
mod output;
mod pipelines;
mod progress;
mod reload;
mod values;
mod walk;
mod window;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::{cli::Cli, error::AppError};

fn main() -> ExitCode {
    logging::hush_drivers();
    exit_code(start(std::env::args_os()))
}

fn start(arguments: impl Iterator<Item = OsString>) -> Result<(), AppError> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => return output::print(&error.render().to_string()),
        Err(error) => return Err(AppError::Usage(cli::Usage::from(&error))),
    };
    logging::start(&cli.common);
    commands::run(&cli.command.unwrap_or_default(), &cli.common)
}

/// Says what went wrong, in one sentence on stderr.
fn exit_code(result: Result<(), AppError>) -> ExitCode {
    match result {
        // Whoever read our output has had enough of it, as `head` does: nobody is left to tell.
        Ok(()) | Err(AppError::ClosedPipe) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
