//! A pass of Shadertoy: `mainImage`, with the names that it may use.

use super::{Draft, glsl::Glsl};
use crate::filter::FilterError;

/// The uniforms: their type and name, and their value in WGSL.
pub(super) const UNIFORMS: [(&str, &str, &str); 10] = [
    ("vec3", "iResolution", "vec3f(antifaz_frame.size, 1.0)"),
    ("float", "iTime", "antifaz_frame.time"),
    ("float", "iGlobalTime", "antifaz_frame.time"),
    ("float", "iTimeDelta", "antifaz_frame.delta"),
    ("float", "iFrameRate", "1.0 / max(antifaz_frame.delta, 0.001)"),
    ("int", "iFrame", "i32(antifaz_frame.index)"),
    (
        "vec4",
        "iMouse",
        "vec4f(antifaz_frame.tap.x, 1.0 - antifaz_frame.tap.y, antifaz_frame.tap.x, 1.0 - antifaz_frame.tap.y) * antifaz_frame.size.xyxy",
    ),
    ("vec4", "iDate", "vec4f(2000.0, 0.0, 1.0, antifaz_frame.time)"),
    ("float", "iSampleRate", "44100.0"),
    ("vec2", "antifaz_size", "antifaz_frame.size"),
];

/// Every channel is the picture.
const CHANNELS: &str = "\
#define iChannel0 0
#define iChannel1 1
#define iChannel2 2
#define iChannel3 3
#define iChannelResolution antifaz_resolutions()
";

const MAIN: &str = "
void main() {
    vec4 color = vec4(0.0, 0.0, 0.0, 1.0);
    mainImage(color, antifaz_place.xy);
    antifaz_color = color;
}
";

/// Reads a shader.
pub(super) fn read(file: &str, text: &str) -> Result<Draft, FilterError> {
    let declared = UNIFORMS.iter().filter(|(_, name, _)| *name != "antifaz_size");
    let declared: String = declared.map(|(kind, name, _)| format!("{kind} {name};\n")).collect();
    let resolutions = "vec3[4] antifaz_resolutions() { return vec3[4](iResolution, iResolution, iResolution, iResolution); }\n";
    let glsl = Glsl { file, text, before: format!("{declared}{CHANNELS}{resolutions}"), after: MAIN };
    for (word, what) in [("mainSound", "sound"), ("mainVR", "virtual reality"), ("mainCubemap", "cube maps")]
    {
        if let (Some(byte), false) = (text.find(word), text.contains("mainImage")) {
            return Err(glsl.error(byte, format!("{what} can't be imported, only `mainImage`")));
        }
    }
    if !text.contains("mainImage") {
        return Err(glsl.error(0, "there is no function `mainImage(out vec4, in vec2)`"));
    }
    let wgsl = glsl.translate()?;
    let set = UNIFORMS.iter().filter(|(_, name, _)| wgsl.has(name));
    let set = set.map(|(_, name, value)| format!("    {name} = {value};\n")).collect();
    // What lies in its alpha is nobody's business there.
    let drawn = "vec4f(antifaz_decode(antifaz_color.rgb) * source.a, source.a)";
    Ok(Draft {
        description: "A shader from Shadertoy".into(),
        wgsl: Some(wgsl),
        set,
        drawn,
        ..Draft::default()
    })
}
