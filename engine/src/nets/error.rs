//! What can go wrong with a net.

use thiserror::Error;

/// Why a model can't be read, planned or run. Each message is one sentence; who knows the file adds its path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetError {
    /// The bytes are not what they claim to be.
    #[error("not a usable .tflite model: {0}; the file may be cut off or damaged, fetch it again")]
    Corrupt(String),
    /// A well-formed model that asks for what is not built here.
    #[error("operator {operator} that makes tensor {tensor:?} is not supported: {reason}")]
    Unsupported {
        /// The operator's name in the TensorFlow Lite schema.
        operator: String,
        /// Its first output.
        tensor: String,
        /// What exactly is missing.
        reason: String,
    },
    /// An operator whose operands don't fit together.
    #[error("operator {operator} that makes tensor {tensor:?} does not fit its inputs: {reason}")]
    Misfit {
        /// The operator's name.
        operator: String,
        /// Its output.
        tensor: String,
        /// What does not fit.
        reason: String,
    },
    /// A bundle without such a member, or a bundle where one has to be chosen.
    #[error("{reason}; the bundle holds {}", members.join(", "))]
    Member {
        /// What was asked for and why it is no answer.
        reason: String,
        /// What could be asked for.
        members: Vec<String>,
    },
    /// A `.task` file that is not a readable zip archive.
    #[error("not a readable .task bundle: {0}")]
    Bundle(String),
    /// A number of input tensors that the model does not have.
    #[error("the model takes {want} input tensors, not {got}")]
    InputCount {
        /// As the model has.
        want: usize,
        /// As given.
        got: usize,
    },
    /// An input tensor of the wrong size.
    #[error("input {name:?} needs {want} values (shape {shape:?}), not {got}")]
    InputSize {
        /// The input tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Values that it has.
        want: usize,
        /// Values that were given.
        got: usize,
    },
    /// A backend that this build or machine does not have.
    #[error("backend {name} is not available: {reason}")]
    Backend {
        /// The backend's name.
        name: &'static str,
        /// What is missing, and what to use instead.
        reason: String,
    },
    /// The GPU's driver, or its limits.
    #[error("the net can't be run on the GPU: {0}")]
    Gpu(String),
    /// A default model that is not part of this build and was not given.
    #[error("model {0} is not loaded: build with the feature `embedded-models` or insert its bytes")]
    NotLoaded(&'static str),
}
