//! Stills, and folders of stills in natural name order.
//!
//! PNG, JPEG, WebP and BMP are told apart by their content. Orientation tags (EXIF) are applied. Transparent pixels
//! are laid over black, in linear light, so that nets and filters see the same opaque picture. 16-bit and grey
//! pictures become 8-bit RGB.

use std::{
    cmp::Ordering,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, metadata::Orientation};

use super::{Next, Source, SourceError, SourceInfo, jpeg};
use crate::frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels};

/// How fast a folder of stills plays, in pictures a second.
pub const FOLDER_FPS: f64 = 30.0;
/// What decoding one picture may allocate, in bytes: refuses small files that unpack to many gigabytes.
const MAX_ALLOCATION: u64 = 1 << 30;
const EXTENSIONS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

/// One picture, then the end.
#[derive(Debug)]
pub struct Still {
    info: SourceInfo,
    pixels: Option<Arc<Pixels>>,
}

impl Still {
    /// Reads the picture at `path`.
    ///
    /// # Errors
    /// When it can't be read, is no picture that is known, is cut or damaged, or is too large.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let pixels = read(path)?;
        Ok(Self { info: info(path, &pixels, None, 1), pixels: Some(Arc::new(pixels)) })
    }
}

impl Source for Still {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let frame = self.pixels.take().map(|pixels| Frame { id: FrameId(0), time: Duration::ZERO, pixels });
        Ok(frame.map_or(Next::End, Next::Frame))
    }
}

/// The pictures of a folder, by name, numbers in names compared as numbers. Their sizes may differ.
#[derive(Debug)]
pub struct Folder {
    info: SourceInfo,
    paths: Vec<PathBuf>,
    first: Option<Pixels>,
    at: usize,
    /// Whether a picture of another size than the first is an error.
    one_size: bool,
}

impl Folder {
    /// Lists the folder and reads its first picture. Files that are no pictures by their extension are passed over.
    ///
    /// # Errors
    /// When the folder or its first picture can't be read, and when it has no picture.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let unreadable = |error| SourceError::unreadable(path, error);
        let mut paths = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() && has_extension(&file) {
                paths.push(file);
            }
        }
        paths.sort_by(|a, b| natural(&name(a), &name(b)));
        let first = paths.first().ok_or_else(|| SourceError::EmptyFolder { path: path.to_owned() })?;
        let first = read(first)?;
        let info = info(path, &first, Some(FOLDER_FPS), paths.len() as u64);
        Ok(Self { info, paths, first: Some(first), at: 0, one_size: false })
    }

    /// The same, but a picture of another size than the first is an error that names it.
    pub fn of_one_size(self) -> Self {
        Self { one_size: true, ..self }
    }

    /// The file of the frame that [`Source::next`] gives next.
    pub fn upcoming(&self) -> Option<&Path> {
        self.paths.get(self.at).map(PathBuf::as_path)
    }
}

impl Source for Folder {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let Some(path) = self.paths.get(self.at) else { return Ok(Next::End) };
        let pixels = self.first.take().map_or_else(|| read(path), Ok)?;
        if self.one_size && pixels.size() != self.info.size {
            let (path, now, was) = (path.clone(), pixels.size(), self.info.size);
            return Err(SourceError::MixedSizes { path, now, first: name(&self.paths[0]), was });
        }
        let time = Duration::from_secs_f64(self.at as f64 / FOLDER_FPS);
        let frame = Frame { id: FrameId(self.at as u64), time, pixels: Arc::new(pixels) };
        self.at += 1;
        Ok(Next::Frame(frame))
    }
}

/// Whether these first bytes of a file are those of a picture that [`decode`] knows.
pub(super) fn is_picture(head: &[u8]) -> bool {
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp];
    ::image::guess_format(head).is_ok_and(|format| known.contains(&format))
}

fn read(path: &Path) -> Result<Pixels, SourceError> {
    let bytes = fs::read(path).map_err(|error| SourceError::unreadable(path, error))?;
    if !is_picture(&bytes) {
        return Err(SourceError::UnknownFormat { path: path.to_owned() });
    }
    decode(&bytes).map_err(|what| SourceError::broken(path, what))
}

/// The upright pixels of a PNG, JPEG, WebP or BMP in memory.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<Pixels, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(Pixels::MAX_SIDE);
    limits.max_image_height = Some(Pixels::MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::new(Cursor::new(bytes));
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|error| error.to_string())?;
    let format = reader.format();
    let mut decoder = reader.into_decoder().map_err(|error| describe(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = if format == Some(ImageFormat::Jpeg) {
        // The image crate fills what is missing from a JPEG with grey; jpeg.rs refuses it.
        let ([width, height], rgb) = jpeg::decode_still(bytes)?;
        let image = ::image::RgbImage::from_raw(width, height, rgb).ok_or("the JPEG has no pixels")?;
        DynamicImage::ImageRgb8(image)
    } else {
        DynamicImage::from_decoder(decoder).map_err(|error| describe(&error))?
    };
    image.apply_orientation(orientation);
    let size = [image.width(), image.height()];
    let rgb = if image.color().has_alpha() { over_black(&image) } else { image.into_rgb8().into_raw() };
    Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), rgb).map_err(|error| error.to_string())
}

fn describe(error: &::image::ImageError) -> String {
    match error {
        ::image::ImageError::Limits(_) => {
            format!("the picture is too large: at most {} pixels a side are read", Pixels::MAX_SIDE)
        }
        error => {
            let words = error.to_string();
            let words: Vec<_> = words.split_whitespace().collect();
            format!("the picture is damaged or cut off ({})", words.join(" "))
        }
    }
}

fn over_black(image: &DynamicImage) -> Vec<u8> {
    let blend = |value: u8, alpha: u8| match alpha {
        255 => value,
        0 => 0,
        alpha => srgb_from_linear(linear_from_srgb(value) * f32::from(alpha) / 255.0),
    };
    let rgba = image.to_rgba8();
    rgba.pixels().flat_map(|pixel| [0, 1, 2].map(|i| blend(pixel.0[i], pixel.0[3]))).collect()
}

fn linear_from_srgb(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn srgb_from_linear(value: f32) -> u8 {
    let coded = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (coded * 255.0 + 0.5) as u8
}

fn info(path: &Path, pixels: &Pixels, fps: Option<f64>, frames: u64) -> SourceInfo {
    let name = path.display().to_string();
    SourceInfo { name, size: pixels.size(), fps, frames: Some(frames), last: None, live: false, audio: None }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn has_extension(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    EXTENSIONS.contains(&extension.as_str())
}

/// Compares names with runs of digits as numbers: `2.png` before `10.png`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (digits_a, digits_b) = (leading_digits(rest_a), leading_digits(rest_b));
        let (piece_a, piece_b);
        let order = if digits_a > 0 && digits_b > 0 {
            (piece_a, rest_a) = rest_a.split_at(digits_a);
            (piece_b, rest_b) = rest_b.split_at(digits_b);
            let (number_a, number_b) = (piece_a.trim_start_matches('0'), piece_b.trim_start_matches('0'));
            number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b))
        } else {
            let (Some(char_a), Some(char_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
                return rest_a.cmp(rest_b).then_with(|| a.cmp(b));
            };
            rest_a = &rest_a[char_a.len_utf8()..];
            rest_b = &rest_b[char_b.len_utf8()..];
            char_a.to_lowercase().cmp(char_b.to_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["b1", "a10", "a2", "A1", "a02", "a", "a10b"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "A1", "a02", "a2", "a10", "a10b", "b1"]);
    }

    #[test]
    fn a_cut_png_is_refused_wherever_pixels_are_missing() {
        let image = ::image::RgbImage::from_fn(40, 30, |x, y| {
            ::image::Rgb([x as u8 * 5, y as u8 * 7, (x * y) as u8])
        });
        let whole = png(&DynamicImage::ImageRgb8(image));
        let want = decode(&whole).unwrap();
        for length in 0..whole.len() {
            if let Ok(got) = decode(&whole[..length]) {
                assert_eq!(got, want, "cut at {length} of {} passes, but lacks pixels", whole.len());
            }
        }
        assert!(decode(&whole[..whole.len() / 2]).is_err());
    }

    #[test]
    fn grey_16_bit_and_transparent_pictures_become_rgb() {
        let grey = DynamicImage::ImageLuma16(::image::ImageBuffer::from_pixel(2, 1, ::image::Luma([0x8080])));
        assert_eq!(decode(&png(&grey)).unwrap().bytes(), [128; 6]);
        let half = ::image::RgbaImage::from_pixel(1, 1, ::image::Rgba([255, 128, 0, 128]));
        let got = decode(&png(&DynamicImage::ImageRgba8(half))).unwrap();
        // Half of full light is 188 in sRGB; half of code value 128, 93.
        assert_eq!(got.format(), PixelFormat::Rgb8);
        assert_eq!(got.bytes(), [188, 93, 0]);
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let mut bomb = png(&DynamicImage::new_rgb8(1, 1));
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        let error = decode(&bomb).unwrap_err();
        assert!(error.contains("too large"), "{error}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }
}
