//! Pictures that filters bring along: PNG, JPEG or WebP in 8 bits.

use super::{
    Image,
    params::{coded as curved, linear},
};

/// Widest and highest picture of a filter, in pixels.
const MAX_IMAGE: u32 = 4096;

/// Decodes a picture file: four bytes for each pixel, straight alpha.
fn decode(bytes: &[u8]) -> Result<image::RgbaImage, String> {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes));
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_IMAGE);
    limits.max_image_height = Some(MAX_IMAGE);
    reader.limits(limits);
    let decoded = reader.with_guessed_format().map_err(|error| error.to_string())?.decode();
    Ok(decoded.map_err(|error| format!("the picture can't be read: {error}"))?.into_rgba8())
}

impl Image {
    /// Reads a picture file; what is `coded` is left as it is stored.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn read(bytes: &[u8], coded: bool) -> Result<Self, String> {
        let decoded = decode(bytes)?;
        let size = [decoded.width(), decoded.height()];
        let mut rgba = decoded.into_raw();
        if !coded {
            premultiply(&mut rgba);
        }
        Ok(Self { size, rgba, coded })
    }

    /// The same in another size.
    pub(super) fn resized(self, size: [u32; 2]) -> Self {
        let [width, height] = self.size;
        match image::RgbaImage::from_raw(width, height, self.rgba) {
            Some(picture) if self.size != size => {
                let filter = image::imageops::FilterType::Triangle;
                let rgba = image::imageops::resize(&picture, size[0], size[1], filter).into_raw();
                Self { size, rgba, coded: self.coded }
            }
            picture => Self { rgba: picture.map_or_else(Vec::new, image::RgbaImage::into_raw), ..self },
        }
    }

    /// Its levels of detail, each half as large as the one before, down to one pixel: means of linear light.
    pub fn levels(&self) -> Vec<Vec<u8>> {
        let (mut size, mut levels) = (self.size, vec![self.rgba.clone()]);
        while size != [1, 1] {
            let above = &levels[levels.len() - 1];
            let smaller = size.map(|side| (side / 2).max(1));
            let mut level = Vec::with_capacity((smaller[0] * smaller[1] * 4) as usize);
            for y in 0..smaller[1] {
                for x in 0..smaller[0] {
                    let at = |dx: u32, dy: u32| {
                        let (x, y) = ((2 * x + dx).min(size[0] - 1), (2 * y + dy).min(size[1] - 1));
                        4 * (y * size[0] + x) as usize
                    };
                    let around = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
                    level.extend((0..4).map(|c| mean(around.map(|at| above[at + c]), c < 3)));
                }
            }
            levels.push(level);
            size = smaller;
        }
        levels
    }
}

/// The mean of four values, of colours that of their light.
fn mean(values: [u8; 4], colour: bool) -> u8 {
    let share = values.map(|value| f32::from(value) / 255.0);
    if !colour {
        return (255.0 * share.iter().sum::<f32>() / 4.0).round() as u8;
    }
    (255.0 * curved(share.map(linear).iter().sum::<f32>() / 4.0)).round() as u8
}

/// Straight alpha to premultiplied, in linear light: what shaders and blending expect.
fn premultiply(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4).filter(|pixel| pixel[3] < 255) {
        let alpha = f32::from(pixel[3]) / 255.0;
        for value in &mut pixel[..3] {
            *value = (curved(linear(f32::from(*value) / 255.0) * alpha) * 255.0).round() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_end_at_one_pixel_of_the_mean_light() {
        let checks: Vec<u8> =
            (0..8).flat_map(|i| if i % 2 == 0 { [255; 4] } else { [0, 0, 0, 255] }).collect();
        let picture = Image { size: [4, 2], rgba: checks, coded: false };
        let levels = picture.levels();
        assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), [32, 8, 4]);
        assert_eq!(levels[2], [188, 188, 188, 255], "half the light, not half the value");
    }
}
