//! What is put into shaders that nobody vouches for, so that they can't take the device down or spoil what comes
//! after them: a count of the turns of their loops, and zeros for what is no number.
//!
//! naga judges the text as its author wrote it; these insertions are in what is compiled alone. So nobody is ever
//! shown an error in a line that is not theirs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use super::module::Module;

/// What is guarded when a module is resolved.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Guard<'a> {
    /// The package whose modules are guarded: `package`, or `package0`, `package1` and so on.
    pub package: &'a str,
    /// The entry point whose colour must be finite, where its target can hold what is not.
    pub finite: Option<&'a str>,
}

impl Guard<'_> {
    /// Whether the module of this path is guarded.
    pub(super) fn holds_for(&self, path: &str) -> bool {
        let package = path.split("::").next().unwrap_or_default();
        package.trim_end_matches(|c: char| c.is_ascii_digit()) == self.package
    }
}

/// What goes before a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Insert {
    /// This text.
    Text(&'static str),
    /// `return` and the zero value of the type that these words name.
    Zero(Range<usize>),
}

/// What the names of guards begin with, until that is like no name of the shader's.
pub(super) const GUARDS: &str = "antifaz_guard";
/// Turns of all loops of one invocation, together. A device survives as many in every pixel; no picture needs more.
pub(super) const HELPERS: &str = "
var<private> antifaz_guard_turns: u32;
fn antifaz_guard_turn() -> bool {
    antifaz_guard_turns += 1u;
    return antifaz_guard_turns > 32768u;
}
fn antifaz_guard_finite(color: vec4f) -> vec4f {
    let exponent = bitcast<vec4u>(color) & vec4u(0x7f800000u);
    let finite = select(color, vec4f(0.0), exponent == vec4u(0x7f800000u));
    return clamp(finite, vec4f(-65504.0), vec4f(65504.0));
}
";
const TURN: &str = " if antifaz_guard_turn() { break; } ";
/// Around a colour.
pub(super) const FINITE: &str = " antifaz_guard_finite(";
const CLOSING: &str = ")";
/// Types whose arguments stand between `<` and `>`.
const TEMPLATES: &[&str] = &[
    "array", "vec2", "vec3", "vec4", "mat2x2", "mat2x3", "mat2x4", "mat3x2", "mat3x3", "mat3x4", "mat4x2",
    "mat4x3", "mat4x4", "bitcast",
];
/// Loops that plainly count are left alone up to so many turns, those of the loops around them included.
const COUNTED: i64 = 4096;
/// What counts for the turns of a loop around that is guarded.
const GUARDED: i64 = 64;

/// The functions of `modules` that loops call, directly or by way of others: loops in them are loops in loops.
pub(super) fn repeated<'m>(modules: impl Iterator<Item = &'m Module>) -> BTreeSet<String> {
    let mut calls: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut open: Vec<&str> = Vec::new();
    for module in modules {
        let (mut function, mut end) = ("", 0);
        for at in module.body()..module.words.len() {
            match module.word(at) {
                "fn" => function = module.word(at + 1),
                "loop" | "while" | "for" => {
                    let body = (at..module.words.len()).find(|at| module.word(*at) == "{");
                    end = end.max(body.map_or(0, |body| module.closing(body)));
                }
                name if module.word(at + 1) == "(" && module.word_before(at, 1) != "fn" => {
                    calls.entry(function).or_default().push(name);
                    if at < end {
                        open.push(name);
                    }
                }
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name.to_owned()) {
            open.extend(calls.get(name).into_iter().flatten());
        }
    }
    found
}

/// What is put into a module, by the number of the word that it goes before. `repeated`: the functions that loops call.
pub(super) fn inserts(
    module: &Module,
    finite: Option<&str>,
    repeated: &BTreeSet<String>,
) -> BTreeMap<usize, Vec<Insert>> {
    let mut found: BTreeMap<usize, Vec<Insert>> = BTreeMap::new();
    let mut put = |at: usize, insert| found.entry(at).or_default().push(insert);
    let mut function = Function::default();
    // The loops around a word: where each closes, and its turns.
    let mut around: Vec<(usize, i64)> = Vec::new();
    for at in module.body()..module.words.len() {
        match module.word(at) {
            "fn" => function = Function::read(module, at),
            "loop" | "while" | "for" => {
                let Some(open) = (at..module.words.len()).find(|at| module.word(*at) == "{") else {
                    continue;
                };
                around.retain(|(close, _)| *close > at);
                let turns = counted(module, at, open);
                let all =
                    around.iter().fold(turns.unwrap_or(0), |all, (_, turns)| all.saturating_mul(*turns));
                around.push((module.closing(open), turns.unwrap_or(GUARDED)));
                if turns.is_some() && all <= COUNTED && !repeated.contains(&function.name) {
                    continue;
                }
                put(open + 1, Insert::Text(TURN));
                // A function that ends in a loop without end returns within it: now it may end after it.
                if module.closing(open) + 1 == function.close && !function.returns.is_empty() {
                    put(function.close, Insert::Zero(function.returns.clone()));
                }
            }
            "return" if finite == Some(function.name.as_str()) => {
                let end = (at..function.close).find(|at| module.word(*at) == ";");
                if let Some(end) = end.filter(|end| *end > at + 1) {
                    put(at + 1, Insert::Text(FINITE));
                    put(end, Insert::Text(CLOSING));
                }
            }
            "textureStore" if module.word(at + 1) == "(" && !is_own(module, "textureStore") => {
                if let Some(value) = last_argument(module, at + 1) {
                    put(value.start, Insert::Text(FINITE));
                    put(value.end, Insert::Text(CLOSING));
                }
            }
            _ => {}
        }
    }
    found
}

/// Where the parts of a function are.
#[derive(Default)]
struct Function {
    name: String,
    /// The words of its type, without attributes.
    returns: Range<usize>,
    close: usize,
}

impl Function {
    fn read(module: &Module, at: usize) -> Self {
        let name = module.word(at + 1).to_owned();
        let mut after = module.closing(at + 2) + 1;
        let open = (after..module.words.len()).find(|at| module.word(*at) == "{").unwrap_or(after);
        let returns = if module.word(after) == "-" && module.word(after + 1) == ">" {
            after += 2;
            while module.word(after) == "@" {
                after += 2;
                if module.word(after) == "(" {
                    after = module.closing(after) + 1;
                }
            }
            after..open
        } else {
            0..0
        };
        Self { name, returns, close: module.closing(open) }
    }
}

/// Whether the author gives a name a meaning of their own.
fn is_own(module: &Module, name: &str) -> bool {
    module.imports.contains_key(name) || module.declared.iter().any(|declared| declared == name)
}

/// The words of the last argument of a call, whose parenthesis opens at a word.
fn last_argument(module: &Module, open: usize) -> Option<Range<usize>> {
    let close = module.closing(open);
    let (mut at, mut angles, mut commas) = (open + 1, 0, Vec::new());
    while at < close {
        match module.word(at) {
            "(" | "[" => at = module.closing(at),
            "<" if TEMPLATES.contains(&module.word_before(at, 1)) || angles > 0 => angles += 1,
            ">" if angles > 0 => angles -= 1,
            "," if angles == 0 => commas.push(at),
            _ => {}
        }
        at += 1;
    }
    let end = if commas.last().is_some_and(|comma| comma + 1 == close) { commas.pop()? } else { close };
    let start = commas.last()? + 1;
    (start < end).then_some(start..end)
}

/// The most turns of the loop at word `at`, where it plainly counts: `for (var i = 0; i < 8; i++)`, and nothing in it
/// changes `i`.
fn counted(module: &Module, at: usize, open: usize) -> Option<i64> {
    if module.word(at) != "for" || module.word(at + 1) != "(" {
        return None;
    }
    let header: Vec<&str> = (at + 2..module.closing(at + 1)).map(|at| module.word(at)).collect();
    let parts: Vec<&[&str]> = header.split(|word| *word == ";").collect();
    let [["var", name, start @ ..], [counter, "<", end @ ..], [stepped, step @ ..]] = parts[..] else {
        return None;
    };
    let ([":", _, "=", start @ ..] | ["=", start @ ..]) = start else { return None };
    let end = end.strip_prefix(&["="]).unwrap_or(end);
    let steps = matches!(step, ["+", "+"])
        || matches!(step, ["+", "=", step] if number(&[*step]).is_some_and(|n| n > 0));
    let turns = number(end)?.saturating_sub(number(start)?).saturating_add(1);
    let same = counter == name && stepped == name && steps;
    let changed = (open..module.closing(open)).any(|at| module.word(at) == *name && is_changed(module, at));
    (same && !changed).then_some(turns.max(1))
}

/// A whole number as it is written.
fn number(words: &[&str]) -> Option<i64> {
    let (sign, word) = match words {
        ["-", word] => (-1, word),
        [word] => (1, word),
        _ => return None,
    };
    word.trim_end_matches(['i', 'u']).parse::<i64>().ok().map(|number| sign * number)
}

/// Whether the name at a word is assigned to, or pointed at.
fn is_changed(module: &Module, at: usize) -> bool {
    let next = |count: usize| module.word(at + count);
    let assigned = match next(1) {
        "=" => next(2) != "=",
        "+" | "-" => next(2) == "=" || next(2) == next(1),
        "*" | "/" | "%" | "&" | "|" | "^" => next(2) == "=",
        "<" | ">" => next(2) == next(1) && next(3) == "=",
        _ => false,
    };
    assigned || module.word_before(at, 1) == "&"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(text: &str, finite: Option<&str>) -> String {
        let module = Module::read("package::m", ["m.wgsl", text], &[], false).unwrap();
        let found = inserts(&module, finite, &repeated(std::iter::once(&module)));
        let mut out = String::new();
        for at in 0..=module.words.len() {
            for insert in found.get(&at).into_iter().flatten() {
                out += &match insert {
                    Insert::Text(text) => text.trim().replace("if antifaz_guard_turn() { break; }", "TURN"),
                    Insert::Zero(words) => format!("zero {}", module.word(words.start)),
                };
                out.push(' ');
            }
            out += module.word(at);
            out.push(' ');
        }
        out.trim().to_owned()
    }

    #[test]
    fn loops_that_may_not_end_are_counted() {
        for text in [
            "loop { a(); }",
            "while b { a(); }",
            "for (;;) { a(); }",
            "for (var i = 0; i < n; i++) { a(); }",
            "for (var i = 0; i < 9999999; i++) { a(); }",
            "for (var i = 0; i < 8; i--) { a(); }",
            "for (var i = 0; i < 8; i++) { i -= 1; }",
            "for (var i = 0; i < 8; i++) { i--; }",
            "for (var i = 0; i < 8; i++) { i = 0; }",
            "for (var i = 0; i < 8; i++) { f(&i); }",
            "for (var i = 0; i < 8; i += 0) { a(); }",
            "for (var i = 0; k < 8; i++) { a(); }",
            "for (var i = 0; i < 90; i++) { for (var j = 0; j < 90; j++) { a(); } }",
            "while b { for (var j = 0; j < 90; j++) { a(); } }",
            "for (var i = 0; i < 8; i++) { g(); } } fn g() { h(); } fn h() { for (var i = 0; i < 8; i++) { a(); }",
        ] {
            assert!(guarded(&format!("fn f() {{ {text} }}"), None).contains("{ TURN"), "{text}");
        }
    }

    #[test]
    fn loops_that_plainly_count_are_left_alone() {
        for text in [
            "for (var i = 0; i < 8; i++) { a(i); }",
            "for (var i: i32 = -4; i <= 4i; i += 2) { if i == 2 { a(i + 1); } }",
            "for (var i = 0u; i < 9u; i++) { if i <= 3 { x[i] = i; } }",
            "for (var i = 0; i < 9; i++) { for (var j = 0; j < 9; j++) { a(); } } for (var i = 0; i < 4000; i++) { }",
        ] {
            let text = format!("fn f() {{ {text} }}");
            assert!(!guarded(&text, None).contains("TURN"), "{text}");
        }
    }

    #[test]
    fn a_function_that_ends_in_a_loop_still_returns() {
        let text = guarded("fn f(a: f32) -> f32 { loop { if a > 0. { return a; } } }", None);
        assert!(text.ends_with("} zero f32 }"), "{text}");
        assert!(!guarded("fn f() -> f32 { loop { break; } return 1.; }", None).contains("zero"));
    }

    #[test]
    fn colours_of_one_entry_point_are_made_finite() {
        let text = "@fragment fn main() -> @location(0) vec4f { if a { return b; } return c * (d); } \
                    fn other() -> vec4f { return b; }";
        let found = guarded(text, Some("main"));
        assert_eq!(found.matches("antifaz_guard_finite(").count(), 2, "{found}");
        assert!(found.contains("return antifaz_guard_finite( c * ( d ) ) ;"), "{found}");
        assert!(!guarded(text, None).contains("antifaz_guard_finite"));
        // Of what is no colour too: then there is no shader, rather than one without a guard.
        assert!(guarded("@fragment fn main() -> Out { return b; }", Some("main")).contains("finite"));
    }

    #[test]
    fn what_is_stored_in_a_texture_is_made_finite() {
        for (call, value) in [
            ("textureStore(canvas, at.xy, color)", "color"),
            ("textureStore(canvas, vec2i(1, 2), vec4f(a, b, c, d),)", "vec4f ( a , b , c , d )"),
            (
                "textureStore(canvas, vec2<i32>(1, 2), array<vec4f, 2>(a, b)[i])",
                "array < vec4f , 2 > ( a , b ) [ i ]",
            ),
        ] {
            let found = guarded(&format!("fn f() {{ {call}; }}"), None);
            assert!(found.contains(&format!("antifaz_guard_finite( {value} )")), "{found}");
        }
        assert!(
            !guarded("fn textureStore(a: f32, b: f32) {} fn f() { textureStore(1, 2); }", None)
                .contains("finite")
        );
    }
}
