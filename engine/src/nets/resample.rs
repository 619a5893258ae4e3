//! Where a resized tensor takes its values from; shared by all executors.

use super::graph::Alignment;

/// The two input places next to output place `i`, and the weight of the second.
pub(super) fn between(i: usize, from: usize, to: usize, alignment: Alignment) -> (usize, usize, f32) {
    let (i, ratio) = (i as f32, from as f32 / to as f32);
    let place = match alignment {
        Alignment::Corner => i * ratio,
        Alignment::OuterCentres if to > 1 => i * ((from - 1) as f32 / (to - 1) as f32),
        Alignment::OuterCentres => 0.0,
        Alignment::HalfPixel => ((i + 0.5) * ratio - 0.5).max(0.0),
    };
    let low = (place as usize).min(from - 1);
    (low, (low + 1).min(from - 1), place - low as f32)
}
