//! The author's own vertex function of a pass: what is wrong with it is said of it, never of the stage that calls it.

use super::{ComposeError, library};
use crate::{
    filter::{Filter, Space},
    gpu::{
        GpuError,
        shader::{Guard, ShaderError},
    },
};

/// What stands in the way where a pass with a vertex function doesn't compile. `None`: it has no such function, or that is
/// not the cause.
pub(super) fn blame(
    filter: &Filter,
    pass: usize,
    (flags, guard): (&[(&str, bool)], Guard<'_>),
    error: &ShaderError,
) -> Option<ComposeError> {
    let pass = &filter.passes[pass];
    let hook = pass.vertex.as_ref()?;
    // The module without the stage that calls it: where that is wrong too, the function is not to blame.
    let module = &filter.modules[pass.module].path;
    let shader = library::of_filter(filter, pass).resolve_guarded(module, flags, guard).ok()?;
    let point = if pass.space == Space::FaceMesh { "FacePoint" } else { "PropPoint" };
    let wanted = format!("fn {}(point: {point}, face: u32) -> {point}", hook.name);
    let Some(function) = shader.function(&hook.name) else {
        let message = format!("the shader has no function `{}`: write `{wanted}`", hook.name);
        return Some(ComposeError::Place { place: hook.place.clone(), message });
    };
    let fits = function.arguments == [point, "u32"] && function.result == point;
    let message = if fits {
        format!("`{}` can't be part of the vertex stage: {}", hook.name, error.message)
    } else {
        format!("a pass's vertex function is `{wanted}`")
    };
    Some(GpuError::from(shader.complain_of(&function, message)).into())
}
