//! Filters that are edited while they are drawn: whatever changes is read, checked, compiled and drawn once off screen,
//! on a thread of its own. What runs is replaced only if all of that succeeds.
//!
//! The first draw is handed to the device and not waited for: it comes before any frame of the new version, which
//! therefore need not wait for a frame of the old one. If it takes the device down, [`AtWork`] says what was there before.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use antifaz::{
    EngineError,
    compose::{ComposeError, Rest},
    engine::{Prepared, Preparer},
    filter::{Fault, Look, LookItem},
    gpu::GpuError,
};

use crate::filters;

/// Between two looks at the files. A look takes some microseconds.
const EVERY: Duration = Duration::from_millis(15);
/// Editors write in several steps: files must have stayed the same for so long.
const SETTLED: Duration = Duration::from_millis(5);
/// After so many changes in a row they are read all the same, also where one stays empty: on a busy disk an editor takes
/// half a second from emptying a file to writing it.
const MOST_STEPS: u32 = 400;
/// Folders within folders, files: what is larger is no filter.
const MAX_DEPTH: u32 = 8;
const MAX_FILES: usize = 1000;

/// A look, where each of its filters lies, and how their files were when they were read: what is saved before anybody
/// watches is a change, too.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) look: Look,
    paths: Vec<PathBuf>,
    stamps: Vec<Stamps>,
}

impl Watched {
    /// A look whose filters were read just now.
    pub(crate) fn new(look: Look, paths: Vec<PathBuf>) -> Self {
        let stamps = paths.iter().map(|path| stamps(path)).collect();
        Self { look, paths, stamps }
    }

    /// Goes back to an earlier look until its files change again.
    pub(crate) fn go_back(&mut self, look: Look) {
        *self = Self::new(look, std::mem::take(&mut self.paths));
    }
}

/// What a change came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// As it was given to [`Reload::watch`].
    pub(crate) number: usize,
    /// The filters that changed.
    pub(crate) names: Vec<String>,
    /// When the pipelines that are drawn with now were compiled.
    pub(crate) compiled: Instant,
    /// The new look, ready to draw, or everything that is wrong with it.
    pub(crate) result: Result<(Prepared, Watched), Vec<Fault>>,
}

/// A change that is being made ready, or was just handed over and has not been drawn yet.
#[derive(Clone, Debug)]
pub(crate) struct AtWork {
    /// As it was given to [`Reload::watch`].
    pub(crate) number: usize,
    /// The filters that changed.
    pub(crate) names: Vec<String>,
    /// The look as it was.
    pub(crate) before: Look,
}

/// Watches the files of one look at a time. Dropped, it waits for its thread: a driver that still compiles there while
/// the process ends takes it down.
pub(crate) struct Reload {
    /// Taken when dropped: the thread ends once nobody can wish any more.
    wanted: Option<Sender<(usize, Watched)>>,
    outcomes: Receiver<Outcome>,
    at_work: Arc<Mutex<Option<AtWork>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reload {
    /// Starts the thread; it watches nothing yet.
    pub(crate) fn start(preparer: Preparer) -> std::io::Result<Self> {
        let (wanted, wishes) = mpsc::channel();
        let (done, outcomes) = mpsc::channel();
        let at_work = Arc::<Mutex<_>>::default();
        let watcher = Watcher { preparer, wishes, done, at_work: Arc::clone(&at_work), current: None };
        let thread = thread::Builder::new().name("antifaz reload".into()).spawn(move || watcher.run())?;
        Ok(Self { wanted: Some(wanted), outcomes, at_work, thread: Some(thread) })
    }

    /// Watches these filters from now on, and no others. The number comes back with each outcome.
    pub(crate) fn watch(&self, number: usize, watched: Watched) {
        // Without a thread nothing is watched; it has said why.
        let _ = self.wanted.as_ref().map(|wanted| wanted.send((number, watched)));
    }

    /// The change whose fault it is if the device is lost right now.
    pub(crate) fn at_work(&self) -> Option<AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What changed since the last call, if anything.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcomes.try_recv().ok()
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.wanted = None;
        // A thread that panicked has said so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// When files were written, and how long they are.
type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

struct Watcher {
    preparer: Preparer,
    wishes: Receiver<(usize, Watched)>,
    done: Sender<Outcome>,
    at_work: Arc<Mutex<Option<AtWork>>>,
    current: Option<Current>,
}

struct Current {
    number: usize,
    watched: Watched,
}

impl Watcher {
    fn run(mut self) {
        loop {
            match self.wishes.recv_timeout(EVERY) {
                Ok((number, watched)) => self.current = Some(Current { number, watched }),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            let Some(current) = &mut self.current else { continue };
            let changed = current.changed();
            if changed.is_empty() {
                continue;
            }
            let note = |work| *self.at_work.lock().unwrap_or_else(PoisonError::into_inner) = work;
            note(Some(current.at_work(&changed)));
            let (outcome, rest) = current.reload(&self.preparer, &changed);
            // Whoever sees the device gone asks who was at work: that must still be known then.
            if self.is_lost() || self.done.send(outcome).is_err() {
                return;
            }
            if let Some(rest) = rest
                && let Err(error) = self.settle(rest)
            {
                if self.is_lost() {
                    return;
                }
                log::error!("{error}");
            }
            note(None);
        }
    }

    /// Waits until what was handed over has been drawn once, and makes what it could do without so far.
    fn settle(&self, rest: Rest) -> Result<(), ComposeError> {
        self.preparer.gpu().wait()?;
        rest.make(self.preparer.gpu())
    }

    fn is_lost(&self) -> bool {
        matches!(self.preparer.gpu().poll(), Err(GpuError::DeviceLost { .. }))
    }
}

impl Current {
    /// The numbers of the filters whose files have changed, once they are quiet.
    fn changed(&mut self) -> Vec<usize> {
        let look_again = |paths: &[PathBuf]| paths.iter().map(|path| stamps(path)).collect::<Vec<_>>();
        let mut now = look_again(&self.watched.paths);
        if now == self.watched.stamps {
            return Vec::new();
        }
        for _ in 0..MOST_STEPS {
            thread::sleep(SETTLED);
            let then = std::mem::replace(&mut now, look_again(&self.watched.paths));
            // What was emptied is about to be written.
            if then == now && now.iter().flatten().all(|(_, (_, bytes))| *bytes > 0) {
                break;
            }
        }
        let before = std::mem::replace(&mut self.watched.stamps, now);
        let pairs = before.iter().zip(&self.watched.stamps).enumerate();
        pairs.filter(|(_, (before, now))| before != now).map(|(number, _)| number).collect()
    }

    fn names(&self, changed: &[usize]) -> Vec<String> {
        changed.iter().map(|number| self.watched.look.0[*number].filter.name.clone()).collect()
    }

    fn at_work(&self, changed: &[usize]) -> AtWork {
        AtWork { number: self.number, names: self.names(changed), before: self.watched.look.clone() }
    }

    fn reload(&mut self, preparer: &Preparer, changed: &[usize]) -> (Outcome, Option<Rest>) {
        let names = self.names(changed);
        let mut look = self.watched.look.clone();
        let mut compiled = Instant::now();
        let result = self.prepare(preparer, changed, &mut look, &mut compiled);
        if result.is_ok() {
            self.watched.look = look;
        }
        let (result, rest) = match result {
            Ok((prepared, rest)) => (Ok((prepared, self.watched.clone())), Some(rest)),
            Err(faults) => (Err(faults), None),
        };
        (Outcome { number: self.number, names, compiled, result }, rest)
    }

    fn prepare(
        &self,
        preparer: &Preparer,
        changed: &[usize],
        look: &mut Look,
        compiled: &mut Instant,
    ) -> Result<(Prepared, Rest), Vec<Fault>> {
        let mut faults = Vec::new();
        for number in changed {
            match filters::read(&self.watched.paths[*number]) {
                Ok(filter) => {
                    let (values, pictures) = (filter.defaults(), Vec::new());
                    let mut item = LookItem { filter, values, pictures, face: None };
                    item.take_values(&look.0[*number]);
                    look.0[*number] = item;
                }
                Err(error) => faults.push(Fault::from(&error)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let tier = preparer.tier();
        let made = preparer.compile_first(look.clone(), tier);
        *compiled = Instant::now();
        let (mut prepared, rest) = made.map_err(|error| all_faults(preparer, look, changed, &error))?;
        preparer.warm_up(&mut prepared, &[tier]).map_err(|error| vec![fault(&error)])?;
        Ok((prepared, rest))
    }
}

/// Everything that is wrong with the filters that changed; the first error where nothing more is found.
fn all_faults(preparer: &Preparer, look: &Look, changed: &[usize], first: &EngineError) -> Vec<Fault> {
    let faults: Vec<Fault> =
        changed.iter().flat_map(|number| preparer.check(&look.0[*number].filter).faults).collect();
    if faults.is_empty() { vec![fault(first)] } else { faults }
}

fn fault(error: &EngineError) -> Fault {
    match error {
        EngineError::Compose(error) => Fault::from(error),
        EngineError::Gpu(error) => Fault::from(&ComposeError::from(error.clone())),
        other => Fault::anywhere(other.to_string()),
    }
}

/// Of a folder all files that count, of a file itself.
fn stamps(path: &Path) -> Stamps {
    let mut found = Stamps::new();
    collect(path, 0, &mut found);
    found
}

/// What can't be read has no stamp: when it can, that is a change.
fn collect(path: &Path, depth: u32, found: &mut Stamps) {
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_file() {
        found.insert(path.to_owned(), (about.modified().ok(), about.len()));
        return;
    }
    if depth > MAX_DEPTH {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Editors keep hidden copies; cases are no part of what runs.
        let left_out = name.starts_with('.') || name.ends_with('~') || depth == 0 && name == "case";
        if !left_out && found.len() < MAX_FILES {
            collect(&entry.path(), depth + 1, found);
        }
    }
}

impl From<Vec<filters::Found>> for Watched {
    fn from(found: Vec<filters::Found>) -> Self {
        let (items, paths) = found.into_iter().map(|found| (found.item, found.path)).unzip();
        Self::new(Look(items), paths)
    }
}

#[cfg(test)]
mod tests {
    use antifaz::gpu::{Gpu, GpuOptions};

    use super::*;

    const SHADER: &str = "import antifaz::frame::{picture_at};\nimport antifaz::fullscreen::{Varying};\n\
        import package::inputs::{params};\n@fragment\nfn main(in: Varying) -> @location(0) vec4f {\n    \
        return picture_at(in.uv) * params.gain;\n}\n";
    const MANIFEST: &str = "format = 1\ntitle = \"T\"\n[[inputs]]\nname = \"gain\"\ntype = \"float\"\n\
        [[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";

    /// A folder with a filter.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("filter.toml", MANIFEST), ("a.wgsl", SHADER)] {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        folder
    }

    fn preparer() -> Preparer {
        let gpu = pollster::block_on(Gpu::new(&GpuOptions::default())).expect("an adapter");
        Preparer::of(gpu).expect("a device")
    }

    fn wait(reload: &Reload) -> Outcome {
        let start = Instant::now();
        loop {
            if let Some(outcome) = reload.outcome() {
                return outcome;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "no change was noticed");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_change_is_taken_only_if_it_can_be_drawn_and_values_stay() {
        let (folder, preparer) = (folder(), preparer());
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let filter = filters::read(folder.path()).expect("a filter");
        let item = LookItem::parse(filter, "gain=0.5").expect("a value");
        let reload = Reload::start(preparer).expect("a thread");
        let watched = Watched::new(Look(vec![item]), vec![folder.path().into()]);
        // Saved before it is watched.
        write("a.wgsl", &SHADER.replace("params.gain", "params.gain + 0.0"));
        reload.watch(7, watched);
        assert!(wait(&reload).result.is_ok());
        thread::sleep(Duration::from_millis(100));
        assert!(reload.outcome().is_none(), "nothing has changed");

        write("a.wgsl", &SHADER.replace("params.gain", "params.gian"));
        let outcome = wait(&reload);
        let faults = outcome.result.expect_err("it is broken");
        let place = faults[0].place.clone().expect("a place");
        assert!(place.file.ends_with("/a.wgsl"), "{place}");
        assert_eq!((place.line, place.column, outcome.number), (6, 39, 7), "{}", faults[0]);
        assert_eq!(faults[0].hint.as_deref(), Some("did you mean `gain`?"));

        write("a.wgsl", &SHADER.replace("params.gain", "params.gain * 0.5"));
        let (_, Watched { look, .. }) = wait(&reload).result.expect("it is whole again");
        assert_eq!(look.0[0].filter.inputs[0].kind.text(&look.0[0].values.as_slice()[0]), "0.5");

        write("filter.toml", &MANIFEST.replace("a.wgsl", "b.wgsl"));
        let faults = wait(&reload).result.expect_err("a file is missing");
        assert!(faults[0].to_string().contains("filter.toml:8:10"), "{}", faults[0]);
        fs::rename(folder.path().join("a.wgsl"), folder.path().join("b.wgsl")).expect("renamed");
        assert!(wait(&reload).result.is_ok());
    }

    #[test]
    fn a_change_at_work_knows_what_was_there_before() {
        let (folder, preparer) = (folder(), preparer());
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let item = LookItem::parse(filters::read(folder.path()).expect("a filter"), "").expect("defaults");
        let old = Arc::clone(&item.filter);
        let watched = Watched::new(Look(vec![item]), vec![folder.path().into()]);
        let mut current = Current { number: 3, watched };
        assert!(current.changed().is_empty());

        write("a.wgsl", &SHADER.replace("params.gain", "params.gain * 0.25"));
        assert_eq!(current.changed(), [0]);
        let work = current.at_work(&[0]);
        let (outcome, rest) = current.reload(&preparer, &[0]);
        let (_, Watched { look: new, .. }) = outcome.result.expect("it is whole");
        assert!(rest.is_some() && outcome.number == 3 && work.number == 3);
        assert!(Arc::ptr_eq(&work.before.0[0].filter, &old), "whoever loses the device goes back to it");
        assert!(!Arc::ptr_eq(&new.0[0].filter, &old));
        assert!(Arc::ptr_eq(&current.at_work(&[0]).before.0[0].filter, &new.0[0].filter));
    }
}
