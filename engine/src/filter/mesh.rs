//! 3D props: glTF 2.0 files (`.glb`, or `.gltf` with embedded data) as plain triangles.
//!
//! Positions are taken in the canonical face space: centimetres, y up, z to the viewer, the file's node
//! transforms applied. Only what props need is read: triangles, normals and factors of materials.

use std::collections::BTreeMap;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};
use gltf::{Document, buffer::Source, material::AlphaMode};

use super::Package;

/// More are refused: a prop is drawn eight times a frame.
const MAX_TRIANGLES: usize = 200_000;

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
        let bytes = package.file(path).ok_or("there is no such file in the filter")?;
        let gltf::Gltf { document, blob } = gltf::Gltf::from_slice(bytes)
            .map_err(|error| format!("it is not a glTF file that can be read: {error}"))?;
        let buffers = buffers(&document, blob, package, path)?;
        let mut mesh = Self { materials: materials(&document), ..Self::default() };
        let mut blended = Vec::new();
        let scene = document.default_scene().or_else(|| document.scenes().next()).ok_or("it has no scene")?;
        for node in scene.nodes() {
            mesh.add_node(&node, Mat4::IDENTITY, 0, &buffers, &mut blended)?;
        }
        mesh.opaque = mesh.indices.len() as u32;
        mesh.indices.append(&mut blended);
        match mesh.indices.len() / 3 {
            0 => Err("it has no triangles".into()),
            n if n > MAX_TRIANGLES => Err(format!("it has {n} triangles; {MAX_TRIANGLES} are allowed")),
            _ => Ok(mesh),
        }
    }

    fn add_node(
        &mut self,
        node: &gltf::Node<'_>,
        above: Mat4,
        depth: u32,
        buffers: &[Vec<u8>],
        blended: &mut Vec<u32>,
    ) -> Result<(), String> {
        if depth > 64 {
            return Err("its nodes are nested too deeply".into());
        }
        let from_node = above * Mat4::from_cols_array_2d(&node.transform().matrix());
        for primitive in node.mesh().into_iter().flat_map(|mesh| mesh.primitives()) {
            let indices = self.add_primitive(&primitive, from_node, buffers)?;
            let opaque = primitive.material().alpha_mode() != AlphaMode::Blend;
            if opaque { self.indices.extend(indices) } else { blended.extend(indices) }
        }
        node.children().try_for_each(|child| self.add_node(&child, from_node, depth + 1, buffers, blended))
    }

    /// Adds the corners; the returned indices count from the mesh's first vertex.
    fn add_primitive(
        &mut self,
        primitive: &gltf::Primitive<'_>,
        from_node: Mat4,
        buffers: &[Vec<u8>],
    ) -> Result<Vec<u32>, String> {
        if primitive.mode() != gltf::mesh::Mode::Triangles {
            return Err("it has lines, points or strips; only triangles are drawn".into());
        }
        let reader = primitive.reader(|buffer| buffers.get(buffer.index()).map(Vec::as_slice));
        let positions: Vec<Vec3> = reader
            .read_positions()
            .ok_or("a primitive has no positions")?
            .map(|p| from_node.transform_point3(p.into()))
            .collect();
        if positions.iter().any(|p| !p.is_finite()) {
            return Err("a position is not a number".into());
        }
        let indices: Vec<u32> = match reader.read_indices() {
            Some(indices) => indices.into_u32().collect(),
            None => (0..positions.len() as u32).collect(),
        };
        if indices.len() % 3 != 0 || indices.iter().any(|i| *i as usize >= positions.len()) {
            return Err("its indices do not fit its corners".into());
        }
        let normal_from_node = from_node.inverse().transpose();
        let normals: Vec<Vec3> = match reader.read_normals() {
            Some(normals) => normals.map(|n| normal_from_node.transform_vector3(n.into())).collect(),
            None => smooth_normals(&positions, &indices),
        };
        if normals.len() != positions.len() {
            return Err("it has not one normal for each position".into());
        }
        let material = primitive.material().index().map_or(self.materials.len() - 1, |index| index) as u32;
        let first = self.vertices.len() as u32;
        self.vertices.extend(positions.iter().zip(normals).map(|(position, normal)| Vertex {
            position: position.to_array(),
            material,
            normal: normal.normalize_or(Vec3::Z).to_array(),
            pad: 0.0,
        }));
        Ok(indices.into_iter().map(|index| first + index).collect())
    }
}

/// The file's materials, then the default one.
fn materials(document: &Document) -> Vec<Material> {
    let convert = |material: gltf::Material<'_>| {
        let surface = material.pbr_metallic_roughness();
        Material {
            base: surface.base_color_factor(),
            metallic: surface.metallic_factor(),
            roughness: surface.roughness_factor(),
            pad: [0.0; 2],
        }
    };
    let plain = Material { base: [0.8, 0.8, 0.8, 1.0], metallic: 0.0, roughness: 0.5, pad: [0.0; 2] };
    document.materials().map(convert).chain([plain]).collect()
}

/// The bytes of each buffer: in the file itself, or a file beside it in the package.
fn buffers(
    document: &Document,
    mut blob: Option<Vec<u8>>,
    package: &Package,
    path: &str,
) -> Result<Vec<Vec<u8>>, String> {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    document
        .buffers()
        .map(|buffer| {
            let bytes = match buffer.source() {
                Source::Bin => blob.take().ok_or("its binary part is missing")?,
                Source::Uri(uri) => package
                    .file(&format!("{folder}{uri}"))
                    .ok_or_else(|| format!("its buffer `{uri}` is not a file of the filter"))?
                    .to_vec(),
            };
            if bytes.len() < buffer.length() {
                return Err(format!("a buffer has {} of {} bytes", bytes.len(), buffer.length()));
            }
            Ok(bytes)
        })
        .collect()
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
            ("\"byteLength\":36,\"uri\"", "\"byteLength\":99,\"uri\"", "36 of 99 bytes"),
            ("{\"asset\"", "{{\"asset\"", "can be read"),
            ("\"count\":3", "\"count\":4", ""),
            ("\"POSITION\":0", "\"POSITION\":7", ""),
            ("{\"mesh\":0,", "{\"mesh\":5,", ""),
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
