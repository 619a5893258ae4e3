//! A text as words.

use std::ops::Range;

use super::error::Complaint;

/// Cuts a text into names, numbers, `::` and single signs, leaving out blanks and comments.
pub(super) fn words(text: &str) -> Result<Vec<Range<usize>>, Complaint> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest).ok_or_else(|| Complaint::new(at, "this comment is never closed"))?
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let length = if is_part(first) {
                rest.find(|c| !is_part(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            found.push(at..at + length);
            length
        };
        at += length;
    }
    Ok(found)
}

/// Bytes of the comment at the start of `text`. Comments nest.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next()?.len_utf8();
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word is a name: no number, no sign.
pub(super) fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Every name in a text that is not WGSL: a message.
pub(super) fn replace_names(message: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let end = match is_part(first) {
            true => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        out.push_str(&replace(word).unwrap_or_else(|| word.to_owned()));
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).unwrap().into_iter().map(|word| &text[word]).collect()
    }

    #[test]
    fn comments_vanish_and_paths_stay() {
        assert_eq!(cut("a::b // c\n/* d /* e */ */1.5f>=ñ"), ["a", "::", "b", "1", ".", "5f", ">", "=", "ñ"]);
    }

    #[test]
    fn an_open_comment_is_shown_where_it_starts() {
        assert_eq!(words("ab /* c").unwrap_err().at, 3);
        assert_eq!(words("/*/").unwrap_err().at, 0);
    }
}
