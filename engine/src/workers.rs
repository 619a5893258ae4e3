//! Threads that share short pieces of work, tens of thousands of times a second.
//!
//! Work comes in parts that are dealt out by a counter: the caller takes parts itself, and whoever of the helpers is
//! awake takes some too. A helper that the system has put aside takes none, and nobody waits for it; so on a busy
//! machine the caller does most parts alone. A thread that is put aside in the middle of a part can't be helped: whoever
//! had to wait for one, or took much longer for a [`Session`] than it can, works alone for a while, and for longer where
//! that happens again soon.
//!
//! Helpers look out for new work for some microseconds before they sleep. Waking one takes longer than most pieces of work, so
//! within a [`Session`], where the next piece is sure to come soon, they look out for longer; but never without end.
//!
//! No thread is started here: whoever makes [`Workers`] lends threads to [`Workers::serve`].

#![allow(unsafe_code, reason = "a borrowed task is lent to other threads until all its parts are done")]

use std::{
    hint,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Looks at a shared place before a thread sleeps: some 20 microseconds on processors that pause for 50 ns.
const LOOKS: usize = 400;

/// The same where what is waited for is sure to come: some 200 microseconds, which is what sleeping and waking costs on
/// virtual machines.
const LOOKS_IN_SESSION: usize = 4000;

/// A helper that needs so much longer for its part than the caller was put aside: schedulers take turns of more, and
/// helpers that wake late, or have the larger part, need less.
const PUT_ASIDE: Duration = Duration::from_millis(1);

/// Pieces of work that are done alone after a helper was put aside: first, and at most.
const ALONE: [u32; 2] = [1 << 8, 1 << 14];

/// Trouble after fewer shared pieces of work is the same trouble still.
const SOON: u32 = 1 << 10;

/// A session that takes so many times longer than the fastest was disturbed.
const DISTURBED: f32 = 2.5;

/// What the fastest session counts for grows by this with each, so that one lucky session is forgotten.
const LEAK: f32 = 1.002;

/// A time that never goes back, from any moment on.
pub type Clock = fn() -> Duration;

/// Work in parts; called once for each.
type Task<'a> = &'a (dyn Fn(usize) + Sync);

/// A caller and its helpers.
#[derive(Debug)]
pub struct Workers {
    helpers: usize,
    clock: Option<Clock>,
    /// Someone is having work done.
    busy: AtomicBool,
    /// What work this is (high half), its parts, and the next of them (16 bits each).
    deal: AtomicU64,
    /// A pointer to the [`Task`] of the current work; valid while not all of its parts are done.
    task: AtomicPtr<()>,
    done: AtomicUsize,
    /// Pieces of work to be done alone; how many were after the last trouble; and shared pieces since.
    alone: AtomicU32,
    last_alone: AtomicU32,
    calm: AtomicU32,
    /// A part has panicked.
    failed: AtomicBool,
    closed: AtomicBool,
    /// How many there are.
    sessions: AtomicUsize,
    /// Helpers that sleep.
    sleepers: AtomicUsize,
    /// The caller sleeps.
    waits: AtomicBool,
    lock: Mutex<()>,
    wake: Condvar,
    finished: Condvar,
}

impl Workers {
    /// For the caller and `helpers` more threads, each of which has to call [`Workers::serve`].
    pub fn new(helpers: usize) -> Self {
        Self {
            helpers,
            clock: None,
            busy: AtomicBool::new(false),
            deal: AtomicU64::new(0),
            task: AtomicPtr::new(std::ptr::null_mut()),
            done: AtomicUsize::new(0),
            alone: AtomicU32::new(0),
            last_alone: AtomicU32::new(ALONE[0] / 4),
            calm: AtomicU32::new(0),
            failed: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            sessions: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            waits: AtomicBool::new(false),
            lock: Mutex::new(()),
            wake: Condvar::new(),
            finished: Condvar::new(),
        }
    }

    /// As [`Workers::new`], with a clock that shows when sessions are disturbed.
    pub fn with_clock(helpers: usize, clock: Clock) -> Self {
        Self { clock: Some(clock), ..Self::new(helpers) }
    }

    /// A caller without helpers.
    pub fn alone() -> Arc<Self> {
        Arc::new(Self::new(0))
    }

    /// Threads that may work at the same time, the caller among them.
    pub fn threads(&self) -> usize {
        self.helpers + 1
    }

    /// Says that pieces of work will follow each other closely until the session is dropped.
    pub fn session(&self) -> Session<'_> {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        let shared = self.helpers > 0 && self.alone.load(Ordering::Relaxed) == 0;
        let start = self.clock.filter(|_| shared).map(|clock| clock());
        Session { workers: self, start }
    }

    /// Calls `task` once for each of `0..parts`, from several threads at the same time, and returns when all have been
    /// done. While other work is being done, and where there are no helpers, the caller does all of it.
    ///
    /// # Panics
    /// Where `task` does, after all parts were called.
    pub fn run(&self, parts: usize, task: Task<'_>) {
        let alone = self.helpers == 0 || parts < 2 || parts > usize::from(u16::MAX);
        if alone || self.busy.swap(true, Ordering::Acquire) {
            (0..parts).for_each(task);
            return;
        }
        if let Some(left) = self.alone.load(Ordering::Relaxed).checked_sub(1) {
            self.alone.store(left, Ordering::Relaxed);
            self.busy.store(false, Ordering::Release);
            (0..parts).for_each(task);
            return;
        }
        self.done.store(0, Ordering::Relaxed);
        let place: *const Task<'_> = &raw const task;
        self.task.store(place.cast_mut().cast(), Ordering::Relaxed);
        let work = (self.deal.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        self.deal.store(work << 32 | (parts as u64) << 16, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.locked());
            self.wake.notify_all();
        }
        let start = self.clock.map(|clock| clock());
        while self.take_part() {}
        let put_aside = self.wait(parts, start);
        self.judge(put_aside);
        let failed = self.failed.swap(false, Ordering::Relaxed);
        self.busy.store(false, Ordering::Release);
        assert!(!failed, "a part of the work has panicked");
    }

    /// Calls `task` with the number of each run of `length` of `items`, and the run itself; the last may be shorter.
    ///
    /// # Panics
    /// Where `length` is zero and there are items, or `task` panics.
    pub fn run_chunks<T: Send>(
        &self,
        items: &mut [T],
        length: usize,
        task: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        struct Start<T>(*mut T);
        // SAFETY: each part reaches items that no other does.
        unsafe impl<T: Send> Sync for Start<T> {}
        let (start, total) = (&Start(items.as_mut_ptr()), items.len());
        self.run(total.div_ceil(length), &|part| {
            let (first, count) = (part * length, length.min(total - part * length));
            // SAFETY: within `items`, which is borrowed until all parts are done; `run` calls each part once.
            task(part, unsafe { std::slice::from_raw_parts_mut(start.0.add(first), count) });
        });
    }

    /// Helps until [`Workers::close`].
    pub fn serve(&self) {
        while !self.closed.load(Ordering::Relaxed) {
            if self.take_part() || self.looks_out() {
                continue;
            }
            let mut guard = self.locked();
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            while !self.has_work() && !self.closed.load(Ordering::SeqCst) {
                guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Sends all helpers home. Later work is done by its caller.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        drop(self.locked());
        self.wake.notify_all();
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether work comes before it is time to sleep.
    fn looks_out(&self) -> bool {
        let (mut looks, mut idle) = (0, 0);
        while looks < LOOKS_IN_SESSION && idle < LOOKS {
            if self.has_work() {
                return true;
            }
            looks += 1;
            idle = if self.sessions.load(Ordering::Relaxed) > 0 { 0 } else { idle + 1 };
        }
        false
    }

    fn has_work(&self) -> bool {
        hint::spin_loop();
        let deal = self.deal.load(Ordering::SeqCst);
        (deal & 0xffff) < (deal >> 16 & 0xffff)
    }

    /// Takes a part, if there is one left, and does it.
    fn take_part(&self) -> bool {
        let mut deal = self.deal.load(Ordering::Acquire);
        let parts = loop {
            let (part, parts) = (deal & 0xffff, deal >> 16 & 0xffff);
            if part >= parts {
                return false;
            }
            match self.deal.compare_exchange_weak(deal, deal + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break parts as usize,
                Err(now) => deal = now,
            }
        };
        // SAFETY: this part is not done yet, so `run` still waits and what it points to is alive.
        let task = unsafe { *self.task.load(Ordering::Relaxed).cast::<Task<'_>>() };
        if panic::catch_unwind(AssertUnwindSafe(|| task((deal & 0xffff) as usize))).is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 == parts && self.waits.load(Ordering::SeqCst) {
            drop(self.locked());
            self.finished.notify_one();
        }
        true
    }

    /// Decides how to go on after work in which a thread was put aside, or not.
    fn judge(&self, put_aside: bool) {
        if !put_aside {
            let calm = self.calm.load(Ordering::Relaxed);
            self.calm.store(calm.saturating_add(1), Ordering::Relaxed);
        } else if self.alone.load(Ordering::Relaxed) == 0 {
            let soon = self.calm.swap(0, Ordering::Relaxed) < SOON;
            let longer = (self.last_alone.load(Ordering::Relaxed) * 4).min(ALONE[1]);
            let alone = if soon { longer } else { ALONE[0] };
            self.last_alone.store(alone, Ordering::Relaxed);
            self.alone.store(alone, Ordering::Relaxed);
        }
    }

    /// Until `parts` are done; whether that took so long that a helper must have been put aside. Where parts are long,
    /// which shows in the caller's own since `start`, uneven ones are waited for as long.
    fn wait(&self, parts: usize, start: Option<Duration>) -> bool {
        let all = || {
            hint::spin_loop();
            self.done.load(Ordering::SeqCst) == parts
        };
        if (0..LOOKS_IN_SESSION).any(|_| all()) {
            return false;
        }
        let own =
            self.clock.zip(start).map_or(Duration::ZERO, |(clock, start)| clock().saturating_sub(start));
        let patience = own.max(PUT_ASIDE);
        let mut put_aside = false;
        let mut guard = self.locked();
        self.waits.store(true, Ordering::SeqCst);
        while !all() {
            let (locked, waited) =
                self.finished.wait_timeout(guard, patience).unwrap_or_else(PoisonError::into_inner);
            (guard, put_aside) = (locked, put_aside || waited.timed_out());
        }
        self.waits.store(false, Ordering::SeqCst);
        put_aside
    }
}

/// A time of much work, see [`Workers::session`].
#[derive(Debug)]
pub struct Session<'a> {
    workers: &'a Workers,
    /// Of a session whose work is shared, where there is a clock.
    start: Option<Duration>,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.workers.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How fast sessions of one kind are where nothing disturbs them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    best_secs: Option<f32>,
}

impl Pace {
    /// Ends `session`. One that took much longer than others was disturbed: its workers work alone for a while.
    pub fn end(&mut self, session: Session<'_>) {
        let workers = session.workers;
        let (Some(start), Some(clock)) = (session.start, workers.clock) else { return };
        let took = clock().saturating_sub(start).as_secs_f32();
        let best = self.best_secs.map_or(took, |best| (best * LEAK).min(took));
        self.best_secs = Some(best);
        drop(session);
        if took > best * DISTURBED {
            workers.judge(true);
        }
    }
}

#[cfg(test)]
mod tests;
