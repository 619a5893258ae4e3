//! What a filter brings along: pictures, tables, meshes.

use toml::Spanned;

use super::Resolver;
use crate::filter::{
    Asset, FilterError, Image, Prop, error::nearest, lut::Lut, manifest, mesh::Mesh, params::linear,
};

/// Widest and highest picture of a filter, in pixels.
const MAX_IMAGE: u32 = 4096;

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
