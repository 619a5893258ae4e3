//! An input of ISF as one of ours.

use serde_json::Value;

use super::quoted;
use crate::filter::resolve::is_reserved;

/// An input: what it is called in the manifest, and in the shader.
pub(super) struct Input {
    pub(super) name: String,
    /// The global variable that its value is put into.
    pub(super) global: String,
    original: String,
    label: Option<String>,
    kind: Kind,
}

enum Kind {
    Float {
        least: f64,
        most: f64,
        default: f64,
    },
    Bool(bool),
    /// The numbers that the shader sees, the names that people write, and which is meant.
    Long {
        numbers: Vec<i64>,
        names: Vec<String>,
        default: usize,
    },
    Color([f64; 4]),
    /// In pixels there, in shares of the picture here.
    Point([f64; 2]),
    /// With a range it is a pair of numbers.
    Pair {
        least: f64,
        most: f64,
        default: [f64; 2],
    },
    Event,
    Image,
}

impl Input {
    /// Reads one of `INPUTS`.
    pub(super) fn read(original: &str, value: &Value) -> Result<Self, String> {
        let letters = original.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !letters || !original.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(format!("`{original}` is no name for a variable"));
        }
        let mut name = snake(original);
        if is_reserved(&name) || name == "strength" {
            name += "_value";
        }
        let plain: String = original.chars().filter(char::is_ascii_alphanumeric).collect();
        let label = value.get("LABEL").and_then(Value::as_str).map(str::to_owned);
        let kind = Kind::read(value)?;
        Ok(Self { name, global: format!("antifaz_{plain}_in"), original: original.to_owned(), label, kind })
    }

    pub(super) fn is_image(&self) -> bool {
        matches!(self.kind, Kind::Image)
    }

    /// The name, if it is a function in shaders.
    pub(super) fn event(&self) -> Option<String> {
        matches!(self.kind, Kind::Event).then(|| self.name.clone())
    }

    /// Its declaration.
    pub(super) fn glsl(&self) -> String {
        let kind = match self.kind {
            Kind::Image => return format!("#define {} 0\n", self.original),
            Kind::Float { .. } => "float",
            Kind::Bool(_) | Kind::Event => "bool",
            Kind::Long { .. } => "int",
            Kind::Color(_) => "vec4",
            Kind::Point(_) | Kind::Pair { .. } => "vec2",
        };
        format!("{kind} {};\n#define {} {0}\n", self.global, self.original)
    }

    /// The statement that gives it its value.
    pub(super) fn wgsl(&self) -> String {
        let given = format!("antifaz_params.{}", self.name);
        let value = match &self.kind {
            Kind::Image => return String::new(),
            Kind::Float { .. } | Kind::Pair { .. } => given,
            Kind::Bool(_) => format!("{given} != 0u"),
            Kind::Event => format!("antifaz_{}().on > 0.5", self.name),
            Kind::Long { numbers, .. } => {
                let list: Vec<String> = numbers.iter().map(|number| format!("{number}i")).collect();
                let table = format!("array<i32, {}>({})", list.len(), list.join(", "));
                return format!("    var {0}_of = {table};\n    {0} = {0}_of[{given}];\n", self.global);
            }
            Kind::Color(_) => {
                format!("vec4f(antifaz_encode({given}.rgb / max({given}.a, 0.0001)), {given}.a)")
            }
            Kind::Point(_) => format!("vec2f({given}.x, 1.0 - {given}.y) * antifaz_frame.size"),
        };
        format!("    {} = {value};\n", self.global)
    }

    /// Its table in the manifest.
    pub(super) fn toml(&self) -> String {
        let (kind, keys) = match &self.kind {
            Kind::Image => return String::new(),
            Kind::Float { least, most, default } => {
                ("float", format!("default = {default:?}\nmin = {least:?}\nmax = {most:?}\n"))
            }
            Kind::Pair { least, most, default } => {
                ("vec2", format!("default = {default:?}\nmin = {least:?}\nmax = {most:?}\n"))
            }
            Kind::Bool(default) => ("bool", format!("default = {default}\n")),
            Kind::Long { names, default, .. } => {
                let list: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                ("enum", format!("values = [{}]\ndefault = {}\n", list.join(", "), list[*default]))
            }
            Kind::Color(color) => {
                let bytes = color.map(|v| format!("{:02x}", (v.clamp(0.0, 1.0) * 255.0).round() as u8));
                ("color", format!("default = \"#{}\"\n", bytes.concat()))
            }
            // Their y grows upward.
            Kind::Point([x, y]) => ("point2", format!("default = {:?}\n", [*x, 1.0 - *y])),
            Kind::Event => ("event", "source = \"tap\"\n".to_owned()),
        };
        let label =
            self.label.as_ref().map_or_else(String::new, |label| format!("label = {}\n", quoted(label)));
        format!("\n[[inputs]]\nname = \"{}\"\ntype = \"{kind}\"\n{label}{keys}", self.name)
    }
}

impl Kind {
    fn read(value: &Value) -> Result<Self, String> {
        let number = |key: &str| value.get(key).and_then(as_number);
        let numbers =
            |key: &str| -> Option<Vec<f64>> { value.get(key)?.as_array()?.iter().map(as_number).collect() };
        match value.get("TYPE").and_then(Value::as_str).unwrap_or("nothing") {
            "float" => {
                let (least, most) = (number("MIN").unwrap_or(0.0), number("MAX").unwrap_or(1.0));
                let default = number("DEFAULT").unwrap_or(least);
                if least >= most {
                    return Err(format!("MIN ({least}) must be below MAX ({most})"));
                }
                Ok(Self::Float { least, most, default: default.clamp(least, most) })
            }
            "bool" => Ok(Self::Bool(number("DEFAULT").is_some_and(|number| number != 0.0))),
            "event" => Ok(Self::Event),
            "long" => Self::long(value),
            "color" => {
                let mut color = [1.0; 4];
                let given = numbers("DEFAULT").unwrap_or_default();
                color.iter_mut().zip(given).for_each(|(channel, given)| *channel = given);
                Ok(Self::Color(color))
            }
            "point2D" => {
                let pair = |key: &str| numbers(key).and_then(|list| <[f64; 2]>::try_from(list).ok());
                let default = pair("DEFAULT");
                match (pair("MIN"), pair("MAX")) {
                    (Some([a, b]), Some([c, d])) if a.min(b) < c.max(d) => {
                        let (least, most) = (a.min(b), c.max(d));
                        let default = default.unwrap_or([least; 2]).map(|v| v.clamp(least, most));
                        Ok(Self::Pair { least, most, default })
                    }
                    _ => {
                        let inside = default.filter(|pair| pair.iter().all(|v| (0.0..=1.0).contains(v)));
                        Ok(Self::Point(inside.unwrap_or([0.5; 2])))
                    }
                }
            }
            "image" => Ok(Self::Image),
            other => Err(format!("an input of the type {other} can't be imported")),
        }
    }

    fn long(value: &Value) -> Result<Self, String> {
        let list = |key: &str| value.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let numbers: Option<Vec<i64>> =
            list("VALUES").iter().map(|v| as_number(v).map(|v| v as i64)).collect();
        let numbers = numbers.filter(|numbers| !numbers.is_empty());
        let numbers = numbers.or_else(|| {
            // Newer files give a range instead.
            let (least, most) = (as_number(value.get("MIN")?)? as i64, as_number(value.get("MAX")?)? as i64);
            (least <= most && most - least < 64).then(|| (least..=most).collect())
        });
        let numbers = numbers.ok_or("a `long` needs VALUES, a list of whole numbers")?;
        let labels = list("LABELS");
        let mut names: Vec<String> = Vec::new();
        for (i, number) in numbers.iter().enumerate() {
            // Values are written between commas and colons.
            let label = labels.get(i).and_then(Value::as_str).map(|label| snake(label).replace('_', "-"));
            let label = label.filter(|label| !label.is_empty() && !names.contains(label));
            names.push(label.unwrap_or_else(|| number.to_string()));
        }
        let meant = value.get("DEFAULT").and_then(as_number).map(|number| number as i64);
        let default = numbers.iter().position(|number| Some(*number) == meant).unwrap_or(0);
        Ok(Self::Long { numbers, names, default })
    }
}

/// ISF writes true and false for 1 and 0, and the reverse.
fn as_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_bool().map(f64::from))
}

/// `blurAmount` as `blur_amount`.
fn snake(name: &str) -> String {
    let (mut out, mut lower) = (String::new(), false);
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            out.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out.trim_matches('_').to_owned()
}
