//! JPEG, whole or not at all: what is cut or damaged is refused instead of being filled with grey.
//!
//! Decoders do not tell when a scan lost its end while the marker after it stayed. In stills that is found out by
//! decoding twice; in frames of clips, where time counts, it is not seen.

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

/// As [`decode`], for stills: slower, and within a code value or so of libjpeg, whose pixels the figures of face
/// tracking are compared on.
///
/// # Errors
/// As [`decode`].
pub(super) fn decode_still(bytes: &[u8]) -> Result<([u32; 2], Vec<u8>), String> {
    if !is_complete(bytes) {
        return Err("the JPEG is cut off: its end marker is missing".to_owned());
    }
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.read_info().map_err(|error| format!("the JPEG's header is damaged: {error}"))?;
    let info = decoder.info().ok_or("the JPEG has no size")?;
    let size = [info.width, info.height].map(u32::from);
    if size.iter().any(|&side| side > Pixels::MAX_SIDE) {
        return Err(format!("the picture is too large: at most {} pixels a side are read", Pixels::MAX_SIDE));
    }
    let grey = match info.pixel_format {
        jpeg_decoder::PixelFormat::RGB24 => false,
        jpeg_decoder::PixelFormat::L8 => true,
        jpeg_decoder::PixelFormat::L16 | jpeg_decoder::PixelFormat::CMYK32 => return decode(bytes),
    };
    let values = decoder.decode().map_err(|error| format!("the JPEG is damaged: {error}"))?;
    // A decoder that has all of its scans stops before the noise; one that hasn't goes on with it.
    let again = jpeg_decoder::Decoder::new(&with_noise(bytes)[..]).decode();
    if again.is_ok_and(|again| again != values) {
        return Err("the JPEG is damaged: a part of its picture is missing".to_owned());
    }
    let rgb = if grey { values.iter().flat_map(|&value| [value; 3]).collect() } else { values };
    Ok((size, rgb))
}

/// Whether the end marker comes after the last scan.
fn is_complete(bytes: &[u8]) -> bool {
    ends_of_scans(bytes).is_some()
}

/// Where the markers that follow a scan stand, the end marker last; `None` where that is missing.
fn ends_of_scans(bytes: &[u8]) -> Option<Vec<usize>> {
    let (mut at, mut in_scan, mut ends) = (2, false, Vec::new());
    while let Some(&[first, code]) = bytes.get(at..at + 2) {
        match (first, code) {
            (0xff, 0xd9) => {
                ends.extend(in_scan.then_some(at));
                return (!ends.is_empty()).then_some(ends);
            }
            // A stuffed zero, a restart marker, or padding within a scan; and one more fill byte anywhere.
            (0xff, 0x00 | 0xd0..=0xd7) if in_scan => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, 0x01..=0xfe) => {
                ends.extend(in_scan.then_some(at));
                let &[high, low] = bytes.get(at + 2..at + 4)? else { return None };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
                in_scan = code == 0xda;
            }
            _ => at += 1,
        }
    }
    None
}

/// The same JPEG with bytes after each scan that look like more of it.
fn with_noise(bytes: &[u8]) -> Vec<u8> {
    const NOISE: [u8; 8] = [0x5a, 0x93, 0x2c, 0xe1, 0x47, 0xb8, 0x0d, 0x76];
    let (mut noisy, mut from) = (Vec::with_capacity(bytes.len() + 64), 0);
    for end in ends_of_scans(bytes).unwrap_or_default() {
        noisy.extend_from_slice(&bytes[from..end]);
        noisy.extend(NOISE);
        from = end;
    }
    noisy.extend_from_slice(&bytes[from..]);
    noisy
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
        for decode in [decode, decode_still] {
            assert_eq!(decode(&whole).unwrap().0, [61, 43]);
            for length in 0..whole.len() - 1 {
                assert!(decode(&whole[..length]).is_err(), "cut at {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_scan_that_lost_its_end_is_refused_in_stills() {
        let whole = sample(90);
        for lost in [1, 2, 5, 40, 500] {
            let mut damaged = whole[..whole.len() - 2 - lost].to_vec();
            // A cut right after a 0xff would make another marker.
            while damaged.last() == Some(&0xff) {
                damaged.pop();
            }
            damaged.extend([0xff, 0xd9]);
            let error = decode_still(&damaged).unwrap_err();
            assert!(error.contains("missing") || error.contains("damaged"), "{lost}: {error}");
        }
    }

    #[test]
    fn bytes_after_the_end_do_no_harm() {
        let mut padded = sample(75);
        padded.extend([0; 64]);
        assert!(decode(&padded).is_ok() && decode_still(&padded).is_ok());
    }

    #[test]
    fn grey_and_damaged_stills() {
        let mut grey = Vec::new();
        let encoder = ::image::codecs::jpeg::JpegEncoder::new(&mut grey);
        ::image::ImageEncoder::write_image(encoder, &[9; 8 * 8], 8, 8, ::image::ExtendedColorType::L8)
            .unwrap();
        let (size, rgb) = decode_still(&grey).unwrap();
        assert!(size == [8, 8] && rgb.len() == 192 && rgb.iter().all(|value| value.abs_diff(9) < 2));
        let whole = sample(80);
        let mut state = 1_u32;
        for _ in 0..2000 {
            let mut damaged = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % damaged.len();
                damaged[at] ^= (state >> 3) as u8;
            }
            // Either answer will do; a panic will not.
            let _ = decode_still(&damaged);
        }
    }
}
