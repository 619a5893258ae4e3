//! A fragment stage that draws every pixel of its target, turned into a compute stage that writes them.
//!
//! The stage becomes a function, and one invocation a pixel calls it. What only rasterizing gives (derivatives, levels of
//! detail chosen by them, discarding) has no place there: such a stage is left as it is.

use std::ops::Range;

use naga::{
    Binding, BuiltIn, Expression, Function, Module, SampleLevel, ScalarKind, Statement, TypeInner,
    VectorSize,
    valid::{Capabilities, ValidationFlags, Validator},
};

use super::{Shader, calls, words::words};
use crate::gpu::TextureFormat;

/// The compute stage's name, and what it calls its target.
pub(in crate::gpu) const ENTRY: &str = "antifaz_cover";
pub(in crate::gpu) const TARGET: &str = "antifaz_cover_target";
/// What the fragment stage is called.
const FUNCTION: &str = "antifaz_cover_color";

impl Shader {
    /// The shader with the fragment entry point number `entry` as the compute entry point [`ENTRY`], which writes
    /// [`TARGET`]. `None`: it needs what only drawing gives, or no shader can write the format.
    ///
    /// The stage must be drawn as one triangle that covers the target; its only varying, at location 0, is the place on it,
    /// 0..1, y down.
    pub(in crate::gpu) fn covering(&self, entry: usize, target: TextureFormat) -> Option<Self> {
        let (texel, coded) = match target {
            TextureFormat::Srgb8 => ("rgba8unorm", true),
            TextureFormat::Rgba8 => ("rgba8unorm", false),
            TextureFormat::Rgba16Float => ("rgba16float", false),
            TextureFormat::Rgba32Float => ("rgba32float", false),
            _ => return None,
        };
        let main = &self.module.entry_points[entry];
        let called = calls::handles(&self.module, &main.function.body);
        let mut functions = called.iter().map(|handle| &self.module.functions[*handle]);
        if needs_drawing(&main.function)
            || functions.any(needs_drawing)
            || !gives_a_colour(&self.module, &main.function)
        {
            return None;
        }
        let arguments = main.function.arguments.iter().map(|argument| match &argument.binding {
            Some(binding) => place(binding).map(str::to_owned),
            None => structure(&self.module, argument.ty),
        });
        let arguments = arguments.collect::<Option<Vec<_>>>()?.join(", ");
        let compiled = self.merged.with_inserts().unwrap_or_else(|| self.merged.text.clone());
        if compiled.contains(ENTRY) {
            return None;
        }
        let function = as_function(&compiled, &main.name, &self.module.entry_points)?;
        let binding = free_binding(&self.module);
        let text = format!(
            "{function}\n@group(0) @binding({binding}) var {TARGET}: texture_storage_2d<{texel}, write>;\n\
             {CODED}\n@compute @workgroup_size(16, 16)\n\
             fn {ENTRY}(@builtin(global_invocation_id) at: vec3u) {{\n    \
             let size = textureDimensions({TARGET});\n    \
             if any(at.xy >= size) {{\n        return;\n    }}\n    \
             let place = vec2f(at.xy) + 0.5;\n    \
             let uv = place / vec2f(size);\n    \
             let color = {FUNCTION}({arguments});\n    \
             textureStore({TARGET}, at.xy, {});\n}}\n",
            if coded { "antifaz_cover_coded(color)" } else { "color" },
        );
        let module = naga::front::wgsl::parse_str(&text).ok()?;
        let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).ok()?;
        let merged = self.merged.clone();
        Some(Self { merged, module, info, guarded: None, warnings: Vec::new() })
    }
}

/// What the driver does when an sRGB target is drawn on.
const CODED: &str = "fn antifaz_cover_coded(light: vec4f) -> vec4f {
    let color = saturate(light);
    let high = 1.055 * pow(color.rgb, vec3f(1.0 / 2.4)) - 0.055;
    return vec4f(select(high, color.rgb * 12.92, color.rgb <= vec3f(0.0031308)), color.a);
}
";

fn needs_drawing(function: &Function) -> bool {
    let derives = |expression: &Expression| match expression {
        Expression::Derivative { .. } => true,
        Expression::ImageSample { level, .. } => matches!(level, SampleLevel::Auto | SampleLevel::Bias(_)),
        _ => false,
    };
    let discards = |statement: &Statement| matches!(statement, Statement::Kill);
    function.expressions.iter().any(|(_, expression)| derives(expression))
        || calls::any(&function.body, &mut |statement| discards(statement))
}

/// Whether what is returned is one colour.
fn gives_a_colour(module: &Module, main: &Function) -> bool {
    main.result.as_ref().is_some_and(|result| {
        let first = matches!(result.binding, Some(Binding::Location { location: 0, .. }));
        let vector = |inner: &TypeInner| {
            matches!(inner, TypeInner::Vector { size: VectorSize::Quad, scalar } if scalar.kind == ScalarKind::Float)
        };
        first && vector(&module.types[result.ty].inner)
    })
}

/// What stands for what the rasterizer would give.
fn place(binding: &Binding) -> Option<&'static str> {
    match binding {
        Binding::BuiltIn(BuiltIn::Position { .. }) => Some("vec4f(place, 0.0, 1.0)"),
        Binding::Location { location: 0, .. } => Some("uv"),
        _ => None,
    }
}

fn structure(module: &Module, ty: naga::Handle<naga::Type>) -> Option<String> {
    let ty = &module.types[ty];
    let TypeInner::Struct { members, .. } = &ty.inner else { return None };
    let members = members.iter().map(|member| place(member.binding.as_ref()?));
    Some(format!("{}({})", ty.name.as_ref()?, members.collect::<Option<Vec<_>>>()?.join(", ")))
}

/// The text without what makes the function `name` an entry point, which is called [`FUNCTION`] then. Authors may call
/// their entry points like what is built in: none keeps its name, and nobody calls them.
fn as_function(text: &str, name: &str, entries: &[naga::EntryPoint]) -> Option<String> {
    let all = words(text).ok()?;
    let word = |at: usize| all.get(at).map_or("", |range| &text[range.clone()]);
    let defined = |name: &str| (0..all.len()).find(|&at| word(at) == "fn" && word(at + 1) == name);
    let start = defined(name)?;
    let before = (0..start).rev().take_while(|&at| !matches!(word(at), ";" | "}")).last().unwrap_or(start);
    let body = (start..all.len()).find(|&at| word(at) == "{")?;
    let mut changed: Vec<(Range<usize>, String)> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let new = if entry.name == name { FUNCTION.to_owned() } else { format!("{FUNCTION}_{number}") };
        changed.push((all[defined(&entry.name)? + 1].clone(), new));
    }
    // Attributes, from their `@` to the last of their words.
    let mut at = before;
    while at < body {
        if word(at) != "@" {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        if word(at + 2) == "(" {
            let mut depth = 0;
            end = (at + 2..body).find(|&at| {
                depth += i32::from(word(at) == "(") - i32::from(word(at) == ")");
                depth == 0
            })?;
        }
        changed.push((all[at].start..all[end].end, String::new()));
        at = end + 1;
    }
    changed.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, new) in changed.into_iter().rev() {
        text.replace_range(range, &new);
    }
    Some(text)
}

/// A number that nothing in group 0 has.
fn free_binding(module: &Module) -> u32 {
    let bindings = module.global_variables.iter().filter_map(|(_, global)| global.binding);
    bindings.filter(|binding| binding.group == 0).map(|binding| binding.binding + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::shader::{Library, Stage};

    fn covered(text: &str) -> Option<Shader> {
        let text =
            format!("struct In {{ @builtin(position) position: vec4f, @location(0) uv: vec2f }}\n{text}");
        let mut library = Library::new();
        library.insert("test", "test.wgsl", &text);
        let shader = library.resolve("test", &[]).unwrap_or_else(|error| panic!("{error}"));
        let entry = shader.entry("main", Stage::Fragment).expect("a fragment stage");
        shader.covering(entry, TextureFormat::Srgb8)
    }

    #[test]
    fn a_stage_that_knows_its_place_alone_is_computed() {
        for head in [
            "@fragment fn main(in: In) -> @location(0) vec4f { let at = in.uv;",
            "@fragment\nfn main(@location(0) at: vec2f, @builtin(position) here: vec4f) -> @location(0) vec4f {",
            "fn half() -> f32 { return 0.5; } @fragment fn main() -> @location(0) vec4f { let at = vec2f(half());",
        ] {
            let shader = covered(&format!("{head} return vec4f(at, 0.0, 1.0); }}")).expect(head);
            assert_eq!(shader.entries(Stage::Compute), [ENTRY]);
        }
    }

    #[test]
    fn entry_points_may_be_called_like_what_is_built_in() {
        let others = ["write", "saturate", "textureStore", "select", "any", "size"].map(|name| {
            format!("@fragment fn {name}(in: In) -> @location(0) vec4f {{ return in.position; }}\n")
        });
        let main = "@fragment fn main(in: In) -> @location(0) vec4f { let size = in.uv.x; return in.position * size; }";
        assert!(covered(&(others.concat() + main)).is_some());
    }

    #[test]
    fn what_only_drawing_gives_is_drawn() {
        let picture = "@group(0) @binding(0) var p: texture_2d<f32>; @group(0) @binding(1) var s: sampler;\n";
        for body in [
            "fn main(in: In) -> @location(0) vec4f { return vec4f(fwidth(in.uv), 0.0, 1.0); }",
            "fn main(in: In) -> @location(0) vec4f { return textureSample(p, s, in.uv); }",
            "fn main(in: In) -> @location(0) vec4f { if in.uv.x > 0.5 { discard; } return vec4f(1.0); }",
            "fn main(@builtin(front_facing) front: bool) -> @location(0) vec4f { return vec4f(f32(front)); }",
            "fn main(@location(1) other: vec2f) -> @location(0) vec4f { return vec4f(other, 0.0, 1.0); }",
            "fn main(in: In) -> @location(0) vec2f { return in.uv; }",
            "fn main(in: In) -> @location(1) vec4f { return vec4f(in.uv, 0.0, 1.0); }",
            "fn main(in: In) -> @builtin(frag_depth) f32 { return in.uv.x; }",
        ] {
            assert!(covered(&format!("{picture}@fragment {body}")).is_none(), "{body}");
        }
    }
}
