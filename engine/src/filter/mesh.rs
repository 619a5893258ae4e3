//! 3D props: glTF 2.0 files (`.glb`, or `.gltf` with embedded data) as plain triangles.
//!
//! Positions are taken in the canonical face space: centimetres, y up, z to the viewer, the file's node
//! transforms applied. Only what props need is read: triangles, normals and factors of materials.
//! Every place in the file is checked before it is followed: any bytes give a mesh or an error.

use std::collections::BTreeMap;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};

use super::{
    Package,
    gltf::{Document, Node, Primitive},
};

/// More are refused: a prop is drawn eight times a frame.
const MAX_TRIANGLES: usize = 200_000;
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
    /// Free for alignment.
    pub pad: f32,
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
    /// Free for alignment.
    pub pad: [f32; 2],
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
}

impl Mesh {
    /// Reads a file of a package. Buffers that lie outside it are not followed.
    ///
    /// # Errors
    /// What is wrong with the file, for people.
    pub fn parse(package: &Package, path: &str) -> Result<Self, String> {
        let document = Document::read(package, path)?;
        let mut builder =
            Builder { mesh: Self::default(), blended: Vec::new(), nodes: 0, document: &document };
        builder.mesh.materials = materials(&document);
        for node in document.roots()? {
            builder.add_node(node, Mat4::IDENTITY, 0)?;
        }
        let Builder { mut mesh, mut blended, .. } = builder;
        mesh.opaque = mesh.indices.len() as u32;
        mesh.indices.append(&mut blended);
        if mesh.indices.is_empty() { Err("it has no triangles".into()) } else { Ok(mesh) }
    }
}

struct Builder<'a> {
    mesh: Mesh,
    /// Indices of transparent triangles.
    blended: Vec<u32>,
    /// Nodes met so far.
    nodes: u32,
    document: &'a Document,
}

impl Builder<'_> {
    fn add_node(&mut self, node: usize, above: Mat4, depth: u32) -> Result<(), String> {
        let node: &Node = self.document.json.nodes.get(node).ok_or("it names a node that is not there")?;
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err("its nodes are too many or nested too deeply".into());
        }
        let from_node = above * node.transform();
        if let Some(mesh) = node.mesh {
            let mesh = self.document.json.meshes.get(mesh).ok_or("it names a mesh that is not there")?;
            for primitive in &mesh.primitives {
                self.add_primitive(primitive, from_node)?;
            }
        }
        node.children.iter().try_for_each(|child| self.add_node(*child, from_node, depth + 1))
    }

    fn add_primitive(&mut self, primitive: &Primitive, from_node: Mat4) -> Result<(), String> {
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
        let first = self.mesh.vertices.len() as u32;
        self.mesh.vertices.extend(points.iter().zip(normals).map(|(point, normal)| Vertex {
            position: point.to_array(),
            material: material as u32,
            normal: normal_from_node.transform_vector3(normal).normalize_or(Vec3::Z).to_array(),
            pad: 0.0,
        }));
        let blended = self.document.json.materials.get(material).is_some_and(|m| m.alpha_mode == "BLEND");
        let list = if blended { &mut self.blended } else { &mut self.mesh.indices };
        list.extend(indices.into_iter().map(|index| first + index));
        Ok(())
    }
}

/// The file's materials, then the default one.
fn materials(document: &Document) -> Vec<Material> {
    let surfaces = document.json.materials.iter().map(|material| &material.surface);
    let convert = surfaces.map(|surface| Material {
        base: surface.base,
        metallic: surface.metallic,
        roughness: surface.roughness,
        pad: [0.0; 2],
    });
    let plain = Material { base: [0.8, 0.8, 0.8, 1.0], metallic: 0.0, roughness: 0.5, pad: [0.0; 2] };
    convert.chain([plain]).collect()
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
mod tests {
    use super::*;

    /// One triangle in a `.gltf` whose buffer lies beside it.
    fn triangle(edit: impl Fn(String) -> String) -> Result<Mesh, String> {
        let json = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
            "nodes":[{"mesh":0,"translation":[0,0,5]}],
            "meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],
            "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]}],
            "bufferViews":[{"buffer":0,"byteLength":36}],
            "buffers":[{"byteLength":36,"uri":"t.bin"}]}"#;
        let bytes: &[u8] = bytemuck::cast_slice(&[0f32, 0., 0., 1., 0., 0., 0., 1., 0.]);
        let files = [("a/t.gltf", edit(json.into()).into_bytes()), ("a/t.bin", bytes.to_vec())];
        Mesh::parse(&Package::new("x", files), "a/t.gltf")
    }

    #[test]
    fn a_triangle_is_placed_by_its_node_and_gets_normals() {
        let mesh = triangle(|json| json).unwrap();
        assert_eq!((mesh.indices.as_slice(), mesh.opaque), (&[0, 1, 2][..], 3));
        assert_eq!(mesh.vertices[1].position, [1.0, 0.0, 5.0]);
        assert_eq!(mesh.vertices[1].normal, [0.0, 0.0, 1.0]);
        assert_eq!((mesh.vertices[1].material, mesh.materials.len()), (0, 1));
    }

    #[test]
    fn bad_files_are_named_and_none_leaves_the_package() {
        for (from, to, part) in [
            ("t.bin", "../../secret.bin", "is not a file of the filter"),
            ("t.bin", "/etc/passwd", "is not a file of the filter"),
            ("\"buffer\":0,\"byteLength\":36", "\"buffer\":0,\"byteLength\":99", "ends early"),
            ("{\"asset\"", "{{\"asset\"", "can be read"),
            ("\"count\":3", "\"count\":4", "ends early"),
            ("\"POSITION\":0", "\"POSITION\":7", "not there"),
            ("{\"mesh\":0,", "{\"mesh\":5,", "not there"),
        ] {
            let error = triangle(|json| json.replace(from, to)).expect_err(to);
            assert!(error.contains(part), "{to}: {error}");
        }
    }

    #[test]
    fn cut_and_random_bytes_are_errors() {
        for bytes in [&b""[..], b"glTF", b"glTF\x02\0\0\0\xff\xff\xff\xff", &[0xa5; 64]] {
            assert!(Mesh::parse(&Package::new("x", [("m.glb", bytes.to_vec())]), "m.glb").is_err());
        }
        assert!(Mesh::parse(&Package::new("x", [("m", "")]), "m.glb").unwrap_err().contains("no such file"));
    }
}
