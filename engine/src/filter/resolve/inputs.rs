//! `[[inputs]]`.

use toml::Spanned;

use super::{MOST, Resolver};
use crate::filter::{
    Event, Filter, FilterError, Requires,
    error::{nearest, visible},
    event::Source,
    manifest,
    params::{Input, Kind},
};

/// What an input may be: the name, and what it is in a shader.
pub(in crate::filter) const KINDS: [(&str, &str); 13] = [
    ("float", "`params` has an `f32`, from `min` to `max`."),
    ("int", "`params` has an `i32`, from `min` to `max`."),
    ("bool", "`params` has a `u32`, 0 or 1. People write true or false."),
    ("enum", "`params` has a `u32`: the number of one of the `values`, from 0. People write the name."),
    (
        "color",
        "`params` has a `vec4f`: linear light, premultiplied alpha, 0..1. People write sRGB, `#ff8000` or `#ff800080`.",
    ),
    (
        "vec2",
        "`params` has a `vec2f`, each from `min` to `max`. People write `0.5/1`, manifests `[0.5, 1.0]`.",
    ),
    (
        "point2",
        "`params` has a `vec2f`: a place in the picture, 0..1 from its left upper corner. Written like a `vec2`.",
    ),
    ("vec3", "`params` has a `vec3f`, each from `min` to `max`."),
    ("vec4", "`params` has a `vec4f`, each from `min` to `max`."),
    (
        "event",
        "A function of this name, `name(face: u32) -> Event` where its `source` is of a face, else `name() -> Event`; see \
         `antifaz::event`.",
    ),
    (
        "image",
        "A `texture_2d<f32>` of this name, linear light with premultiplied alpha: `textureSampleLevel(name, \
         antifaz::frame::linear, uv, 0.0)`. PNG, JPEG, WebP or BMP.",
    ),
    ("lut", "A `texture_2d<f32>` of this name: `antifaz::lut::lut_at(name, color)`. A .cube file."),
    ("text", "A `texture_2d<f32>` of this name: the letters are white, all else is transparent."),
];
/// Those that are fields of `params`.
const VALUES: &[&str] = &["float", "int", "bool", "enum", "color", "vec2", "point2", "vec3", "vec4"];
/// Those that have a range.
const NUMBERS: &[&str] = &["float", "int", "vec2", "vec3", "vec4"];

impl Resolver<'_> {
    pub(super) fn input(&mut self, input: &manifest::Input, filter: &mut Filter) -> Result<(), FilterError> {
        let name = self.name(&input.name)?;
        let kind = self.one_of(&input.kind, &KINDS.map(|(name, _)| name))?;
        self.only_fitting_keys(input, kind)?;
        if kind == "event" {
            let event = self.event(name, input, &mut filter.requires)?;
            filter.events.push(event);
            return Ok(());
        }
        if kind == "text" {
            let asset = self.text_input(name, input)?;
            filter.assets.push(asset);
            return Ok(());
        }
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
            "int" => self.whole_range(input)?,
            "bool" => Kind::Bool,
            "color" => Kind::Color,
            _ => self.choice(input)?,
        };
        let read = |value: &Spanned<toml::Value>| {
            kind.from_toml(value.get_ref()).ok_or_else(|| {
                self.text.at(value, format!("the value of `{name}` must be {}", kind.in_manifest()))
            })
        };
        let default = input.default.as_ref().map(read).transpose()?.unwrap_or_else(|| kind.zero());
        let identity = input.identity.as_ref().map(read).transpose()?;
        let label = input.label.as_deref().map_or_else(|| name.clone(), visible);
        filter.inputs.push(Input { name, label, kind, default, identity });
        Ok(())
    }

    fn event(
        &self,
        name: String,
        input: &manifest::Input,
        requires: &mut Requires,
    ) -> Result<Event, FilterError> {
        let named = self.required(input.source.as_ref(), &input.name, "source")?;
        let Some(source) = Source::parse(named.get_ref()) else {
            let known: Vec<String> = Source::names().collect();
            let nearest = nearest(named.get_ref(), known.iter().map(String::as_str));
            let hint = nearest.map_or_else(
                || "known: blendshape.<name>, face.smile, face.yaw, ..., tap, time".to_owned(),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            return Err(self.text.at(named, format!("unknown source `{}`; {hint}", named.get_ref())));
        };
        requires.face |= source.is_of_face();
        match source {
            Source::Yaw | Source::Pitch | Source::Roll => requires.pose = true,
            Source::Present | Source::Tap | Source::Time => {}
            _ => requires.blendshapes = true,
        }
        let (threshold, release) = self.limits(input, source)?;
        let label = input.label.as_deref().map_or_else(|| name.clone(), visible);
        Ok(Event { name, label, source, threshold, release })
    }

    /// Where an event begins and ends.
    fn limits(&self, input: &manifest::Input, source: Source) -> Result<(f32, f32), FilterError> {
        if let (false, Some(release)) = (source.is_of_face(), &input.release) {
            return Err(self.text.at(release, "only what is of a face has a `release`"));
        }
        match (source, &input.threshold) {
            (Source::Tap, Some(threshold)) => {
                return Err(self.text.at(threshold, "a tap has no `threshold`"));
            }
            (Source::Time, None) => {
                let message = "`time` needs the key `threshold`: the seconds from one to the next";
                return Err(self.text.at(&input.name, message));
            }
            (Source::Time, Some(period)) if !(0.01..=3600.0).contains(period.get_ref()) => {
                return Err(self.text.at(period, "the time must be 0.01 to 3600 seconds"));
            }
            _ => {}
        }
        let threshold = input.threshold.as_ref().map_or(0.5, |threshold| *threshold.get_ref());
        if let (Some(place), false) = (&input.threshold, threshold.is_finite() && threshold != 0.0) {
            return Err(self.text.at(place, "`threshold` must be a number other than 0"));
        }
        let release = input.release.as_ref().map_or(0.8 * threshold, |release| *release.get_ref());
        let share = release / threshold;
        if let (Some(place), false) = (&input.release, (0.0..=1.0).contains(&share)) {
            return Err(self
                .text
                .at(place, format!("`release` must lie between 0 and `threshold` ({threshold})")));
        }
        Ok((threshold as f32, release as f32))
    }

    /// A key that means nothing to a kind was meant to mean something.
    fn only_fitting_keys(&self, input: &manifest::Input, kind: &str) -> Result<(), FilterError> {
        let keys = [
            ("default", input.default.as_ref().map(Spanned::span).filter(|_| kind != "text"), VALUES),
            ("identity", input.identity.as_ref().map(Spanned::span), VALUES),
            ("min", input.min.as_ref().map(Spanned::span), NUMBERS),
            ("max", input.max.as_ref().map(Spanned::span), NUMBERS),
            ("values", input.values.as_ref().map(Spanned::span), &["enum"]),
            ("path", input.path.as_ref().map(Spanned::span), &["image", "lut", "text"]),
            ("coded", input.coded.as_ref().map(Spanned::span), &["image"]),
            ("source", input.source.as_ref().map(Spanned::span), &["event"]),
            ("threshold", input.threshold.as_ref().map(Spanned::span), &["event"]),
            ("release", input.release.as_ref().map(Spanned::span), &["event"]),
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

    /// The names of an `enum`: people type them after a `=`, between commas.
    fn choice(&self, input: &manifest::Input) -> Result<Kind, FilterError> {
        let values = self.required(input.values.as_ref(), &input.name, "values")?;
        let names = values.get_ref();
        if names.len() > MOST {
            return Err(self.text.at(values, format!("an `enum` has at most {MOST} `values`")));
        }
        let typed = |name: &String| {
            !name.is_empty() && name.trim() == name && !name.contains(|c: char| c == ',' || c.is_control())
        };
        let message = match names.iter().enumerate().find(|(number, name)| names[..*number].contains(name)) {
            Some((_, twice)) => format!("`{twice}` is among the `values` twice"),
            None if names.is_empty() => "`values` is empty: an `enum` needs at least one name".to_owned(),
            None if !names.iter().all(typed) => {
                "each of the `values` is a name without commas, and without blanks around it".to_owned()
            }
            None => return Ok(Kind::Enum(names.clone())),
        };
        Err(self.text.at(values, message))
    }

    fn whole_range(&self, input: &manifest::Input) -> Result<Kind, FilterError> {
        let limits = self.range(input)?;
        for (key, side) in [("min", &input.min), ("max", &input.max)] {
            let Some(side) = side else { continue };
            // What f32 can't tell from its neighbours is no limit that holds.
            if side.get_ref().fract() != 0.0 || side.get_ref().abs() > 16_777_216.0 {
                let message = format!("the `{key}` of an `int` is a whole number from -16777216 to 16777216");
                return Err(self.text.at(side, message));
            }
        }
        Ok(Kind::Int(limits.0 as i32, limits.1 as i32))
    }

    fn range(&self, input: &manifest::Input) -> Result<(f32, f32), FilterError> {
        let min = input.min.as_ref().map_or(0.0, |min| *min.get_ref());
        let max = input.max.as_ref().map_or(1.0, |max| *max.get_ref());
        if min < max && (min as f32).is_finite() && (max as f32).is_finite() {
            return Ok((min as f32, max as f32));
        }
        let message = format!("`min` ({min}) must be below `max` ({max}); they are 0 and 1 where not given");
        Err(self
            .text
            .error(input.max.as_ref().map_or(input.name.span().start, |max| max.span().start), message))
    }
}
