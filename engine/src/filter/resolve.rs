//! From what is written to what is meant: a [`Filter`] can no longer fail, save for its shaders.

use toml::Spanned;

use super::{
    Asset, Filter, FilterError, Image, Module, Package, Pass, Prop, Quality, Requires, Space, Target,
    error::nearest,
    expression::Expression,
    lut::Lut,
    manifest::{self, Manifest, Text},
    mesh::Mesh,
    params::{Input, Kind, linear},
};
use crate::quality::Tier;

/// The manifest format that this engine reads.
const FORMAT: i64 = 1;
/// Widest and highest picture of a filter, in pixels.
const MAX_IMAGE: u32 = 4096;

impl Filter {
    /// Reads and checks a package.
    ///
    /// # Errors
    /// Whatever is wrong with the manifest or a file that it names.
    pub fn from_package(package: &Package) -> Result<Self, FilterError> {
        let (manifest, text) = Manifest::read(package)?;
        if *manifest.format.get_ref() != FORMAT {
            let message = format!("this engine reads format {FORMAT}, not {}", manifest.format.get_ref());
            return Err(text.at(&manifest.format, message));
        }
        Resolver { package, text, modules: modules(package)?, names: Vec::new() }.filter(manifest)
    }
}

/// Every WGSL file of a package as a module.
fn modules(package: &Package) -> Result<Vec<Module>, FilterError> {
    let shaders = package.paths().filter_map(|path| Some((path, path.strip_suffix(".wgsl")?)));
    shaders
        .map(|(path, stem)| {
            let file = package.shown(path);
            let text = String::from_utf8(package.file(path).unwrap_or_default().to_vec()).map_err(|_| {
                FilterError::Asset { file: file.clone(), message: "the file is not UTF-8 text".into() }
            })?;
            Ok(Module { path: format!("package::{}", stem.replace('/', "::")), file, text })
        })
        .collect()
}

struct Resolver<'a> {
    package: &'a Package,
    text: Text<'a>,
    modules: Vec<Module>,
    /// Names of parameters, textures and targets: all are names in a shader.
    names: Vec<String>,
}

impl Resolver<'_> {
    fn filter(mut self, manifest: Manifest) -> Result<Filter, FilterError> {
        let budget = manifest.budget.as_ref().map(|budget| budget.resolve(&self.text)).transpose()?;
        let mut filter = Filter {
            name: self.package.name().to_owned(),
            title: manifest.title,
            description: manifest.description,
            license: manifest.license,
            requires: Requires::default(),
            inputs: Vec::new(),
            assets: Vec::new(),
            props: Vec::new(),
            targets: Vec::new(),
            passes: Vec::new(),
            quality: Vec::new(),
            budget_ms: budget.map(|(ms, _)| ms),
            budget_at: budget.and_then(|(_, at)| at),
            modules: Vec::new(),
        };
        self.requires(&manifest.requires, &mut filter.requires)?;
        for input in &manifest.inputs {
            self.input(input, &mut filter)?;
        }
        for mesh in &manifest.meshes {
            filter.props.push(self.prop(mesh)?);
        }
        for pass in &manifest.passes {
            let pass = self.pass(pass, &mut filter)?;
            filter.requires.face |= pass.space != Space::Frame;
            filter.requires.pose |= matches!(pass.space, Space::Prop(_));
            filter.passes.push(pass);
        }
        for rung in &manifest.quality {
            let rung = self.rung(rung, &filter)?;
            filter.quality.push(rung);
        }
        if !filter.passes.iter().any(|pass| pass.target.is_none()) {
            return Err(self.text.error(0, "no pass draws on the picture: one must have no `target`"));
        }
        filter.modules = self.modules;
        Ok(filter)
    }

    fn requires(&self, needs: &manifest::Needs, requires: &mut Requires) -> Result<(), FilterError> {
        for need in &needs.face {
            match self.one_of(need, &["mesh", "blendshapes", "pose"])? {
                "mesh" => requires.face = true,
                "blendshapes" => (requires.face, requires.blendshapes) = (true, true),
                _ => (requires.face, requires.pose) = (true, true),
            }
        }
        for need in &needs.segment {
            self.one_of(need, &["person"])?;
            requires.matte = true;
        }
        Ok(())
    }

    fn input(&mut self, input: &manifest::Input, filter: &mut Filter) -> Result<(), FilterError> {
        let name = self.name(&input.name)?;
        let kinds = ["float", "int", "bool", "enum", "color", "vec2", "image", "lut"];
        let kind = self.one_of(&input.kind, &kinds)?;
        if matches!(kind, "image" | "lut") {
            let path = self.required(input.path.as_ref(), &input.name, "path")?;
            let asset =
                if kind == "lut" { self.lut(name, path)? } else { self.image(name, path, input.coded)? };
            filter.assets.push(asset);
            return Ok(());
        }
        let kind = match kind {
            "float" => self.range(input).map(|(min, max)| Kind::Float(min, max))?,
            "vec2" => self.range(input).map(|(min, max)| Kind::Vec2(min, max))?,
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

    fn lut(&self, name: String, path: &Spanned<String>) -> Result<Asset, FilterError> {
        let file = self.package.shown(path.get_ref());
        let text = String::from_utf8_lossy(self.bytes(path)?);
        let lut = Lut::parse(&text)
            .map_err(|(line, message)| FilterError::Asset { file: format!("{file}:{line}"), message })?;
        Ok(Asset::Lut(name, lut))
    }

    fn image(&self, name: String, path: &Spanned<String>, coded: bool) -> Result<Asset, FilterError> {
        let bytes = self.bytes(path)?;
        let failed =
            |message: String| FilterError::Asset { file: self.package.shown(path.get_ref()), message };
        let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes));
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_IMAGE);
        limits.max_image_height = Some(MAX_IMAGE);
        reader.limits(limits);
        let decoded = reader
            .with_guessed_format()
            .map_err(|error| failed(error.to_string()))?
            .decode()
            .map_err(|error| failed(format!("the picture can't be read: {error}")))?
            .into_rgba8();
        let size = [decoded.width(), decoded.height()];
        let mut rgba = decoded.into_raw();
        if !coded {
            premultiply(&mut rgba);
        }
        Ok(Asset::Image(name, Image { size, rgba, coded }))
    }

    fn bytes(&self, path: &Spanned<String>) -> Result<&[u8], FilterError> {
        self.package.file(path.get_ref()).ok_or_else(|| {
            let message = match nearest(path.get_ref(), self.package.paths()) {
                Some(nearest) => {
                    format!("the filter has no file `{}`; did you mean `{nearest}`?", path.get_ref())
                }
                None => format!("the filter has no file `{}`", path.get_ref()),
            };
            self.text.at(path, message)
        })
    }

    fn prop(&mut self, mesh: &manifest::Mesh) -> Result<Prop, FilterError> {
        self.bytes(&mesh.path)?;
        if let Some(anchor) = &mesh.anchor {
            self.one_of(anchor, &["head"])?;
        }
        let occluder = mesh.occluder.as_ref().map(|name| self.one_of(name, &["head", "none"])).transpose()?;
        let parsed = Mesh::parse(self.package, mesh.path.get_ref()).map_err(|message| {
            FilterError::Asset { file: self.package.shown(mesh.path.get_ref()), message }
        })?;
        Ok(Prop { name: mesh.name.get_ref().clone(), mesh: parsed, occluded: occluder != Some("none") })
    }

    fn pass(&mut self, pass: &Spanned<manifest::Pass>, filter: &mut Filter) -> Result<Pass, FilterError> {
        let pass = pass.get_ref();
        self.bytes(&pass.shader)?;
        let path = format!("package::{}", pass.shader.get_ref().trim_end_matches(".wgsl").replace('/', "::"));
        let module = self.modules.iter().position(|module| module.path == path);
        let module = module.ok_or_else(|| self.text.at(&pass.shader, "a shader is a `.wgsl` file"))?;
        let space = self.space(pass, filter)?;
        let mut reads = Vec::new();
        for read in &pass.reads {
            let known: Vec<&str> = filter.targets.iter().map(|target| target.name.as_str()).collect();
            match read.get_ref().as_str() {
                "picture" => {} // every pass may read it
                "segment.person" => filter.requires.matte = true,
                name => match known.iter().position(|known| known == &name) {
                    Some(index) => reads.push(index),
                    None => {
                        let known: Vec<&str> =
                            ["picture", "segment.person"].into_iter().chain(known).collect();
                        self.one_of(read, &known)?;
                    }
                },
            }
        }
        let target = self.target(pass, filter)?;
        if target.is_some_and(|target| reads.contains(&target)) {
            return Err(self.text.at(&pass.name, "a pass can't read the target that it writes"));
        }
        let (name, entry) = (pass.name.get_ref().clone(), pass.entry.get_ref().clone());
        let places = [self.text.place(&pass.name), self.text.place(&pass.entry)];
        Ok(Pass { name, module, entry, space, target, reads, places })
    }

    fn space(&self, pass: &manifest::Pass, filter: &Filter) -> Result<Space, FilterError> {
        let known = ["frame", "face_mesh", "prop"];
        let space = pass.space.as_ref().map_or(Ok("frame"), |space| self.one_of(space, &known))?;
        if let Some(per) = &pass.per {
            let fits = if space == "frame" { "frame" } else { "face" };
            if self.one_of(per, &["frame", "face"])? != fits {
                return Err(self.text.at(per, format!("a pass in the space `{space}` is drawn per {fits}")));
            }
        }
        match space {
            "frame" => Ok(Space::Frame),
            "face_mesh" => Ok(Space::FaceMesh),
            _ => {
                let mesh = self.required(pass.mesh.as_ref(), &pass.name, "mesh")?;
                let known: Vec<&str> = filter.props.iter().map(|prop| prop.name.as_str()).collect();
                let name = self.one_of(mesh, &known)?;
                Ok(Space::Prop(known.iter().position(|known| *known == name).unwrap_or(0)))
            }
        }
    }

    /// The number of the intermediate that a pass writes; the first pass that writes it gives its size.
    fn target(&mut self, pass: &manifest::Pass, filter: &mut Filter) -> Result<Option<usize>, FilterError> {
        let Some(name) = &pass.target else {
            return match (&pass.size, &pass.format) {
                (None, None) => Ok(None),
                _ => Err(self.text.at(&pass.name, "only a pass with a `target` has a `size` or `format`")),
            };
        };
        if let Some(known) = filter.targets.iter().position(|target| target.name == *name.get_ref()) {
            if pass.size.is_some() || pass.format.is_some() {
                let message =
                    format!("the first pass that draws on `{}` gives its size and format", name.get_ref());
                return Err(self.text.at(name, message));
            }
            return Ok(Some(known));
        }
        let size = match &pass.size {
            None => [Expression::Width, Expression::Height],
            Some([width, height]) => [self.side(width)?, self.side(height)?],
        };
        let format = pass.format.as_ref().map(|format| self.one_of(format, &["rgba8", "rgba16float"]));
        let float = format.transpose()? == Some("rgba16float");
        filter.targets.push(Target { name: self.name(name)?, size, float });
        Ok(Some(filter.targets.len() - 1))
    }

    fn side(&self, side: &Spanned<toml::Value>) -> Result<Expression, FilterError> {
        match side.get_ref() {
            toml::Value::Integer(pixels @ 1..=16384) => Ok(Expression::Number(*pixels as f32)),
            toml::Value::String(text) => {
                Expression::parse(text).map_err(|message| self.text.at(side, message))
            }
            _ => Err(self.text.at(side, "a size is a number of pixels or a text like \"width / 2\"")),
        }
    }

    fn rung(&self, rung: &manifest::Quality, filter: &Filter) -> Result<Quality, FilterError> {
        let tier = match self.one_of(&rung.tier, &["high", "medium", "low"])? {
            "high" => Tier::High,
            "medium" => Tier::Medium,
            _ => Tier::Low,
        };
        if filter.quality.last().is_some_and(|above| above.tier <= tier) {
            return Err(self.text.at(&rung.tier, "the ladder goes from high to low, each tier once"));
        }
        let inputs: Vec<&str> = filter.inputs.iter().map(|input| input.name.as_str()).collect();
        let passes: Vec<&str> = filter.passes.iter().map(|pass| pass.name.as_str()).collect();
        let number = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap_or(0);
        let mut set = Vec::new();
        for (name, value) in &rung.set {
            let input = number(&inputs, self.one_of(name, &inputs)?);
            let kind = &filter.inputs[input].kind;
            let value = kind.from_toml(value.get_ref()).ok_or_else(|| {
                self.text.at(value, format!("the value of `{}` must be {kind}", name.get_ref()))
            })?;
            set.push((input, value));
        }
        let drop = rung.drop.iter().map(|name| Ok(number(&passes, self.one_of(name, &passes)?)));
        let scale = rung.scale.as_ref().map_or(1.0, |scale| *scale.get_ref());
        if let (Some(place), false) = (&rung.scale, (0.05..=1.0).contains(&scale)) {
            return Err(self.text.at(place, "`scale` must be a number from 0.05 to 1"));
        }
        Ok(Quality { tier, set, scale: scale as f32, drop: drop.collect::<Result<_, FilterError>>()? })
    }

    /// A name that a shader can use, given once.
    fn name(&mut self, name: &Spanned<String>) -> Result<String, FilterError> {
        let text = name.get_ref();
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
            && text.len() <= 64;
        if !fits {
            return Err(self
                .text
                .at(name, format!("`{text}` must be made of a-z, 0-9 and _, a letter first")));
        }
        if text == "params" || naga::keywords::wgsl::RESERVED.contains(&text.as_str()) {
            return Err(self
                .text
                .at(name, format!("`{text}` is a word of the shader language; choose another")));
        }
        if self.names.contains(text) {
            return Err(self.text.at(name, format!("`{text}` is there already")));
        }
        self.names.push(text.clone());
        Ok(text.clone())
    }

    fn one_of<'k>(&self, given: &Spanned<String>, known: &[&'k str]) -> Result<&'k str, FilterError> {
        known.iter().find(|known| *known == given.get_ref()).copied().ok_or_else(|| {
            let message = match nearest(given.get_ref(), known.iter().copied()) {
                Some(nearest) => {
                    let known = known.join(", ");
                    format!("unknown `{}`; did you mean `{nearest}`? (known: {known})", given.get_ref())
                }
                None if known.is_empty() => {
                    format!("unknown `{}`: the filter declares none", given.get_ref())
                }
                None => format!("unknown `{}`; known: {}", given.get_ref(), known.join(", ")),
            };
            self.text.at(given, message)
        })
    }

    fn required<'v, T>(
        &self,
        value: Option<&'v Spanned<T>>,
        owner: &Spanned<String>,
        key: &str,
    ) -> Result<&'v Spanned<T>, FilterError> {
        value.ok_or_else(|| self.text.at(owner, format!("`{}` needs the key `{key}`", owner.get_ref())))
    }
}

/// Straight alpha to premultiplied, in linear light: what shaders and blending expect.
fn premultiply(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4).filter(|pixel| pixel[3] < 255) {
        let alpha = f32::from(pixel[3]) / 255.0;
        for value in &mut pixel[..3] {
            let light = linear(f32::from(*value) / 255.0) * alpha;
            let coded =
                if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
            *value = (coded * 255.0).round() as u8;
        }
    }
}

#[cfg(test)]
mod tests;
