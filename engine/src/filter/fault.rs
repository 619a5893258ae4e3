//! What is wrong with a filter, in the one form that terminals and windows show.

use std::fmt;

use super::{FilterError, Place};

/// Characters of a line that are shown.
const LONGEST: usize = 200;

/// A fault of a filter: where it is, what it is, and what may help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, if it is in a text.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self { place: Some(place), message: message.into(), hint: None }
    }

    /// A fault that is in no text: the message says where.
    pub fn anywhere(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), hint: None }
    }

    /// The same with what may help.
    pub fn hinting(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// The line that it is in, and a caret below the place; nothing where it is in no text. Of a long line, what is around
    /// the place.
    pub fn excerpt(&self) -> Option<[String; 2]> {
        let place = self.place.as_ref()?;
        let skip = if place.column > LONGEST { place.column - LONGEST / 2 } else { 0 };
        let source: String = place.source.chars().skip(skip).take(LONGEST).collect();
        // Tabs stay tabs, so that the caret stands below its character.
        let before = place.source.chars().take(place.column.saturating_sub(1)).skip(skip);
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        Some([source, format!("{indent}^")])
    }
}

/// `file:line:column: message`, the line with a caret, and the hint.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message)?,
            None => f.write_str(&self.message)?,
        }
        match (self.excerpt(), &self.hint) {
            (Some([line, caret]), hint) => {
                write!(f, "\n  {line}\n  {caret}")?;
                hint.as_ref().map_or(Ok(()), |hint| write!(f, " {hint}"))
            }
            (None, Some(hint)) => write!(f, "; {hint}"),
            (None, None) => Ok(()),
        }
    }
}

impl From<&FilterError> for Fault {
    fn from(error: &FilterError) -> Self {
        match error {
            FilterError::Text { place, message } => Self::at(place.clone(), message.clone()),
            other => Self::anywhere(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_the_line_it_is_in() {
        let text = "format = 1\n\ttitel = \"ñ\"\n";
        let place = Place::of("neon/filter.toml", text, text.find("titel").expect("it is there"));
        let fault = Fault::at(place, "unknown key").hinting(Some("did you mean `title`?".into()));
        let shown = "neon/filter.toml:2:2: unknown key\n  \ttitel = \"ñ\"\n  \t^ did you mean `title`?";
        assert_eq!(fault.to_string(), shown);
        let long = "x".repeat(5000) + "!" + &"y".repeat(5000);
        let [line, caret] = Fault::at(Place::of("f", &long, 5000), "no").excerpt().expect("it has a place");
        assert_eq!(line.chars().nth(caret.chars().count() - 1), Some('!'), "{line}\n{caret}");
        assert!(line.len() <= LONGEST);
        assert_eq!(Fault::anywhere("a.png: no picture").to_string(), "a.png: no picture");
    }
}
