//! What is compiled after a look is there. A pass over a mesh draws several samples of a pixel at some tiers and one at
//! others, and drivers compile each by itself: a look is there as soon as one tier can be drawn, and the rest follows.
//!
//! Nothing can turn out to be wrong with it: of each shader one pipeline is made before, and what is left for later
//! differs from that one in its samples alone.

use std::sync::{Arc, OnceLock};

use super::{ComposeError, Shared, variants::Pipelines};
use crate::{
    filter::Filter,
    gpu::{Gpu, shader::Shader},
};

/// Where the pipelines of a variant are as soon as they are made.
pub(super) type Place = Arc<OnceLock<Arc<Pipelines>>>;

/// A variant of a pass that is still to be compiled.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) pass: usize,
    pub(super) shader: Arc<Shader>,
    pub(super) samples: u32,
    pub(super) place: Place,
}

/// What a look can do without at first.
#[derive(Debug)]
#[must_use = "until it is made, the look is drawn at one tier alone"]
pub struct Rest {
    pub(super) shared: Arc<Shared>,
    pub(super) later: Vec<(Arc<Filter>, Later)>,
    /// Whoever compiles the same look for another device meanwhile finds them resolved.
    pub(super) shaders: Vec<Arc<Shader>>,
}

impl Rest {
    /// Compiles it, on whatever thread, while the look is drawn. From then on it is drawn at every tier.
    ///
    /// # Errors
    /// The device is gone, or can't hold it.
    pub fn make(self, gpu: &Gpu) -> Result<(), ComposeError> {
        for (filter, Later { pass, shader, samples, place }) in &self.later {
            let made = Pipelines::get(gpu, &self.shared.compiled, filter, *pass, shader, *samples)?;
            place.get_or_init(|| made);
        }
        Ok(())
    }
}
