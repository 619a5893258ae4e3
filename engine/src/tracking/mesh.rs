//! The canonical face: 468 points in centimetres, their places in the face texture, 898 triangles, and how far
//! each point is to be trusted when the head's pose is found.
//!
//! All of it is read from `assets/geometry_pipeline_metadata_landmarks.binarypb`, the protocol buffer that
//! MediaPipe's own pose estimation uses (message `GeometryPipelineMetadata`).

use std::sync::OnceLock;

use glam::{Vec2, Vec3};

/// Points of the canonical face; the irises are not part of it.
pub const POINTS: usize = 468;

/// The canonical face.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// In centimetres: x to the viewer's right, y up, z to the viewer. Index = landmark.
    pub positions: Vec<Vec3>,
    /// Places in the face texture, 0..1, origin top left, y down.
    pub uv: Vec<Vec2>,
    /// Indices of corners, counterclockwise seen from outside.
    pub triangles: Vec<[u16; 3]>,
    /// Weight of each point in the pose; zero for most.
    pub weights: Vec<f32>,
}

/// The canonical face, read once.
pub fn canonical() -> &'static Mesh {
    static MESH: OnceLock<Mesh> = OnceLock::new();
    MESH.get_or_init(|| {
        let bytes = include_bytes!("../../../assets/geometry_pipeline_metadata_landmarks.binarypb");
        parse(bytes).expect("the canonical face in assets/ is whole")
    })
}

/// One field of a protocol buffer message.
enum Field<'a> {
    Number(u64),
    Float(f32),
    Bytes(&'a [u8]),
}

/// Reads `GeometryPipelineMetadata`; `None` where the bytes are not one of a face of 468 points.
fn parse(bytes: &[u8]) -> Option<Mesh> {
    let (mut vertices, mut indices, mut weights) = (Vec::new(), Vec::new(), vec![0.0; POINTS]);
    for field in fields(bytes)? {
        match field {
            // canonical_mesh { vertex_buffer = 3 (x, y, z, u, v each), index_buffer = 4 }
            (1, Field::Bytes(mesh)) => {
                for field in fields(mesh)? {
                    match field {
                        (3, Field::Float(value)) => vertices.push(value),
                        (4, Field::Number(index)) => indices.push(u16::try_from(index).ok()?),
                        _ => {}
                    }
                }
            }
            // procrustes_landmark_basis { landmark_id = 1, weight = 2 }
            (2, Field::Bytes(basis)) => {
                let (mut point, mut weight) = (0, 0.0);
                for field in fields(basis)? {
                    match field {
                        (1, Field::Number(id)) => point = usize::try_from(id).ok()?,
                        (2, Field::Float(value)) => weight = value,
                        _ => {}
                    }
                }
                *weights.get_mut(point)? = weight;
            }
            _ => {}
        }
    }
    let vertices = vertices.as_chunks::<5>().0;
    let (triangles, rest) = indices.as_chunks::<3>();
    let whole = vertices.len() == POINTS
        && rest.is_empty()
        && indices.iter().all(|&index| usize::from(index) < POINTS)
        && weights.iter().any(|&weight| weight > 0.0);
    whole.then(|| Mesh {
        positions: vertices.iter().map(|v| Vec3::new(v[0], v[1], v[2])).collect(),
        uv: vertices.iter().map(|v| Vec2::new(v[3], v[4])).collect(),
        triangles: triangles.to_vec(),
        weights,
    })
}

/// The fields of a message with their numbers; `None` where it is cut short or uses a wire type of 64 bits.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Field::Bytes(bytes.split_off(..length)?)
            }
            5 => Field::Float(f32::from_le_bytes(bytes.split_off(..4)?.try_into().ok()?)),
            _ => return None,
        };
        found.push((key >> 3, field));
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let &byte = bytes.split_off_first()?;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_whole_and_the_right_way_up() {
        let mesh = canonical();
        assert_eq!((mesh.positions.len(), mesh.uv.len(), mesh.triangles.len()), (468, 468, 898));
        let (forehead, chin, left_eye, right_eye) = (10, 152, 33, 263);
        assert!(mesh.positions[forehead].y > mesh.positions[chin].y);
        assert!(mesh.uv[forehead].y < mesh.uv[chin].y, "uv runs down");
        assert!(mesh.positions[left_eye].x < mesh.positions[right_eye].x);
        assert!(mesh.uv[left_eye].x < mesh.uv[right_eye].x);
        assert!(mesh.uv.iter().all(|uv| uv.cmpge(Vec2::ZERO).all() && uv.cmple(Vec2::ONE).all()));
        assert_eq!(mesh.weights.iter().filter(|weight| **weight > 0.0).count(), 33);
    }

    #[test]
    fn triangles_turn_counterclockwise_seen_from_outside() {
        let mesh = canonical();
        let facing = mesh.triangles.iter().filter(|triangle| {
            let [a, b, c] = triangle.map(|corner| mesh.positions[usize::from(corner)]);
            let outward = (a + b + c) / 3.0 - Vec3::new(0.0, 0.0, -3.0);
            (b - a).cross(c - a).dot(outward) > 0.0
        });
        assert!(facing.count() > 850);
    }

    #[test]
    fn cut_bytes_are_refused() {
        let bytes = include_bytes!("../../../assets/geometry_pipeline_metadata_landmarks.binarypb");
        assert!((0..bytes.len()).step_by(97).all(|length| parse(&bytes[..length]).is_none()));
    }
}
