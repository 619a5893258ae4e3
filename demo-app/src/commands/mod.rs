//! One module for each command: its arguments, and `run`.

pub(crate) mod bench;
pub(crate) mod doctor;
mod executor;
pub(crate) mod filter;
mod frame;
mod kernels;
mod latency;
pub(crate) mod matte;
pub(crate) mod net;
pub(crate) mod render;
pub(crate) mod run;
pub(crate) mod track;

use crate::{
    cli::{Command, Common},
    error::AppError,
};

/// Runs `command`.
pub(crate) fn run(command: &Command, common: &Common) -> Result<(), AppError> {
    match command {
        Command::Run(args) => run::run(args, common),
        Command::Render(args) => render::run(args, common),
        Command::Track(args) => track::run(args, common),
        Command::Matte(args) => matte::run(args, common),
        Command::Net(args) => net::run(args, common),
        Command::Bench(args) => bench::run(args, common),
        Command::Filter(args) => filter::run(args, common),
        Command::Doctor => doctor::run(common),
    }
}
