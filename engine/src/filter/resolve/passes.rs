//! `[[passes]]` and their targets.

use toml::Spanned;

use super::Resolver;
use crate::filter::{
    Blend, Filter, FilterError, Hook, Keep, Particles, Pass, Space, Target, expression::Expression, manifest,
};

/// The picture in levels, each half as large as the one above.
const LEVELS: &str = "picture.levels";
/// What a pass may read beside the filter's own targets.
const OTHERS: [&str; 3] = ["picture", LEVELS, "segment.person"];

impl Resolver<'_> {
    pub(super) fn pass(
        &mut self,
        pass: &Spanned<manifest::Pass>,
        filter: &mut Filter,
    ) -> Result<Pass, FilterError> {
        let pass = pass.get_ref();
        self.bytes(&pass.shader)?;
        let path = format!("package::{}", pass.shader.get_ref().trim_end_matches(".wgsl").replace('/', "::"));
        let module = self.modules.iter().position(|module| module.path == path);
        let module = module.ok_or_else(|| self.text.at(&pass.shader, "a shader is a `.wgsl` file"))?;
        let compute = match &pass.stage {
            Some(stage) => self.one_of(stage, &["fragment", "compute"])? == "compute",
            None => false,
        };
        let space = self.space(pass, compute, filter)?;
        let number =
            |name: &Spanned<String>| filter.targets.iter().position(|target| target.name == *name.get_ref());
        let target = pass.target.as_ref().and_then(number);
        let reads = self.reads(pass, target, filter)?;
        if compute {
            self.computes(pass, space, target.map(|target| &filter.targets[target]))?;
        }
        let blend = self.blend(pass, space, target)?;
        let vertex = self.hook(pass, space)?;
        let (name, entry) = (pass.name.get_ref().clone(), pass.entry.get_ref().clone());
        let places = [self.text.place(&pass.name), self.text.place(&pass.entry)];
        let levels = pass.reads.iter().any(|read| read.get_ref() == LEVELS);
        Ok(Pass { name, module, entry, compute, space, vertex, blend, target, reads, levels, places })
    }

    /// The author's own vertex function, where the space has room for one.
    fn hook(&self, pass: &manifest::Pass, space: Space) -> Result<Option<Hook>, FilterError> {
        let Some(name) = &pass.vertex else { return Ok(None) };
        if !matches!(space, Space::Prop(_) | Space::FaceMesh) {
            let message = "a `vertex` function moves meshes: in the space \"prop\" or \"face_mesh\"";
            return Err(self.text.at(name, message));
        }
        self.shader_name(name)?;
        Ok(Some(Hook { name: name.get_ref().clone(), place: self.text.place(name) }))
    }

    pub(super) fn particles(&mut self, particles: &manifest::Particles) -> Result<Particles, FilterError> {
        self.generated(&particles.name, "_count")?;
        match u32::try_from(*particles.count.get_ref()) {
            Ok(count @ 1..=65536) => Ok(Particles { name: self.name(&particles.name)?, count }),
            _ => Err(self.text.at(&particles.count, "`count` must be a number from 1 to 65536")),
        }
    }

    /// A name that is made of another one.
    fn generated(&mut self, name: &Spanned<String>, ending: &str) -> Result<(), FilterError> {
        let made = format!("{}{ending}", name.get_ref());
        if self.names.contains(&made) {
            let message = format!("`{}` brings the name `{made}`, which is there already", name.get_ref());
            return Err(self.text.at(name, message));
        }
        self.names.push(made);
        Ok(())
    }

    /// What a compute pass must have and must not have.
    fn computes(
        &self,
        pass: &manifest::Pass,
        space: Space,
        target: Option<&Target>,
    ) -> Result<(), FilterError> {
        if let Some(blend) = &pass.blend {
            return Err(self.text.at(blend, "a compute pass blends nothing: it writes what it likes"));
        }
        match (space, &pass.target, target) {
            (Space::Frame, Some(name), Some(target)) if !target.float => {
                let message = "a compute pass writes only targets of the format \"rgba16float\": say so at the first \
                               pass that draws on this one";
                Err(self.text.at(name, message))
            }
            (Space::Frame, None, _) => {
                Err(self.text.at(&pass.name, "a compute pass needs a `target`, or `particles`"))
            }
            (Space::Particles(_), Some(name), _) => {
                Err(self.text.at(name, "a compute pass that moves particles has no `target`"))
            }
            _ => Ok(()),
        }
    }

    fn space(&self, pass: &manifest::Pass, compute: bool, filter: &Filter) -> Result<Space, FilterError> {
        let known: &[&str] = match compute {
            true => &["frame", "particles"],
            false => &["frame", "face_mesh", "face_uv", "prop", "particles"],
        };
        let moves = if compute && pass.particles.is_some() { "particles" } else { "frame" };
        let space = pass.space.as_ref().map_or(Ok(moves), |space| self.one_of(space, known))?;
        if let (Some(particles), false) = (&pass.particles, space == "particles") {
            let message = "`particles` are drawn in the space \"particles\", or moved by a compute pass";
            return Err(self.text.at(particles, message));
        }
        if let (Some(mesh), false) = (&pass.mesh, space == "prop") {
            return Err(self.text.at(mesh, "a `mesh` is drawn in the space \"prop\""));
        }
        if let Some(per) = &pass.per {
            let fits = if matches!(space, "frame" | "particles") { "frame" } else { "face" };
            if self.one_of(per, &["frame", "face"])? != fits {
                return Err(self.text.at(per, format!("a pass in the space `{space}` is drawn per {fits}")));
            }
        }
        match space {
            "frame" => Ok(Space::Frame),
            "face_mesh" => Ok(Space::FaceMesh),
            "face_uv" if pass.target.is_none() => {
                let message =
                    "what is drawn in the space `face_uv` is no part of the picture: it needs a `target`";
                Err(self.text.at(pass.space.as_ref().unwrap_or(&pass.name), message))
            }
            "face_uv" => Ok(Space::FaceUv),
            "particles" => {
                let particles = self.required(pass.particles.as_ref(), &pass.name, "particles")?;
                let known: Vec<&str> = filter.particles.iter().map(|known| known.name.as_str()).collect();
                let name = self.one_of(particles, &known)?;
                Ok(Space::Particles(known.iter().position(|known| *known == name).unwrap_or(0)))
            }
            _ => {
                let mesh = self.required(pass.mesh.as_ref(), &pass.name, "mesh")?;
                let known: Vec<&str> = filter.props.iter().map(|prop| prop.name.as_str()).collect();
                let name = self.one_of(mesh, &known)?;
                Ok(Space::Prop(known.iter().position(|known| *known == name).unwrap_or(0)))
            }
        }
    }

    fn blend(
        &self,
        pass: &manifest::Pass,
        space: Space,
        target: Option<usize>,
    ) -> Result<Blend, FilterError> {
        let Some(blend) = &pass.blend else {
            return Ok(if space == Space::Frame { Blend::Replace } else { Blend::Over });
        };
        Ok(match self.one_of(blend, &["replace", "over", "add", "multiply", "screen"])? {
            "replace" if space != Space::Frame && target.is_none() => {
                let message = "what covers a part of the picture can't replace it: leave `blend` out, or give a `target`";
                return Err(self.text.at(blend, message));
            }
            "replace" => Blend::Replace,
            "over" => Blend::Over,
            "add" => Blend::Add,
            "multiply" => Blend::Multiply,
            _ => Blend::Screen,
        })
    }

    /// The numbers of the intermediates that a pass reads.
    fn reads(
        &self,
        pass: &manifest::Pass,
        target: Option<usize>,
        filter: &mut Filter,
    ) -> Result<Vec<usize>, FilterError> {
        let mut reads = Vec::new();
        for read in &pass.reads {
            match read.get_ref().as_str() {
                // Every pass may read the picture; of its levels the pass itself tells.
                "picture" | LEVELS => continue,
                "segment.person" => {
                    filter.requires.matte = true;
                    continue;
                }
                _ => {}
            }
            let targets = filter.targets.iter().map(|target| target.name.as_str());
            let known: Vec<&str> = OTHERS.into_iter().chain(targets).collect();
            let name = self.one_of(read, &known)?;
            let number = known.iter().position(|known| *known == name).unwrap_or(0) - OTHERS.len();
            let drawn = filter.passes.iter().any(|earlier| earlier.target == Some(number));
            if filter.targets[number].keep == Keep::Nothing && (!drawn || target == Some(number)) {
                let message = if target == Some(number) {
                    "a pass can't read the target that it writes, unless that is `persistent`: then it reads what it held \
                     in the frame before"
                        .to_owned()
                } else {
                    format!(
                        "only a later pass draws on `{name}`: put that first, or make `{name}` persistent"
                    )
                };
                return Err(self.text.at(read, message));
            }
            reads.push(number);
        }
        Ok(reads)
    }

    /// Declares the intermediate of the first pass that draws on it, which gives its shape.
    pub(super) fn target(&mut self, pass: &manifest::Pass, filter: &mut Filter) -> Result<(), FilterError> {
        let shaped = pass.size.is_some() || pass.format.is_some();
        let kept = pass.persistent.is_some() || pass.history.is_some();
        let Some(name) = &pass.target else {
            return match shaped || kept {
                false => Ok(()),
                true => Err(self.text.at(
                    &pass.name,
                    "only a pass with a `target` has a `size`, a `format`, or is `persistent` or has a `history`",
                )),
            };
        };
        if filter.targets.iter().any(|target| target.name == *name.get_ref()) {
            return match shaped || kept {
                false => Ok(()),
                true => Err(self.text.at(
                    name,
                    format!(
                        "the first pass that draws on `{}` gives its size and format, and says whether it is kept",
                        name.get_ref()
                    ),
                )),
            };
        }
        let size = match &pass.size {
            None => [Expression::Width, Expression::Height],
            Some([width, height]) => [self.side(width)?, self.side(height)?],
        };
        let format = pass.format.as_ref().map(|format| self.one_of(format, &["rgba8", "rgba16float"]));
        let float = format.transpose()? == Some("rgba16float");
        let keep = self.keep(pass)?;
        if let Keep::History(_) = keep {
            self.generated(name, "_ago")?;
        }
        filter.targets.push(Target { name: self.name(name)?, size, float, keep });
        Ok(())
    }

    fn keep(&self, pass: &manifest::Pass) -> Result<Keep, FilterError> {
        let persistent = pass.persistent.as_ref().is_some_and(|persistent| *persistent.get_ref());
        match &pass.history {
            None if persistent => Ok(Keep::Last),
            None => Ok(Keep::Nothing),
            Some(history) if persistent => {
                Err(self.text.at(history, "a target is `persistent` or has a `history`, not both"))
            }
            Some(history) => match u32::try_from(*history.get_ref()) {
                Ok(frames @ 2..=16) => Ok(Keep::History(frames)),
                _ => Err(self.text.at(history, "`history` must be a number of frames from 2 to 16")),
            },
        }
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
}
