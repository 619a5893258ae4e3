//! What a filter brings along: pictures, tables, meshes.

use toml::Spanned;

use super::Resolver;
use crate::filter::{
    Asset, FilterError, Image, Prop,
    error::nearest,
    lut::Lut,
    manifest,
    mesh::Mesh,
    text::{Font, MAX_TEXT},
};

impl Resolver<'_> {
    pub(super) fn lut(&self, name: String, path: &Spanned<String>) -> Result<Asset, FilterError> {
        let file = self.package.shown(path.get_ref());
        let text = String::from_utf8_lossy(self.bytes(path)?);
        let lut = Lut::parse(&text)
            .map_err(|(line, message)| FilterError::Asset { file: format!("{file}:{line}"), message })?;
        Ok(Asset::Lut(name, lut))
    }

    pub(super) fn image(
        &self,
        name: String,
        path: &Spanned<String>,
        coded: bool,
    ) -> Result<Asset, FilterError> {
        let bytes = self.bytes(path)?;
        let failed =
            |message: String| FilterError::Asset { file: self.package.shown(path.get_ref()), message };
        Ok(Asset::Image(name, Image::read(bytes, coded).map_err(failed)?))
    }

    pub(super) fn text_input(&self, name: String, input: &manifest::Input) -> Result<Asset, FilterError> {
        let path = self.required(input.path.as_ref(), &input.name, "path")?;
        let font = Font::read(self.bytes(path)?)
            .map_err(|message| FilterError::Asset { file: self.package.shown(path.get_ref()), message })?;
        let text = match input.default.as_ref().map(|default| (default, default.get_ref())) {
            None => "",
            Some((_, toml::Value::String(text))) if text.chars().count() <= MAX_TEXT => text,
            Some((place, _)) => {
                let message =
                    format!("the value of `{name}` must be a text of at most {MAX_TEXT} characters");
                return Err(self.text.at(place, message));
            }
        };
        let image = font.draw(text);
        Ok(Asset::Text(name, image, font))
    }

    pub(super) fn bytes(&self, path: &Spanned<String>) -> Result<&[u8], FilterError> {
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

    pub(super) fn prop(&mut self, mesh: &manifest::Mesh) -> Result<Prop, FilterError> {
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
}
