//! The device: the only door to the GPU.

/// A leased texture.
#[derive(Debug)]
pub struct Texture;

/// A buffer.
#[derive(Debug)]
pub struct Buffer;

/// The device, passed first to whoever needs it.
#[derive(Clone, Debug)]
pub struct Gpu;
