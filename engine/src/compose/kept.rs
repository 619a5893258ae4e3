//! Pipelines that all composers of a device share: what has not changed is not compiled again when a filter is
//! edited.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::program::Pipelines;

/// Pipelines in use, by all that they are made from. They go when the last composer that draws with them goes.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Vec<(String, Weak<Pipelines>)>>);

impl Kept {
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
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, pipelines)| pipelines.strong_count() > 0);
        kept.push((key, Arc::downgrade(&made)));
        Ok(made)
    }

    fn find(&self, key: &str) -> Option<Arc<Pipelines>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == key)?.1.upgrade()
    }
}
