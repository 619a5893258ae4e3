//! Turning pixels upright: quarter turns and flips, as video tracks ask for them.

use crate::frame::{PixelFormat, Pixels};

/// Where the axes of a stored picture point when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Shown direction (x, y) of the stored x axis.
    x_axis: [i8; 2],
    /// Shown direction (x, y) of the stored y axis.
    y_axis: [i8; 2],
}

impl Turn {
    /// As it is.
    pub(super) const NONE: Self = Self { x_axis: [1, 0], y_axis: [0, 1] };

    /// From the entries a, b, c, d of a track header's matrix: x' = a x + c y, y' = b x + d y. What is no quarter
    /// turn or flip counts as upright.
    pub(super) fn from_matrix(entries: [i32; 4]) -> Self {
        let [a, b, c, d] = entries.map(|entry| entry.signum() as i8);
        let straight = a != 0 && d != 0 && b == 0 && c == 0;
        let crossed = a == 0 && d == 0 && b != 0 && c != 0;
        if straight || crossed { Self { x_axis: [a, b], y_axis: [c, d] } } else { Self::NONE }
    }

    /// Whether width and height change places.
    pub(super) fn crosses(self) -> bool {
        self.x_axis[0] == 0
    }

    /// The picture as it is to be shown. Packed 4:2:2 and NV12 are left as they are: no decoder here gives them.
    pub(super) fn apply(self, pixels: Pixels) -> Pixels {
        let bytes_per_pixel = match pixels.format() {
            PixelFormat::I420 => 1,
            PixelFormat::Rgb8 => 3,
            PixelFormat::Rgba8 | PixelFormat::Bgra8 => 4,
            PixelFormat::Nv12 | PixelFormat::Yuyv | PixelFormat::Uyvy => return pixels,
        };
        if self == Self::NONE {
            return pixels;
        }
        let [width, height] = pixels.size();
        let size = if self.crosses() { [height, width] } else { [width, height] };
        let mut turned = Vec::with_capacity(pixels.bytes().len());
        for (index, plane) in pixels.planes().iter().enumerate() {
            let width = plane.row_bytes / bytes_per_pixel;
            self.plane(pixels.plane(index), [width, plane.rows], plane.stride, bytes_per_pixel, &mut turned);
        }
        Pixels::new(size, pixels.format(), pixels.color(), turned).unwrap_or(pixels)
    }

    fn plane(self, from: &[u8], [width, height]: [usize; 2], stride: usize, step: usize, to: &mut Vec<u8>) {
        let crossed = self.crosses();
        let (shown_width, shown_height) = if crossed { (height, width) } else { (width, height) };
        for y in 0..shown_height {
            for x in 0..shown_width {
                // The inverse of a turn or flip is its transpose; negative axes count from the far end.
                let along = |axis: [i8; 2], length: usize| match axis {
                    [1, _] => x,
                    [-1, _] => length - 1 - x,
                    [_, 1] => y,
                    _ => length - 1 - y,
                };
                let at = along(self.y_axis, height) * stride + along(self.x_axis, width) * step;
                to.extend_from_slice(&from[at..at + step]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ColorSpec;

    fn turned(entries: [i32; 4]) -> ([u32; 2], Vec<u8>) {
        // a b c
        // d e f
        let bytes = b"abcdef".iter().flat_map(|letter| [*letter; 3]).collect();
        let pixels = Pixels::new([3, 2], PixelFormat::Rgb8, ColorSpec::default(), bytes).unwrap();
        let pixels = Turn::from_matrix(entries.map(|entry| entry << 16)).apply(pixels);
        (pixels.size(), pixels.bytes().iter().step_by(3).copied().collect())
    }

    #[test]
    fn quarter_turns_are_clockwise() {
        assert_eq!(turned([1, 0, 0, 1]), ([3, 2], b"abcdef".to_vec()));
        assert_eq!(turned([0, 1, -1, 0]), ([2, 3], b"daebfc".to_vec()));
        assert_eq!(turned([-1, 0, 0, -1]), ([3, 2], b"fedcba".to_vec()));
        assert_eq!(turned([0, -1, 1, 0]), ([2, 3], b"cfbead".to_vec()));
        assert_eq!(turned([-1, 0, 0, 1]), ([3, 2], b"cbafed".to_vec()));
    }

    #[test]
    fn a_slanted_matrix_counts_as_upright() {
        assert_eq!(Turn::from_matrix([1, 1, -1, 1]), Turn::NONE);
        assert_eq!(Turn::from_matrix([0; 4]), Turn::NONE);
    }

    #[test]
    fn planes_of_odd_sizes_turn_together() {
        let bytes: Vec<u8> = (0..5 * 3 + 2 * 3 * 2).collect();
        let pixels = Pixels::new([5, 3], PixelFormat::I420, ColorSpec::default(), bytes.clone()).unwrap();
        let once = Turn::from_matrix([0, 1, -1, 0]).apply(pixels);
        assert_eq!(once.size(), [3, 5]);
        assert_eq!(once.plane(1), [18, 15, 19, 16, 20, 17]);
        let back = Turn::from_matrix([0, -1, 1, 0]).apply(once);
        assert_eq!(back.bytes(), bytes);
    }
}
