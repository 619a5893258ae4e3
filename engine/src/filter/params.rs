//! Parameters: their kinds, their values, and `name:p=v,...` as people type it.

use std::fmt;

use super::{Asset, Filter, FilterError, error::nearest};

/// What a parameter may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `f32` in a shader, within this range.
    Float(f32, f32),
    /// `i32` in a shader, within this range.
    Int(i32, i32),
    /// `u32` in a shader, 0 or 1.
    Bool,
    /// `u32` in a shader: the number of one of these names.
    Enum(Vec<String>),
    /// `vec4f` in a shader: linear light, premultiplied alpha.
    Color,
    /// `vec2f` in a shader, both within this range.
    Vec2(f32, f32),
    /// `vec2f` in a shader: a place in the picture, 0..1 from the left upper corner.
    Point2,
    /// `vec3f` in a shader, all within this range.
    Vec3(f32, f32),
    /// `vec4f` in a shader, all within this range.
    Vec4(f32, f32),
}

/// A parameter's value, of the form that a shader reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A float.
    Float(f32),
    /// An int.
    Int(i32),
    /// A bool, or the number of an enum's name.
    Number(u32),
    /// Linear light, premultiplied alpha.
    Color([f32; 4]),
    /// Two floats.
    Vec2([f32; 2]),
    /// Three floats.
    Vec3([f32; 3]),
    /// Four floats.
    Vec4([f32; 4]),
}

/// A parameter of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The field of the generated `params` struct.
    pub name: String,
    /// For people.
    pub label: String,
    /// What it may be.
    pub kind: Kind,
    /// Its value where none is given.
    pub default: Value,
    /// At this value the filter changes nothing, so that it is not planned.
    pub identity: Option<Value>,
}

/// One value for each parameter of a filter, in the filter's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub(super) Vec<Value>);

impl Values {
    /// The values, in the order of [`Filter::inputs`].
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }
}

impl Kind {
    /// Its type in WGSL.
    pub fn wgsl(&self) -> &'static str {
        match self {
            Self::Float(..) => "f32",
            Self::Int(..) => "i32",
            Self::Bool | Self::Enum(_) => "u32",
            Self::Vec2(..) | Self::Point2 => "vec2f",
            Self::Vec3(..) => "vec3f",
            Self::Color | Self::Vec4(..) => "vec4f",
        }
    }

    /// Reads a value as people type it. `None`: it is none of this kind, or out of range.
    pub fn parse(&self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Float(min, max) => number(text, *min, *max).map(Value::Float),
            Self::Int(min, max) => {
                text.parse().ok().filter(|value| (min..=max).contains(&value)).map(Value::Int)
            }
            Self::Bool => match text {
                "true" | "on" | "yes" | "1" => Some(Value::Number(1)),
                "false" | "off" | "no" | "0" => Some(Value::Number(0)),
                _ => None,
            },
            Self::Enum(names) => {
                names.iter().position(|name| name == text).map(|index| Value::Number(index as u32))
            }
            Self::Color => color(text).map(Value::Color),
            Self::Vec2(min, max) => numbers(text, *min, *max).map(Value::Vec2),
            Self::Point2 => numbers(text, 0.0, 1.0).map(Value::Vec2),
            Self::Vec3(min, max) => numbers(text, *min, *max).map(Value::Vec3),
            Self::Vec4(min, max) => numbers(text, *min, *max).map(Value::Vec4),
        }
    }

    /// The same for a value of a manifest, where numbers are numbers and a vector is a list.
    pub fn from_toml(&self, value: &toml::Value) -> Option<Value> {
        match (self, value) {
            (Self::Vec2(..) | Self::Point2 | Self::Vec3(..) | Self::Vec4(..), toml::Value::Array(list)) => {
                self.parse(&list.iter().map(toml::Value::to_string).collect::<Vec<_>>().join("/"))
            }
            (Self::Enum(_) | Self::Color, toml::Value::String(text)) => self.parse(text),
            (Self::Bool, toml::Value::Boolean(_)) | (Self::Int(..), toml::Value::Integer(_)) => {
                self.parse(&value.to_string())
            }
            (Self::Float(..), toml::Value::Float(_) | toml::Value::Integer(_)) => {
                self.parse(&value.to_string())
            }
            _ => None,
        }
    }

    /// A value as people type it: [`Kind::parse`] of it is the value again.
    pub fn text(&self, value: &Value) -> String {
        match (self, value) {
            (_, Value::Float(value)) => value.to_string(),
            (_, Value::Int(value)) => value.to_string(),
            (Self::Enum(names), Value::Number(index)) => {
                names.get(*index as usize).cloned().unwrap_or_default()
            }
            (_, Value::Number(number)) => (*number != 0).to_string(),
            (_, Value::Color(color)) => color_text(*color),
            (_, Value::Vec2(list)) => slashed(list),
            (_, Value::Vec3(list)) => slashed(list),
            (_, Value::Vec4(list)) => slashed(list),
        }
    }

    /// What is expected in a manifest.
    pub fn in_manifest(&self) -> String {
        let list = |count: &str, min: f32, max: f32, all: &[f32]| {
            format!("{count} numbers from {min} to {max} in a list, such as {all:?}")
        };
        match self {
            Self::Vec2(min, max) => list("two", *min, *max, &[*min, *max]),
            Self::Point2 => list("two", 0.0, 1.0, &[0.5, 0.5]),
            Self::Vec3(min, max) => list("three", *min, *max, &[*min, *max, *max]),
            Self::Vec4(min, max) => list("four", *min, *max, &[*min, *min, *max, *max]),
            other => other.to_string(),
        }
    }

    /// The value where a manifest gives none.
    pub fn zero(&self) -> Value {
        match self {
            Self::Float(min, max) => Value::Float(0f32.clamp(*min, *max)),
            Self::Int(min, max) => Value::Int(0.clamp(*min, *max)),
            Self::Bool | Self::Enum(_) => Value::Number(0),
            Self::Color => Value::Color([1.0; 4]),
            Self::Vec2(min, max) => Value::Vec2([0f32.clamp(*min, *max); 2]),
            Self::Point2 => Value::Vec2([0.5; 2]),
            Self::Vec3(min, max) => Value::Vec3([0f32.clamp(*min, *max); 3]),
            Self::Vec4(min, max) => Value::Vec4([0f32.clamp(*min, *max); 4]),
        }
    }
}

/// What is expected, for people.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(min, max) => write!(f, "a number from {min} to {max}"),
            Self::Int(min, max) => write!(f, "a whole number from {min} to {max}"),
            Self::Bool => f.write_str("true or false"),
            Self::Enum(names) => write!(f, "one of {}", names.join(", ")),
            Self::Color => f.write_str("a colour like #ff8000 or #ff800080"),
            Self::Vec2(min, max) => write!(f, "two numbers from {min} to {max} with a / between them"),
            Self::Point2 => f.write_str("two numbers from 0 to 1 with a / between them"),
            Self::Vec3(min, max) => write!(f, "three numbers from {min} to {max} with a / between them"),
            Self::Vec4(min, max) => write!(f, "four numbers from {min} to {max} with a / between them"),
        }
    }
}

fn number(text: &str, min: f32, max: f32) -> Option<f32> {
    text.parse().ok().filter(|value| (min..=max).contains(value))
}

/// As many numbers as are asked for, with a / between them.
fn numbers<const N: usize>(text: &str, min: f32, max: f32) -> Option<[f32; N]> {
    let parts: Vec<f32> = text.split('/').map(|part| number(part.trim(), min, max)).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// The reverse of [`numbers`].
fn slashed(list: &[f32]) -> String {
    list.iter().map(f32::to_string).collect::<Vec<_>>().join("/")
}

/// The sRGB curve taken off: 0..1 to 0..1.
pub(super) fn linear(v: f32) -> f32 {
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// The sRGB curve put on: 0..1 to 0..1.
pub(super) fn coded(v: f32) -> f32 {
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// `#rrggbb` or `#rrggbbaa`, sRGB with straight alpha, in linear light with premultiplied alpha.
fn color(text: &str) -> Option<[f32; 4]> {
    let digits = text.strip_prefix('#').filter(|digits| matches!(digits.len(), 6 | 8))?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut code = u32::from_str_radix(digits, 16).ok()?;
    if digits.len() == 6 {
        code = code << 8 | 0xff;
    }
    let [r, g, b, a] = code.to_be_bytes().map(|byte| f32::from(byte) / 255.0);
    Some([linear(r) * a, linear(g) * a, linear(b) * a, a])
}

/// The reverse of [`color`].
fn color_text([r, g, b, a]: [f32; 4]) -> String {
    let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    let [r, g, b] = [r, g, b].map(|v| if a > 0.0 { byte(coded(v / a)) } else { 0 });
    match byte(a) {
        255 => format!("#{r:02x}{g:02x}{b:02x}"),
        a => format!("#{r:02x}{g:02x}{b:02x}{a:02x}"),
    }
}

impl Filter {
    /// Every parameter at its default.
    pub fn defaults(&self) -> Values {
        Values(self.inputs.iter().map(|input| input.default).collect())
    }

    /// Reads `p=v,p=v`; parameters that are not named keep their default. An empty text names none.
    ///
    /// # Errors
    /// An unknown parameter (the nearest is suggested), or a value that is none or out of range.
    pub fn parse_values(&self, text: &str) -> Result<Values, FilterError> {
        let mut values = self.defaults();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (name, given) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, given) = (name.trim(), given.trim());
            let Some(index) = self.inputs.iter().position(|input| input.name == name) else {
                let inputs = self.inputs.iter().map(|input| input.name.as_str());
                let known: Vec<&str> = inputs.chain(self.assets.iter().map(Asset::name)).collect();
                return Err(FilterError::UnknownParameter {
                    filter: self.name.clone(),
                    name: name.to_owned(),
                    nearest: nearest(name, known.iter().copied()),
                    known: known.into_iter().map(str::to_owned).collect(),
                });
            };
            let kind = &self.inputs[index].kind;
            values.0[index] = kind.parse(given).ok_or_else(|| FilterError::Value {
                filter: self.name.clone(),
                name: name.to_owned(),
                given: given.to_owned(),
                expected: kind.to_string(),
            })?;
        }
        Ok(values)
    }

    /// Whether these values change nothing: one of them is at its identity.
    pub fn is_identity(&self, values: &Values) -> bool {
        self.inputs.iter().zip(&values.0).any(|(input, value)| input.identity == Some(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_type_them() {
        assert_eq!(Kind::Float(0.0, 1.0).parse(" 0.5 "), Some(Value::Float(0.5)));
        assert_eq!(Kind::Int(-3, 3).parse("-3"), Some(Value::Int(-3)));
        assert_eq!(Kind::Bool.parse("off"), Some(Value::Number(0)));
        assert_eq!(Kind::Enum(vec!["warm".into(), "cold".into()]).parse("cold"), Some(Value::Number(1)));
        assert_eq!(Kind::Vec2(0.0, 1.0).parse("0.25/1"), Some(Value::Vec2([0.25, 1.0])));
        assert_eq!(Kind::Point2.parse("0.25 / 1"), Some(Value::Vec2([0.25, 1.0])));
        assert_eq!(Kind::Vec3(-2.0, 2.0).parse("-2/0/1.5"), Some(Value::Vec3([-2.0, 0.0, 1.5])));
        let list: toml::Value = "[1, 0.5, 0, 1]".parse().expect("a list");
        assert_eq!(Kind::Vec4(0.0, 1.0).from_toml(&list), Some(Value::Vec4([1.0, 0.5, 0.0, 1.0])));
        assert_eq!(Kind::Color.parse("#ffffff00"), Some(Value::Color([0.0; 4])));
        let Some(Value::Color([r, _, _, a])) = Kind::Color.parse("#808080") else { panic!("a colour") };
        assert!((r - 0.2158).abs() < 1e-3 && a == 1.0, "{r} {a}");
    }

    #[test]
    fn values_are_shown_as_they_are_typed() {
        let choice = Kind::Enum(vec!["warm".into(), "cold".into()]);
        for (kind, text) in [
            (Kind::Float(0.0, 1.0), "0.25"),
            (Kind::Int(-3, 3), "-2"),
            (Kind::Bool, "true"),
            (choice, "cold"),
            (Kind::Vec2(0.0, 1.0), "0.25/1"),
            (Kind::Point2, "0.5/0"),
            (Kind::Vec3(0.0, 9.0), "1/2.5/9"),
            (Kind::Vec4(-1.0, 1.0), "-1/0/1/0.5"),
            (Kind::Color, "#c08040"),
            (Kind::Color, "#ff800080"),
        ] {
            let value = kind.parse(text).expect(text);
            assert_eq!(kind.text(&value), text);
        }
    }

    #[test]
    fn what_is_no_value_is_none() {
        for (kind, texts) in [
            (Kind::Float(0.0, 1.0), &["1.01", "-0.1", "nan", "inf", "", "x"][..]),
            (Kind::Int(0, 3), &["4", "1.5", "99999999999"]),
            (Kind::Bool, &["maybe"]),
            (Kind::Color, &["#fff", "red", "#gggggg", "#+12345", "#ééé"]),
            (Kind::Vec2(0.0, 1.0), &["1", "1/2", "1/1/1"]),
            (Kind::Point2, &["1.5/0", "0.5"]),
            (Kind::Vec3(0.0, 1.0), &["1/1", "1/1/1/1", "1/1/x", "1//1"]),
            (Kind::Vec4(0.0, 1.0), &["1/1/1", ""]),
        ] {
            for text in texts {
                assert_eq!(kind.parse(text), None, "{text} is not {kind}");
            }
        }
    }
}
