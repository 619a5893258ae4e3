//! What goes wrong at the device.

use thiserror::Error;

use super::shader::ShaderError;

/// Why the GPU could not do what was asked.
#[derive(Clone, Debug, Error)]
pub enum GpuError {
    /// Nothing to run on.
    #[error(
        "no graphics adapter was found: install a driver (a software one on Debian: `apt-get install \
         mesa-vulkan-drivers`)"
    )]
    NoAdapter,
    /// A name that fits none of the adapters.
    #[error("no graphics adapter is called {asked:?}: there is {}", quoted(found))]
    AdapterNotFound {
        /// The name asked for.
        asked: String,
        /// Names of the adapters of this machine.
        found: Vec<String>,
    },
    /// The adapter gave no device.
    #[error("the adapter {adapter:?} gave no device ({reason}): update its driver or choose another adapter")]
    NoDevice {
        /// Its name.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// The window can't be drawn into.
    #[error("the window can't be drawn into ({reason}): choose another adapter or render to a file")]
    Surface {
        /// The driver's words.
        reason: String,
    },
    /// The device is gone: driver restart, unplugged, destroyed. All of its textures are lost.
    #[error("the graphics device was lost ({reason}): create the engine anew")]
    DeviceLost {
        /// The driver's words.
        reason: String,
    },
    /// Out of GPU memory.
    #[error("the graphics device is out of memory while it {doing}: use a smaller picture or close programs")]
    OutOfMemory {
        /// What was being done.
        doing: String,
    },
    /// More than the device can hold in one piece.
    #[error("{what} ({}) is more than this device takes ({most}): use a smaller picture", by(have))]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its extent.
        have: Vec<u64>,
        /// The device's limit.
        most: u64,
    },
    /// Text that is no shader.
    #[error(transparent)]
    Shader(#[from] ShaderError),
    /// A shader's resource that nobody gave, or of another kind than what was given.
    #[error("{label} can't be drawn: `{name}` {wrong}")]
    Binding {
        /// Label of the pipeline.
        label: String,
        /// The shader's name of the resource.
        name: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// A shader that doesn't fit what it is used for.
    #[error("{label} can't be used: {wrong}")]
    Pipeline {
        /// Label of the pipeline.
        label: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// The driver refused a command: a fault of this program.
    #[error("the graphics driver refused a command ({message}): please report this")]
    Validation {
        /// The driver's words.
        message: String,
    },
}

/// `16384 x 20000`.
fn by(extent: &[u64]) -> String {
    extent.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ")
}

fn quoted(names: &[String]) -> String {
    match names {
        [] => "none at all".to_owned(),
        names => names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_adapter_is_answered_with_the_known_ones() {
        let error = GpuError::AdapterNotFound { asked: "rtx".into(), found: vec!["llvmpipe".into()] };
        assert_eq!(error.to_string(), r#"no graphics adapter is called "rtx": there is "llvmpipe""#);
    }

    #[test]
    fn what_is_too_large_is_a_sentence() {
        let error = GpuError::TooLarge { what: "the size of a texture", have: vec![20000, 3], most: 16384 };
        let said =
            "the size of a texture (20000 x 3) is more than this device takes (16384): use a smaller picture";
        assert_eq!(error.to_string(), said);
    }
}
