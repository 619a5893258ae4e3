//! What the benches share. The benches themselves mirror the engine's modules: `cargo bench -p antifaz-benches`.

use antifaz::frame::{ColorSpec, PixelFormat, Pixels};

/// A picture of `size` in `format`, of deterministic noise: no kernel can guess it.
///
/// # Panics
/// When `size` is no size of a picture.
pub fn noise(size: [u32; 2], format: PixelFormat) -> Pixels {
    let bytes: usize = format.planes(size).iter().map(|(row, rows)| row * rows).sum();
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let bytes = (0..bytes).map(|_| next()).collect();
    Pixels::new(size, format, ColorSpec::default(), bytes).expect("a picture")
}
