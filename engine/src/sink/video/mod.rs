//! Clips: H.264 in MP4, and MJPEG in AVI.

pub(super) mod avi;
mod convert;
mod copy;
mod h264;
mod moov;
pub(super) mod mp4;
mod ycbcr;
