//! The texts of the kernels.

use crate::{
    gpu::{Gpu, shader::Library},
    kernels::crop,
};

/// Name and text of each module below `shaders/vision`.
macro_rules! modules {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../shaders/vision/", $name, ".wgsl")))),*]
    };
}

const MODULES: [(&str, &str); 15] = modules![
    "coefficients",
    "crop",
    "decode",
    "detections",
    "express",
    "faces",
    "find",
    "finish",
    "mask",
    "pose",
    "propose",
    "recall",
    "settle",
    "state",
    "update",
];

/// All modules that the kernels are made of.
pub(super) fn library(gpu: &Gpu) -> Library {
    let mut library = Library::for_gpu(gpu);
    for (name, text) in MODULES {
        library.insert(&format!("vision::{name}"), &format!("shaders/vision/{name}.wgsl"), text);
    }
    crop::add_sampling(&mut library);
    library
}
