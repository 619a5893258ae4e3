//! What people write who come from GLSL, HLSL or ISF, and what it is called in WGSL.

/// Names that WGSL doesn't know, and what is meant.
const NAMES: &[(&str, &str)] = &[
    ("mod", "WGSL has no `mod`: write `a - b * floor(a / b)`, or `a % b` where nothing is negative"),
    ("texture", "write `textureSampleLevel(name, linear, uv, 0.0)`, or `picture_at(uv)` for the picture"),
    ("texture2D", "write `textureSampleLevel(name, linear, uv, 0.0)`, or `picture_at(uv)` for the picture"),
    ("IMG_NORM_PIXEL", "write `picture_at(uv)` of `antifaz::frame`"),
    ("IMG_THIS_PIXEL", "write `picture_at(in.uv)` of `antifaz::frame`"),
    ("lerp", "in WGSL this is `mix`"),
    ("frac", "in WGSL this is `fract`"),
    ("rsqrt", "in WGSL this is `inverseSqrt`"),
    ("inversesqrt", "in WGSL this is `inverseSqrt`"),
    ("ddx", "in WGSL this is `dpdx`"),
    ("ddy", "in WGSL this is `dpdy`"),
    ("dFdx", "in WGSL this is `dpdx`"),
    ("dFdy", "in WGSL this is `dpdy`"),
    ("gl_FragCoord", "what is drawn is in `in`: `in.uv` is the place in the picture, 0..1"),
    ("fragCoord", "what is drawn is in `in`: `in.uv` is the place in the picture, 0..1"),
    ("iTime", "import `frame` of `antifaz::frame`: `frame.time` are seconds"),
    ("TIME", "import `frame` of `antifaz::frame`: `frame.time` are seconds"),
    ("iResolution", "import `frame` of `antifaz::frame`: `frame.size` are pixels"),
    ("RENDERSIZE", "import `frame` of `antifaz::frame`: `frame.size` are pixels"),
    ("int", "in WGSL this is `i32`"),
    ("uint", "in WGSL this is `u32`"),
    ("float", "in WGSL this is `f32`"),
    ("float2", "in WGSL this is `vec2f`"),
    ("float3", "in WGSL this is `vec3f`"),
    ("float4", "in WGSL this is `vec4f`"),
    ("mat2", "in WGSL this is `mat2x2f`"),
    ("mat3", "in WGSL this is `mat3x3f`"),
    ("mat4", "in WGSL this is `mat4x4f`"),
];
/// Types before a name, as GLSL declares variables and functions.
const TYPES: &[&str] = &[
    "float", "int", "uint", "bool", "void", "vec2", "vec3", "vec4", "mat2", "mat3", "mat4", "float2",
    "float3", "float4",
];

/// What may help with what naga says of the byte `at` of a text.
pub(super) fn hint(text: &str, at: usize, message: &str) -> Option<&'static str> {
    let (before, after) = text.split_at_checked(at)?;
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let word = after.split(|c| !is_part(c)).next().unwrap_or_default();
    if message.starts_with("no definition in scope") || message.starts_with("unknown type") {
        return NAMES.iter().find(|(name, _)| *name == word).map(|(_, hint)| *hint);
    }
    if after.starts_with('?') {
        return Some("WGSL has no `?`: write `select(otherwise, value, condition)`");
    }
    let typed = before.trim_end().rsplit(|c| !is_part(c)).next().unwrap_or_default();
    if message.starts_with("expected global item") && TYPES.contains(&word) {
        return Some(
            "a function is written `fn name(a: f32) -> f32 { ... }`, a constant `const NAME: f32 = 1.0;`",
        );
    }
    if message.contains("expected assignment") && TYPES.contains(&typed) {
        return Some("a variable is written `let name = value;`, or `var name = value;` where it changes");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_said() {
        for (line, said) in [
            ("let a = mod(1.5, 1.0);", "% b"),
            ("let a = texture(b, c);", "textureSampleLevel"),
            ("let a = true ? 1.0 : 0.0;", "select("),
            ("vec4 a = vec4f(1.0);", "let name"),
            ("float a = 1.0;", "let name"),
            ("let a: float = 1.0;", "`f32`"),
        ] {
            let text = format!("fn f() {{ {line} }}");
            let error = naga::front::wgsl::parse_str(&text).expect_err(line);
            let at =
                error.labels().next().and_then(|label| label.0.to_range()).map_or(0, |range| range.start);
            let found = hint(&text, at, error.message());
            assert!(found.is_some_and(|found| found.contains(said)), "{line}: {} {found:?}", error.message());
        }
        assert!(hint("void f() {}", 0, "expected global item").is_some_and(|hint| hint.contains("fn name")));
        assert_eq!(hint("let a = b;", 8, "no definition in scope for identifier: `b`"), None);
    }
}
