//! `antifaz filter pack` and `install`: a filter as one file, and back.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use antifaz::{
    data::user_filters,
    filter::{Filter, Package, archive::EXTENSION},
};
use clap::Args;

use crate::{cli::Common, error::AppError, filters, offline, output};

/// Larger packages are not taken elsewhere either (TikTok and Snap: 8 MB).
pub(super) const MAX_PACKED: usize = 8_000_000;

/// Arguments of `antifaz filter pack`.
#[derive(Args, Debug)]
#[command(after_help = "\
Hidden files and case/ are left out. The same files give the same bytes.

Example:
  antifaz filter pack ./my-filter --out my-filter.antifaz")]
pub(crate) struct PackArgs {
    /// The filter's folder or name
    #[arg(value_name = "DIR")]
    folder: String,
    /// The file to write; without it NAME.antifaz here
    #[arg(long, value_name = "F")]
    out: Option<PathBuf>,
}

/// Arguments of `antifaz filter install`.
#[derive(Args, Debug)]
#[command(after_help = "\
Installed again, a filter replaces what was there. To remove it, delete its folder.

Example:
  antifaz filter install my-filter.antifaz")]
pub(crate) struct InstallArgs {
    /// A packed filter, or the folder of one
    #[arg(value_name = "F")]
    file: PathBuf,
}

/// Runs `pack`.
pub(crate) fn pack(args: &PackArgs, common: &Common) -> Result<(), AppError> {
    let package = Package::open(&filters::locate(&args.folder, common)?)?;
    // What can't be read is not worth sending.
    Filter::from_package(&package)?;
    let bytes = package.to_archive()?;
    let out = args.out.clone().unwrap_or_else(|| format!("{}.{EXTENSION}", package.name()).into());
    write(&out, &bytes).map_err(|source| AppError::File { path: out.clone(), doing: "writing", source })?;
    if bytes.len() > MAX_PACKED {
        log::warn!("{} is larger than 8 MB: smaller pictures and meshes would do", out.display());
    }
    output::line(format!("{}: {} files, {} KB", out.display(), package.paths().count(), bytes.len() / 1000))
}

fn write(out: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = offline::temporary_beside(out)?;
    file.write_all(bytes)?;
    file.persist(out).map(|_| ()).map_err(|error| error.error)
}

/// Runs `install`.
pub(crate) fn install(args: &InstallArgs, common: &Common) -> Result<(), AppError> {
    let package = Package::open(&args.file)?;
    Filter::from_package(&package)?;
    let name = package.name();
    let refuse = |problem: String| AppError::Value { argument: args.file.display().to_string(), problem };
    if name.is_empty() || name.starts_with('.') {
        return Err(refuse(format!("`{name}` is no name for a filter; rename its folder")));
    }
    if filters::library(common).is_ok_and(|library| library.folder(name).is_ok()) {
        return Err(refuse(format!("the library has a filter `{name}`; rename the folder of yours")));
    }
    let folder = user_filters()
        .ok_or_else(|| refuse("this system has no place for a user's files; set XDG_DATA_HOME".into()))?;
    let place = folder.join(name);
    unpack(&package, &folder, &place).map_err(|source| AppError::File {
        path: place.clone(),
        doing: "installing",
        source,
    })?;
    output::line(format!("{name} is installed in {}", place.display()))
}

/// Writes a package's files to `place`, in `folder`. What was there stays until all is written.
fn unpack(package: &Package, folder: &Path, place: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let fresh = tempfile::Builder::new().prefix(".antifaz-").tempdir_in(folder)?;
    let inside = fresh.path().join("new");
    for path in package.paths() {
        let file = inside.join(path);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, package.file(path).unwrap_or_default())?;
    }
    if place.exists() {
        fs::rename(place, fresh.path().join("old"))?;
    }
    fs::rename(inside, place)
}
