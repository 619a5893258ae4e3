//! From what is written to what is meant: a [`Filter`] can no longer fail, save for its shaders.

mod assets;
mod inputs;
mod passes;

use toml::Spanned;

pub(super) use inputs::KINDS;

use super::{
    Filter, FilterError, Module, Package, Quality, Requires, Space,
    error::{nearest, visible},
    manifest::{self, Manifest, Text},
};
use crate::quality::Tier;

/// The manifest format that this engine reads.
const FORMAT: i64 = 1;

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

/// What the generated module `package::inputs` calls its own, or uses, and what the engine's own modules bind.
const RESERVED: [&str; 29] = [
    "antifaz",
    "array",
    "canvas",
    "event_states",
    "f32",
    "face_points",
    "faces",
    "frame",
    "head_points",
    "linear",
    "matte",
    "min",
    "newest_layers",
    "params",
    "person_back",
    "person_edges",
    "person_front",
    "picture",
    "picture_levels",
    "prop_materials",
    "prop_pieces",
    "prop_textures",
    "prop_vertices",
    "repeat",
    "texture_2d",
    "texture_2d_array",
    "texture_storage_2d",
    "u32",
    "vec4u",
];
/// Of inputs, meshes, passes, and values of an `enum`, each: what has more is hardly a filter, and devices have no room for it.
const MOST: usize = 256;
/// Swarms of particles.
const MOST_SWARMS: usize = 16;

/// Whether a name can't be one in a manifest, since shaders give it another meaning.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || naga::keywords::wgsl::RESERVED.contains(&name)
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
            // Some editors put a mark before the text.
            let text = text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned);
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
        self.counts(&manifest)?;
        let budget = manifest.budget.as_ref().map(|budget| budget.resolve(&self.text)).transpose()?;
        let mut filter = Filter {
            name: self.package.name().to_owned(),
            title: visible(&manifest.title),
            description: visible(&manifest.description),
            license: visible(&manifest.license),
            requires: Requires::default(),
            inputs: Vec::new(),
            events: Vec::new(),
            assets: Vec::new(),
            props: Vec::new(),
            particles: Vec::new(),
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
        for particles in &manifest.particles {
            let particles = self.particles(particles)?;
            filter.particles.push(particles);
        }
        for pass in &manifest.passes {
            self.target(pass.get_ref(), &mut filter)?;
        }
        for pass in &manifest.passes {
            let pass = self.pass(pass, &mut filter)?;
            filter.requires.face |= pass.space.is_of_face();
            filter.requires.pose |= matches!(pass.space, Space::Prop(_));
            filter.passes.push(pass);
        }
        for rung in &manifest.quality {
            let rung = self.rung(rung, &filter)?;
            filter.quality.push(rung);
        }
        if !filter.passes.iter().any(|pass| pass.target.is_none() && !pass.compute) {
            return Err(self.text.error(0, "no pass draws on the picture: one must have no `target`"));
        }
        filter.modules = self.modules;
        Ok(filter)
    }

    /// No more of anything than can be held, and no two of one name.
    fn counts(&self, manifest: &Manifest) -> Result<(), FilterError> {
        let passes: Vec<_> = manifest.passes.iter().map(|pass| &pass.get_ref().name).collect();
        let inputs: Vec<_> = manifest.inputs.iter().map(|input| &input.name).collect();
        let meshes: Vec<_> = manifest.meshes.iter().map(|mesh| &mesh.name).collect();
        let swarms: Vec<_> = manifest.particles.iter().map(|particles| &particles.name).collect();
        for (names, what, most) in [
            (&passes, "passes", MOST),
            (&inputs, "inputs", MOST),
            (&meshes, "meshes", MOST),
            (&swarms, "swarms of particles", MOST_SWARMS),
        ] {
            if let Some(name) = names.get(most) {
                return Err(self.text.at(name, format!("a filter has at most {most} {what}")));
            }
        }
        self.unlike(&passes)?;
        self.unlike(&meshes)
    }

    /// Names that other keys refer to.
    fn unlike(&self, names: &[&Spanned<String>]) -> Result<(), FilterError> {
        let twice = |(number, name): (usize, &&Spanned<String>)| {
            names[..number].iter().any(|earlier| earlier.get_ref() == name.get_ref())
        };
        if let Some(name) = names.iter().find(|name| name.get_ref().trim().is_empty()) {
            return Err(self.text.at(name, "the `name` is empty"));
        }
        match names.iter().enumerate().position(twice) {
            Some(number) => {
                Err(self.text.at(names[number], format!("`{}` is there already", names[number].get_ref())))
            }
            None => Ok(()),
        }
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
            requires.edges |= self.one_of(need, &["person", "edges"])? == "edges";
            requires.matte = true;
        }
        Ok(())
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
                self.text
                    .at(value, format!("the value of `{}` must be {}", name.get_ref(), kind.in_manifest()))
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
        self.shader_name(name)?;
        if self.names.contains(text) {
            return Err(self.text.at(name, format!("`{text}` is there already")));
        }
        self.names.push(text.clone());
        Ok(text.clone())
    }

    /// What can be a name in a shader.
    fn shader_name(&self, name: &Spanned<String>) -> Result<(), FilterError> {
        let text = name.get_ref();
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
            && text.len() <= 64;
        if !fits {
            return Err(self.text.at(
                name,
                format!("`{text}` must be made of a-z, 0-9 and _, a letter first, at most 64 of them"),
            ));
        }
        if is_reserved(text) {
            let message = format!(
                "`{text}` is a word of the shader language or of the engine; choose another, such as `my_{text}`"
            );
            return Err(self.text.at(name, message));
        }
        Ok(())
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

#[cfg(test)]
mod tests;
