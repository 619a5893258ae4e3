//! Home of the benches; see `benches/`.
