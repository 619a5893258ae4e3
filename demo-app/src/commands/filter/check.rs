//! `antifaz filter check`: everything that can be said of a filter without looking at its pictures.

use std::path::{Path, PathBuf};

use antifaz::{
    engine::Preparer,
    filter::{Fault, Filter, Look, LookItem, Package},
    quality::Tier,
};
use clap::Args;

use super::{pack::MAX_PACKED, stage::Stage};
use crate::{cli::Common, error::AppError, filters, output, walk};

/// Arguments of `antifaz filter check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Checks the manifest, every shader in every tier, pictures, tables and meshes, the packed size (8 MB), and the cost
against [budget] on this GPU. An adapter that is software is too slow to judge a budget by: there the cost is noted.
Each fault is shown at its file, line and column; with any the exit code is 1.

Examples:
  antifaz filter check
  antifaz filter check ./my-filter film")]
pub(crate) struct CheckArgs {
    /// Names, folders or packed files; without any all filters that are found by name
    #[arg(value_name = "NAME|PATH")]
    names: Vec<String>,
    /// Leave out the cost, which takes the longest
    #[arg(long)]
    no_cost: bool,
}

/// The size that filters are meant for whose authors don't say.
const SIZE: [u32; 2] = [1280, 720];
/// Frames that the cost is measured over, where it counts and where it is a note.
const FRAMES: [u64; 2] = [8, 2];

/// Runs the command.
pub(crate) fn run(args: &CheckArgs, common: &Common) -> Result<(), AppError> {
    let paths: Vec<PathBuf> = if args.names.is_empty() {
        let catalog = filters::catalog(common)?;
        let paths = catalog.names().iter().map(|name| catalog.folder(name).map(Path::to_owned));
        paths.collect::<Result<_, _>>()?
    } else {
        args.names.iter().map(|name| filters::locate(name, common)).collect::<Result<_, _>>()?
    };
    let preparer = Preparer::of(walk::gpu(common)?)?;
    let mut broken = 0;
    for path in &paths {
        let report = check(path, &preparer, args.no_cost);
        broken += usize::from(!report.faults.is_empty());
        output::print(&report.text())?;
    }
    match broken {
        0 => Ok(()),
        broken => Err(AppError::Checked { broken, all: paths.len() }),
    }
}

/// What was found in one filter.
#[derive(Default)]
struct Report {
    name: String,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    notes: Vec<String>,
}

impl Report {
    fn text(&self) -> String {
        let verdict = match self.faults.len() {
            0 => "ok".to_owned(),
            1 => "1 error".to_owned(),
            count => format!("{count} errors"),
        };
        let mut text = format!("{}: {verdict}", self.name);
        if !self.notes.is_empty() {
            text += &format!(" ({})", self.notes.join(", "));
        }
        text.push('\n');
        for (kind, faults) in [("error", &self.faults), ("warning", &self.warnings)] {
            faults.iter().for_each(|fault| text += &format!("{kind}: {fault}\n"));
        }
        text
    }
}

fn check(path: &Path, preparer: &Preparer, no_cost: bool) -> Report {
    let mut report = Report { name: path.display().to_string(), ..Report::default() };
    if let Err(fault) = look_into(path, preparer, no_cost, &mut report) {
        report.faults.push(fault);
    }
    report
}

fn look_into(path: &Path, preparer: &Preparer, no_cost: bool, report: &mut Report) -> Result<(), Fault> {
    let package = Package::open(path).map_err(|error| Fault::from(&error))?;
    package.name().clone_into(&mut report.name);
    let filter = Filter::from_package(&package).map_err(|error| Fault::from(&error))?;
    let checked = preparer.check(&filter);
    report.faults.extend(checked.faults);
    report.warnings.extend(checked.warnings);
    size(&package, report)?;
    if filter.license.is_empty() {
        let message = format!("{} names no `license`: nobody may pass it on", report.name);
        report.warnings.push(Fault::anywhere(message));
    }
    if report.faults.is_empty() && !no_cost {
        cost(filter, preparer, report).map_err(|error| Fault::anywhere(error.to_string()))?;
    }
    Ok(())
}

fn size(package: &Package, report: &mut Report) -> Result<(), Fault> {
    let packed = package.to_archive().map_err(|error| Fault::from(&error))?.len();
    report.notes.push(format!("{} KB packed", packed / 1000));
    if packed > MAX_PACKED {
        let message = format!("{} is larger than 8 MB when packed", package.name());
        let hint = "smaller pictures and meshes would do".to_owned();
        report.warnings.push(Fault::anywhere(message).hinting(Some(hint)));
    }
    Ok(())
}

fn cost(filter: Filter, preparer: &Preparer, report: &mut Report) -> Result<(), AppError> {
    let adapter = preparer.gpu().adapter();
    let size = filter.budget_at.unwrap_or(SIZE);
    let budget = filter.budget_ms;
    let frames = FRAMES[usize::from(adapter.software)];
    let look = Look(vec![LookItem::parse(filter.into(), "")?]);
    let cost = Stage::new(preparer.gpu(), size)?.measure(preparer, &look, Tier::High, frames)?;
    let ms = cost.gpu.unwrap_or(cost.wall);
    let at = format!("{ms:.2} ms at {}x{} on {}", size[0], size[1], adapter.name);
    match budget {
        Some(budget) if adapter.software => {
            report.notes.push(format!("{at}, which can't judge its budget of {budget} ms"));
        }
        Some(budget) if ms > budget => {
            let message = format!("{} takes {at}, more than its budget of {budget} ms", report.name);
            let hint = "`antifaz filter bench` says which pass takes how long".to_owned();
            report.faults.push(Fault::anywhere(message).hinting(Some(hint)));
        }
        _ => report.notes.push(at),
    }
    Ok(())
}
