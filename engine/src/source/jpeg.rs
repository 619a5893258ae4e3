//! JPEG, whole or not at all: what is cut or damaged is refused instead of being filled with grey.
//!
//! One kind of damage is not seen, because the decoder does not tell: a scan that lost its end while the end marker
//! after it stayed.

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace as Space, options::DecoderOptions},
};

use crate::frame::Pixels;

/// The pixels of a JPEG, 3 bytes each (red, green, blue), as they lie in the file: orientation is not applied.
///
/// Chroma is interpolated as in libjpeg; frames of MJPEG streams may lack their Huffman tables.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub(super) fn decode(bytes: &[u8]) -> Result<([u32; 2], Vec<u8>), String> {
    if !is_complete(bytes) {
        return Err("the JPEG is cut off: its end marker is missing".to_owned());
    }
    let max_side = Pixels::MAX_SIDE as usize;
    let options = DecoderOptions::default()
        .set_max_width(max_side)
        .set_max_height(max_side)
        .jpeg_set_out_colorspace(Space::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // Headers are read leniently (cameras pad them), the picture strictly.
    decoder.decode_headers().map_err(|error| format!("the JPEG's header is damaged: {error}"))?;
    decoder.set_options(options.set_strict_mode(true));
    let rgb = decoder.decode().map_err(|error| format!("the JPEG is damaged: {error}"))?;
    let (width, height) = decoder.dimensions().ok_or("the JPEG has no size")?;
    if rgb.len() != width * height * 3 {
        return Err("the JPEG's colours are of an unknown kind".to_owned());
    }
    Ok(([width as u32, height as u32], rgb))
}

/// Whether the end marker comes after the last scan.
fn is_complete(bytes: &[u8]) -> bool {
    let (mut at, mut in_scan) = (2, false);
    while let Some(&[first, code]) = bytes.get(at..at + 2) {
        match (first, code) {
            (0xff, 0xd9) => return in_scan,
            // A stuffed zero, a restart marker, or padding within a scan; and one more fill byte anywhere.
            (0xff, 0x00 | 0xd0..=0xd7) if in_scan => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, 0x01..=0xfe) => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
                in_scan = in_scan || code == 0xda;
            }
            _ => at += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(quality: u8) -> Vec<u8> {
        let rgb: Vec<u8> = (0..61 * 43 * 3).map(|i| ((i * 7) ^ (i / 61)) as u8).collect();
        let mut bytes = Vec::new();
        ::image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode(&rgb, 61, 43, ::image::ExtendedColorType::Rgb8)
            .unwrap();
        bytes
    }

    #[test]
    fn every_cut_is_refused() {
        let whole = sample(90);
        assert_eq!(decode(&whole).unwrap().0, [61, 43]);
        for length in 0..whole.len() - 1 {
            assert!(decode(&whole[..length]).is_err(), "cut at {length} of {}", whole.len());
        }
    }

    #[test]
    fn bytes_after_the_end_do_no_harm() {
        let mut padded = sample(75);
        padded.extend([0; 64]);
        assert!(decode(&padded).is_ok());
    }
}
