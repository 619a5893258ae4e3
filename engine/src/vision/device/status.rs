//! What a frame tells the host, some frames later.

use bytemuck::{Pod, Zeroable};

use crate::scene::MAX_FACES;

/// What became of a frame. 64 bytes, the same in the shaders.
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
    /// Whether there is a mask: not zero.
    pub has_mask: u32,
    /// The frame that the mask was made of: an earlier one where the net's mask was not finite.
    pub mask_frame: u32,
    /// By slot; [`Status::NO_ID`] where no face is.
    pub ids: [u32; MAX_FACES],
}

impl Status {
    /// No face's id.
    pub const NO_ID: u32 = u32::MAX;

    /// From the bytes of the buffer, read back; `None` where they are not 64.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytemuck::try_pod_read_unaligned(bytes).ok()
    }
}
