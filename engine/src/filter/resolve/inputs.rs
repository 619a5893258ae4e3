//! `[[inputs]]`.

use toml::Spanned;

use super::Resolver;
use crate::filter::{
    Filter, FilterError, manifest,
    params::{Input, Kind},
};

/// What an input may be.
const KINDS: [&str; 11] =
    ["float", "int", "bool", "enum", "color", "vec2", "point2", "vec3", "vec4", "image", "lut"];
/// Those that are fields of `params`.
const VALUES: &[&str] = &["float", "int", "bool", "enum", "color", "vec2", "point2", "vec3", "vec4"];
/// Those that have a range.
const NUMBERS: &[&str] = &["float", "int", "vec2", "vec3", "vec4"];

impl Resolver<'_> {
    pub(super) fn input(&mut self, input: &manifest::Input, filter: &mut Filter) -> Result<(), FilterError> {
        let name = self.name(&input.name)?;
        let kind = self.one_of(&input.kind, &KINDS)?;
        self.only_fitting_keys(input, kind)?;
        if matches!(kind, "image" | "lut") {
            let path = self.required(input.path.as_ref(), &input.name, "path")?;
            let coded = input.coded.as_ref().is_some_and(|coded| *coded.get_ref());
            let asset = if kind == "lut" { self.lut(name, path)? } else { self.image(name, path, coded)? };
            filter.assets.push(asset);
            return Ok(());
        }
        let kind = match kind {
            "float" => self.range(input).map(|(min, max)| Kind::Float(min, max))?,
            "vec2" => self.range(input).map(|(min, max)| Kind::Vec2(min, max))?,
            "vec3" => self.range(input).map(|(min, max)| Kind::Vec3(min, max))?,
            "vec4" => self.range(input).map(|(min, max)| Kind::Vec4(min, max))?,
            "point2" => Kind::Point2,
            "int" => self.range(input).map(|(min, max)| Kind::Int(min as i32, max as i32))?,
            "bool" => Kind::Bool,
            "color" => Kind::Color,
            _ => Kind::Enum(self.required(input.values.as_ref(), &input.name, "values")?.get_ref().clone()),
        };
        let read = |value: &Spanned<toml::Value>| {
            kind.from_toml(value.get_ref())
                .ok_or_else(|| self.text.at(value, format!("the value of `{name}` must be {kind}")))
        };
        let default = input.default.as_ref().map(read).transpose()?.unwrap_or_else(|| kind.zero());
        let identity = input.identity.as_ref().map(read).transpose()?;
        let label = input.label.clone().unwrap_or_else(|| name.clone());
        filter.inputs.push(Input { name, label, kind, default, identity });
        Ok(())
    }

    /// A key that means nothing to a kind was meant to mean something.
    fn only_fitting_keys(&self, input: &manifest::Input, kind: &str) -> Result<(), FilterError> {
        let keys = [
            ("default", input.default.as_ref().map(Spanned::span), VALUES),
            ("identity", input.identity.as_ref().map(Spanned::span), VALUES),
            ("min", input.min.as_ref().map(Spanned::span), NUMBERS),
            ("max", input.max.as_ref().map(Spanned::span), NUMBERS),
            ("values", input.values.as_ref().map(Spanned::span), &["enum"]),
            ("path", input.path.as_ref().map(Spanned::span), &["image", "lut"]),
            ("coded", input.coded.as_ref().map(Spanned::span), &["image"]),
        ];
        for (key, span, kinds) in keys {
            if let (Some(span), false) = (span, kinds.contains(&kind)) {
                let message =
                    format!("`{key}` means nothing to the type `{kind}`; it is for {}", kinds.join(", "));
                return Err(self.text.error(span.start, message));
            }
        }
        Ok(())
    }

    fn range(&self, input: &manifest::Input) -> Result<(f32, f32), FilterError> {
        let min = input.min.as_ref().map_or(0.0, |min| *min.get_ref());
        let max = input.max.as_ref().map_or(1.0, |max| *max.get_ref());
        if min < max && min.is_finite() && max.is_finite() {
            return Ok((min as f32, max as f32));
        }
        let message = format!("`min` ({min}) must be below `max` ({max}); they are 0 and 1 where not given");
        Err(self
            .text
            .error(input.max.as_ref().map_or(input.name.span().start, |max| max.span().start), message))
    }
}
