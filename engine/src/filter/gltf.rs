//! The part of glTF 2.0 that props need, read from untrusted bytes.

mod json;

use glam::{Vec2, Vec3, Vec4};

use super::Package;
pub(super) use json::{Animation, Channel, Json, Node, Primitive, Transform};

const F32: u32 = 5126;

/// A file with the bytes of its buffers.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) json: Json,
    buffers: Vec<Vec<u8>>,
    /// The files that pictures lie in.
    pictures: Vec<Option<Vec<u8>>>,
}

impl Document {
    /// Reads `.glb` or `.gltf`, by content. A buffer lies in the file itself, or beside it in the package.
    pub(super) fn read(package: &Package, path: &str) -> Result<Self, String> {
        let bytes = package.file(path).ok_or("there is no such file in the filter")?;
        let (text, mut binary) = if bytes.starts_with(b"glTF") { chunks(bytes)? } else { (bytes, None) };
        let json: Json = serde_json::from_slice(text)
            .map_err(|error| format!("it is not a glTF file that can be read: {error}"))?;
        if let Some(extension) = json.extensions_required.first() {
            return Err(format!(
                "it needs the extension {extension}, which is not supported: export it without"
            ));
        }
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let buffers = json.buffers.iter().map(|buffer| match &buffer.uri {
            None => binary.take().map(<[u8]>::to_vec).ok_or_else(|| "its binary part is missing".to_owned()),
            Some(uri) => package
                .file(&format!("{folder}{uri}"))
                .map(<[u8]>::to_vec)
                .ok_or_else(|| format!("its buffer `{uri}` is not a file of the filter")),
        });
        let buffers = buffers.collect::<Result<_, String>>()?;
        let pictures = json.images.iter().map(|image| {
            image.uri.as_ref().map(|uri| {
                let file = package.file(&format!("{folder}{uri}"));
                file.map(<[u8]>::to_vec)
                    .ok_or_else(|| format!("its picture `{uri}` is not a file of the filter"))
            })
        });
        let pictures = pictures.map(Option::transpose).collect::<Result<_, String>>()?;
        Ok(Self { json, buffers, pictures })
    }

    /// The nodes of the default scene.
    pub(super) fn roots(&self) -> Result<Vec<usize>, String> {
        let scene = self.json.scenes.get(self.json.scene.unwrap_or(0)).ok_or("it has no scene")?;
        Ok(scene.nodes.clone())
    }

    /// An accessor's three-part vectors.
    pub(super) fn vectors(&self, accessor: usize) -> Result<Vec<Vec3>, String> {
        let values = self.values(accessor, "VEC3", &[F32])?;
        Ok(values.map(|v| Vec3::new(float(v, 0), float(v, 1), float(v, 2))).collect())
    }

    /// An accessor's two-part vectors, as floats or shares of the greatest whole number.
    pub(super) fn pairs(&self, accessor: usize) -> Result<Vec<Vec2>, String> {
        let values = self.values(accessor, "VEC2", &[F32, 5121, 5123])?;
        let pair = |v: &[u8]| match v.len() {
            2 => Vec2::new(f32::from(v[0]), f32::from(v[1])) / 255.0,
            4 => {
                let short = |at: usize| f32::from(u16::from_le_bytes([v[at], v[at + 1]]));
                Vec2::new(short(0), short(2)) / 65535.0
            }
            _ => Vec2::new(float(v, 0), float(v, 1)),
        };
        Ok(values.map(pair).collect())
    }

    /// An accessor's four-part vectors.
    pub(super) fn quads(&self, accessor: usize) -> Result<Vec<Vec4>, String> {
        let values = self.values(accessor, "VEC4", &[F32])?;
        Ok(values.map(|v| Vec4::new(float(v, 0), float(v, 1), float(v, 2), float(v, 3))).collect())
    }

    /// An accessor's numbers.
    pub(super) fn numbers(&self, accessor: usize) -> Result<Vec<f32>, String> {
        Ok(self.values(accessor, "SCALAR", &[F32])?.map(|v| float(v, 0)).collect())
    }

    /// The picture file behind a texture.
    pub(super) fn picture(&self, texture: usize) -> Result<&[u8], String> {
        let missing = "it names a texture that is not there";
        let image = self.json.textures.get(texture).and_then(|texture| texture.source).ok_or(missing)?;
        let place = self.json.images.get(image).ok_or(missing)?.buffer_view;
        match (self.pictures.get(image), place) {
            (Some(Some(file)), _) => Ok(file),
            (_, Some(view)) => self.view(view),
            _ => Err(missing.into()),
        }
    }

    /// The bytes of a part of a buffer.
    fn view(&self, view: usize) -> Result<&[u8], String> {
        let missing = "it names values that are not there";
        let view = self.json.buffer_views.get(view).ok_or(missing)?;
        let buffer = self.buffers.get(view.buffer).ok_or(missing)?;
        let end = view.byte_offset.checked_add(view.byte_length);
        end.and_then(|end| buffer.get(view.byte_offset..end))
            .ok_or_else(|| format!("a buffer ends early: it has {} bytes", buffer.len()))
    }

    /// An accessor's whole numbers.
    pub(super) fn indices(&self, accessor: usize) -> Result<Vec<u32>, String> {
        let values = self.values(accessor, "SCALAR", &[5121, 5123, 5125])?;
        Ok(values.map(|v| v.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))).collect())
    }

    /// The bytes of each value of an accessor, all within their buffer.
    fn values(
        &self,
        accessor: usize,
        shape: &str,
        kinds: &[u32],
    ) -> Result<impl Iterator<Item = &[u8]>, String> {
        let missing = "it names values that are not there";
        let accessor = self.json.accessors.get(accessor).ok_or(missing)?;
        if accessor.shape != shape || !kinds.contains(&accessor.component_type) {
            return Err(format!(
                "its values have the wrong type: {} of {}",
                accessor.shape, accessor.component_type
            ));
        }
        let place = accessor.buffer_view.ok_or(missing)?;
        let view = self.json.buffer_views.get(place).ok_or(missing)?;
        let bytes = self.view(place)?;
        let short = || format!("a buffer ends early: its part has {} bytes", bytes.len());
        let bytes = bytes.get(accessor.byte_offset..).ok_or_else(short)?;
        let part = match accessor.component_type {
            5121 => 1,
            5123 => 2,
            _ => 4,
        };
        let parts = match shape {
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" => 4,
            _ => 1,
        };
        let size = parts * part;
        let stride = view.byte_stride.unwrap_or(size).max(size);
        let fits = match accessor.count.checked_sub(1) {
            None => true,
            Some(last) => last
                .checked_mul(stride)
                .and_then(|start| start.checked_add(size))
                .is_some_and(|end| end <= bytes.len()),
        };
        if !fits {
            return Err(short());
        }
        Ok((0..accessor.count).map(move |i| &bytes[i * stride..i * stride + size]))
    }
}

/// The float number `at` of a value.
fn float(value: &[u8], at: usize) -> f32 {
    let bytes = &value[4 * at..4 * at + 4];
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The JSON and the binary chunk of a `.glb` file.
fn chunks(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), String> {
    let word = |at: usize| {
        let word = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
    };
    if word(4) != Some(2) {
        return Err("it is not a glTF file of version 2".into());
    }
    let (mut at, mut json, mut binary) = (12usize, None, None);
    while let (Some(length), Some(kind)) = (word(at), word(at + 4)) {
        let chunk = (at + 8).checked_add(length as usize).and_then(|end| bytes.get(at + 8..end));
        let chunk = chunk.ok_or("the file is cut short")?;
        match &kind.to_le_bytes() {
            b"JSON" => json = Some(chunk),
            b"BIN\0" => binary = Some(chunk),
            _ => {}
        }
        at += 8 + chunk.len();
    }
    Ok((json.ok_or("the file is cut short")?, binary))
}
