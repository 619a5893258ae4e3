//! Everything that is wrong with a filter's shaders, at once: an author wants to see all of it.

use super::{ComposeError, Parts, variants::Variants};
use crate::{
    filter::{Fault, Filter, Place},
    gpu::{Gpu, GpuError, shader::ShaderError},
    quality::Tier,
};

/// What was found in a filter's shaders.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What keeps it from being drawn.
    pub faults: Vec<Fault>,
    /// What works here, but is undefined or refused elsewhere.
    pub warnings: Vec<Fault>,
}

/// Compiles every shader of `filter`, for every pass and tier.
pub fn check(gpu: &Gpu, parts: &Parts, filter: &Filter) -> Checked {
    let mut checked = Checked::default();
    for pass in 0..filter.passes.len() {
        match Variants::new(gpu, parts.compiled(), filter, pass, Tier::default()) {
            Ok(variants) => {
                for warning in variants.warnings() {
                    note(&mut checked.warnings, of_shader(warning));
                }
            }
            Err(error) => note(&mut checked.faults, Fault::from(&error)),
        }
    }
    checked
}

/// Passes that share a file share its faults.
fn note(list: &mut Vec<Fault>, fault: Fault) {
    if !list.contains(&fault) {
        list.push(fault);
    }
}

fn of_shader(error: &ShaderError) -> Fault {
    let place = Place {
        file: error.file.clone(),
        line: error.line as usize,
        column: error.column as usize,
        source: error.source_line.clone(),
    };
    Fault::at(place, error.message.clone()).hinting(error.hint.clone())
}

impl From<&ComposeError> for Fault {
    fn from(error: &ComposeError) -> Self {
        match error {
            ComposeError::Gpu(GpuError::Shader(error)) => of_shader(error),
            ComposeError::Gpu(error) => Self::anywhere(error.to_string()),
            ComposeError::Place { place, message } => Self::at(place.clone(), message.clone()),
            ComposeError::Undeclared { place, pass, name, fix } => {
                let message = format!("{pass} reads `{name}`, which the manifest does not mention");
                Self::at(Place::clone(place), message).hinting(Some(format!("add `{fix}`")))
            }
        }
    }
}
