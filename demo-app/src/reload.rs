//! Filters that are edited while they are drawn: whatever changes is read, checked, compiled and drawn once off screen,
//! on a thread of its own. What runs is replaced only if all of that succeeds.
//!
//! The first draw is handed to the device and not waited for: it comes before any frame of the new version, which
//! therefore need not wait for a frame of the old one. It is announced, so that whoever looks between two frames does not
//! begin another one just before it: the device takes no commands while somebody waits for a frame. If the first draw
//! takes the device down, [`AtWork`] says what was there before.
//!
//! Where a first draw would hold up the picture, it is rehearsed on another device, and nothing is handed over or announced:
//! see [`Rehearsal`](antifaz::engine::Rehearsal). What takes that device down is not taken over.

mod making;
mod stamps;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use antifaz::{
    EngineError,
    compose::ComposeError,
    engine::{Prepared, Preparer},
    filter::{Fault, Look, LookItem},
    gpu::GpuError,
};

use crate::filters;
use making::{Made, Maker, Unsettled};
use stamps::{Stamps, is_emptied};

/// Between two looks at the files. A look takes some microseconds.
const EVERY: Duration = Duration::from_millis(15);
/// Editors write in several steps: files must have stayed the same for so long.
const SETTLED: Duration = Duration::from_millis(5);
/// After so many looks they are read all the same, also where one stays emptied: on a busy disk an editor takes half a
/// second from emptying a file to writing it.
const MOST_STEPS: u32 = 400;
/// How long a first draw takes at most from its announcement until the device has it. What comes later is not waited for.
const AT_HAND: Duration = Duration::from_millis(100);

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
        let stamps = paths.iter().map(|path| stamps::of(path)).collect();
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

/// What the thread says.
#[derive(Debug)]
enum Said {
    /// A look is compiled, and about to be drawn once.
    AtHand,
    /// A change has come to its end.
    Done(Box<Outcome>),
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
    wanted: Sender<(usize, Watched)>,
    said: Receiver<Said>,
    /// Set when dropped: then nothing more is made.
    closed: Arc<AtomicBool>,
    at_work: Arc<Mutex<Option<AtWork>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reload {
    /// Starts the thread; it watches nothing yet.
    pub(crate) fn start(preparer: Preparer) -> std::io::Result<Self> {
        let (wanted, wishes) = mpsc::channel();
        let (says, said) = mpsc::channel();
        let (at_work, closed) = (Arc::<Mutex<_>>::default(), Arc::<AtomicBool>::default());
        let (work, end) = (Arc::clone(&at_work), Arc::clone(&closed));
        let maker = Maker::new(preparer, says);
        let watcher = Watcher { maker, wishes, at_work: work, closed: end, current: None };
        let thread = thread::Builder::new().name("antifaz reload".into()).spawn(move || watcher.run())?;
        Ok(Self { wanted, said, closed, at_work, thread: Some(thread) })
    }

    /// Watches these filters from now on, and no others. The number comes back with each outcome.
    pub(crate) fn watch(&self, number: usize, watched: Watched) {
        // Without a thread nothing is watched; it has said why.
        let _ = self.wanted.send((number, watched));
    }

    /// The change whose fault it is if the device is lost right now.
    pub(crate) fn at_work(&self) -> Option<AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What changed since the last call, if anything. What is about to be drawn once is waited for: that takes some
    /// milliseconds, [`AT_HAND`] at most.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let mut said = self.said.try_recv().ok();
        if let Some(Said::AtHand) = said {
            said = self.said.recv_timeout(AT_HAND).ok();
        }
        match said {
            Some(Said::Done(outcome)) => Some(*outcome),
            _ => None,
        }
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // A thread that panicked has said so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Watcher {
    maker: Maker,
    wishes: Receiver<(usize, Watched)>,
    at_work: Arc<Mutex<Option<AtWork>>>,
    closed: Arc<AtomicBool>,
    current: Option<Current>,
}

struct Current {
    number: usize,
    watched: Watched,
    /// The numbers of the filters whose files are not those that run: each change tries all of them.
    pending: BTreeSet<usize>,
}

impl Watcher {
    fn run(mut self) {
        while !self.closed.load(Ordering::Relaxed) {
            match self.wishes.recv_timeout(EVERY) {
                Ok((number, watched)) => self.current = Some(Current::new(number, watched)),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            let Some(current) = &mut self.current else { continue };
            let changed = current.changed(&self.closed);
            if changed.is_empty() {
                continue;
            }
            let note = |work| *self.at_work.lock().unwrap_or_else(PoisonError::into_inner) = work;
            note(Some(current.at_work(&changed)));
            let (outcome, rest) = current.reload(&mut self.maker, &changed);
            // Whoever sees the device gone asks who was at work: that must still be known then.
            if self.maker.is_lost() || self.maker.says.send(Said::Done(Box::new(outcome))).is_err() {
                return;
            }
            if let Some(rest) = rest
                && let Err(error) = self.maker.settle(rest, &self.closed)
            {
                if self.maker.is_lost() {
                    return;
                }
                log::error!("{error}");
            }
            note(None);
        }
    }
}

impl Current {
    fn new(number: usize, watched: Watched) -> Self {
        Self { number, watched, pending: BTreeSet::new() }
    }

    /// Once the files have changed and are quiet: the numbers of all filters whose files are not those that run.
    fn changed(&mut self, closed: &AtomicBool) -> Vec<usize> {
        let look_again = |paths: &[PathBuf]| paths.iter().map(|path| stamps::of(path)).collect::<Vec<_>>();
        let mut now = look_again(&self.watched.paths);
        if now == self.watched.stamps {
            return Vec::new();
        }
        for _ in 0..MOST_STEPS {
            if closed.load(Ordering::Relaxed) {
                return Vec::new();
            }
            thread::sleep(SETTLED);
            let then = std::mem::replace(&mut now, look_again(&self.watched.paths));
            // What was emptied is about to be written.
            let emptied =
                || self.watched.stamps.iter().zip(&now).any(|(before, now)| is_emptied(before, now));
            if then == now && !emptied() {
                break;
            }
        }
        let before = std::mem::replace(&mut self.watched.stamps, now);
        let pairs = before.iter().zip(&self.watched.stamps).enumerate();
        self.pending.extend(pairs.filter(|(_, (before, now))| before != now).map(|(number, _)| number));
        self.pending.iter().copied().collect()
    }

    fn names(&self, changed: &[usize]) -> Vec<String> {
        changed.iter().map(|number| self.watched.look.0[*number].filter.name.clone()).collect()
    }

    fn at_work(&self, changed: &[usize]) -> AtWork {
        AtWork { number: self.number, names: self.names(changed), before: self.watched.look.clone() }
    }

    fn reload(&mut self, maker: &mut Maker, changed: &[usize]) -> (Outcome, Option<Unsettled>) {
        let names = self.names(changed);
        let mut compiled = Instant::now();
        let result = self.read(changed).and_then(|look| {
            let made = maker.make(&look);
            let made = made.map_err(|error| all_faults(&maker.preparer, &look, changed, &error))?;
            self.watched.look = look;
            self.pending.clear();
            Ok(made)
        });
        let (result, rest) = match result {
            Ok(Made { prepared, compiled: at, rest }) => {
                compiled = at;
                (Ok((prepared, self.watched.clone())), Some(rest))
            }
            Err(faults) => (Err(faults), None),
        };
        (Outcome { number: self.number, names, compiled, result }, rest)
    }

    /// The look with what changed as its files are now.
    fn read(&self, changed: &[usize]) -> Result<Look, Vec<Fault>> {
        let mut look = self.watched.look.clone();
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
        if faults.is_empty() { Ok(look) } else { Err(faults) }
    }
}

/// Everything that is wrong with the filters that changed; the first error where nothing more is found, or can be.
fn all_faults(preparer: &Preparer, look: &Look, changed: &[usize], first: &EngineError) -> Vec<Fault> {
    if let EngineError::Gpu(GpuError::DeviceLost { .. }) = first {
        return vec![Fault::anywhere("the new version took the graphics device down")];
    }
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

impl From<Vec<filters::Found>> for Watched {
    fn from(found: Vec<filters::Found>) -> Self {
        let (items, paths) = found.into_iter().map(|found| (found.item, found.path)).unzip();
        Self::new(Look(items), paths)
    }
}

#[cfg(test)]
mod tests;
