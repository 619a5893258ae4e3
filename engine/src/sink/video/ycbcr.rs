//! sRGB pictures as YCbCr planes for H.264: BT.601, limited range, 4:2:0.
//!
//! BT.601 at every size: it is what players and libraries assume where they ignore the tags, and the tags say it.

use openh264::formats::YUVSource;

/// The shortest side that openh264 takes.
const LEAST: u32 = 16;

/// Planes of even size, reused from picture to picture.
pub(super) struct Planes {
    size: [usize; 2],
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

impl Planes {
    /// For pictures of `size`; odd sides are one pixel longer in the planes, and short ones 16 pixels long.
    pub(super) fn new(size: [u32; 2]) -> Self {
        let size = size.map(|side| side.next_multiple_of(2).max(LEAST) as usize);
        let [width, height] = size;
        let chroma = width / 2 * (height / 2);
        Self { size, luma: vec![0; width * height], blue: vec![0; chroma], red: vec![0; chroma] }
    }

    /// Width and height of the luma plane.
    pub(super) fn size(&self) -> [u32; 2] {
        self.size.map(|side| side as u32)
    }

    /// Fills the planes from tight rows of RGBA; where a side is longer than theirs, the last pixel is repeated.
    pub(super) fn fill(&mut self, rgba: &[u8], [width, height]: [u32; 2]) {
        let [from_width, from_height] = [width as usize, height as usize];
        let [width, height] = self.size;
        let row = |y: usize| &rgba[y.min(from_height - 1) * from_width * 4..][..from_width * 4];
        for y in (0..height).step_by(2) {
            let (above, below) = (row(y), row(y + 1));
            let (luma_above, luma_below) = self.luma[y * width..][..2 * width].split_at_mut(width);
            let chroma = y / 2 * (width / 2);
            for x in (0..width).step_by(2) {
                let [left, right] = [x, x + 1].map(|x| x.min(from_width - 1) * 4);
                let pixels =
                    [pixel(above, left), pixel(above, right), pixel(below, left), pixel(below, right)];
                let [a, b, c, d] = pixels.map(luma);
                (luma_above[x], luma_above[x + 1], luma_below[x], luma_below[x + 1]) = (a, b, c, d);
                let sum = [0, 1, 2].map(|i| pixels.iter().map(|pixel| pixel[i]).sum::<i32>());
                (self.blue[chroma + x / 2], self.red[chroma + x / 2]) = chroma_of_four(sum);
            }
        }
    }
}

fn pixel(row: &[u8], at: usize) -> [i32; 3] {
    [i32::from(row[at]), i32::from(row[at + 1]), i32::from(row[at + 2])]
}

/// 16 + 219 (0.299 R + 0.587 G + 0.114 B) / 255, in 1/65536.
fn luma([red, green, blue]: [i32; 3]) -> u8 {
    ((16_829 * red + 33_039 * green + 6_416 * blue + (16 << 16) + (1 << 15)) >> 16) as u8
}

/// Cb and Cr of the mean of four pixels, from their sum.
fn chroma_of_four([red, green, blue]: [i32; 3]) -> (u8, u8) {
    let half = (128 << 18) + (1 << 17);
    let cb = (-9_714 * red - 19_071 * green + 28_784 * blue + half + 4) >> 18;
    let cr = (28_784 * red - 24_103 * green - 4_681 * blue + half) >> 18;
    (cb.clamp(16, 240) as u8, cr.clamp(16, 240) as u8)
}

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.size[0], self.size[1])
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.size[0], self.size[0] / 2, self.size[0] / 2)
    }

    fn y(&self) -> &[u8] {
        &self.luma
    }

    fn u(&self) -> &[u8] {
        &self.blue
    }

    fn v(&self) -> &[u8] {
        &self.red
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planes(rgba: [u8; 4]) -> (u8, u8, u8) {
        let mut planes = Planes::new([1, 1]);
        planes.fill(&rgba, [1, 1]);
        (planes.luma[3], planes.blue[0], planes.red[0])
    }

    #[test]
    fn corners_of_the_cube_have_the_standards_values() {
        assert_eq!(planes([0, 0, 0, 255]), (16, 128, 128));
        assert_eq!(planes([255, 255, 255, 255]), (235, 128, 128));
        assert_eq!(planes([255, 0, 0, 255]), (81, 90, 240));
        assert_eq!(planes([0, 255, 0, 255]), (145, 54, 34));
        assert_eq!(planes([0, 0, 255, 255]), (41, 240, 110));
    }

    #[test]
    fn odd_and_short_sides_repeat_their_last_pixel() {
        assert_eq!(Planes::new([33, 18]).size(), [34, 18]);
        let mut planes = Planes::new([3, 1]);
        planes.fill(&[0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255], [3, 1]);
        assert_eq!(planes.size(), [16, 16]);
        let row = [&[16, 16][..], &[235; 14]].concat();
        assert_eq!(planes.luma, row.repeat(16));
    }
}
