//! How long it takes until a saved change is seen, and what the picture loses meanwhile.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use antifaz::{
    engine::Preparer,
    filter::{Package, manifest::MANIFEST},
    quality::Tier,
    telemetry::{Percentiles, percentiles},
};
use serde_json::json;

use super::stage::{Stage, millis};
use crate::{
    error::AppError,
    filters::{self, Found},
    interrupt,
    reload::{Reload, Watched},
};

/// Frames drawn before the first save, to know their pace.
const QUIET: usize = 40;
/// Frames between a picture of the new version and the next save.
const BETWEEN: usize = 3;
/// So many runs differ in all their numbers, which are a quarter larger at most.
const RUNS: u64 = 9973;
/// No driver compiles for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured, in milliseconds.
pub(super) struct Measured {
    name: String,
    adapter: String,
    ready: Option<Percentiles>,
    drawn: Option<Percentiles>,
    /// Frames while nothing changes, and while a change is made ready.
    frames: [Option<Percentiles>; 2],
    /// The longest time between two pictures, from a save to the first picture with it.
    still: Option<Percentiles>,
}

/// Edits a copy of the filter `saves` times while it is drawn.
pub(super) fn measure(
    found: &Found,
    preparer: &Preparer,
    size: [u32; 2],
    saves: u64,
) -> Result<Measured, AppError> {
    interrupt::watch();
    let folder = copy(&found.path)?;
    let path = folder.path().join(&found.item.filter.name);
    let mut edit = Edit::of(&path)?;
    let mut item = found.item.clone();
    item.filter = filters::read(&path)?;
    let watched = Watched::new(antifaz::filter::Look(vec![item]), vec![path.clone()]);
    let mut composer = preparer.compile(watched.look.clone())?.into_composer();
    let mut stage = Stage::new(preparer.gpu(), size)?;
    let mut frame = |composer: &mut _| -> Result<f64, AppError> {
        interrupt::check()?;
        let start = Instant::now();
        stage.draw(composer, Tier::High)?;
        Ok(millis(start.elapsed()))
    };
    frame(&mut composer)?;
    let mut quiet = (0..QUIET).map(|_| frame(&mut composer)).collect::<Result<Vec<_>, _>>()?;
    let (mut ready, mut drawn, mut busy, mut still) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let reload = Reload::start(preparer.clone()).map_err(|source| AppError::File {
        path: path.clone(),
        doing: "watching",
        source,
    })?;
    reload.watch(0, watched);
    for _ in 0..saves {
        for _ in 0..BETWEEN {
            quiet.push(frame(&mut composer)?);
        }
        edit.save()?;
        let saved = Instant::now();
        let (mut shown, mut longest) = (Instant::now(), 0.0);
        let mut gap =
            || longest = millis(std::mem::replace(&mut shown, Instant::now()).elapsed()).max(longest);
        let outcome = loop {
            busy.push(frame(&mut composer)?);
            gap();
            if let Some(outcome) = reload.outcome() {
                break outcome;
            }
            if saved.elapsed() > PATIENCE {
                return Err(edit.refuse("no change was noticed within a minute"));
            }
        };
        let (prepared, _) = outcome
            .result
            .map_err(|faults| edit.refuse(&faults.first().map(ToString::to_string).unwrap_or_default()))?;
        let mut new = prepared.into_composer();
        new.take_values(&composer);
        composer = new;
        frame(&mut composer)?;
        gap();
        still.push(longest);
        ready.push(millis(outcome.compiled.saturating_duration_since(saved)));
        drawn.push(millis(saved.elapsed()));
    }
    Ok(Measured {
        name: found.item.filter.name.clone(),
        adapter: preparer.gpu().adapter().name.clone(),
        ready: percentiles(ready),
        drawn: percentiles(drawn),
        frames: [percentiles(quiet), percentiles(busy)],
        still: percentiles(still),
    })
}

impl Measured {
    fn rows(&self) -> [(&'static str, Option<Percentiles>); 5] {
        let [quiet, busy] = self.frames;
        [
            ("ready", self.ready),
            ("drawn", self.drawn),
            ("frame, quiet", quiet),
            ("frame, reloading", busy),
            ("longest still", self.still),
        ]
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} on {}\n{:<18}{:>9}{:>9}\n", self.name, self.adapter, "ms", "p50", "p95");
        for (name, times) in self.rows() {
            if let Some(times) = times {
                text += &format!("{name:<18}{:>9.1}{:>9.1}\n", times.p50, times.p95);
            }
        }
        text
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let rows = self.rows().map(|(name, times)| {
            (
                name.replace(", ", "_").replace(' ', "_"),
                json!(times.map(|of| json!({"p50": of.p50, "p95": of.p95}))),
            )
        });
        let times: serde_json::Map<_, _> = rows.into_iter().collect();
        json!({"filter": self.name, "adapter": self.adapter, "ms": times})
    }
}

/// The filter's files in a folder of their own.
fn copy(path: &Path) -> Result<tempfile::TempDir, AppError> {
    let package = Package::open(path)?;
    let failed = |source| AppError::File { path: path.to_owned(), doing: "copying", source };
    let folder = tempfile::tempdir().map_err(failed)?;
    for file in package.paths() {
        let to = folder.path().join(package.name()).join(file);
        to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(to, package.file(file).unwrap_or_default()).map_err(failed)?;
    }
    Ok(folder)
}

/// A number of the filter's shader that is changed a little at each save.
struct Edit {
    file: PathBuf,
    before: String,
    number: f64,
    after: String,
    saves: u64,
    seed: u64,
}

impl Edit {
    fn of(folder: &Path) -> Result<Self, AppError> {
        let failed = |source| AppError::File { path: folder.to_owned(), doing: "reading", source };
        let filter = filters::read(folder)?;
        let module = filter.passes.last().map(|pass| &filter.modules[pass.module]);
        let path = module.and_then(|module| module.path.strip_prefix("package::")).unwrap_or(MANIFEST);
        let file = folder.join(path.replace("::", "/")).with_extension("wgsl");
        let text = fs::read_to_string(&file).map_err(failed)?;
        // Drivers remember shaders from earlier runs: none has seen these numbers.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut edit = Self {
            file,
            before: text,
            number: 0.0,
            after: String::new(),
            saves: 0,
            seed: (now.as_micros() % u128::from(RUNS)) as u64,
        };
        let Some((at, end)) = last_number(&edit.before) else {
            return Err(edit.refuse("its last shader has no number such as 0.5 that could be changed"));
        };
        edit.number = edit.before[at..end].parse().unwrap_or_default();
        edit.after = edit.before.split_off(end);
        edit.before.truncate(at);
        Ok(edit)
    }

    fn save(&mut self) -> Result<(), AppError> {
        self.saves += 1;
        let number = varied(self.number, self.seed * 100 + self.saves);
        let text = format!("{}{number}{}", self.before, self.after);
        fs::write(&self.file, text).map_err(|source| AppError::File {
            path: self.file.clone(),
            doing: "writing",
            source,
        })
    }

    fn refuse(&self, problem: &str) -> AppError {
        AppError::Value { argument: self.file.display().to_string(), problem: problem.to_owned() }
    }
}

/// Another number for each `step`, in a shader's 32 bits too: else the driver would know the shader already.
fn varied(number: f64, step: u64) -> String {
    format!("{:.12}", number + number.max(1e-3) * step as f64 * 2.5e-7)
}

/// Where the last number with a point stands, outside of comments.
fn last_number(text: &str) -> Option<(usize, usize)> {
    let mut found = None;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split("//").next().unwrap_or_default();
        let bytes = code.as_bytes();
        for dot in (1..bytes.len().saturating_sub(1)).filter(|at| bytes[*at] == b'.') {
            let digits = |byte: &u8| byte.is_ascii_digit();
            let before = bytes[..dot].iter().rev().take_while(|byte| digits(byte)).count();
            let after = bytes[dot + 1..].iter().take_while(|byte| digits(byte)).count();
            let joined = bytes[..dot - before]
                .last()
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            if before > 0 && after > 0 && !joined {
                found = Some((line_start + dot - before, line_start + dot + 1 + after));
            }
        }
        line_start += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_save_is_another_number() {
        for number in [0.0, 0.5, 0.999_999, 1.0, 1e4] {
            let mut bits = (0..100 * RUNS).map(|step| varied(number, step).parse::<f32>().expect("a number"));
            let mut before = bits.next();
            for bits in bits {
                assert!(before != Some(bits), "{number}");
                before = Some(bits);
            }
        }
    }

    #[test]
    fn the_last_number_is_found() {
        let number = |text| last_number(text).map(|(at, end)| &text[at..end]);
        assert_eq!(number("a = 0.5; // 9.9\nb = vec2f(1.25, a.x1); c2.5"), Some("1.25"));
        assert_eq!(number("let a = 1u;"), None);
    }
}
