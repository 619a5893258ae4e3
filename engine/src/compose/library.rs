//! The shader modules that filters import, and the shaders that compose itself draws with.

use crate::{
    filter::{Blend, Filter, Keep, Particles, Pass, Space},
    gpu::shader::Library,
    scene::MAX_FACES,
};

use super::{events, program};

macro_rules! module {
    ($path:literal, $file:literal) => {
        ($path, concat!("shaders/", $file), include_str!(concat!("../../../shaders/", $file)))
    };
}

/// Import path, file and text of the engine's own modules.
pub(super) const MODULES: &[(&str, &str, &str)] = &[
    module!("antifaz::blur", "antifaz/blur.wgsl"),
    module!("antifaz::color", "antifaz/color.wgsl"),
    module!("antifaz::event", "antifaz/event.wgsl"),
    module!("antifaz::expression", "antifaz/expression.wgsl"),
    module!("antifaz::eyes", "antifaz/eyes.wgsl"),
    module!("antifaz::face", "antifaz/face.wgsl"),
    module!("antifaz::face_mesh", "antifaz/face_mesh.wgsl"),
    module!("antifaz::face_uv", "antifaz/face_uv.wgsl"),
    module!("antifaz::frame", "antifaz/frame.wgsl"),
    module!("antifaz::fullscreen", "antifaz/fullscreen.wgsl"),
    module!("antifaz::fur", "antifaz/fur.wgsl"),
    module!("antifaz::lut", "antifaz/lut.wgsl"),
    module!("antifaz::matte", "antifaz/matte.wgsl"),
    module!("antifaz::noise", "antifaz/noise.wgsl"),
    module!("antifaz::particles", "antifaz/particles.wgsl"),
    module!("antifaz::prop", "antifaz/prop.wgsl"),
    module!("antifaz::sdf", "antifaz/sdf.wgsl"),
    module!("antifaz::shading", "antifaz/shading.wgsl"),
    module!("antifaz::skin", "antifaz/skin.wgsl"),
    module!("antifaz::studio", "antifaz/studio.wgsl"),
    module!("antifaz::swing", "antifaz/swing.wgsl"),
    module!("antifaz::warp", "antifaz/warp.wgsl"),
    module!("compose::clear", "compose/clear.wgsl"),
    module!("compose::events", "compose/events.wgsl"),
    module!("compose::lay", "compose/lay.wgsl"),
    module!("compose::measure", "compose/measure.wgsl"),
    module!("compose::one_face", "compose/one_face.wgsl"),
    module!("compose::occluder", "compose/occluder.wgsl"),
    module!("compose::scrub", "compose/scrub.wgsl"),
];

/// The spaces, and the modules whose `Varying` their fragment stages get.
pub(super) const SPACES: [(&str, &str); 5] = [
    ("frame", "antifaz::fullscreen"),
    ("face_mesh", "antifaz::face_mesh"),
    ("face_uv", "antifaz::face_mesh"),
    ("prop", "antifaz::prop"),
    ("particles", "antifaz::particles"),
];

/// What the vertex stage of every pass is called.
pub(super) const VERTEX: &str = "antifaz_vertex";

/// The fragment stages of `compose::lay`.
pub(super) const LAYS: [&str; 4] = ["over", "add", "multiply", "screen"];

/// The number of the one that lays a layer over the picture like this; nothing is laid to replace it.
pub(super) fn lay(blend: Blend) -> usize {
    match blend {
        Blend::Replace | Blend::Over => 0,
        Blend::Add => 1,
        Blend::Multiply => 2,
        Blend::Screen => 3,
    }
}

/// What a compute pass calls the target that it writes.
pub(super) const CANVAS: &str = "canvas";

/// The engine's own modules.
pub fn engine() -> Library {
    let mut library = Library::new();
    for (path, file, text) in MODULES {
        library.insert(path, file, text);
    }
    library
}

/// The modules of a filter, with what a pass sees of its inputs as `package::inputs`, beside the engine's own.
pub(super) fn of_filter(filter: &Filter, pass: &Pass) -> Library {
    let mut library = engine();
    for module in &filter.modules {
        library.insert(&module.path, &module.file, &module.text);
    }
    library.insert("package::inputs", &format!("{}/inputs (generated)", filter.name), &inputs(filter, pass));
    library
}

/// Adds the root of a pass: the author's module, and after its end the vertex stage of the pass's space, if it draws.
pub(super) fn add_root(library: &mut Library, filter: &Filter, pass: usize) -> String {
    let pass = &filter.passes[pass];
    let module = &filter.modules[pass.module];
    if pass.compute {
        return module.path.clone();
    }
    let stage = match pass.space {
        Space::Frame => {
            "(@builtin(vertex_index) index: u32) -> antifaz::fullscreen::Varying {\n    \
             return antifaz::fullscreen::vertex(index);"
        }
        Space::FaceMesh => &of_face("antifaz::face_mesh", "antifaz_index, antifaz_face", pass),
        Space::FaceUv => {
            "(@builtin(vertex_index) index: u32, @builtin(instance_index) face: u32) \
             -> antifaz::face_mesh::Varying {\n    return antifaz::face_uv::vertex(index, face);"
        }
        Space::Prop(_) => &of_face("antifaz::prop", "antifaz_index", pass),
        Space::Particles(particles) => &format!(
            "(@builtin(vertex_index) index: u32, @builtin(instance_index) number: u32) \
             -> antifaz::particles::Varying {{\n    \
             return antifaz::particles::vertex(index, number, package::inputs::{}[number]);",
            filter.particles[particles].name
        ),
    };
    let text = format!("{}\n\n@vertex\nfn {VERTEX}{stage}\n}}\n", module.text);
    library.insert(&module.path, &module.file, &text);
    module.path.clone()
}

/// The vertex stage of a mesh at each face. The author's own function moves its corners before they are placed.
fn of_face(module: &str, number: &str, pass: &Pass) -> String {
    let moved = match &pass.vertex {
        None => String::new(),
        Some(hook) => format!(
            "if antifaz::face::is_present(antifaz_face) {{\n        \
             antifaz_point = {}(antifaz_point, antifaz_face);\n    }}\n    ",
            hook.name
        ),
    };
    format!(
        "(@builtin(vertex_index) antifaz_index: u32, @builtin(instance_index) antifaz_face: u32) \
         -> {module}::Varying {{\n    var antifaz_point = {module}::point({number});\n    {moved}\
         return {module}::placed(antifaz_point, antifaz_face);"
    )
}

/// The function that reads a target with a history.
fn ago(name: &str, number: usize, frames: u32) -> String {
    format!(
        "/// What `{name}` was so many frames before this one, at most {last}: 0 is the frame before.\n\
         fn {name}_ago(uv: vec2f, frames: u32) -> vec4f {{\n    \
         let layer = ({newest}[{number}].x + {frames}u - min(frames, {last}u)) % {frames}u;\n    \
         return textureSampleLevel({name}, antifaz::frame::linear, uv, layer, 0.0);\n}}\n",
        newest = program::NEWEST,
        last = frames - 1,
    )
}

/// The structure of a filter's parameters, where it has any.
pub(super) fn params(filter: &Filter) -> String {
    let mut text = String::from("// Generated from the filter's manifest.\n");
    if !filter.inputs.is_empty() {
        text += "struct Params {\n";
        for input in &filter.inputs {
            text += &format!("    {}: {},\n", input.name, input.kind.wgsl());
        }
        text += "}\n";
    }
    text
}

/// A resource that a filter's manifest declares.
pub(super) struct Declared {
    pub(super) name: String,
    /// What stands behind `var`.
    pub(super) space: &'static str,
    pub(super) ty: String,
}

/// All resources that a filter's manifest declares.
pub(super) fn declared(filter: &Filter) -> Vec<Declared> {
    let declared = |name: &str, space, ty: &str| Declared { name: name.to_owned(), space, ty: ty.to_owned() };
    let mut all = Vec::new();
    if !filter.inputs.is_empty() {
        all.push(declared("params", "<uniform>", "Params"));
    }
    all.extend(filter.assets.iter().map(|asset| declared(asset.name(), "", "texture_2d<f32>")));
    for target in &filter.targets {
        let array = if let Keep::History(_) = target.keep { "_array" } else { "" };
        all.push(declared(&target.name, "", &format!("texture_2d{array}<f32>")));
    }
    if program::has_history(filter) {
        let layers = format!("array<vec4u, {}>", filter.targets.len());
        all.push(declared(program::NEWEST, "<uniform>", &layers));
    }
    for Particles { name, count } in &filter.particles {
        let length = program::particles_length(*count);
        let particles = format!("array<antifaz::particles::Particle, {length}>");
        all.push(declared(name, "<storage, read>", &particles));
    }
    if !filter.events.is_empty() {
        let states = format!("array<antifaz::event::State, {}>", filter.events.len() * MAX_FACES);
        all.push(declared(events::STATES, "<storage, read>", &states));
    }
    all
}

/// The functions and constants that go with these resources.
pub(super) fn functions(filter: &Filter) -> String {
    let count = |Particles { name, count }: &Particles| format!("const {name}_count: u32 = {count}u;\n");
    let mut text: String = filter.particles.iter().map(count).collect();
    text += &events::functions(filter);
    for (number, target) in filter.targets.iter().enumerate() {
        if let Keep::History(frames) = target.keep {
            text += &ago(&target.name, number, frames);
        }
    }
    text
}

/// What a filter's manifest declares, as WGSL.
pub(super) fn inputs(filter: &Filter, pass: &Pass) -> String {
    let mut text = params(filter);
    let moved = match pass.space {
        Space::Particles(number) if pass.compute => Some(filter.particles[number].name.as_str()),
        _ => None,
    };
    let all = declared(filter);
    for (place, Declared { name, space, ty }) in all.iter().enumerate() {
        let space = if moved == Some(name) { "<storage, read_write>" } else { space };
        text += &format!("@group(1) @binding({place}) var{space} {name}: {ty};\n");
    }
    if pass.compute && pass.target.is_some() {
        text += &format!(
            "@group(1) @binding({}) var {CANVAS}: texture_storage_2d<rgba16float, write>;\n",
            all.len()
        );
    }
    text + &functions(filter)
}
