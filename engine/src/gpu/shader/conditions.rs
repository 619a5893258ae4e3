//! `@if`, `@elif` and `@else`: words that a flag turns off are dropped.

use std::{collections::HashMap, ops::Range};

use super::{
    MERGED,
    error::Complaint,
    module::Module,
    words::{is_name, words},
};

/// Parentheses and `!` in a condition.
const MAX_DEPTH: u32 = 32;

/// Whether flags may make a difference to a text.
pub fn has_conditions(text: &str) -> bool {
    let Ok(words) = words(text) else { return true };
    words.windows(2).any(|pair| &text[pair[0].clone()] == "@" && &text[pair[1].clone()] == "if")
}

/// The words of `module` that `flags` leave, without the conditions themselves.
pub(super) fn settle(module: &Module, flags: &[(&str, bool)]) -> Result<Vec<Range<usize>>, Complaint> {
    let mut kept = Vec::new();
    // Whether a branch of the chain was taken, by the word where its last branch ends.
    let mut chains: HashMap<usize, bool> = HashMap::new();
    let mut dropped = Vec::new(); // the closing braces of `@if(flag) { declarations }`
    let (mut at, mut depth) = (0, 0);
    while at < module.words.len() {
        if dropped.last() == Some(&at) {
            dropped.pop();
            at += 1;
            continue;
        }
        match module.word(at) {
            "{" => depth += 1,
            "}" => depth -= 1,
            "@" if matches!(module.word(at + 1), "if" | "elif" | "else") => {
                let (holds, item) = condition(module, flags, at + 1)?;
                let taken = match (module.word(at + 1), chains.get(&at)) {
                    ("if", _) => false,
                    (_, Some(taken)) => *taken,
                    (kind, None) => {
                        return Err(module.complain(at, format!("this `@{kind}` follows no `@if`")));
                    }
                };
                let end = module.end_of_item(item);
                chains.insert(end, taken || holds);
                let on = holds && !taken;
                at = if on { item } else { end.max(item) };
                if on && depth == 0 && module.word(item) == "{" {
                    dropped.push(module.closing(item));
                    at = item + 1;
                }
                continue;
            }
            _ => {}
        }
        kept.push(module.words[at].clone());
        at += 1;
    }
    Ok(kept)
}

/// Whether the condition of the attribute named at `at` holds, and the word after it.
fn condition(module: &Module, flags: &[(&str, bool)], at: usize) -> Result<(bool, usize), Complaint> {
    if module.word(at) == "else" {
        return Ok((true, at + 1));
    }
    if module.word(at + 1) != "(" {
        return Err(module.complain(at, "a condition stands in parentheses: `@if(flag)`"));
    }
    let mut reader = Reader { module, flags, at: at + 2, depth: 0 };
    let holds = reader.either()?;
    reader.expect(")")?;
    Ok((holds, reader.at))
}

struct Reader<'a> {
    module: &'a Module,
    flags: &'a [(&'a str, bool)],
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    fn either(&mut self) -> Result<bool, Complaint> {
        let mut holds = self.both()?;
        while self.module.word(self.at) == "|" {
            self.at += 1;
            self.expect("|")?;
            holds |= self.both()?;
        }
        Ok(holds)
    }

    fn both(&mut self) -> Result<bool, Complaint> {
        let mut holds = self.one()?;
        while self.module.word(self.at) == "&" {
            self.at += 1;
            self.expect("&")?;
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, Complaint> {
        let word = self.module.word(self.at);
        let (module, at) = (self.module, self.at);
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(module.complain(at, "this condition is too deep"));
        }
        let holds = match word {
            "!" => !self.one()?,
            "(" => {
                let holds = self.either()?;
                self.expect(")")?;
                holds
            }
            "true" => true,
            "false" => false,
            // It is the engine's own: a filter's shader must draw the same, whatever it shares a pass with.
            name if is_name(name) => match self.flags.iter().find(|flag| flag.0 == name) {
                Some(flag) if name != MERGED || !module.path.starts_with("package") => flag.1,
                None if name == MERGED && !module.path.starts_with("package") => false,
                _ => {
                    let known = self.flags.iter().map(|flag| flag.0).filter(|flag| *flag != MERGED);
                    return Err(module
                        .complain(at, format!("there is no flag `{name}`"))
                        .nearest(name, known));
                }
            },
            _ => {
                return Err(
                    module.complain(at, "a condition is made of flags, `!`, `&&`, `||` and parentheses")
                );
            }
        };
        self.depth -= 1;
        Ok(holds)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Complaint> {
        if self.module.word(self.at) != sign {
            return Err(self.module.complain(self.at, format!("expected `{sign}` in the condition")));
        }
        self.at += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Result<String, Complaint> {
        let flags = [("on", true), ("off", false)];
        let module = Module::read("m", ["m.wgsl", text], &flags, false)?;
        Ok((0..module.words.len()).map(|at| module.word(at)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn one_branch_of_a_chain_is_taken() {
        assert_eq!(left("@if(on) const A = 1; @else const A = 2;").unwrap(), "const A = 1 ;");
        assert_eq!(
            left("@if(off) const A = 1; @elif(on) const A = 2; @else fn f() {}").unwrap(),
            "const A = 2 ;"
        );
        assert_eq!(left("@if(off && on || !on) const A = 1; @else const A = 2;").unwrap(), "const A = 2 ;");
        assert_eq!(left("@if(!(off || off)) fn f() {} const B = 1;").unwrap(), "fn f ( ) { } const B = 1 ;");
    }

    #[test]
    fn conditions_are_found_however_they_are_written() {
        for text in ["@if(on) const A = 1;", "fn f(@ if(on) a: f32) {}", "@ // now\n if(on) const A = 1;"] {
            assert!(has_conditions(text), "{text}");
        }
        assert!(!has_conditions("// @if(on)\n@fragment fn f() { if on {} }"));
    }

    #[test]
    fn chains_may_stand_within_a_branch() {
        let text = "@if(on) fn f() { @if(off) x = 1; @else x = 2; } @else fn f() {}";
        assert_eq!(left(text).unwrap(), "fn f ( ) { x = 2 ; }");
    }

    #[test]
    fn members_parameters_and_groups_of_declarations_are_items() {
        let text = "struct S { @if(off) a: vec2<f32>, b: array<f32, 2>, @if(on) c: f32 }";
        assert_eq!(left(text).unwrap(), "struct S { b : array < f32 , 2 > , c : f32 }");
        assert_eq!(left("fn f(@if(off) a: f32, b: f32) {}").unwrap(), "fn f ( b : f32 ) { }");
        assert_eq!(
            left("@if(on) { const A = 1; fn f() {} } const B = 1;").unwrap(),
            "const A = 1 ; fn f ( ) { } const B = 1 ;"
        );
        assert_eq!(left("fn f() { @if(off) { x = 1; } y = 1; }").unwrap(), "fn f ( ) { y = 1 ; }");
        assert_eq!(
            left("fn f() { @if(off) if a { b(); } else { c(); } d(); }").unwrap(),
            "fn f ( ) { d ( ) ; }"
        );
    }

    #[test]
    fn bad_conditions_are_shown_in_place() {
        let fault = |text: &str| left(text).unwrap_err();
        assert_eq!(fault("@if(of) const A = 1;").hint.unwrap(), "did you mean `off`?");
        assert_eq!(fault("const B = 1; @else const A = 1;").at, 13);
        assert_eq!(fault("@if on const A = 1;").at, 1);
        assert_eq!(fault("@if(on on) const A = 1;").at, 7);
        assert_eq!(fault("@if(on & on) const A = 1;").at, 9);
        assert!(left(&format!("@if({}on) const A = 1;", "!".repeat(100_000))).is_err());
    }
}
