//! What can be wrong with a filter or with the values given to it.

use std::{fmt, path::PathBuf};

use super::manifest::MANIFEST;

/// A place in one of a filter's text files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the author knows it.
    pub file: String,
    /// Counted from one.
    pub line: usize,
    /// In characters, counted from one.
    pub column: usize,
    /// What stands in that line.
    pub source: String,
}

impl Place {
    /// The place of a byte in the text of `file`.
    pub fn of(file: impl Into<String>, text: &str, byte: usize) -> Self {
        let mut end = byte.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.into(),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            source: visible(text[start..].lines().next().unwrap_or_default()),
        }
    }
}

/// A text without what would move the cursor of a terminal, or colour it. Tabs stay.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why there is no filter, or no values for it.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The folder of filters can't be listed.
    #[error("can't list the filters in {}: {source}; give the folder that holds `filters` with --data", folder.display())]
    Folder {
        /// The folder of filters.
        folder: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of a filter can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Nothing is at the path of a filter.
    #[error(
        "there is no filter at {}{}", path.display(),
        hint(nearest, "give the folder that holds its filter.toml, a packed .antifaz file, or a name of `antifaz filter list`")
    )]
    Missing {
        /// The path asked for.
        path: PathBuf,
        /// The most similar path that is there.
        nearest: Option<String>,
    },
    /// No filter has this name.
    #[error("there is no filter `{name}`{}", hint(nearest, "`antifaz filter list` shows all"))]
    UnknownFilter {
        /// The name asked for.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
    },
    /// A folder is no filter.
    #[error(
        "{folder} is not a filter: it has no {MANIFEST}; give the folder that holds one, or write one with `antifaz filter new`"
    )]
    NoManifest {
        /// The package's name for people.
        folder: String,
    },
    /// Something in a text file is wrong.
    #[error("{place}: {message}")]
    Text {
        /// Where.
        place: Place,
        /// What is wrong and what to do.
        message: String,
    },
    /// A picture, table or mesh can't be used.
    #[error("{file}: {message}")]
    Asset {
        /// The file.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// What is given for a picture of the filter's is neither a picture nor a clip.
    #[error("{message}")]
    Given {
        /// Which file it is, what is wrong with it and what to do.
        message: String,
    },
    /// A value list names something the filter does not have.
    #[error("filter `{filter}` has no parameter `{name}`{}", hint(nearest, &listed(known)))]
    UnknownParameter {
        /// The filter's name.
        filter: String,
        /// The name given.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names that it has.
        known: Vec<String>,
    },
    /// A filter can't be for this face alone.
    #[error("filter `{filter}` can't be for face {face} alone: {message}")]
    Face {
        /// The filter's name.
        filter: String,
        /// The face's number.
        face: u32,
        /// Why.
        message: &'static str,
    },
    /// A value is of the wrong kind or out of range.
    #[error("`{name}={given}` of filter `{filter}` must be {expected}")]
    Value {
        /// The filter's name.
        filter: String,
        /// The parameter.
        name: String,
        /// The value given.
        given: String,
        /// What it may be.
        expected: String,
    },
}

fn hint(nearest: &Option<String>, otherwise: &str) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!("; {otherwise}"),
    }
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) }
}

/// What is less like a name was hardly meant to be it, from 0 to 1.
const LEAST_LIKE: f64 = 0.75;

/// The most similar of `known`, if one is similar at all.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let score = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let best = known.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(best) >= LEAST_LIKE).then(|| best.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let text = "one\nñandú = 1";
        assert_eq!(
            Place::of("f", text, text.find('=').unwrap()),
            Place { file: "f".into(), line: 2, column: 7, source: "ñandú = 1".into() }
        );
        assert_eq!(Place::of("f", "a\u{1b}[31m\tb", 0).source, "a\u{fffd}[31m\tb");
        assert_eq!(Place::of("f", text, 999).line, 2);
        assert_eq!(Place::of("f", text, 5).column, 1, "in the middle of a character");
    }

    #[test]
    fn the_nearest_name_is_the_one_meant() {
        assert_eq!(nearest("flim", ["glasses", "film", "face-paint"]).as_deref(), Some("film"));
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest("sepia", ["glasses", "film", "face-paint", "studio-blur"]), None);
        assert_eq!(nearest("grian", ["amount", "grain"]).as_deref(), Some("grain"));
        assert_eq!(nearest("Blur", ["glasses", "studio-blur"]), None);
    }
}
