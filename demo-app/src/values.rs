//! Values that arguments are read into. A text that is not one of them is refused with the reason.

use std::{fmt, str::FromStr};

use antifaz::{gpu::Covers, nets::SimdLevel, quality::Tier};
use clap::ValueEnum;

/// A picture size in pixels, written `1280x720`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// Longest side that is accepted: what common GPUs hold in one texture.
    const MAX_SIDE: u32 = 16384;
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        let (width, height) = sides.ok_or("write width and height in pixels, such as 1280x720")?;
        if [width, height].iter().all(|side| (1..=Self::MAX_SIDE).contains(side)) {
            Ok(Self { width, height })
        } else {
            Err(format!("both sides must be 1 to {} pixels", Self::MAX_SIDE))
        }
    }
}

impl From<Size> for [u32; 2] {
    fn from(size: Size) -> Self {
        [size.width, size.height]
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A filter and the values of its parameters, written `name` or `name:key=value,key=value`; `name@face=2` for one face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilterArg {
    /// Or a path.
    pub(crate) name: String,
    /// `key=value,...`, empty where none is given.
    pub(crate) values: String,
    /// The number of the only face that it is for.
    pub(crate) face: Option<u32>,
}

impl FilterArg {
    /// A filter as it comes.
    pub(crate) fn plain(name: &str) -> Self {
        Self { name: name.into(), values: String::new(), face: None }
    }
}

impl FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // `C:\` is no name with values.
        let drive =
            matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
        let (from, skipped) = if drive { (&text[2..], &text[..2]) } else { (text, "") };
        let (name, values) = from.split_once(':').unwrap_or((from, ""));
        let name = &text[..skipped.len() + name.len()];
        let (name, face) = match name.split_once("@face=") {
            Some((name, face)) => {
                let number = face.trim().parse().map_err(|_| {
                    format!("`{face}` is no face: write a number from 1 to 8, such as glasses@face=2")
                })?;
                (name, Some(number))
            }
            None => (name, None),
        };
        if name.trim().is_empty() {
            return Err("a filter's name comes first, such as film or film:grain=0.2".into());
        }
        Ok(Self { name: name.trim().into(), values: values.trim().into(), face })
    }
}

/// Where nets run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Nets {
    /// Chosen for this machine
    #[default]
    Auto,
    /// The project's own SIMD kernels
    Cpu,
    /// candle
    Candle,
    /// The GPU that draws the filters
    Gpu,
    /// Slow and obvious loops: the reference of tests
    Scalar,
}

/// How rich filters are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TierArg {
    /// All of it
    #[default]
    High,
    /// Less of it
    Medium,
    /// As little as the author allows
    Low,
}

impl From<TierArg> for Tier {
    fn from(tier: TierArg) -> Self {
        match tier {
            TierArg::High => Self::High,
            TierArg::Medium => Self::Medium,
            TierArg::Low => Self::Low,
        }
    }
}

/// How passes over the whole picture are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Passes {
    #[default]
    Auto,
    Draw,
    Compute,
}

impl From<Passes> for Covers {
    fn from(passes: Passes) -> Self {
        match passes {
            Passes::Auto => Self::Measured,
            Passes::Draw => Self::Drawn,
            Passes::Compute => Self::Computed,
        }
    }
}

/// Reads a positive, finite number.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("write a number greater than 0".into()),
    }
}

/// Reads a whole number from `LEAST` to `MOST`.
pub(crate) fn within<const LEAST: u16, const MOST: u16>(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("write a whole number from {LEAST} to {MOST}")),
    }
}

/// How wide vectors may be, by name.
pub(crate) fn simd_level(text: &str) -> Result<SimdLevel, String> {
    let found = SimdLevel::ALL.into_iter().find(|level| level.name() == text);
    found.ok_or_else(|| format!("it can be {}", SimdLevel::ALL.map(SimdLevel::name).join(", ")))
}

/// Reads the number of a camera.
pub(crate) fn camera(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a camera's number, such as 0; `antifaz doctor` lists them".into())
}

/// Reads a count of at least one.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("write a whole number of at least 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!("641x359".parse(), Ok(Size { width: 641, height: 359 }));
        for bad in
            ["", "640", "640x", "x480", "0x480", "640x0", "640x480x3", "-640x480", "99999x1", "640x480px"]
        {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn filters() {
        let plain = FilterArg { name: "film".into(), values: String::new(), face: None };
        let one = FilterArg { name: "glasses".into(), values: "tint=0".into(), face: Some(2) };
        assert_eq!("glasses@face=2:tint=0".parse(), Ok(one));
        assert!("glasses@face=two".parse::<FilterArg>().is_err());
        assert_eq!("film".parse(), Ok(plain.clone()));
        assert_eq!("film:".parse(), Ok(plain));
        let graded = FilterArg { name: "film".into(), values: "grain=0.2,lut=a:b".into(), face: None };
        assert_eq!("film:grain=0.2,lut=a:b".parse(), Ok(graded));
        let path = FilterArg { name: "C:\\mine".into(), values: "a=1".into(), face: None };
        assert_eq!("C:\\mine:a=1".parse(), Ok(path));
        assert_eq!("./mine".parse(), Ok(FilterArg::plain("./mine")));
        assert!(":grain=1".parse::<FilterArg>().is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!(positive("29.97"), Ok(29.97));
        for bad in ["0", "-1", "nan", "inf", "", "ten"] {
            assert!(positive(bad).is_err(), "{bad}");
        }
        assert_eq!((within::<1, 8>("8"), within::<1, 8>("9").is_err()), (Ok(8), true));
        assert!(["-1", "x", ""].iter().all(|bad| camera(bad).is_err() && within::<0, 8>(bad).is_err()));
        assert_eq!((count("3"), count("0").is_err(), count("1.5").is_err()), (Ok(3), true, true));
    }
}
