//! What several composers share: what has not changed is not compiled again when a filter is edited, and what is compiled
//! for two devices is resolved once.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::variants::Pipelines;
use crate::gpu::shader::Shader;

/// Pipelines of a device, by all that they are made from. They go when the last composer that draws with them goes.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pipelines: Mutex<Known<String, Pipelines>>,
    shaders: Arc<Mutex<Known<u64, Shader>>>,
}

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
        let known = || self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().find(&key) {
            return Ok(found);
        }
        // Without the lock: another thread may compile something else meanwhile.
        let made = Arc::new(make()?);
        known().add(key, &made);
        Ok(made)
    }

    /// The shader resolved from `key`, if anybody still has it, or else the one that `make` resolves. Whoever asks meanwhile
    /// waits: it is most likely the same look, for the other device.
    pub(super) fn shader<E>(
        &self,
        key: u64,
        make: impl FnOnce() -> Result<Shader, E>,
    ) -> Result<Arc<Shader>, E> {
        let mut known = self.shaders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.find(&key) {
            return Ok(found);
        }
        let made = Arc::new(make()?);
        known.add(key, &made);
        Ok(made)
    }
}

/// What somebody has.
#[derive(Debug)]
struct Known<K, T>(Vec<(K, Weak<T>)>);

impl<K, T> Default for Known<K, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, T> Known<K, T> {
    fn find(&self, key: &K) -> Option<Arc<T>> {
        self.0.iter().find(|(known, _)| known == key)?.1.upgrade()
    }

    fn add(&mut self, key: K, made: &Arc<T>) {
        self.0.retain(|(_, known)| known.strong_count() > 0);
        self.0.push((key, Arc::downgrade(made)));
    }
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
            let shader = compiled.shader(key, || {
                resolved += 1;
                library.resolve_guarded("package::a", &[], guard)
            });
            shader.map(|shader| (shader, resolved))
        };
        let one = Compiled::default();
        let other = Compiled::beside(&one);
        let text = "@compute @workgroup_size(1) fn main() {}";
        let (shader, resolved) = get(&one, text).expect("a shader");
        assert_eq!(resolved, 1);
        assert!(matches!(get(&other, text), Ok((same, 0)) if Arc::ptr_eq(&same, &shader)));
        assert!(matches!(get(&other, &format!("{text} ")), Ok((_, 1))), "another file");
        let broken: Result<_, ShaderError> = get(&other, "fn main( {}");
        assert!(broken.is_err() && get(&other, "fn main( {}").is_err(), "errors are not kept");
        drop(shader);
        assert!(matches!(get(&other, text), Ok((_, 1))), "nobody had it any more");
    }
}
