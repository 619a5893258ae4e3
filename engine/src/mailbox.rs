//! A slot for one thing between two threads: the newest wins, so nobody ever works through a queue of old ones.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Holds at most one `T`. Share it behind an `Arc`.
#[derive(Debug)]
pub struct Mailbox<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    waiting: Option<T>,
    replaced: u64,
    closed: bool,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let state = State { waiting: None, replaced: 0, closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<T> Mailbox<T> {
    /// Leaves `item`, in place of one that was not taken yet.
    pub fn put(&self, item: T) {
        let mut state = self.state();
        if state.waiting.replace(item).is_some() {
            state.replaced += 1;
        }
        self.changed.notify_all();
    }

    /// What is there now, without waiting.
    pub fn take(&self) -> Option<T> {
        self.state().waiting.take()
    }

    /// Waits until something is there; `None` once the box is closed and empty.
    pub fn wait(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if state.waiting.is_some() || state.closed {
                return state.waiting.take();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for `time`, or less when the box is closed meanwhile: then it says true.
    pub fn closed_within(&self, time: Duration) -> bool {
        let open = |state: &mut State<T>| !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), time, open);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Ends every wait, now and later.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// How many items were replaced before anybody took them.
    pub fn replaced(&self) -> u64 {
        self.state().replaced
    }

    /// The state is whole after every statement, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_newest_wins_and_losses_are_counted() {
        let mailbox = Mailbox::default();
        (0..5).for_each(|item| mailbox.put(item));
        assert_eq!((mailbox.take(), mailbox.take(), mailbox.replaced()), (Some(4), None, 4));
    }

    #[test]
    fn closing_ends_a_wait_after_the_last_item() {
        let mailbox = Arc::new(Mailbox::default());
        let theirs = Arc::clone(&mailbox);
        let reader = std::thread::spawn(move || std::iter::from_fn(|| theirs.wait()).last());
        mailbox.put(1);
        mailbox.put(2);
        mailbox.close();
        assert_eq!(reader.join().expect("the reader ends"), Some(2));
        assert!(mailbox.closed_within(Duration::from_secs(60)), "no wait is left");
    }

    #[test]
    fn an_open_box_lets_the_time_pass() {
        assert!(!Mailbox::<()>::default().closed_within(Duration::from_millis(1)));
    }
}
