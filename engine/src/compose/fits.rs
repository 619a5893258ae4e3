//! Whether a pass's shader is what its manifest says, and errors that are said of both: at the author's own place.

use crate::{
    filter::{self, Filter, Space},
    gpu::{
        GpuError,
        shader::{Shader, ShaderError, Stage},
    },
};

use super::{ComposeError, measure};

/// A face, as shaders see it.
const FACE: &str = "antifaz::face::Face";
/// What is in it only where a manifest asks for that: the word that does, and the members.
const ASKED: [(&str, [&str; 2]); 2] =
    [("blendshapes", ["blendshapes", "expression_age"]), ("pose", ["head", "pose"])];

/// Pixels of an intermediate, at most, for a picture of full HD: what is larger would fill the memory of most
/// devices.
const MOST_PIXELS: u64 = 1 << 24;
/// The same of all frames of a history: 16 of full HD.
const MOST_KEPT: u64 = 1 << 25;

/// An intermediate must be of a size that can be held.
pub(super) fn check_size(filter: &Filter, pass: usize) -> Result<(), ComposeError> {
    let pass = &filter.passes[pass];
    let Some(target) = pass.target.map(|target| &filter.targets[target]) else { return Ok(()) };
    let [width, height] = [0, 1].map(|side: usize| target.size[side].pixels([1920, 1080]));
    let frames = match target.keep {
        filter::Keep::History(frames) => frames,
        filter::Keep::Nothing | filter::Keep::Last => 1,
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= MOST_PIXELS && pixels * u64::from(frames) <= MOST_KEPT {
        return Ok(());
    }
    let kept = if frames > 1 { format!(", {frames} times") } else { String::new() };
    let message = format!(
        "the target `{}` is {width}x{height}{kept} for a picture of 1920x1080, too large to be held",
        target.name
    );
    Err(ComposeError::Place { place: pass.places[0].clone(), message })
}

/// A pass needs its entry point, and takes its resources from the manifest alone.
pub(super) fn check_declarations(pass: &filter::Pass, shader: &Shader) -> Result<(), ComposeError> {
    let (stage, word) = match pass.compute {
        true => (Stage::Compute, "compute"),
        false => (Stage::Fragment, "fragment"),
    };
    let known = shader.entries(stage);
    if !known.contains(&pass.entry.as_str()) {
        let found = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has `{}`", known.join("`, `")),
        };
        let message = format!("the shader has no {word} stage `{}`; {found}", pass.entry);
        return Err(ComposeError::Place { place: pass.places[1].clone(), message });
    }
    check_entry(pass, shader)?;
    if let Some(name) = shader.overrides().first() {
        let message =
            format!("nobody sets `{name}`: write `const` in the place of `override`, or declare an input");
        return Err(GpuError::from(shader.complain(name, message)).into());
    }
    match shader.declared_in("package", "package::inputs").first() {
        Some(name) => {
            let message = format!(
                "`{name}` can't be bound: declare what a shader reads in filter.toml, and import it from \
                 `package::inputs`"
            );
            Err(GpuError::from(shader.complain(name, message)).into())
        }
        None => Ok(()),
    }
}

/// What an entry point takes and gives is the same for all passes of a space.
fn check_entry(pass: &filter::Pass, shader: &Shader) -> Result<(), ComposeError> {
    let module = match pass.space {
        Space::Frame => "antifaz::fullscreen",
        Space::FaceMesh | Space::FaceUv => "antifaz::face_mesh",
        Space::Prop(_) => "antifaz::prop",
        Space::Particles(_) => "antifaz::particles",
    };
    let entry = &pass.entry;
    let wrong = if pass.compute {
        let wanted: &[[u32; 3]] = match pass.space {
            Space::Particles(_) => &[[64, 1, 1]],
            _ => &[[8, 8, 1]],
        };
        let size = if matches!(pass.space, Space::Particles(_)) { "64" } else { "8, 8" };
        let fits = shader.workgroup(entry).is_some_and(|size| wanted.contains(&size));
        (!fits).then(|| format!("the workgroups of this pass are `@compute @workgroup_size({size})`"))
    } else {
        let varying = format!("{module}::Varying");
        (!shader.takes_and_gives(entry, &varying)).then(|| {
            format!(
                "`{entry}` doesn't fit its pass: write `@fragment fn {entry}(in: Varying) -> @location(0) vec4f` with \
                 the `Varying` of `{module}`"
            )
        })
    };
    match wrong {
        Some(message) => Err(GpuError::from(shader.complain_of_entry(entry, message)).into()),
        None => Ok(()),
    }
}

/// What a shader reads must be declared: nets are run and passes are ordered by what the manifest says.
pub(super) fn check_declared(
    filter: &Filter,
    pass: &filter::Pass,
    label: &str,
    uses: impl Fn(&str) -> bool,
) -> Result<(), ComposeError> {
    let undeclared = |name: &str, fix: String| {
        let place = Box::new(pass.places[0].clone());
        Err(ComposeError::Undeclared { place, pass: label.to_owned(), name: name.to_owned(), fix })
    };
    if uses("matte") && !filter.requires.matte {
        return undeclared("matte", "requires = { segment = [\"person\"] }".to_owned());
    }
    if ["person_edges", "person_front", "person_back"].into_iter().any(&uses) && !filter.requires.edges {
        return undeclared("the person's edges", "requires = { segment = [\"edges\"] }".to_owned());
    }
    if uses("picture_levels") && !pass.levels {
        return undeclared("picture.levels", "reads = [\"picture.levels\"]".to_owned());
    }
    if ["faces", measure::MEASURES].into_iter().any(&uses) && !filter.requires.face {
        return undeclared("faces", "requires = { face = [\"mesh\"] }".to_owned());
    }
    for (number, target) in filter.targets.iter().enumerate() {
        if uses(&target.name) && !pass.reads.contains(&number) {
            return undeclared(&target.name, format!("reads = [\"{}\"]", target.name));
        }
    }
    Ok(())
}

/// What only some looks make the nets find is zero where the manifest does not ask for it, which nobody would see.
pub(super) fn check_needs(
    filter: &Filter,
    pass: &filter::Pass,
    label: &str,
    shader: &Shader,
) -> Result<(), ComposeError> {
    let stage = if pass.compute { Stage::Compute } else { Stage::Fragment };
    let looks = |member| {
        let moves = |hook: &filter::Hook| shader.function_reads_member(&hook.name, FACE, member);
        pass.vertex.as_ref().is_some_and(moves) || shader.reads_member(&pass.entry, stage, FACE, member)
    };
    for (need, members) in ASKED {
        let declared = if need == "pose" { filter.requires.pose } else { filter.requires.blendshapes };
        // The vertex stage of a face's triangles turns their normals as the head is turned.
        let turned = need == "pose"
            && matches!(pass.space, Space::FaceMesh | Space::FaceUv)
            && shader.reads_member(&pass.entry, stage, "antifaz::face_mesh::Varying", "normal");
        let read = members.into_iter().any(looks);
        if declared || !(read || turned) {
            continue;
        }
        let name = if read { need } else { "in.normal" };
        return Err(ComposeError::Undeclared {
            place: Box::new(pass.places[0].clone()),
            pass: label.to_owned(),
            name: name.to_owned(),
            fix: format!("requires = {{ face = [\"{need}\"] }}"),
        });
    }
    Ok(())
}

/// An error in one of the engine's own files is none of them: the entry point doesn't fit what it is used for.
pub(super) fn in_place(filter: &Filter, pass: usize, error: ShaderError) -> ComposeError {
    if let Some(module) = filter.modules.iter().find(|module| module.file == error.file) {
        return GpuError::from(within(&module.text, error)).into();
    }
    let pass = &filter.passes[pass];
    let stage = if pass.compute { "compute" } else { "fragment" };
    let message = format!("`{}` can't be the {stage} stage of this pass: {}", pass.entry, error.message);
    ComposeError::Place { place: pass.places[1].clone(), message }
}

/// A pipeline that the device does not take, said of the entry point.
pub(super) fn fitting(pass: &filter::Pass, error: ComposeError) -> ComposeError {
    let ComposeError::Gpu(GpuError::Pipeline { wrong, .. }) = error else { return error };
    let message = format!("`{}` can't be used by this pass: {wrong}", pass.entry);
    ComposeError::Place { place: pass.places[1].clone(), message }
}

/// An error within its author's text: what is cut short is noticed in the stage that the engine puts after it.
fn within(text: &str, error: ShaderError) -> ShaderError {
    let own = text.trim_end();
    if error.line as usize <= text.lines().count() || own.is_empty() {
        return error;
    }
    let source_line = own.lines().next_back().unwrap_or_default().to_owned();
    let (line, column) = (own.lines().count() as u32, source_line.chars().count().max(1) as u32);
    let early = error.message.contains("expected");
    let message = if early { "the file ends too early".to_owned() } else { error.message };
    ShaderError { line, column, message, source_line, hint: None, ..error }
}
