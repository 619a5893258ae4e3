//! Sizes of intermediate targets: `width / 2`, `max(height / 4, 64)`.

use std::fmt;

use super::error::nearest;

/// What a size may name, and what that is.
pub(super) const NAMES: [(&str, &str); 4] = [
    ("width", "the picture's width in pixels"),
    ("height", "the picture's height in pixels"),
    ("min", "the smaller of two: `min(width, 512)`"),
    ("max", "the greater of two: `max(height / 4, 64)`"),
];
/// Brackets and signs may nest this deep.
const MAX_DEPTH: u32 = 32;

/// An expression over the picture's width and height, in pixels.
#[derive(Clone, PartialEq)]
pub enum Expression {
    /// A plain number.
    Number(f32),
    /// The picture's width.
    Width,
    /// The picture's height.
    Height,
    /// One of `+ - * /`, `m` for `min` and `M` for `max`, and what it joins.
    Pair(char, Box<[Expression; 2]>),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// A sentence about what was expected, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim(), depth: 0 };
        let parsed = parser.sum()?;
        if parser.rest.is_empty() {
            Ok(parsed)
        } else {
            Err(format!("`{}` is not expected here", parser.rest))
        }
    }

    /// The value for a picture of `size`: whole pixels, at least 1.
    pub fn pixels(&self, size: [u32; 2]) -> u32 {
        (self.value(size.map(|side| side as f32)).round() as u32).clamp(1, 16384)
    }

    fn value(&self, size: [f32; 2]) -> f32 {
        match self {
            Self::Number(number) => *number,
            Self::Width => size[0],
            Self::Height => size[1],
            Self::Pair(join, sides) => {
                let [a, b] = [sides[0].value(size), sides[1].value(size)];
                match join {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    'm' => a.min(b),
                    _ => a.max(b),
                }
            }
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Width => f.write_str("width"),
            Self::Height => f.write_str("height"),
            Self::Pair('m', sides) => write!(f, "min({:?}, {:?})", sides[0], sides[1]),
            Self::Pair('M', sides) => write!(f, "max({:?}, {:?})", sides[0], sides[1]),
            Self::Pair(join, sides) => write!(f, "({:?} {join} {:?})", sides[0], sides[1]),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        while let Some(join) = self.one_of("+-") {
            left = Expression::Pair(join, Box::new([left, self.product()?]));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.value()?;
        while let Some(join) = self.one_of("*/") {
            left = Expression::Pair(join, Box::new([left, self.value()?]));
        }
        Ok(left)
    }

    fn value(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the expression is nested too deeply".into());
        }
        let value = self.atom();
        self.depth -= 1;
        value
    }

    fn atom(&mut self) -> Result<Expression, String> {
        if self.one_of("(").is_some() {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let word = self.word();
        match word {
            "" if self.rest.is_empty() => Err("the expression ends too early".into()),
            "" => Err(format!("`{}` is not expected here", self.rest)),
            "width" => Ok(Expression::Width),
            "height" => Ok(Expression::Height),
            "min" | "max" => {
                let join = if word == "min" { 'm' } else { 'M' };
                self.expect("(")?;
                let left = self.sum()?;
                self.expect(",")?;
                let right = self.sum()?;
                self.expect(")")?;
                Ok(Expression::Pair(join, Box::new([left, right])))
            }
            _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
                word.parse().map(Expression::Number).map_err(|_| format!("`{word}` is not a number"))
            }
            _ => {
                let names = NAMES.map(|(name, _)| name);
                let known = || format!("known: {}", names.join(", "));
                let hint = nearest(word, names).map_or_else(known, |name| format!("did you mean `{name}`?"));
                Err(format!("`{word}` is not known in a size; {hint}"))
            }
        }
    }

    fn one_of(&mut self, signs: &str) -> Option<char> {
        let sign = self.rest.chars().next().filter(|c| signs.contains(*c))?;
        self.rest = self.rest[1..].trim_start();
        Some(sign)
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        self.one_of(sign).map(|_| ()).ok_or_else(|| format!("expected `{sign}` in the size"))
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_picture() {
        let pixels = |text| Expression::parse(text).map(|size| size.pixels([1280, 719]));
        assert_eq!(pixels("width / 2"), Ok(640));
        assert_eq!(pixels("height/2"), Ok(360));
        assert_eq!(pixels("(width + 2*height) / 4 - 0.5"), Ok(679));
        assert_eq!(pixels("min(width, 256)"), Ok(256));
        assert_eq!(pixels("max(1, 0)"), Ok(1));
        assert_eq!(pixels("1 - 5"), Ok(1));
        assert_eq!(pixels("1 / 0"), Ok(16384));
        assert_eq!(pixels("0 / 0"), Ok(1), "a NaN is one pixel");
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Expression::parse(text).unwrap_err();
        assert_eq!(error("widht / 2"), "`widht` is not known in a size; did you mean `width`?");
        assert_eq!(error("width /"), "the expression ends too early");
        assert_eq!(error("width 2"), "`2` is not expected here");
        assert_eq!(error("1.2.3"), "`1.2.3` is not a number");
        assert_eq!(error("(width"), "expected `)` in the size");
        assert_eq!(error(&"(".repeat(9999)), "the expression is nested too deeply");
    }
}
