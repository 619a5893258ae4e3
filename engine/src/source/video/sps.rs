//! What an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1 and E.1.1) says about a stream.

use super::mp4::color_matrix;
use crate::frame::{ColorSpec, Range};

/// The part that decides who decodes the stream, and what its colours mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sps {
    /// 8-bit 4:2:0 pictures without fields, in a profile that openh264 knows.
    pub(super) built_in: bool,
    /// Where the stream says so.
    pub(super) color: Option<ColorSpec>,
    /// Width to height of a pixel, where the stream says so.
    pub(super) pixel_aspect: Option<f64>,
}

/// Width and height of pixels by the number of their shape (table E-1); 0 says nothing.
const PIXEL_WIDTHS: [u32; 17] = [0, 1, 12, 10, 16, 40, 24, 20, 32, 80, 18, 15, 64, 160, 4, 3, 2];
const PIXEL_HEIGHTS: [u32; 17] = [0, 1, 11, 11, 11, 33, 11, 11, 11, 33, 11, 11, 33, 99, 3, 2, 1];

/// Profiles with the fields of chroma format and bit depth.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const BUILT_IN_PROFILES: [u32; 4] = [66, 77, 88, 100];

impl Sps {
    /// Reads a NAL unit with its header byte; `None` when it is cut or no parameter set.
    pub(super) fn read(unit: &[u8]) -> Option<Self> {
        if unit.first()? & 0x1f != 7 {
            return None;
        }
        let mut bits = Bits::new(unit.get(1..)?);
        let profile = bits.take(8)?;
        bits.take(16)?;
        bits.golomb()?;
        let (mut chroma, mut depth) = (1, 0);
        if HIGH_PROFILES.contains(&profile) {
            chroma = bits.golomb()?;
            if chroma == 3 {
                bits.take(1)?;
            }
            depth = bits.golomb()? + bits.golomb()?;
            bits.take(1)?;
            skip_scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
        }
        bits.golomb()?;
        skip_picture_order(&mut bits)?;
        bits.golomb()?;
        bits.take(1)?;
        bits.golomb()?;
        bits.golomb()?;
        let frames_only = bits.take(1)? == 1;
        bits.take(if frames_only { 1 } else { 2 })?;
        if bits.take(1)? == 1 {
            (0..4).try_for_each(|_| bits.golomb().map(drop))?;
        }
        let built_in = chroma == 1 && depth == 0 && frames_only && BUILT_IN_PROFILES.contains(&profile);
        let described = bits.take(1)? == 1;
        let pixel_aspect = if described { read_pixel_aspect(&mut bits)? } else { None };
        let color = if described { read_color(&mut bits) } else { None };
        Some(Self { built_in, color, pixel_aspect })
    }
}

fn skip_scaling_lists(bits: &mut Bits, lists: u32) -> Option<()> {
    if bits.take(1)? == 0 {
        return Some(());
    }
    for list in 0..lists {
        if bits.take(1)? == 0 {
            continue;
        }
        let (mut last, mut next) = (8_i32, 8_i32);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed_golomb()?).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

fn skip_picture_order(bits: &mut Bits) -> Option<()> {
    match bits.golomb()? {
        0 => drop(bits.golomb()?),
        1 => {
            bits.take(1)?;
            bits.golomb()?;
            bits.golomb()?;
            for _ in 0..bits.golomb()?.min(255) {
                bits.golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// What the VUI begins with; the outer `None` where it is cut.
fn read_pixel_aspect(bits: &mut Bits) -> Option<Option<f64>> {
    if bits.take(1)? == 0 {
        return Some(None);
    }
    let (width, height) = match bits.take(8)? as usize {
        255 => (bits.take(16)?, bits.take(16)?),
        number => {
            let of = |table: [u32; 17]| table.get(number).copied().unwrap_or(0);
            (of(PIXEL_WIDTHS), of(PIXEL_HEIGHTS))
        }
    };
    Some((width > 0 && height > 0).then(|| f64::from(width) / f64::from(height)))
}

/// Of the VUI, after the shape of pixels.
fn read_color(bits: &mut Bits) -> Option<ColorSpec> {
    if bits.take(1)? == 1 {
        bits.take(1)?;
    }
    if bits.take(1)? == 0 {
        return None;
    }
    bits.take(3)?;
    let range = if bits.take(1)? == 1 { Range::Full } else { Range::Limited };
    let described = bits.take(1)? == 1;
    let matrix = if described { color_matrix((bits.take(24)? & 0xff) as u16) } else { None };
    Some(ColorSpec { matrix: matrix.unwrap_or_default(), range })
}

/// Bits of a NAL unit, without its emulation prevention bytes.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(unit: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(unit.len());
        let mut zeros = 0;
        for byte in unit {
            if zeros >= 2 && *byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            bytes.push(*byte);
        }
        Self { bytes, at: 0 }
    }

    /// The next `count` (up to 32) bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0_u64;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        u32::try_from(value).ok()
    }

    /// An unsigned Exp-Golomb code.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    fn signed_golomb(&mut self) -> Option<i32> {
        let code = self.golomb()?;
        let half = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 1 { half } else { -half })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_standards_table() {
        // 1 010 011 00100 00101
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let got: Vec<_> = (0..5).map_while(|_| bits.golomb()).collect();
        assert_eq!(got, [0, 1, 2, 3, 4]);
        assert_eq!(Bits::new(&[0, 0, 3, 1]).bytes, [0, 0, 1]);
    }

    #[test]
    fn a_tagged_high_definition_stream() {
        // x264, High profile, 1280x720, VUI: limited range, BT.709 throughout.
        let unit = [
            0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x6a, 0x02, 0x02, 0x02, 0x80,
            0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x1e, 0x07, 0x8c, 0x18, 0xcb,
        ];
        let sps = Sps::read(&unit).unwrap();
        assert!(sps.built_in);
        assert_eq!(sps.color.map(|color| color.matrix), Some(crate::frame::Matrix::Bt709));
        for length in 0..unit.len() {
            let _ = Sps::read(&unit[..length]);
        }
    }
}
