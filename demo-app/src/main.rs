//! The desktop demo and the command line.
fn main() {}
