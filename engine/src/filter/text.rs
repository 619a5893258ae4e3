//! Texts, drawn with a font that the filter brings along.

use std::{fmt, sync::Arc};

use ab_glyph::{Font as _, FontVec, GlyphId, PxScale, ScaleFont as _, point};

use super::{Image, params::coded};

/// Height of a line, in pixels; less where the text would be too wide.
const LINE: f32 = 96.0;
/// Widest and highest text, in pixels.
const MAX_SIDE: f32 = 4096.0;
/// Larger letters are those of a broken font.
const MAX_LETTER: f32 = 1024.0;
/// More characters are refused.
pub const MAX_TEXT: usize = 200;

/// A TrueType or OpenType font.
#[derive(Clone)]
pub struct Font(Arc<FontVec>);

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a font of {} glyphs", self.0.glyph_count())
    }
}

impl Font {
    /// Reads a `.ttf` or `.otf` file.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let font = FontVec::try_from_vec(bytes.to_vec());
        font.map(|font| Self(Arc::new(font))).map_err(|_| "it is no TrueType or OpenType font".to_owned())
    }

    /// A text in white on nothing, its lines centred, as small as it may be.
    pub fn draw(&self, text: &str) -> Image {
        let empty = Image { size: [1, 1], rgba: vec![0; 4], coded: false };
        let lines: Vec<&str> = text.lines().collect();
        let widest = |line: f32| lines.iter().map(|text| self.width(text, line)).fold(0.0, f32::max);
        let (width, height) = (widest(LINE), LINE * lines.len() as f32);
        let share = (MAX_SIDE / width).min(MAX_SIDE / height).min(1.0);
        let line = LINE * share;
        let size = [widest(line).ceil(), (line * lines.len() as f32).ceil()];
        if !size.iter().all(|side| (1.0..=MAX_SIDE + 1.0).contains(side)) {
            return empty;
        }
        let size = size.map(|side| side.min(MAX_SIDE) as u32);
        let mut cover = vec![0f32; (size[0] * size[1]) as usize];
        for (number, text) in lines.iter().enumerate() {
            let start = (size[0] as f32 - self.width(text, line)) / 2.0;
            self.line(text, line, [start, line * number as f32], |[x, y], share| {
                if (0..size[0] as i64).contains(&x) && (0..size[1] as i64).contains(&y) {
                    let cell = &mut cover[y as usize * size[0] as usize + x as usize];
                    *cell = (*cell + share).min(1.0);
                }
            });
        }
        let rgba = cover.into_iter().flat_map(|share| {
            let [light, alpha] = [coded(share), share].map(|value| (255.0 * value).round() as u8);
            [light, light, light, alpha]
        });
        Image { size, rgba: rgba.collect(), coded: false }
    }

    /// The glyphs of a line with their places.
    fn glyphs(&self, text: &str, line: f32) -> Vec<(GlyphId, f32, f32)> {
        let scaled = self.0.as_scaled(PxScale::from(line));
        let (mut at, mut last) = (0.0, None);
        let mut found = Vec::new();
        for letter in text.chars() {
            let glyph = scaled.glyph_id(letter);
            at += last.map_or(0.0, |last| scaled.kern(last, glyph));
            let advance = scaled.h_advance(glyph);
            found.push((glyph, at, advance));
            (at, last) = (at + advance, Some(glyph));
        }
        found
    }

    fn width(&self, text: &str, line: f32) -> f32 {
        self.glyphs(text, line).last().map_or(0.0, |(_, at, advance)| at + advance)
    }

    fn line(&self, text: &str, line: f32, start: [f32; 2], mut draw: impl FnMut([i64; 2], f32)) {
        let ascent = self.0.as_scaled(PxScale::from(line)).ascent();
        for (glyph, at, _) in self.glyphs(text, line) {
            let glyph = glyph.with_scale_and_position(line, point(start[0] + at, start[1] + ascent));
            let Some(outline) = self.0.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            if !(bounds.width() <= MAX_LETTER && bounds.height() <= MAX_LETTER) {
                continue;
            }
            outline.draw(|x, y, share| {
                draw([bounds.min.x as i64 + i64::from(x), bounds.min.y as i64 + i64::from(y)], share);
            });
        }
    }
}

#[cfg(test)]
pub(in crate::filter) mod tests {
    use super::*;

    /// A font whose only letter, `A`, is a box 0.8 wide and 0.5 high, of lines 1.0 high.
    pub(in crate::filter) fn boxes() -> Vec<u8> {
        let words = |values: &[i16]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
        let mut head = words(&[1, 0, 0, 0, 0, 0, 0x5f0f, 0x3cf5, 0, 1000]);
        head.extend(words(&[0; 8]));
        head.extend(words(&[0, 0, 1000, 1000, 0, 8, 2, 0, 0]));
        let hhea = words(&[1, 0, 800, -200, 0, 1000, 0, 0, 800, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
        let maxp = words(&[0, 0x5000, 2]);
        let hmtx = words(&[500, 0, 1000, 100]);
        // One table of format 6: the letter 65 is glyph 1.
        let cmap = words(&[0, 1, 3, 1, 0, 12, 6, 12, 0, 65, 1, 1]);
        let loca = words(&[0, 0, 17]);
        // One contour of four corners: flags, then steps in x and y.
        let mut glyf = words(&[1, 100, 0, 900, 500, 3, 0]);
        glyf.extend([1, 1, 1, 1]);
        glyf.extend(words(&[100, 800, 0, -800, 0, 0, 500, 0]));
        let tables: [(&[u8; 4], Vec<u8>); 7] = [
            (b"cmap", cmap),
            (b"glyf", glyf),
            (b"head", head),
            (b"hhea", hhea),
            (b"hmtx", hmtx),
            (b"loca", loca),
            (b"maxp", maxp),
        ];
        let mut font = words(&[1, 0, 7, 64, 2, 48]);
        let mut body: Vec<u8> = Vec::new();
        for (name, table) in &tables {
            body.resize(body.len().next_multiple_of(4), 0);
            font.extend_from_slice(*name);
            font.extend([0; 4]);
            font.extend((12 + 16 * 7 + body.len() as u32).to_be_bytes());
            font.extend((table.len() as u32).to_be_bytes());
            body.extend(table);
        }
        font.extend(body);
        font
    }

    #[test]
    fn letters_stand_where_the_font_says() {
        let image = Font::read(&boxes()).unwrap().draw("AA\nA");
        assert_eq!(image.size, [192, 192]);
        let alpha = |x: u32, y: u32| image.rgba[4 * (y * 192 + x) as usize + 3];
        // A box of the first line: from 9.6 to 86.4, from 28.8 to 76.8.
        assert_eq!(
            [alpha(12, 50), alpha(84, 75), alpha(5, 50), alpha(50, 20), alpha(91, 50)],
            [255, 255, 0, 0, 0]
        );
        // The second line is centred.
        assert_eq!([alpha(60, 150), alpha(130, 150), alpha(20, 150)], [255, 255, 0]);
        assert_eq!(&image.rgba[4 * (50 * 192 + 12)..][..4], [255; 4]);
    }

    #[test]
    fn any_text_and_no_font_are_answered() {
        let font = Font::read(&boxes()).unwrap();
        assert_eq!(font.draw("").size, [1, 1]);
        assert_eq!(font.draw(&"A".repeat(MAX_TEXT)).size[0], 4096);
        assert!(font.draw("ñandú 🙂").rgba.iter().all(|value| *value == 0));
        let mut bytes = boxes();
        for cut in [0, 11, 100, 200] {
            assert!(Font::read(&bytes[..cut]).is_err());
        }
        // Damage draws something or nothing, and never fails.
        for at in 0..bytes.len() {
            bytes[at] ^= 0xff;
            if let Ok(font) = Font::read(&bytes) {
                font.draw("AA");
            }
            bytes[at] ^= 0xff;
        }
    }
}
