//! Shaders of other tools as filters: single passes of Shadertoy and of ISF, which are GLSL.
//!
//! There colours are sRGB values with straight alpha, and y grows upward; here they are linear light with premultiplied alpha,
//! and y grows downward. Both are turned where the shader reads the picture and where its colour is drawn.

mod deep;
mod glsl;
mod inputs;
mod isf;
mod shadertoy;

use super::{FilterError, Package, manifest::MANIFEST};
use glsl::Wgsl;

/// Whose shader it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `mainImage`.
    Shadertoy,
    /// `main`, and a comment of JSON before it.
    Isf,
}

/// What a shader becomes.
#[derive(Default)]
struct Draft {
    description: String,
    author: String,
    /// `[[inputs]]`.
    inputs: String,
    /// Names that are imported from `package::inputs`.
    declared: Vec<String>,
    wgsl: Option<Wgsl>,
    /// Statements that set what the shader's functions read.
    set: String,
    /// The colour that is drawn: linear light, premultiplied alpha.
    drawn: &'static str,
}

/// The filter that `text`, which stands in `file`, becomes.
///
/// # Errors
/// The shader is none, or does what can't be taken over; at its own file and line.
pub fn import(origin: Origin, file: &str, text: &str, name: &str) -> Result<Package, FilterError> {
    let draft = match origin {
        Origin::Shadertoy => shadertoy::read(file, text)?,
        Origin::Isf => isf::read(file, text)?,
    };
    let shader = format!("{}.wgsl", name.replace('-', "_"));
    let files = [(MANIFEST, draft.manifest(name, &shader)), (&shader, draft.shader(file))];
    Ok(Package::new(name, files))
}

impl Draft {
    fn manifest(&self, name: &str, shader: &str) -> String {
        let spoken = name.replace('-', " ");
        let first = spoken.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        let title = first + spoken.get(1..).unwrap_or_default();
        let mut text =
            format!("format = 1\ntitle = {}\ndescription = {}\n", quoted(&title), quoted(&self.description));
        if !self.author.is_empty() {
            text += &format!("author = {}\n", quoted(&self.author));
        }
        text += "# What its author allows: an SPDX expression. Without one nobody may pass the filter on.\n# license = \
                 \"\"\ncategories = [\"style\"]\n\n[[inputs]]\nname = \"strength\"\ntype = \"float\"\nlabel = \"Strength\"\n\
                 default = 1.0\nmin = 0.0\nmax = 1.0\nidentity = 0.0\n";
        text += &self.inputs;
        text + &format!("\n[[passes]]\nname = \"draw\"\nshader = \"{shader}\"\nentry = \"antifaz_draw\"\n")
    }

    fn shader(&self, file: &str) -> String {
        let (body, main) = self.wgsl.as_ref().map_or(("", ""), |wgsl| (&wgsl.text, &wgsl.main));
        let size = match body.contains("var<private> antifaz_place:") {
            true => {
                "    antifaz_place = vec4f(vec2f(in.uv.x, 1.0 - in.uv.y) * antifaz_frame.size, 0.0, 1.0);\n"
            }
            false => "",
        };
        let more: String = self.declared.iter().map(|name| format!(", {name} as antifaz_{name}")).collect();
        let used = |word: &str| body.contains(word) || self.set.contains(word) || size.contains(word);
        let mut imports: Vec<&str> = vec!["decode as antifaz_decode"];
        if used("antifaz_encode") {
            imports.push("encode as antifaz_encode");
        }
        let frame = if used("antifaz_frame") { "frame as antifaz_frame, " } else { "" };
        format!(
            "// Imported from {file}: its names, as a compiler wrote them down.\n\n\
             import antifaz::color::{{{}}};\nimport antifaz::frame::{{{frame}picture_at as antifaz_picture_at}};\n\
             import antifaz::fullscreen::{{Varying as antifaz_Varying}};\nimport package::inputs::{{params as \
             antifaz_params{more}}};\n\n{body}\n\n\
             @fragment\nfn antifaz_draw(in: antifaz_Varying) -> @location(0) vec4f {{\n    \
             let source = antifaz_picture_at(in.uv);\n{size}{}    {main}();\n    let drawn = {};\n    \
             return mix(source, drawn, antifaz_params.strength);\n}}\n",
            imports.join(", "),
            self.set,
            self.drawn,
        )
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
