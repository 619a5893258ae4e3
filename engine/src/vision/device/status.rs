//! What a frame tells the host, some frames later.

use bytemuck::{Pod, Zeroable};

use crate::scene::MAX_FACES;

/// What became of a frame's faces: the same in the shaders. What nobody waits for has no place here, or it would hold up who
/// writes the rest.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Status {
    /// Which frame: counts [`Follower::frame`](super::Follower::frame) from one.
    pub frame: u32,
    /// How many faces are followed.
    pub faces: u32,
    /// A bit for each slot with a face.
    pub slots: u32,
    /// How many detections were proposed; zero where there was no room for more faces.
    pub detections: u32,
    /// Faces that got their id in this frame.
    pub new_faces: u32,
    /// Faces with an id that were lost in this frame.
    pub lost_faces: u32,
    /// By slot; [`Status::NO_ID`] where no face is.
    pub ids: [u32; MAX_FACES],
}

impl Status {
    /// No face's id.
    pub const NO_ID: u32 = u32::MAX;

    /// From the bytes of the buffer, read back; `None` where they are not as many.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytemuck::try_pod_read_unaligned(bytes).ok()
    }
}
