//! What several composers share: what has not changed is not compiled again when a filter is edited, and what is compiled
//! for two devices is resolved once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::variants::Pipelines;
use crate::gpu::shader::Shader;

/// Pipelines of one device, and shaders that are resolved, for that device and others of its adapter; each by all that it is
/// made from. They go when nobody has them any more.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pipelines: Mutex<Vec<(String, Weak<Pipelines>)>>,
    shaders: Arc<Mutex<Vec<(u64, Slot)>>>,
}

/// Where a shader is as soon as it is resolved. Who wants one that is being resolved waits, and nobody else.
type Slot = Arc<Mutex<Weak<Shader>>>;

impl Compiled {
    /// For another device of the same adapter: its shaders are the same.
    pub(super) fn beside(other: &Self) -> Self {
        Self { pipelines: Mutex::default(), shaders: Arc::clone(&other.shaders) }
    }

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
        let mut known = locked(&self.pipelines);
        known.retain(|(_, pipelines)| pipelines.strong_count() > 0);
        known.push((key, Arc::downgrade(&made)));
        Ok(made)
    }

    /// The shader resolved from `key`, if anybody still has it, or else the one that `make` resolves.
    pub(super) fn shader<E>(
        &self,
        key: u64,
        make: impl FnOnce() -> Result<Shader, E>,
    ) -> Result<Arc<Shader>, E> {
        let slot = self.slot(key);
        let mut shader = locked(&slot);
        if let Some(known) = shader.upgrade() {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        *shader = Arc::downgrade(&made);
        Ok(made)
    }

    fn find(&self, key: &str) -> Option<Arc<Pipelines>> {
        locked(&self.pipelines).iter().find(|(known, _)| known == key)?.1.upgrade()
    }

    fn slot(&self, key: u64) -> Slot {
        let mut slots = locked(&self.shaders);
        if let Some((_, slot)) = slots.iter().find(|(known, _)| *known == key) {
            return Arc::clone(slot);
        }
        // Whoever resolves has the slot too.
        slots.retain(|(_, slot)| Arc::strong_count(slot) > 1 || locked(slot).strong_count() > 0);
        let slot = Slot::default();
        slots.push((key, Arc::clone(&slot)));
        slot
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::shader::{Guard, Library, ShaderError};

    #[test]
    fn a_shader_is_resolved_once_for_two_devices_while_somebody_has_it() {
        let library = |text: &str| {
            let mut library = Library::new();
            library.insert("package::a", "a.wgsl", text);
            library
        };
        let guard = Guard { package: "package", finite: None };
        let get = |compiled: &Compiled, text: &str| {
            let mut resolved = 0;
            let library = library(text);
            let key = library.fingerprint("package::a", &[], guard);
            let shader: Result<_, ShaderError> = compiled.shader(key, || {
                resolved += 1;
                library.resolve_guarded("package::a", &[], guard)
            });
            (shader, resolved)
        };
        let one = Compiled::default();
        let other = Compiled::beside(&one);
        let text = "@compute @workgroup_size(1) fn main() {}";
        let (shader, resolved) = get(&one, text);
        let shader = shader.expect("a shader");
        assert_eq!(resolved, 1);
        assert!(matches!(get(&other, text), (Ok(same), 0) if Arc::ptr_eq(&same, &shader)));
        assert!(matches!(get(&other, &format!("{text} ")), (Ok(_), 1)), "another file");
        for _ in 0..2 {
            assert!(matches!(get(&other, "fn main( {}"), (Err(_), 1)), "errors are not kept");
        }
        drop(shader);
        assert!(matches!(get(&other, text), (Ok(_), 1)), "nobody had it any more");
        assert!(other.shaders.lock().unwrap().len() < 4, "places of what is gone go, too");
    }
}
