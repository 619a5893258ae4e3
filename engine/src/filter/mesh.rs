//! 3D props: glTF 2.0 files (`.glb`, or `.gltf` with embedded data) as plain triangles.
//!
//! Positions are taken in the canonical face space: centimetres, y up, z to the viewer, the file's node
//! transforms applied. Only what props need is read: triangles, normals, base colours and their textures, and the first
//! animation of nodes.
//! Every place in the file is checked before it is followed: any bytes give a mesh or an error.

use std::collections::BTreeMap;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec2, Vec3};

use super::{
    Image, Package,
    gltf::{Document, Node, Primitive},
    rig::Rig,
};

/// More are refused: a prop is drawn eight times a frame.
const MAX_TRIANGLES: usize = 200_000;
/// So many textures, and so wide and high.
const MAX_TEXTURES: usize = 8;
const MAX_TEXTURE: u32 = 2048;
/// Nodes may nest this deep, and be met this often: shared children multiply.
const MAX_DEPTH: u32 = 64;
const MAX_NODES: u32 = 10_000;

/// A corner of a prop, in the layout that shaders read (`antifaz::prop`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Vertex {
    /// In cm.
    pub position: [f32; 3],
    /// The number of its [`Material`].
    pub material: u32,
    /// Unit length.
    pub normal: [f32; 3],
    /// The number of the piece that it belongs to, see [`Rig`].
    pub piece: u32,
    /// Place in the texture, 0..1, y down.
    pub uv: [f32; 2],
    /// Free for alignment.
    pub pad: [f32; 2],
}

/// How a surface takes light, in the layout that shaders read (`antifaz::prop`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Material {
    /// Linear light, straight alpha.
    pub base: [f32; 4],
    /// 0..1.
    pub metallic: f32,
    /// 0..1.
    pub roughness: f32,
    /// The number of the texture that multiplies the colour, or -1.
    pub texture: i32,
    /// Free for alignment.
    pub pad: f32,
}

/// A prop's triangles, opaque ones first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// Corners.
    pub vertices: Vec<Vertex>,
    /// Three for each triangle.
    pub indices: Vec<u32>,
    /// How many of the indices are opaque; the rest is blended over them.
    pub opaque: u32,
    /// Surfaces.
    pub materials: Vec<Material>,
    /// Pictures of one size.
    pub textures: Vec<Image>,
    /// How its pieces move.
    pub rig: Rig,
}

impl Mesh {
    /// Reads a file of a package. Buffers that lie outside it are not followed.
    ///
    /// # Errors
    /// What is wrong with the file, for people.
    pub fn parse(package: &Package, path: &str) -> Result<Self, String> {
        let document = Document::read(package, path)?;
        let rig = Rig::read(&document)?;
        let moves = rig.moves();
        let (materials, textures) = materials(&document)?;
        let mesh = Self { rig, materials, textures, ..Self::default() };
        let mut builder = Builder { mesh, moves, blended: Vec::new(), nodes: 0, document: &document };
        for node in document.roots()? {
            builder.add_node(node, Above { from_node: Mat4::IDENTITY, joint: None, depth: 0 })?;
        }
        let Builder { mut mesh, mut blended, .. } = builder;
        mesh.opaque = mesh.indices.len() as u32;
        mesh.indices.append(&mut blended);
        if mesh.indices.is_empty() { Err("it has no triangles".into()) } else { Ok(mesh) }
    }

    /// Whether any of its triangles is blended.
    pub fn has_blended(&self) -> bool {
        self.indices.len() > self.opaque as usize
    }
}

struct Builder<'a> {
    mesh: Mesh,
    /// Whether corners stay in the space of their node, since that moves.
    moves: bool,
    /// Indices of transparent triangles.
    blended: Vec<u32>,
    /// Nodes met so far.
    nodes: u32,
    document: &'a Document,
}

/// Where a node hangs.
#[derive(Clone, Copy)]
struct Above {
    from_node: Mat4,
    joint: Option<usize>,
    depth: u32,
}

impl Builder<'_> {
    fn add_node(&mut self, number: usize, above: Above) -> Result<(), String> {
        let node: &Node = self.document.json.nodes.get(number).ok_or("it names a node that is not there")?;
        self.nodes += 1;
        if above.depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err("its nodes are too many or nested too deeply".into());
        }
        let local = node.fixed().unwrap_or_else(|| node.transform().matrix());
        let mut below =
            Above { from_node: above.from_node * local, joint: above.joint, depth: above.depth + 1 };
        if self.moves {
            below.joint = Some(self.mesh.rig.add(number, node, above.joint));
            below.from_node = Mat4::IDENTITY;
        }
        if let Some(mesh) = node.mesh {
            let mesh = self.document.json.meshes.get(mesh).ok_or("it names a mesh that is not there")?;
            let piece = below.joint.map_or(0, |joint| self.mesh.rig.add_piece(joint));
            for primitive in &mesh.primitives {
                self.add_primitive(primitive, below.from_node, piece)?;
            }
        }
        node.children.iter().try_for_each(|child| self.add_node(*child, below))
    }

    fn add_primitive(&mut self, primitive: &Primitive, from_node: Mat4, piece: u32) -> Result<(), String> {
        if primitive.mode != 4 {
            return Err("it has lines, points or strips; only triangles are drawn".into());
        }
        let position = *primitive.attributes.get("POSITION").ok_or("a primitive has no positions")?;
        let points = self.document.vectors(position)?;
        let points: Vec<Vec3> = points.into_iter().map(|point| from_node.transform_point3(point)).collect();
        let indices = match primitive.indices {
            Some(indices) => self.document.indices(indices)?,
            None => (0..points.len() as u32).collect(),
        };
        if indices.len() % 3 != 0 || indices.iter().any(|index| *index as usize >= points.len()) {
            return Err("its indices do not fit its corners".into());
        }
        if self.mesh.indices.len() + self.blended.len() + indices.len() > 3 * MAX_TRIANGLES {
            return Err(format!("it has more than {MAX_TRIANGLES} triangles"));
        }
        let normal_from_node = from_node.inverse().transpose();
        let normals = match primitive.attributes.get("NORMAL") {
            Some(normals) => self.document.vectors(*normals)?,
            None => smooth_normals(&points, &indices),
        };
        if normals.len() != points.len() || points.iter().any(|point| !point.is_finite()) {
            return Err("its positions and normals are not one finite pair for each corner".into());
        }
        let plain = self.mesh.materials.len() - 1;
        let material = primitive.material.unwrap_or(plain).min(plain);
        let places = self.document.json.materials.get(material).map_or(0, |m| m.surface.places());
        let uv = match primitive.attributes.get(&format!("TEXCOORD_{places}")) {
            Some(uv) => self.document.pairs(*uv)?,
            None => vec![Vec2::ZERO; points.len()],
        };
        if uv.len() != points.len() {
            return Err("its texture coordinates are not one pair for each corner".into());
        }
        let first = self.mesh.vertices.len() as u32;
        let corners = points.iter().zip(normals).zip(uv);
        self.mesh.vertices.extend(corners.map(|((point, normal), uv)| Vertex {
            position: point.to_array(),
            material: material as u32,
            normal: normal_from_node.transform_vector3(normal).normalize_or(Vec3::Z).to_array(),
            piece,
            uv: uv.to_array(),
            pad: [0.0; 2],
        }));
        let blended = self.document.json.materials.get(material).is_some_and(|m| m.alpha_mode == "BLEND");
        let list = if blended { &mut self.blended } else { &mut self.mesh.indices };
        list.extend(indices.into_iter().map(|index| first + index));
        Ok(())
    }
}

/// The file's materials, then the default one; and the pictures that they name, all made as large as the largest.
fn materials(document: &Document) -> Result<(Vec<Material>, Vec<Image>), String> {
    let (mut materials, mut textures, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for surface in document.json.materials.iter().map(|material| &material.surface) {
        let texture = match &surface.texture {
            None => -1,
            Some(texture) => {
                let known = named.iter().position(|known| *known == texture.index).unwrap_or(named.len());
                if known == named.len() {
                    named.push(texture.index);
                    textures.push(Image::read(document.picture(texture.index)?, false)?);
                }
                known as i32
            }
        };
        let (base, metallic, roughness) = (surface.base, surface.metallic, surface.roughness);
        materials.push(Material { base, metallic, roughness, texture, pad: 0.0 });
    }
    if textures.len() > MAX_TEXTURES {
        return Err(format!("it has more than {MAX_TEXTURES} textures"));
    }
    let base = [0.8, 0.8, 0.8, 1.0];
    materials.push(Material { base, metallic: 0.0, roughness: 0.5, texture: -1, pad: 0.0 });
    let side = |side: usize| textures.iter().map(|texture| texture.size[side]).max().unwrap_or(1);
    let size = [side(0), side(1)].map(|side| side.min(MAX_TEXTURE));
    Ok((materials, textures.into_iter().map(|texture| texture.resized(size)).collect()))
}

/// Normals of a mesh without any: those of its triangles, weighted by area, shared by equal positions.
fn smooth_normals(positions: &[Vec3], indices: &[u32]) -> Vec<Vec3> {
    let key = |index: u32| positions[index as usize].to_array().map(f32::to_bits);
    let mut sums: BTreeMap<[u32; 3], Vec3> = BTreeMap::new();
    for corner in indices.chunks_exact(3) {
        let [a, b, c] = [0, 1, 2].map(|i| positions[corner[i] as usize]);
        let normal = (b - a).cross(c - a);
        corner.iter().for_each(|index| *sums.entry(key(*index)).or_default() += normal);
    }
    (0..positions.len() as u32).map(|index| sums.get(&key(index)).copied().unwrap_or(Vec3::Z)).collect()
}

#[cfg(test)]
mod tests;
