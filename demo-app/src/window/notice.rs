//! Words over the picture: what is wrong with a filter that is being edited.

use antifaz::{
    filter::Fault,
    gpu::{Gpu, GpuError, Texture, TextureDesc, TextureFormat},
};

/// The X11 font 8x13, public domain: see `assets/font/make_font.py`.
const GLYPHS: &[u8; 13 * (95 + 96)] = include_bytes!("../../../assets/font/8x13.bits");
const GLYPH: [usize; 2] = [8, 13];
/// Between two lines, and around the words.
const LEADING: usize = 3;
const MARGIN: usize = 10;
/// Wider and higher windows get letters twice as large.
const LARGE: u32 = 1100;
/// Faults that are shown; the terminal shows all.
const MOST_FAULTS: usize = 3;
/// sRGB, opaque.
const WHITE: [u8; 4] = [240, 240, 240, 255];
const GREY: [u8; 4] = [170, 170, 170, 255];
const RED: [u8; 4] = [255, 120, 110, 255];
const YELLOW: [u8; 4] = [255, 214, 110, 255];
/// What is behind the words: dark, so that they are read on any picture. Premultiplied.
const BEHIND: [u8; 4] = [12, 10, 14, 224];

/// A line of one colour.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: String,
    color: [u8; 4],
}

/// Faults below a line that says what they mean, as a texture for a window of `size` pixels.
pub(super) fn faults(
    gpu: &Gpu,
    heading: &str,
    faults: &[Fault],
    size: [u32; 2],
) -> Result<Texture, GpuError> {
    let columns = columns(size);
    let mut lines = wrapped(heading, columns, RED);
    for fault in faults.iter().take(MOST_FAULTS) {
        lines.push(Line { text: String::new(), color: WHITE });
        lines.extend(of_fault(fault, columns));
    }
    if faults.len() > MOST_FAULTS {
        lines.push(Line { text: format!("and {} more", faults.len() - MOST_FAULTS), color: GREY });
    }
    texture(gpu, &lines, size)
}

/// A short word of success.
pub(super) fn word(gpu: &Gpu, text: &str, size: [u32; 2]) -> Result<Texture, GpuError> {
    texture(gpu, &[Line { text: text.to_owned(), color: WHITE }], size)
}

fn scale(size: [u32; 2]) -> usize {
    if size[0] >= LARGE && size[1] >= LARGE / 2 { 2 } else { 1 }
}

/// Letters that fit in a row of the window.
fn columns(size: [u32; 2]) -> usize {
    ((size[0] as usize / scale(size)).saturating_sub(2 * MARGIN) / GLYPH[0]).max(16)
}

/// Place, message, the source line with its caret, and the hint.
fn of_fault(fault: &Fault, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(place) = &fault.place {
        lines.push(Line { text: tail(&place.to_string(), columns), color: YELLOW });
    }
    lines.extend(wrapped(&fault.message, columns, WHITE));
    if let Some([line, caret]) = fault.excerpt() {
        let [line, caret] = [line, caret].map(|text| text.replace('\t', " "));
        // A long line is shown from where the caret is in sight.
        let skip = (caret.chars().count() + 4).saturating_sub(columns - 2);
        let cut = |text: &str| format!("  {}", text.chars().skip(skip).take(columns - 2).collect::<String>());
        lines.push(Line { text: cut(&line), color: GREY });
        lines.push(Line { text: cut(&caret), color: RED });
    }
    if let Some(hint) = &fault.hint {
        lines.extend(wrapped(hint, columns, YELLOW));
    }
    lines
}

/// The end of a text: of a path that counts most.
fn tail(text: &str, columns: usize) -> String {
    let count = text.chars().count();
    if count <= columns {
        return text.to_owned();
    }
    format!("..{}", text.chars().skip(count + 2 - columns).collect::<String>())
}

fn wrapped(text: &str, columns: usize, color: [u8; 4]) -> Vec<Line> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let chars: Vec<char> = word.chars().collect();
        for part in chars.chunks(columns) {
            let row = rows.len() - 1;
            let used = rows[row].chars().count();
            let part: String = part.iter().collect();
            if used == 0 {
                rows[row] = part;
            } else if used + 1 + part.chars().count() <= columns {
                rows[row] += " ";
                rows[row] += &part;
            } else {
                rows.push(part);
            }
        }
    }
    rows.into_iter().map(|text| Line { text, color }).collect()
}

fn texture(gpu: &Gpu, lines: &[Line], size: [u32; 2]) -> Result<Texture, GpuError> {
    let (extent, texels) = drawn(lines, scale(size), size);
    gpu.texture_with(&TextureDesc::new(extent, TextureFormat::Srgb8), &texels)
}

/// The words in a box, `scale` pixels for a dot, cut to a window of `most` pixels.
fn drawn(lines: &[Line], scale: usize, most: [u32; 2]) -> ([u32; 2], Vec<u8>) {
    let row = GLYPH[1] + LEADING;
    let longest = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    let size = [longest * GLYPH[0] + 2 * MARGIN, lines.len() * row + 2 * MARGIN - LEADING];
    let extent = [0, 1].map(|side: usize| ((size[side] * scale) as u32).clamp(1, most[side].max(1)));
    let dot = |x: usize, y: usize| -> [u8; 4] {
        let inside = (x.checked_sub(MARGIN), y.checked_sub(MARGIN));
        let (Some(x), Some(y)) = inside else { return BEHIND };
        let Some(line) = lines.get(y / row).filter(|_| y % row < GLYPH[1]) else { return BEHIND };
        let glyph = line.text.chars().nth(x / GLYPH[0]).map(glyph);
        let ink = glyph.is_some_and(|glyph| glyph[y % row] & (0x80 >> (x % GLYPH[0])) != 0);
        if ink { line.color } else { BEHIND }
    };
    let [width, height] = extent.map(|side| side as usize);
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| dot(x / scale, y / scale)));
    (extent, pixels.collect())
}

/// The rows of a letter; a question mark for those that the font lacks.
fn glyph(letter: char) -> &'static [u8] {
    let index = match letter as usize {
        code @ 32..=126 => code - 32,
        code @ 160..=255 => code - 160 + 95,
        _ => '?' as usize - 32,
    };
    &GLYPHS[index * GLYPH[1]..][..GLYPH[1]]
}

#[cfg(test)]
mod tests {
    use antifaz::filter::Place;

    use super::*;

    #[test]
    fn a_fault_fits_a_small_window() {
        let source =
            "    return vec4f(frame.tme) + a_very_long_line_of_text(in.uv, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0);";
        let file = "/home/somebody/work/filters/in/a/deep/folder/of/filters/my-filter/my-filter.wgsl";
        let place = Place { file: file.into(), line: 12, column: 24, source: source.into() };
        let fault =
            Fault::at(place, "invalid field accessor `tme`").hinting(Some("did you mean `time`?".into()));
        let columns = columns([640, 480]);
        let lines = of_fault(&fault, columns);
        assert!(lines.iter().all(|line| line.text.chars().count() <= columns), "{lines:?}");
        assert!(lines[0].text.ends_with("my-filter.wgsl:12:24"), "{lines:?}");
        let caret = lines[3].text.find('^').expect("a caret");
        assert_eq!(lines[2].text.chars().nth(caret), Some('t'), "{lines:?}");
        let far = Place { column: 90, ..fault.place.clone().expect("a place") };
        let lines = of_fault(&Fault { place: Some(far), ..fault }, 40);
        assert!(lines[3].text.contains('^') && lines[3].text.chars().count() <= 40, "{lines:?}");
    }

    #[test]
    fn letters_are_drawn_and_larger_in_large_windows() {
        let line = |text: &str| [Line { text: text.into(), color: WHITE }];
        let ink = |(_, texels): ([u32; 2], Vec<u8>)| texels.chunks(4).filter(|texel| *texel == WHITE).count();
        let once = ink(drawn(&line("Ñandú"), 1, [640, 480]));
        assert!(once > 60, "{once}");
        assert_eq!(ink(drawn(&line("Ñandú"), 2, [640, 480])), once * 4);
        assert_eq!(ink(drawn(&line("   "), 1, [640, 480])), 0);
        assert_eq!(drawn(&line(&"x".repeat(999)), 1, [320, 20]).0, [320, 20]);
        assert_eq!((scale([640, 480]), scale([1280, 720])), (1, 2));
    }
}
