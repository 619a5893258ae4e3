//! The JSON part of a glTF file.

use std::collections::BTreeMap;

use glam::{Mat4, Quat, Vec3};
use serde::Deserialize;

/// The JSON part: what is not listed is ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct Json {
    pub(super) scene: Option<usize>,
    #[serde(default)]
    pub(super) scenes: Vec<Scene>,
    #[serde(default)]
    pub(in crate::filter) nodes: Vec<Node>,
    #[serde(default)]
    pub(in crate::filter) meshes: Vec<Mesh>,
    #[serde(default)]
    pub(in crate::filter) materials: Vec<Material>,
    #[serde(default)]
    pub(super) accessors: Vec<Accessor>,
    #[serde(default)]
    pub(super) buffer_views: Vec<View>,
    #[serde(default)]
    pub(super) buffers: Vec<Buffer>,
    #[serde(default)]
    pub(super) extensions_required: Vec<String>,
    #[serde(default)]
    pub(super) textures: Vec<Texture>,
    #[serde(default)]
    pub(super) images: Vec<Picture>,
    #[serde(default)]
    pub(in crate::filter) animations: Vec<Animation>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Texture {
    pub(super) source: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct Picture {
    pub(super) uri: Option<String>,
    pub(super) buffer_view: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Animation {
    pub(in crate::filter) channels: Vec<Channel>,
    pub(in crate::filter) samplers: Vec<Sampler>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Channel {
    pub(in crate::filter) sampler: usize,
    pub(in crate::filter) target: ChannelTarget,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct ChannelTarget {
    pub(in crate::filter) node: Option<usize>,
    pub(in crate::filter) path: String,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Sampler {
    pub(in crate::filter) input: usize,
    pub(in crate::filter) output: usize,
    #[serde(default)]
    pub(in crate::filter) interpolation: String,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Scene {
    #[serde(default)]
    pub(super) nodes: Vec<usize>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Node {
    pub(in crate::filter) mesh: Option<usize>,
    #[serde(default)]
    pub(in crate::filter) children: Vec<usize>,
    matrix: Option<[f32; 16]>,
    translation: Option<[f32; 3]>,
    rotation: Option<[f32; 4]>,
    scale: Option<[f32; 3]>,
}

impl Node {
    /// How it lies in the node above, where that is not [`Node::fixed`].
    pub(in crate::filter) fn transform(&self) -> Transform {
        Transform {
            scale: self.scale.map_or(Vec3::ONE, Vec3::from),
            rotation: self.rotation.map_or(Quat::IDENTITY, Quat::from_array),
            translation: self.translation.map_or(Vec3::ZERO, Vec3::from),
        }
    }

    /// A matrix that says how it lies there.
    pub(in crate::filter) fn fixed(&self) -> Option<Mat4> {
        self.matrix.as_ref().map(Mat4::from_cols_array)
    }
}

/// How a node lies in the one above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::filter) struct Transform {
    pub(in crate::filter) scale: Vec3,
    pub(in crate::filter) rotation: Quat,
    pub(in crate::filter) translation: Vec3,
}

impl Transform {
    pub(in crate::filter) fn matrix(&self) -> Mat4 {
        Mat4::from_scale_rotation_translation(self.scale, self.rotation, self.translation)
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Mesh {
    pub(in crate::filter) primitives: Vec<Primitive>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Primitive {
    /// Names to accessors.
    pub(in crate::filter) attributes: BTreeMap<String, usize>,
    pub(in crate::filter) indices: Option<usize>,
    pub(in crate::filter) material: Option<usize>,
    /// 4: triangles.
    #[serde(default = "triangles")]
    pub(in crate::filter) mode: u32,
}

fn triangles() -> u32 {
    4
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct Material {
    #[serde(default)]
    pub(in crate::filter) alpha_mode: String,
    #[serde(default, rename = "pbrMetallicRoughness")]
    pub(in crate::filter) surface: Surface,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(in crate::filter) struct Surface {
    /// Linear light, straight alpha.
    #[serde(rename = "baseColorFactor")]
    pub(in crate::filter) base: [f32; 4],
    #[serde(rename = "metallicFactor")]
    pub(in crate::filter) metallic: f32,
    #[serde(rename = "roughnessFactor")]
    pub(in crate::filter) roughness: f32,
    /// Multiplies the factor.
    #[serde(rename = "baseColorTexture")]
    pub(in crate::filter) texture: Option<TextureInfo>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct TextureInfo {
    pub(in crate::filter) index: usize,
    /// Which of the corners' texture coordinates counts.
    #[serde(default)]
    pub(in crate::filter) tex_coord: u32,
}

impl Surface {
    /// Which of the corners' texture coordinates counts.
    pub(in crate::filter) fn places(&self) -> u32 {
        self.texture.as_ref().map_or(0, |texture| texture.tex_coord)
    }
}

impl Default for Surface {
    fn default() -> Self {
        Self { base: [1.0; 4], metallic: 1.0, roughness: 1.0, texture: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct Accessor {
    pub(super) buffer_view: Option<usize>,
    #[serde(default)]
    pub(super) byte_offset: usize,
    pub(super) component_type: u32,
    pub(super) count: usize,
    #[serde(rename = "type")]
    pub(super) shape: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::filter) struct View {
    pub(super) buffer: usize,
    #[serde(default)]
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
    pub(super) byte_stride: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(in crate::filter) struct Buffer {
    pub(super) uri: Option<String>,
}
