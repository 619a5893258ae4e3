//! The whole walk, from source to sink.

/// A source, an engine and a sink.
#[derive(Debug)]
pub struct Session;
