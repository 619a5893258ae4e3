//! A GLSL fragment shader as WGSL, by way of naga: `before` and `after` are ours, what stands between them is the author's.

use naga::{
    back::wgsl::{self, WriterFlags},
    compact::{KeepUnused, compact},
    front::glsl::{Error, ErrorKind, Frontend, Options},
    valid::{Capabilities, ValidationFlags, Validator},
};

use super::deep::too_deep;
use crate::filter::{FilterError, Place};

/// What both kinds of shaders may call, and how it is spelled in every dialect. Whatever they sample is the picture:
/// a sampler is a number that nobody looks at. `antifaz_sample` is replaced by what [`SAMPLE`] says.
const COMMON: &str = "\
#version 450
#define sampler2D int
#define texture antifaz_texture
#define texture2D antifaz_texture
#define textureLod antifaz_texture
#define texelFetch antifaz_fetch
#define textureSize antifaz_extent
#define gl_FragCoord antifaz_place
layout(location = 0) out vec4 antifaz_color;
vec4 antifaz_place;
vec2 antifaz_size;
vec4 antifaz_sample(vec2 at) { return vec4(at, 0.0, 1.0); }
vec4 antifaz_texture(int image, vec2 at) { return antifaz_sample(at); }
vec4 antifaz_texture(int image, vec2 at, float level) { return antifaz_sample(at); }
vec4 antifaz_fetch(int image, ivec2 at, int level) { return antifaz_sample((vec2(at) + 0.5) / antifaz_size); }
ivec2 antifaz_extent(int image, int level) { return ivec2(antifaz_size); }
";

/// The picture as such shaders know it.
const SAMPLE: &str = "\
/// The picture at a place whose y is up: coded values, straight alpha.
fn antifaz_sample(at: vec2f) -> vec4f {
    let source = antifaz_picture_at(vec2f(at.x, 1.0 - at.y));
    return vec4f(antifaz_encode(source.rgb / max(source.a, 0.0001)), source.a);
}
";

/// A shader in pieces.
pub(super) struct Glsl<'a> {
    /// Its file, for people.
    pub(super) file: &'a str,
    /// What stands in it.
    pub(super) text: &'a str,
    /// Names that it may use.
    pub(super) before: String,
    /// The function `main`.
    pub(super) after: &'a str,
}

/// The shader in WGSL, without an entry point, and the function that draws a pixel into `antifaz_color`.
pub(super) struct Wgsl {
    pub(super) text: String,
    pub(super) main: String,
}

impl Wgsl {
    /// Whether a global variable is used.
    pub(super) fn has(&self, name: &str) -> bool {
        self.text.contains(&format!("var<private> {name}:"))
    }
}

impl Glsl<'_> {
    pub(super) fn translate(&self) -> Result<Wgsl, FilterError> {
        if let Some(byte) = self.text.find("antifaz_") {
            return Err(self.error(byte, "names that begin with `antifaz_` are the engine's own"));
        }
        if let Some(byte) = too_deep(self.text) {
            return Err(self.error(byte, "this is nested too deeply"));
        }
        let before = format!("{COMMON}{}", self.before);
        let whole = format!("{before}{}\n{}", without_version(self.text), self.after);
        let place = |byte: usize| byte.checked_sub(before.len()).filter(|byte| *byte <= self.text.len());
        let options = Options::from(naga::ShaderStage::Fragment);
        let mut module = Frontend::default().parse(&options, &whole).map_err(|errors| {
            let told = errors.errors.iter().find_map(|error| {
                let byte = error.meta.to_range().and_then(|range| place(range.start))?;
                Some(self.error(byte, said(error)))
            });
            told.unwrap_or_else(|| self.error(0, errors.errors.first().map(said).unwrap_or_default()))
        })?;
        compact(&mut module, KeepUnused::No);
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
        let info = info.map_err(|error| {
            let byte =
                error.spans().find_map(|(span, _)| span.to_range().and_then(|range| place(range.start)));
            self.error(byte.unwrap_or(0), chain(error.as_inner()))
        })?;
        let text = wgsl::write_string(&module, &info, WriterFlags::empty())
            .map_err(|error| self.error(0, format!("it can't be written as WGSL: {error}")))?;
        parts(&text).ok_or_else(|| self.error(0, "it has no main function that draws"))
    }

    pub(super) fn error(&self, byte: usize, message: impl Into<String>) -> FilterError {
        FilterError::Text { place: Place::of(self.file, self.text, byte), message: message.into() }
    }
}

/// The text with spaces where it names its version, which is ours to say.
fn without_version(text: &str) -> String {
    let line = |line: &str| match line.trim_start().starts_with("#version") {
        true => line.chars().map(|c| if c == '\n' { c } else { ' ' }).collect(),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// naga's sentence, without the parser's own words.
fn said(error: &Error) -> String {
    match &error.kind {
        ErrorKind::InvalidToken(found, _) => {
            let found = format!("{found:?}");
            let word = found.split_once("(\"").and_then(|(_, rest)| rest.split('"').next());
            format!("`{}` is not expected here", word.unwrap_or(&found))
        }
        ErrorKind::PreprocessorError(error) => format!("the preprocessor stops here: {error:?}"),
        kind => {
            let text = kind.to_string();
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}

/// An error and all that it is because of.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// What naga wrote, without its entry point and with our sampling.
fn parts(text: &str) -> Option<Wgsl> {
    let (text, entry) = text.split_once("@fragment")?;
    let main = entry.lines().find_map(|line| line.trim().strip_suffix("();"))?.to_owned();
    let text = without(text, "struct FragmentOutput {");
    let text = match text.contains("fn antifaz_sample(") {
        true => format!("{}\n{SAMPLE}", without(&text, "fn antifaz_sample(").trim_end()),
        false => text,
    };
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    Some(Wgsl { text: lines.join("\n"), main })
}

/// The text without what begins with `head` and ends where a line begins with a brace.
fn without(text: &str, head: &str) -> String {
    let Some(start) = text.find(head) else { return text.to_owned() };
    let end = text[start..].find("\n}").map_or(text.len(), |end| start + end + 2);
    format!("{}{}", &text[..start], text[end..].trim_start_matches('\n'))
}
