//! Text that nests so deeply that a parser which calls itself would run out of stack.

/// Brackets within brackets, signs before signs, statements and choices that hang on each other.
const MOST: usize = 64;
/// `else` in one text.
const MOST_ELSE: usize = 128;

/// The byte where a text nests too deeply.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut signs, mut hanging, mut elses) = (0_usize, 0, 0, 0);
    let mut word = String::new();
    for (byte, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            signs = 0;
            continue;
        }
        match std::mem::take(&mut word).as_str() {
            "else" => elses += 1,
            "if" | "for" | "while" | "do" | "switch" => hanging += 1,
            _ => {}
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '-' | '!' | '~' | '+' => signs += 1,
            '?' | '=' => hanging += 1,
            _ => {}
        }
        if matches!(c, ';' | '{' | '}') {
            hanging = 0;
        }
        if !c.is_whitespace() && !matches!(c, '-' | '!' | '~' | '+') {
            signs = 0;
        }
        if depth > MOST || signs > MOST || hanging > MOST || elses > MOST_ELSE {
            return Some(byte);
        }
    }
    None
}
