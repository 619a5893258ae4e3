//! Stretches a single-channel image to another size, bilinearly, with half-pixel centres: the way a mask goes back
//! onto its picture, and what a texture sampler with linear filtering and clamped edges does.

/// Fills `to` (`to_size` = width x height cells, row by row) from `from` (`from_size`).
///
/// # Panics
/// When a slice does not have as many values as its size says.
pub fn cpu(from: &[f32], from_size: [usize; 2], to: &mut [f32], to_size: [usize; 2]) {
    assert_eq!(from.len(), from_size[0] * from_size[1], "the source of a resize");
    assert_eq!(to.len(), to_size[0] * to_size[1], "the target of a resize");
    if from.is_empty() || to.is_empty() {
        to.fill(0.0);
        return;
    }
    let columns: Vec<Taps> = (0..to_size[0]).map(|x| Taps::new(x, from_size[0], to_size[0])).collect();
    for (y, row) in to.chunks_exact_mut(to_size[0]).enumerate() {
        let taps = Taps::new(y, from_size[1], to_size[1]);
        let [above, below] = [taps.first, taps.second].map(|row| &from[row * from_size[0]..][..from_size[0]]);
        for (value, column) in row.iter_mut().zip(&columns) {
            *value = taps.mix(column.of(above), column.of(below));
        }
    }
}

/// The two cells that a place lies between, and how far it is from the first to the second.
struct Taps {
    first: usize,
    second: usize,
    part: f32,
}

impl Taps {
    fn new(index: usize, from: usize, to: usize) -> Self {
        let place = ((index as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, (from - 1) as f64);
        let first = place as usize;
        Self { first, second: (first + 1).min(from - 1), part: (place - first as f64) as f32 }
    }

    fn of(&self, row: &[f32]) -> f32 {
        self.mix(row[self.first], row[self.second])
    }

    fn mix(&self, first: f32, second: f32) -> f32 {
        first + (second - first) * self.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(from: &[f32], from_size: [usize; 2], to_size: [usize; 2]) -> Vec<f32> {
        let mut to = vec![f32::NAN; to_size[0] * to_size[1]];
        cpu(from, from_size, &mut to, to_size);
        to
    }

    #[test]
    fn half_pixel_centres_and_clamped_edges() {
        assert_eq!(resized(&[0.0, 1.0], [2, 1], [4, 1]), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(resized(&[0.0, 1.0], [1, 2], [1, 4]), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(resized(&[0.0, 1.0, 2.0, 3.0], [4, 1], [2, 1]), [0.5, 2.5]);
    }

    #[test]
    fn the_same_size_changes_nothing_and_one_cell_fills_all() {
        let values: Vec<f32> = (0..35).map(|i| (i * i % 17) as f32).collect();
        assert_eq!(resized(&values, [7, 5], [7, 5]), values);
        assert_eq!(resized(&[0.3], [1, 1], [3, 5]), [0.3; 15]);
    }
}
