//! The part of glTF 2.0 that props need, read from untrusted bytes.

use std::collections::BTreeMap;

use glam::{Mat4, Quat, Vec3};
use serde::Deserialize;

use super::Package;

const F32: u32 = 5126;

/// The JSON part: what is not listed is ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Json {
    scene: Option<usize>,
    #[serde(default)]
    scenes: Vec<Scene>,
    #[serde(default)]
    pub(super) nodes: Vec<Node>,
    #[serde(default)]
    pub(super) meshes: Vec<Mesh>,
    #[serde(default)]
    pub(super) materials: Vec<Material>,
    #[serde(default)]
    accessors: Vec<Accessor>,
    #[serde(default)]
    buffer_views: Vec<View>,
    #[serde(default)]
    buffers: Vec<Buffer>,
    #[serde(default)]
    extensions_required: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Scene {
    #[serde(default)]
    nodes: Vec<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) mesh: Option<usize>,
    #[serde(default)]
    pub(super) children: Vec<usize>,
    matrix: Option<[f32; 16]>,
    translation: Option<[f32; 3]>,
    rotation: Option<[f32; 4]>,
    scale: Option<[f32; 3]>,
}

impl Node {
    /// From the node's space to that of the node above.
    pub(super) fn transform(&self) -> Mat4 {
        if let Some(matrix) = &self.matrix {
            return Mat4::from_cols_array(matrix);
        }
        Mat4::from_scale_rotation_translation(
            self.scale.map_or(Vec3::ONE, Vec3::from),
            self.rotation.map_or(Quat::IDENTITY, Quat::from_array),
            self.translation.map_or(Vec3::ZERO, Vec3::from),
        )
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Mesh {
    pub(super) primitives: Vec<Primitive>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Primitive {
    /// Names to accessors.
    pub(super) attributes: BTreeMap<String, usize>,
    pub(super) indices: Option<usize>,
    pub(super) material: Option<usize>,
    /// 4: triangles.
    #[serde(default = "triangles")]
    pub(super) mode: u32,
}

fn triangles() -> u32 {
    4
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Material {
    #[serde(default)]
    pub(super) alpha_mode: String,
    #[serde(default, rename = "pbrMetallicRoughness")]
    pub(super) surface: Surface,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct Surface {
    /// Linear light, straight alpha.
    #[serde(rename = "baseColorFactor")]
    pub(super) base: [f32; 4],
    #[serde(rename = "metallicFactor")]
    pub(super) metallic: f32,
    #[serde(rename = "roughnessFactor")]
    pub(super) roughness: f32,
}

impl Default for Surface {
    fn default() -> Self {
        Self { base: [1.0; 4], metallic: 1.0, roughness: 1.0 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    #[serde(rename = "type")]
    shape: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Buffer {
    uri: Option<String>,
}

/// A file with the bytes of its buffers.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) json: Json,
    buffers: Vec<Vec<u8>>,
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
        Ok(Self { json, buffers })
    }

    /// The nodes of the default scene.
    pub(super) fn roots(&self) -> Result<Vec<usize>, String> {
        let scene = self.json.scenes.get(self.json.scene.unwrap_or(0)).ok_or("it has no scene")?;
        Ok(scene.nodes.clone())
    }

    /// An accessor's three-part vectors.
    pub(super) fn vectors(&self, accessor: usize) -> Result<Vec<Vec3>, String> {
        let values = self.values(accessor, "VEC3", &[F32])?;
        let float = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(values.map(|v| Vec3::new(float(&v[..4]), float(&v[4..8]), float(&v[8..]))).collect())
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
        let view = self.json.buffer_views.get(accessor.buffer_view.ok_or(missing)?).ok_or(missing)?;
        let buffer = self.buffers.get(view.buffer).ok_or(missing)?;
        let end = view.byte_offset.checked_add(view.byte_length);
        let short = || format!("a buffer ends early: it has {} bytes", buffer.len());
        let bytes = end.and_then(|end| buffer.get(view.byte_offset..end)).ok_or_else(short)?;
        let bytes = bytes.get(accessor.byte_offset..).ok_or_else(short)?;
        let part = match accessor.component_type {
            5121 => 1,
            5123 => 2,
            _ => 4,
        };
        let size = if shape == "VEC3" { 3 * part } else { part };
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
