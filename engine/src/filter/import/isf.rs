//! A shader of the Interactive Shader Format: `main`, and what it wants as JSON in a comment before it.

use serde_json::Value;

use super::{Draft, glsl::Glsl, inputs::Input, shadertoy::UNIFORMS};
use crate::filter::{FilterError, Place};

/// The names of ISF, by those that are set. Images are the picture.
const NAMES: &str = "\
vec2 isf_FragNormCoord;
#define vv_FragNormCoord isf_FragNormCoord
#define RENDERSIZE antifaz_size
#define TIME iTime
#define TIMEDELTA iTimeDelta
#define FRAMEINDEX iFrame
#define DATE iDate
#define PASSINDEX 0
#define IMG_NORM_PIXEL antifaz_texture
#define IMG_NORM_THIS_PIXEL(image) antifaz_sample(isf_FragNormCoord)
#define IMG_THIS_NORM_PIXEL(image) antifaz_sample(isf_FragNormCoord)
#define IMG_THIS_PIXEL(image) antifaz_sample(isf_FragNormCoord)
#define IMG_PIXEL(image, at) antifaz_sample((at) / antifaz_size)
#define IMG_SIZE(image) antifaz_size
#define gl_FragColor antifaz_color
#define main antifaz_main
";

const MAIN: &str = "
#undef main
void main() {
    antifaz_main();
}
";

/// The comment at the head of the file.
struct Header<'a> {
    file: &'a str,
    text: &'a str,
    json: Value,
}

/// Reads a shader.
pub(super) fn read(file: &str, text: &str) -> Result<Draft, FilterError> {
    let header = Header::read(file, text)?;
    header.only_one_pass()?;
    let inputs = header.inputs()?;
    let mut draft = Draft {
        description: header
            .text("DESCRIPTION")
            .unwrap_or("A shader of the Interactive Shader Format")
            .to_owned(),
        author: header.text("CREDIT").unwrap_or_default().to_owned(),
        ..Draft::default()
    };
    let used = ["iTime", "iTimeDelta", "iFrame", "iDate"];
    let time = UNIFORMS.iter().filter(|(_, name, _)| used.contains(name));
    let mut before: String = time.map(|(kind, name, _)| format!("{kind} {name};\n")).collect();
    before += NAMES;
    for input in &inputs {
        before += &input.glsl();
        draft.inputs += &input.toml();
        draft.declared.extend(input.event());
    }
    let wgsl = Glsl { file, text, before, after: MAIN }.translate()?;
    for (_, name, value) in UNIFORMS.iter().filter(|(_, name, _)| wgsl.has(name)) {
        draft.set += &format!("    {name} = {value};\n");
    }
    if wgsl.has("isf_FragNormCoord") {
        draft.set += "    isf_FragNormCoord = vec2f(in.uv.x, 1.0 - in.uv.y);\n";
    }
    inputs.iter().filter(|input| wgsl.has(&input.global)).for_each(|input| draft.set += &input.wgsl());
    draft.wgsl = Some(wgsl);
    // What draws by itself lies over the picture; what changes the picture takes its place.
    draft.drawn = match inputs.iter().any(Input::is_image) {
        true => "vec4f(antifaz_decode(antifaz_color.rgb), 1.0) * clamp(antifaz_color.a, 0.0, 1.0)",
        false => {
            "mix(source, vec4f(antifaz_decode(antifaz_color.rgb), 1.0), clamp(antifaz_color.a, 0.0, 1.0))"
        }
    };
    Ok(draft)
}

impl<'a> Header<'a> {
    fn read(file: &'a str, text: &'a str) -> Result<Self, FilterError> {
        let at =
            |byte: usize, message: String| FilterError::Text { place: Place::of(file, text, byte), message };
        let none = || at(0, "there is no comment with the JSON of ISF at the head of the file".into());
        let start = text.find("/*").filter(|start| text[..*start].trim().is_empty()).ok_or_else(none)?;
        let start = start + 2 + text[start + 2..].find('{').ok_or_else(none)?;
        let end = start + text[start..].find("*/").ok_or_else(none)?;
        let json = serde_json::from_str(&text[start..end]).map_err(|error| {
            let before = text[start..].split_inclusive('\n').take(error.line().saturating_sub(1));
            let line: usize = before.map(str::len).sum();
            let said = error.to_string();
            let said = said.split(" at line").next().unwrap_or_default();
            at(start + line + error.column().saturating_sub(1), format!("the JSON is broken: {said}"))
        })?;
        Ok(Self { file, text, json })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.json.get(key)?.as_str()
    }

    /// An error where a word stands in quotes.
    fn error(&self, word: &str, message: impl Into<String>) -> FilterError {
        let byte = self.text.find(&format!("\"{word}\"")).unwrap_or(0);
        FilterError::Text { place: Place::of(self.file, self.text, byte), message: message.into() }
    }

    fn only_one_pass(&self) -> Result<(), FilterError> {
        let passes = self.json.get("PASSES").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if passes.len() > 1 {
            return Err(self.error("PASSES", "only shaders of one pass can be imported"));
        }
        let kept = |key: &str| {
            passes.iter().any(|pass| pass.get(key).is_some_and(|value| value != &Value::Bool(false)))
        };
        for key in ["PERSISTENT", "TARGET"] {
            if kept(key) {
                return Err(self.error(key, "a pass with a target of its own can't be imported"));
            }
        }
        match self.json.get("IMPORTED") {
            Some(_) => Err(self.error("IMPORTED", "pictures that a shader brings along can't be imported")),
            None => Ok(()),
        }
    }

    fn inputs(&self) -> Result<Vec<Input>, FilterError> {
        let listed = self.json.get("INPUTS").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut inputs: Vec<Input> = Vec::new();
        for value in listed {
            let name = value.get("NAME").and_then(Value::as_str);
            let name = name.ok_or_else(|| self.error("INPUTS", "an input has no NAME"))?;
            let input = Input::read(name, value).map_err(|message| self.error(name, message))?;
            if inputs.iter().any(|other| other.name == input.name) {
                return Err(self.error(name, "two inputs have the same name"));
            }
            inputs.push(input);
        }
        Ok(inputs)
    }
}
