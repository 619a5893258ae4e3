//! Pipelines that all composers of a device share: what has not changed is not compiled again when a filter is
//! edited.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::variants::Pipelines;

/// Pipelines in use, by all that they are made from. They go when the last composer that draws with them goes.
#[derive(Debug, Default)]
pub(super) struct Compiled(Mutex<Vec<(String, Weak<Pipelines>)>>);

impl Compiled {
    /// The pipelines made from `key`, or else those that `make` makes.
    pub(super) fn get<E>(
        &self,
        key: String,
        make: impl FnOnce() -> Result<Pipelines, E>,
    ) -> Result<Arc<Pipelines>, E> {
        if let Some(known) = self.find(&key) {
            return Ok(known);
        }
        // Without the lock: another thread may compile something else meanwhile.
        let made = Arc::new(make()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, pipelines)| pipelines.strong_count() > 0);
        known.push((key, Arc::downgrade(&made)));
        Ok(made)
    }

    fn find(&self, key: &str) -> Option<Arc<Pipelines>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(known, _)| known == key)?.1.upgrade()
    }
}
