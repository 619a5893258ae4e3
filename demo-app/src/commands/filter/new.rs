//! `antifaz filter new`: the folder of a filter to start from.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use antifaz::filter::manifest::MANIFEST;
use clap::{Args, ValueEnum};

use crate::{error::AppError, output};

/// Arguments of `antifaz filter new`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each kind is a small filter that works, with comments that explain it.

Examples:
  antifaz filter new my-filter
  antifaz filter new war-paint --kind face-paint")]
pub(crate) struct NewArgs {
    /// The filter's name, or the path of its folder
    #[arg(value_name = "NAME")]
    name: PathBuf,
    /// What to start from
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    kind: Kind,
}

/// A filter to start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Changes the whole picture
    #[default]
    FullFrame,
    /// Paints on each face
    FacePaint,
    /// Puts a mesh on each head
    Prop,
    /// Changes what is behind the person
    Background,
    /// Remembers the frames before
    Feedback,
    /// Moves and draws a swarm of small things
    Particles,
    /// Reacts to faces and taps
    Reaction,
}

macro_rules! file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../../templates/", $path)).as_slice())
    };
}

/// Files by their path from the folder of all templates.
type Files = [(&'static str, &'static [u8])];

const FULL_FRAME: &Files = &[file!("full-frame/filter.toml"), file!("full-frame/look.wgsl")];
const FACE_PAINT: &Files = &[file!("face-paint/filter.toml"), file!("face-paint/paint.wgsl")];
const PROP: &Files =
    &[file!("prop/filter.toml"), file!("prop/hat.wgsl"), file!("prop/hat.glb"), file!("prop/make_hat.py")];
const BACKGROUND: &Files = &[file!("background/filter.toml"), file!("background/background.wgsl")];
const FEEDBACK: &Files = &[file!("feedback/filter.toml"), file!("feedback/trail.wgsl")];
const PARTICLES: &Files =
    &[file!("particles/filter.toml"), file!("particles/fall.wgsl"), file!("particles/flake.wgsl")];
const REACTION: &Files = &[file!("reaction/filter.toml"), file!("reaction/react.wgsl")];

impl Kind {
    fn files(self) -> &'static Files {
        match self {
            Self::FullFrame => FULL_FRAME,
            Self::FacePaint => FACE_PAINT,
            Self::Prop => PROP,
            Self::Background => BACKGROUND,
            Self::Feedback => FEEDBACK,
            Self::Particles => PARTICLES,
            Self::Reaction => REACTION,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &NewArgs) -> Result<(), AppError> {
    let name = name(&args.name)?;
    let files = args.kind.files().iter().map(|(path, bytes)| {
        let file = path.rsplit('/').next().unwrap_or(path);
        match file == MANIFEST {
            true => (file, named(&String::from_utf8_lossy(bytes), &name).into_bytes()),
            false => (file, bytes.to_vec()),
        }
    });
    write(&args.name, &files.collect::<Vec<_>>()).map_err(|source| AppError::File {
        path: args.name.clone(),
        doing: "writing",
        source,
    })?;
    output::print(&next(&args.name))
}

/// The name of a filter that is to stand in this folder, which must not be there yet.
pub(super) fn name(folder: &Path) -> Result<String, AppError> {
    let refuse = |problem: &str| AppError::Value {
        argument: folder.display().to_string(),
        problem: problem.to_owned(),
    };
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(fits) || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 60 {
        return Err(refuse("a filter's name is made of a-z, 0-9 and -, a letter first"));
    }
    match folder.exists() {
        true => Err(refuse("there is something of that name already; choose another")),
        false => Ok(name),
    }
}

/// What to do with a folder that was written.
pub(super) fn next(folder: &Path) -> String {
    // A bare name may be one of the library's.
    let shown = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => format!("./{}", folder.display()),
        _ => folder.display().to_string(),
    };
    format!(
        "{shown} is written. Next:\n  antifaz run --filter {shown}\n  antifaz filter check {shown}\n  \
         antifaz filter pack {shown}\n"
    )
}

/// Writes a folder that is there as a whole or not at all.
pub(super) fn write(folder: &Path, files: &[(&str, impl AsRef<[u8]>)]) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let fresh = tempfile::Builder::new().prefix(".antifaz-").tempdir_in(parent)?;
    let inside = fresh.path().join("new");
    fs::create_dir(&inside)?;
    for (file, bytes) in files {
        fs::write(inside.join(file), bytes)?;
    }
    fs::rename(inside, folder)
}

/// The manifest with the filter's own title and folder.
fn named(manifest: &str, name: &str) -> String {
    let spoken = name.replace('-', " ");
    let title = spoken[..1].to_uppercase() + &spoken[1..];
    let line = |line: &str| match line.strip_prefix("title = \"").and_then(|rest| rest.split_once('"')) {
        Some((_, rest)) => format!("title = \"{title}\"{rest}\n"),
        None => line.replace("./FOLDER", &format!("./{name}")) + "\n",
    };
    manifest.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use antifaz::{engine::Preparer, filter::Filter, filter::Package, gpu::Gpu, gpu::GpuOptions};

    use super::*;

    #[test]
    fn every_kind_is_a_filter_without_faults() {
        let gpu = pollster::block_on(Gpu::new(&GpuOptions::default())).expect("an adapter");
        let preparer = Preparer::of(gpu).expect("a device");
        let folder = tempfile::tempdir().expect("a folder");
        for kind in Kind::value_variants() {
            let place = folder.path().join(format!("{kind:?}").to_lowercase()).join("my-filter");
            run(&NewArgs { name: place.clone(), kind: *kind }).expect("written");
            let filter = Filter::from_package(&Package::open(&place).expect("a package"));
            let filter = filter.unwrap_or_else(|error| panic!("{error}"));
            let checked = preparer.check(&filter);
            assert!(checked.faults.is_empty() && checked.warnings.is_empty(), "{kind:?}: {checked:?}");
            assert_eq!((filter.title.as_str(), filter.license.is_empty()), ("My filter", false));
        }
        let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
        assert_eq!(left.len(), Kind::value_variants().len());
    }

    #[test]
    fn every_file_of_the_templates_is_written() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut found = 0;
        for kind in fs::read_dir(&root).expect("templates") {
            for file in fs::read_dir(kind.expect("a kind").path()).expect("its files") {
                let path = file.expect("a file").path();
                let path = path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
                let known = Kind::value_variants().iter().flat_map(|kind| kind.files());
                assert!(known.into_iter().any(|(name, _)| *name == path), "{path} is never written");
                found += 1;
            }
        }
        assert!(found > 4);
    }
}
