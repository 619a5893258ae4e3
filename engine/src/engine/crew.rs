//! Threads for the nets.

use std::{
    io,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use crate::workers::Workers;

/// Threads that help with the nets until this is dropped.
#[derive(Debug)]
pub struct Crew {
    workers: Arc<Workers>,
    helpers: Vec<thread::JoinHandle<()>>,
}

impl Crew {
    /// For nets that run on `threads` threads, of which the caller's own is one.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn of(threads: usize) -> io::Result<Self> {
        let workers = Arc::new(Workers::with_clock(threads.max(1) - 1, now));
        let mut crew = Self { workers, helpers: Vec::new() };
        for _ in 1..threads {
            let workers = Arc::clone(&crew.workers);
            let helper = thread::Builder::new().name("antifaz-nets".into()).spawn(move || workers.serve())?;
            crew.helpers.push(helper);
        }
        Ok(crew)
    }

    /// What the nets are loaded with.
    pub fn workers(&self) -> &Arc<Workers> {
        &self.workers
    }
}

/// Since the first call.
fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.workers.close();
        for helper in self.helpers.drain(..) {
            // A helper that panicked has said so, and whoever asked for the work knows.
            let _ = helper.join();
        }
    }
}
