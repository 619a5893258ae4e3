//! Colour tables in the .cube format (Adobe Cube LUT specification 1.0), 1D and 3D.

/// Grid sizes that fit a texture whose rows are slices: N columns, N x N rows.
const MAX_3D: usize = 90;
/// The specification's limit.
const MAX_1D: usize = 65536;
/// The grid that 1D tables and tables over another domain are baked into.
const BAKED: usize = 65;

/// A cube of colours over 0..1 in each channel, red fastest, then green, then blue.
#[derive(Clone, Debug, PartialEq)]
pub struct Lut {
    /// Colours along an edge.
    pub size: usize,
    /// `size`³ colours.
    pub colors: Vec<[f32; 3]>,
}

impl Lut {
    /// Reads a .cube file. A 1D table, or one over another domain than 0..1, is baked into a grid over 0..1.
    ///
    /// # Errors
    /// The line (counted from one) and what is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        Table::read(text)?.baked()
    }

    /// The colour at a point of the cube, interpolated in the tetrahedron around it: the twin of
    /// `antifaz::lut`.
    pub fn at(&self, color: [f32; 3]) -> [f32; 3] {
        let top = (self.size - 1) as f32;
        let scaled = color.map(|c| if c.is_nan() { 0.0 } else { c.clamp(0.0, 1.0) * top });
        let base = scaled.map(|c| (c as usize).min(self.size.saturating_sub(2)));
        let fraction = [0, 1, 2].map(|i| scaled[i] - base[i] as f32);
        let mut order = [0, 1, 2];
        order.sort_by(|a, b| fraction[*b].total_cmp(&fraction[*a]));
        let corner = |at: [usize; 3]| self.colors[at[0] + self.size * (at[1] + self.size * at[2])];
        let mut at = base;
        let mut sum = corner(at).map(|c| c * (1.0 - fraction[order[0]]));
        for (i, axis) in order.into_iter().enumerate() {
            at[axis] = (at[axis] + 1).min(self.size - 1);
            let weight = fraction[axis] - order.get(i + 1).map_or(0.0, |next| fraction[*next]);
            let color = corner(at);
            (0..3).for_each(|c| sum[c] += color[c] * weight);
        }
        sum
    }
}

/// The file as it is written.
struct Table {
    cube: bool,
    size: usize,
    domain: [[f32; 3]; 2],
    colors: Vec<[f32; 3]>,
    /// The size's line.
    line: usize,
}

impl Table {
    fn read(text: &str) -> Result<Self, (usize, String)> {
        let mut table =
            Self { cube: false, size: 0, domain: [[0.0; 3], [1.0; 3]], colors: Vec::new(), line: 1 };
        let mut lines = 0;
        for (i, line) in text.lines().enumerate() {
            lines = i + 1;
            let mut words = line.split_whitespace();
            match words.next() {
                None => {}
                Some(word) if word.starts_with('#') => {}
                Some(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    table.keyword(word, words, lines).map_err(|message| (lines, message))?;
                }
                Some(_) => {
                    if table.size == 0 {
                        return Err((lines, "a colour comes before LUT_1D_SIZE or LUT_3D_SIZE".into()));
                    }
                    let color = triple(line.split_whitespace())
                        .ok_or((lines, format!("`{}` is not three numbers", line.trim())))?;
                    table.colors.push(color);
                    if table.colors.len() > table.expected() {
                        return Err((lines, format!("there are more than {} colours", table.expected())));
                    }
                }
            }
        }
        match table.colors.len() {
            _ if table.size == 0 => Err((lines.max(1), "LUT_1D_SIZE or LUT_3D_SIZE is missing".into())),
            n if n < table.expected() => {
                Err((lines, format!("the table ends after {n} of {} colours", table.expected())))
            }
            _ => Ok(table),
        }
    }

    fn expected(&self) -> usize {
        if self.cube { self.size.pow(3) } else { self.size }
    }

    fn keyword<'a>(
        &mut self,
        word: &str,
        mut rest: impl Iterator<Item = &'a str>,
        line: usize,
    ) -> Result<(), String> {
        match word {
            "TITLE" => {}
            "LUT_1D_SIZE" | "LUT_3D_SIZE" => {
                if self.size != 0 {
                    return Err("the size is given twice".into());
                }
                self.cube = word == "LUT_3D_SIZE";
                let max = if self.cube { MAX_3D } else { MAX_1D };
                let size = rest.next().and_then(|size| size.parse().ok());
                self.size = size
                    .filter(|size| (2..=max).contains(size))
                    .ok_or_else(|| format!("{word} must be a whole number from 2 to {max}"))?;
                self.line = line;
            }
            "DOMAIN_MIN" | "DOMAIN_MAX" => {
                let bound = triple(rest).ok_or_else(|| format!("{word} must be three numbers"))?;
                self.domain[usize::from(word == "DOMAIN_MAX")] = bound;
            }
            // Resolve writes the domain as one range for all channels.
            "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => {
                let mut bound = || rest.next().and_then(|v| v.parse().ok()).filter(|v: &f32| v.is_finite());
                let (Some(min), Some(max)) = (bound(), bound()) else {
                    return Err(format!("{word} must be two numbers"));
                };
                self.domain = [[min; 3], [max; 3]];
            }
            _ => return Err(format!("`{word}` is not known in a .cube file")),
        }
        Ok(())
    }

    fn baked(self) -> Result<Lut, (usize, String)> {
        let [min, max] = self.domain;
        if (0..3).any(|c| max[c] <= min[c]) {
            return Err((self.line, "DOMAIN_MAX must be above DOMAIN_MIN".into()));
        }
        if self.cube && self.domain == [[0.0; 3], [1.0; 3]] {
            return Ok(Lut { size: self.size, colors: self.colors });
        }
        let from_unit = |c: usize, v: f32| (v - min[c]) / (max[c] - min[c]);
        let cell = |i: usize| (i % BAKED) as f32 / (BAKED - 1) as f32;
        let points = (0..BAKED.pow(3)).map(|i| [cell(i), cell(i / BAKED), cell(i / BAKED / BAKED)]);
        let colors = if self.cube {
            let lut = Lut { size: self.size, colors: self.colors };
            points.map(|p| lut.at([0, 1, 2].map(|c| from_unit(c, p[c])))).collect()
        } else {
            let along = |c: usize, v: f32| {
                let at = from_unit(c, v).clamp(0.0, 1.0) * (self.size - 1) as f32;
                let low = (at as usize).min(self.size - 2);
                let [a, b] = [self.colors[low][c], self.colors[low + 1][c]];
                a + (b - a) * (at - low as f32)
            };
            points.map(|p| [0, 1, 2].map(|c| along(c, p[c]))).collect()
        };
        Ok(Lut { size: BAKED, colors })
    }
}

fn triple<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<[f32; 3]> {
    let mut next = || words.next()?.parse().ok().filter(|value: &f32| value.is_finite());
    let color = [next()?, next()?, next()?];
    words.next().is_none().then_some(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str =
        "TITLE \"x\"\nLUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";

    fn near(a: [f32; 3], b: [f32; 3], tolerance: f32) -> bool {
        (0..3).all(|c| (a[c] - b[c]).abs() <= tolerance)
    }

    #[test]
    fn identity_gives_the_colour_back() {
        let lut = Lut::parse(IDENTITY).unwrap();
        for color in [[0.0; 3], [1.0; 3], [0.2, 0.7, 0.4], [0.9, 0.1, 0.5]] {
            assert!(near(lut.at(color), color, 1e-6), "{color:?}");
        }
        assert!(near(lut.at([2.0, -1.0, f32::NAN]), [1.0, 0.0, 0.0], 0.0));
    }

    /// The fixtures of colour-science's test suite, in `assets/lut`.
    fn fixture(name: &str) -> Lut {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/lut/");
        let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
        Lut::parse(&text).unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }

    #[test]
    fn real_3d_tables_are_read_red_fastest() {
        let lut = fixture("RGB_1_0.5_0.25.cube");
        assert_eq!(lut.size, 4);
        assert!(near(lut.at([0.4, 0.6, 0.8]), [0.4, 0.3, 0.2], 1e-5), "{:?}", lut.at([0.4, 0.6, 0.8]));
        let lut = fixture("Three_Dimensional_Table.cube");
        assert!(near(lut.at([0.0, 1.0, 0.0]), [0.0, 0.75, 0.0], 0.0));
        assert_eq!(fixture("Colour_Correct.cube").colors.len(), 64);
    }

    #[test]
    fn one_dimension_and_other_domains_are_baked() {
        let lut = fixture("Demo.cube"); // over 0..1, 0..2, 0..3
        assert!(near(lut.at([0.5, 1.0, 1.0]), [0.5, 1.0, 1.0], 1e-5), "{:?}", lut.at([0.5, 1.0, 1.0]));
        let lut = fixture("eotf_sRGB_3D.cube"); // over -0.1..1.5 and wider
        assert!(near(lut.at([1.0; 3]), [1.0; 3], 0.1), "{:?}", lut.at([1.0; 3]));
        assert!(fixture("ACES_Proxy_10_to_ACES.cube").colors[0][0] < 0.001);
    }

    #[test]
    fn broken_tables_name_the_line() {
        for (text, line, part) in [
            ("", 1, "is missing"),
            ("0 0 0\n", 1, "comes before"),
            ("LUT_3D_SIZE 999\n", 1, "from 2 to 90"),
            ("LUT_3D_SIZE 2\n0 0 0\n0 0\n", 3, "three numbers"),
            ("LUT_3D_SIZE 2\n0 0 nan\n", 2, "three numbers"),
            ("LUT_3D_SIZE 2\n0 0 0\n", 2, "ends after 1 of 8"),
            ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n2 2 2\n", 4, "more than 2"),
            ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n", 2, "twice"),
            ("LUT_3D_SIZ 2\n", 1, "is not known"),
            ("DOMAIN_MIN 1 1 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n", 2, "above"),
        ] {
            let (at, message) = Lut::parse(text).unwrap_err();
            assert!(at == line && message.contains(part), "{text}: {at}: {message}");
        }
    }
}
