//! Compiled pipelines from start to start, in the user's cache. What goes wrong with them costs time and nothing else.

use std::{fs, io::Write, path::Path};

use antifaz::{data::user_cache, gpu::Gpu};

/// Bytes over which nothing is stored: filters that are written and reloaded all day add up.
const MOST: usize = 64 << 20;

/// Gives a device what was stored for it.
pub(crate) fn load(gpu: &Gpu) {
    let read = |name: &str| fs::read(user_cache()?.join(name)).ok();
    if let Err(error) = gpu.keep_pipelines(read) {
        log::debug!("compiled pipelines are not kept: {error}");
    }
}

/// Stores what a device has compiled.
pub(crate) fn store(gpu: &Gpu) {
    let (Some((name, bytes)), Some(folder)) = (gpu.kept_pipelines(), user_cache()) else { return };
    let path = folder.join(name);
    if bytes.len() > MOST || fs::read(&path).is_ok_and(|stored| stored == bytes) {
        return;
    }
    if let Err(error) = replace(&folder, &path, &bytes) {
        log::debug!("compiled pipelines can't be stored in {}: {error}", path.display());
    }
}

/// Writes a file at once, so that nobody reads half of it.
fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
