//! What later stages receive: the picture on the GPU, and what was seen in it.
//!
//! [`FaceState`] is one plain struct, the same bytes in Rust and in WGSL (`antifaz::face`). Filters read only
//! a buffer of it ([`Faces`]) and the matte texture, so they never know where the nets ran.

use std::{sync::Arc, time::Duration};

use bytemuck::{Pod, Zeroable};

use crate::{
    frame::{FrameId, Pixels},
    gpu::{Buffer, Texture},
};

/// How many faces are tracked at most: the slots of [`FaceState`].
pub const MAX_FACES: usize = 8;
/// Points of a face: the 468 of the canonical mesh, then 5 for each iris.
pub const LANDMARKS: usize = 478;
/// Expression coefficients of a face, in the order of [`BLENDSHAPE_NAMES`].
pub const BLENDSHAPES: usize = 52;

/// Names of the expression coefficients, in the order of the net's output: those of MediaPipe's blendshapes model card
/// (Apache-2.0). The first is not used by anyone.
#[rustfmt::skip]
pub const BLENDSHAPE_NAMES: [&str; 52] = [
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft",
    "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
];

/// One face slot. All zero where no face is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Face {
    /// x, y in uv of the picture (0..1, y down); z in units of the picture's width, smaller is nearer; w is 1.
    pub landmarks: [[f32; 4]; LANDMARKS],
    /// Column-major matrix from the canonical face space (cm, y up, z to the viewer) to camera space (cm), for
    /// the perspective camera of [`tracking::pose`](crate::tracking::pose).
    pub pose: [f32; 16],
    /// The same head as that camera would see it straight ahead, column-major as well. Props and shading take this
    /// one: a rigid head under the wide assumed camera would show its side wherever it is not in the middle.
    pub head: [f32; 16],
    /// 0..1 each.
    pub blendshapes: [f32; BLENDSHAPES],
    /// Stable from frame to frame while the face is followed.
    pub id: u32,
    /// Probability that a face is there, 0..1; 0 marks an empty slot.
    pub presence: f32,
    /// Frames since the nets looked at this face.
    pub age: u32,
    /// Frames from the landmarks that the expression was read from to these: 0, or 1 where expressions are late.
    pub expression_age: u32,
}

/// All face slots, in the layout that shaders read.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FaceState {
    /// A face keeps its slot while it is followed.
    pub faces: [Face; MAX_FACES],
}

/// Bytes of a [`FaceState`], for buffers.
pub const FACE_STATE_BYTES: u64 = size_of::<FaceState>() as u64;

impl FaceState {
    /// No face anywhere, on the heap: the state is some 70 KB.
    pub fn empty() -> Box<Self> {
        bytemuck::zeroed_box()
    }

    /// The faces that are there, with their slots.
    pub fn present(&self) -> impl Iterator<Item = (usize, &Face)> {
        self.faces.iter().enumerate().filter(|(_, face)| face.presence > 0.0)
    }

    /// How many slots there are up to the last one that holds a face.
    pub fn slots(&self) -> u32 {
        self.present().last().map_or(0, |(slot, _)| slot as u32 + 1)
    }
}

/// A person mask in host memory: the net's, calmed from frame to frame where that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct HostMatte {
    /// Width and height in cells.
    pub size: [u32; 2],
    /// Row by row, 0 (background) to 1 (person).
    pub alpha: Vec<f32>,
}

/// What vision saw, in host memory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The frame that the nets looked at.
    pub seen: FrameId,
    /// That frame's time.
    pub time: Duration,
    /// The faces.
    pub faces: Arc<FaceState>,
    /// The person mask, where one was asked for.
    pub matte: Option<Arc<HostMatte>>,
}

/// A frame's pixels on the GPU: linear light when sampled, premultiplied alpha.
#[derive(Debug)]
pub struct Picture {
    /// The frame they came from.
    pub id: FrameId,
    /// That frame's time.
    pub time: Duration,
    /// The pixels, sRGB storage.
    pub texture: Texture,
    /// The same pixels in host memory, where the frame came from there.
    pub host: Option<Arc<Pixels>>,
}

/// A person mask on the GPU.
#[derive(Debug, Clone)]
pub struct Matte {
    /// One channel, 0 (background) to 1 (person), stretched over the picture.
    pub texture: Arc<Texture>,
    /// The frame that the net looked at.
    pub seen: FrameId,
}

/// What is known of faces, on the GPU.
#[derive(Clone, Debug)]
pub struct Faces {
    /// A [`FaceState`].
    pub whole: Arc<Buffer>,
    /// The same before the expressions are known, which come last and are 0 here: what doesn't look at them need not wait for
    /// them. The same buffer where all is known at once.
    pub early: Arc<Buffer>,
}

impl From<Arc<Buffer>> for Faces {
    fn from(whole: Arc<Buffer>) -> Self {
        Self { early: Arc::clone(&whole), whole }
    }
}

/// A picture and what was seen in it.
#[derive(Debug)]
pub struct Scene {
    /// The picture.
    pub picture: Picture,
    /// The frame that the nets looked at: older than the picture's when they lag behind.
    pub seen: FrameId,
    /// What is known of its faces.
    pub faces: Faces,
    /// Only so many of its first slots may hold a face: all where only the device knows.
    pub slots: u32,
    /// The person mask, where the look asks for one.
    pub matte: Option<Matte>,
}
