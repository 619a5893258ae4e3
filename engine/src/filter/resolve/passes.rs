//! `[[passes]]` and their targets.

use toml::Spanned;

use super::Resolver;
use crate::filter::{Blend, Filter, FilterError, Pass, Space, Target, expression::Expression, manifest};

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
        let blend = self.blend(pass, space, target)?;
        let (name, entry) = (pass.name.get_ref().clone(), pass.entry.get_ref().clone());
        Ok(Pass { name, module, entry, space, blend, target, reads })
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
}
