//! Code values of YCbCr to RGB on the CPU, in whole numbers: the rule that every CPU twin shares.

use crate::frame::{ColorSpec, Matrix, Range};

/// Bits after the point.
const BITS: i32 = 16;

/// A matrix and range, ready to be applied. `R = y + red_cr * cr`, and so on, with 16 bits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YcbcrToRgb {
    luma: i32,
    black: i32,
    red_cr: i32,
    green_cb: i32,
    green_cr: i32,
    blue_cb: i32,
}

impl YcbcrToRgb {
    /// The conversion that `color` asks for.
    pub fn new(color: ColorSpec) -> Self {
        let (red, blue) = match color.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let green = 1.0 - red - blue;
        let (luma, chroma, black) = match color.range {
            Range::Limited => (255.0 / 219.0, 255.0 / 224.0, 16),
            Range::Full => (1.0, 1.0, 0),
        };
        let fixed = |value: f64| (value * f64::from(1 << BITS)).round() as i32;
        Self {
            luma: fixed(luma),
            black,
            red_cr: fixed(2.0 * (1.0 - red) * chroma),
            green_cb: fixed(2.0 * (1.0 - blue) * blue / green * chroma),
            green_cr: fixed(2.0 * (1.0 - red) * red / green * chroma),
            blue_cb: fixed(2.0 * (1.0 - blue) * chroma),
        }
    }

    /// What the GPU needs to do the same: black, luma, red of Cr, green of Cb, green of Cr, blue of Cb.
    pub(super) fn factors(&self) -> [i32; 6] {
        [self.black, self.luma, self.red_cr, self.green_cb, self.green_cr, self.blue_cb]
    }

    /// Red, green and blue of one pixel, rounded to nearest and clamped to 0..=255.
    #[inline(always)]
    pub fn rgb(&self, y: u8, cb: u8, cr: u8) -> [i32; 3] {
        let y = (i32::from(y) - self.black) * self.luma + (1 << (BITS - 1));
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        [y + self.red_cr * cr, y - self.green_cb * cb - self.green_cr * cr, y + self.blue_cb * cb]
            .map(|value| (value >> BITS).clamp(0, 255))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_the_primaries() {
        let limited = YcbcrToRgb::new(ColorSpec::default());
        assert_eq!(limited.rgb(16, 128, 128), [0; 3]);
        assert_eq!(limited.rgb(235, 128, 128), [255; 3]);
        // BT.601: 81 90 240 is red, 145 54 34 green, 41 240 110 blue, each to within its rounding.
        for (code, want) in
            [([81, 90, 240], [255, 0, 0]), ([145, 54, 34], [0, 255, 0]), ([41, 240, 110], [0, 0, 255])]
        {
            let [y, cb, cr] = code;
            let got = limited.rgb(y, cb, cr);
            assert!(got.iter().zip(want).all(|(a, b): (&i32, i32)| (a - b).abs() <= 1), "{got:?} {want:?}");
        }
        let full = YcbcrToRgb::new(ColorSpec { matrix: Matrix::Bt709, range: Range::Full });
        assert_eq!(full.rgb(77, 128, 128), [77; 3]);
    }
}
