//! Damaged and odd files, made on the spot.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

/// A picture with some structure.
pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, 96]))
}

/// The picture as a file.
pub(crate) fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture(width, height).write_to(&mut bytes, format).expect("a picture file");
    bytes.into_inner()
}

/// A bitmap file that says it is 0 pixels wide.
pub(crate) fn zero_size_bitmap() -> Vec<u8> {
    let mut bytes = encoded(4, 4, ImageFormat::Bmp);
    bytes[18..22].fill(0);
    bytes
}

/// An AVI file of these JPEG frames, at 25 frames a second; `size` is what its header says.
pub(crate) fn avi(size: [u32; 2], frames: &[Vec<u8>]) -> Vec<u8> {
    let count = frames.len() as u32;
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let header = words(&[40_000, 0, 0, 0x10, count, 0, 1, 0, size[0], size[1], 0, 0, 0, 0]);
    let stream = [&b"vidsMJPG"[..], &words(&[0, 0, 0, 1, 25, 0, count, 0, 0, 0, 0, 0])].concat();
    let format = [words(&[40, size[0], size[1], 1 | 24 << 16]), b"MJPG".to_vec(), words(&[0; 5])].concat();
    let stream = list(b"strl", &[chunk(b"strh", &stream), chunk(b"strf", &format)].concat());
    let headers = list(b"hdrl", &[chunk(b"avih", &header), stream].concat());
    let (mut movie, mut index) = (Vec::new(), Vec::new());
    for frame in frames {
        let place = words(&[0x10, movie.len() as u32 + 4, frame.len() as u32]);
        index.extend([&b"00dc"[..], &place].concat());
        movie.extend(chunk(b"00dc", frame));
    }
    let body = [headers, list(b"movi", &movie), chunk(b"idx1", &index)].concat();
    chunk(b"RIFF", &[&b"AVI "[..], &body].concat())
}

fn list(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[&kind[..], content].concat())
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = [&name[..], &(content.len() as u32).to_le_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}
