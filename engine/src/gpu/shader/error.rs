//! Complaints that lead to the author's own line.

use std::fmt;

/// A complaint at a place in one of the author's files. Shown with the line and a caret below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShaderError {
    /// The file, as the library knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The line's text.
    pub source_line: String,
    /// What may help.
    pub hint: Option<String>,
}

impl std::error::Error for ShaderError {}

impl fmt::Display for ShaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, source_line, hint } = self;
        writeln!(f, "{file}:{line}:{column}: {message}")?;
        // Tabs stay tabs, so that the caret stands below its character.
        let before = source_line.chars().take(*column as usize - 1);
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "  {source_line}\n  {indent}^")?;
        match hint {
            Some(hint) => write!(f, " {hint}"),
            None => Ok(()),
        }
    }
}

/// A complaint about a module's text.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    /// A byte of the text.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Complaint {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: None }
    }

    /// Adds what may help.
    pub(super) fn hinting(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }

    /// Adds the name among `known` that is most like `asked`, if one is like it at all.
    pub(super) fn nearest<'a>(self, asked: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self { hint: nearest(asked, known).map(|name| format!("did you mean `{name}`?")), ..self }
    }

    /// Says it of a file.
    pub(super) fn within(self, file: &str, text: &str) -> ShaderError {
        let mut at = self.at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        // At the very end there is nothing to point at: point at the last thing there is.
        if at == text.len() {
            at = text.trim_end().char_indices().next_back().map_or(0, |(last, _)| last);
        }
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        ShaderError {
            file: file.to_owned(),
            line: text[..start].matches('\n').count() as u32 + 1,
            column: text[start..at].chars().count() as u32 + 1,
            message: self.message,
            // Without what would move the cursor of a terminal.
            source_line: text[start..]
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c })
                .collect(),
            hint: self.hint,
        }
    }
}

/// The name among `known` that is most like `asked`.
pub(super) fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &&str| strsim::jaro_winkler(asked, name);
    let best = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (best != asked && likeness(&best) > 0.8).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_its_character() {
        let error = Complaint::new("a\n\tñ = x".len() - 1, "no `x`").within("f.wgsl", "a\n\tñ = x\nb");
        assert_eq!(error.to_string(), "f.wgsl:2:6: no `x`\n  \tñ = x\n  \t    ^");
    }

    #[test]
    fn any_place_of_any_text_can_be_shown() {
        for text in ["", "\n", "ñ", "a\r\n", "\t\n\n"] {
            for at in 0..=text.len() + 1 {
                assert!(Complaint::new(at, "x").within("f", text).to_string().contains("f:"));
            }
        }
    }

    #[test]
    fn only_like_names_are_proposed() {
        assert_eq!(nearest("landmrk", ["luma", "landmark"]), Some("landmark"));
        assert_eq!(nearest("landmrk", ["over"]), None);
    }
}
