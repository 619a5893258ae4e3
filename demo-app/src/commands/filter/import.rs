//! `antifaz filter import`: a shader of another tool as the folder of a filter.

use std::{fs, path::PathBuf};

use antifaz::filter::{
    Filter,
    import::{self, Origin},
};
use clap::{Args, ValueEnum};

use super::new;
use crate::{error::AppError, output};

/// Arguments of `antifaz filter import`.
#[derive(Args, Debug)]
#[command(after_help = "\
Shaders of one pass in GLSL become WGSL. Channels and images are the picture; the inputs of ISF become parameters.
Colours and the direction of y are turned where the shader meets the picture.

Examples:
  antifaz filter import shadertoy waves.glsl --out waves
  antifaz filter import isf ring.fs --out ring")]
pub(crate) struct ImportArgs {
    /// Where the shader is from
    #[arg(value_enum, value_name = "FROM")]
    from: From,
    /// The shader
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder to write; its name is the filter's
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Whose shaders can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    /// A single pass with `mainImage`
    Shadertoy,
    /// The Interactive Shader Format, a single pass
    Isf,
}

/// Larger files are no shaders.
const MAX_BYTES: u64 = 1 << 20;

/// Runs the command.
pub(crate) fn run(args: &ImportArgs) -> Result<(), AppError> {
    let name = new::name(&args.out)?;
    let failed = |source| AppError::File { path: args.file.clone(), doing: "reading", source };
    let file = args.file.display().to_string();
    let refuse = |problem: &str| AppError::Value { argument: file.clone(), problem: problem.to_owned() };
    let found = fs::metadata(&args.file).map_err(failed)?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(refuse("it is no file of a shader's size"));
    }
    let text = String::from_utf8(fs::read(&args.file).map_err(failed)?)
        .map_err(|_| refuse("it is not UTF-8 text"))?;
    let origin = match args.from {
        From::Shadertoy => Origin::Shadertoy,
        From::Isf => Origin::Isf,
    };
    // Named without its folders: what is written here is passed on.
    let shown =
        args.file.file_name().map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
    let package = import::import(origin, &shown, &text, &name)?;
    Filter::from_package(&package)?;
    let files: Vec<(&str, &[u8])> =
        package.paths().map(|path| (path, package.file(path).unwrap_or_default())).collect();
    new::write(&args.out, &files).map_err(|source| AppError::File {
        path: args.out.clone(),
        doing: "writing",
        source,
    })?;
    output::print(&new::next(&args.out))
}
