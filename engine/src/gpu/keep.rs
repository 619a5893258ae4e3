//! Compiled pipelines that outlive the program, on backends that give them away (Vulkan). Desktop drivers keep their own;
//! others, those of phones among them, compile all anew at each start.

use super::{Gpu, GpuError, health};

/// Bytes after whose sum nothing of what is kept is given to a driver, which believes it.
const SUM: usize = 4;

impl Gpu {
    /// Takes what was kept under this device's name, if there is anything, and keeps what is compiled from now on. `read`
    /// is asked once, with a name that is good for a file. Only the first call on a device has an effect; without it,
    /// nothing is kept.
    ///
    /// What is damaged or another driver's is not used.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub fn keep_pipelines(&self, read: impl FnOnce(&str) -> Option<Vec<u8>>) -> Result<(), GpuError> {
        let name = self.kept_name().filter(|_| self.pipeline_cache().is_none());
        let Some(name) = name else { return Ok(()) };
        let kept = read(&name);
        let data = kept.as_deref().and_then(|kept| {
            let (data, sum) = kept.split_last_chunk::<SUM>()?;
            (crc32fast::hash(data).to_le_bytes() == *sum).then_some(data)
        });
        let descriptor = wgpu::PipelineCacheDescriptor { label: Some("kept"), data, fallback: true };
        let make = || {
            #[expect(unsafe_code, reason = "its sum is right, so it is what `kept_pipelines` gave")]
            unsafe {
                self.device().create_pipeline_cache(&descriptor)
            }
        };
        let cache = health::scoped(self.device(), "keeps pipelines", make)?;
        // Another thread may have been first.
        self.0.cache.set(cache).ok();
        Ok(())
    }

    /// What [`Gpu::keep_pipelines`] takes at the next start, and the name under which it asks for it. `None` where nothing is
    /// kept.
    pub fn kept_pipelines(&self) -> Option<(String, Vec<u8>)> {
        let mut bytes = self.pipeline_cache()?.get_data()?;
        let sum = crc32fast::hash(&bytes).to_le_bytes();
        bytes.extend(sum);
        Some((self.kept_name()?, bytes))
    }

    pub(super) fn pipeline_cache(&self) -> Option<&wgpu::PipelineCache> {
        self.0.cache.get()
    }

    fn kept_name(&self) -> Option<String> {
        let able = self.device().features().contains(wgpu::Features::PIPELINE_CACHE);
        able.then(|| wgpu::util::pipeline_cache_key(&self.device().adapter_info())).flatten()
    }
}

#[cfg(test)]
mod tests {
    use crate::gpu::{ComputePipeline, Gpu, shader::Library, tests::gpu};

    fn compile(gpu: &Gpu) {
        let mut library = Library::for_gpu(gpu);
        library.insert("test", "test.wgsl", "@compute @workgroup_size(1) fn main() {}");
        let shader = library.resolve("test", &[]).expect("a shader");
        ComputePipeline::new(gpu, &shader, "test", "main").expect("a pipeline");
    }

    #[test]
    fn what_is_kept_is_taken_at_the_next_start_and_what_is_damaged_is_not() {
        let first = gpu();
        assert_eq!(first.kept_pipelines(), None);
        let mut asked = Vec::new();
        first
            .keep_pipelines(|name| {
                asked.push(name.to_owned());
                None
            })
            .expect("a cache");
        first.keep_pipelines(|_| unreachable!("it is asked once")).expect("a cache");
        compile(&first);
        let (name, bytes) = first.kept_pipelines().expect("a backend that gives pipelines away");
        assert_eq!(asked.join(" "), name);
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");

        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        for kept in [bytes.clone(), flipped, bytes[..bytes.len() - 9].to_vec(), b"abc".to_vec(), Vec::new()] {
            let next = gpu();
            next.keep_pipelines(|_| Some(kept)).expect("a cache");
            compile(&next);
            assert!(next.kept_pipelines().is_some());
            next.poll().expect("no complaint of the driver");
        }
    }
}
