//! The door of embedders: a frame or texture in, a picture out.

/// Upload to compose.
#[derive(Debug)]
pub struct Engine;

/// Why a frame could not be processed.
#[derive(Debug)]
pub struct EngineError;
