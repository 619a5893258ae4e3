//! `import` statements: `import antifaz::face::{landmark as point, faces};`.

use std::collections::BTreeMap;

use super::{error::Complaint, module::Module, words::is_name};

/// Braces within braces of one statement.
const MAX_DEPTH: u32 = 16;

/// What a local name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// `antifaz::face::landmark`, or a module.
    pub(super) path: String,
    /// The byte where its name is written.
    pub(super) at: usize,
}

/// The imports at the head of a file, by local name, and the number of the word after them.
pub(super) fn read(module: &Module) -> Result<(BTreeMap<String, Import>, usize), Complaint> {
    let mut reader = Reader { module, at: 0, found: BTreeMap::new() };
    while module.word(reader.at) == "import" {
        reader.at += 1;
        reader.item("", 0)?;
        if module.word(reader.at) != ";" {
            return Err(module.complain(reader.at, "expected `;` after the import"));
        }
        reader.at += 1;
    }
    Ok((reader.found, reader.at))
}

struct Reader<'a> {
    module: &'a Module,
    at: usize,
    found: BTreeMap<String, Import>,
}

impl Reader<'_> {
    /// Reads `a::b`, `a::b as c` or `a::{..}` below `prefix`.
    fn item(&mut self, prefix: &str, depth: u32) -> Result<(), Complaint> {
        let module = self.module;
        let mut path = prefix.to_owned();
        loop {
            if module.word(self.at) == "{" {
                return self.list(&path, depth);
            }
            let word = module.word(self.at);
            if !is_name(word) {
                return Err(module.complain(self.at, "expected a name in the import"));
            }
            path = if path.is_empty() { module.absolute(word) } else { format!("{path}::{word}") };
            if module.word(self.at + 1) != "::" {
                break;
            }
            self.at += 2;
        }
        let at = module.place(self.at);
        if module.word(self.at + 1) == "as" {
            self.at += 2;
        }
        let local = module.word(self.at);
        if !is_name(local) {
            return Err(module.complain(self.at, "expected a name after `as`"));
        }
        if self.found.insert(local.to_owned(), Import { path, at }).is_some() {
            return Err(Complaint::new(at, format!("`{local}` is imported twice")));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads `{a, b}`.
    fn list(&mut self, prefix: &str, depth: u32) -> Result<(), Complaint> {
        let module = self.module;
        if prefix.is_empty() || depth == MAX_DEPTH {
            return Err(module.complain(self.at, "expected a module's name before `{`"));
        }
        self.at += 1;
        while module.word(self.at) != "}" {
            self.item(prefix, depth + 1)?;
            match module.word(self.at) {
                "," => self.at += 1,
                "}" => {}
                _ => return Err(module.complain(self.at, "expected `,` or `}` in the import")),
            }
        }
        self.at += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Result<Vec<(String, String)>, Complaint> {
        let module = Module::read("mine::part", ["part.wgsl", text], &[], false)?;
        Ok(module.imports.into_iter().map(|(local, import)| (local, import.path)).collect())
    }

    #[test]
    fn all_forms_of_import() {
        let found =
            paths("import a::b::{c, d as e, f::{g,},}; import package::h::i; import super::j::k;").unwrap();
        let found: Vec<_> = found.iter().map(|(local, path)| format!("{local}={path}")).collect();
        assert_eq!(found.join(" "), "c=a::b::c e=a::b::d g=a::b::f::g i=mine::h::i k=mine::j::k");
    }

    #[test]
    fn bad_imports_are_shown_in_place() {
        for (text, at) in [
            ("import ;", 7),
            ("import a::b", 11),
            ("import a::{b c};", 13),
            ("import {a};", 7),
            ("import a::b; import c::b;", 23),
            ("import a::b; fn b() {}", 10),
            ("import a::b as 3;", 15),
        ] {
            assert_eq!(paths(text).unwrap_err().at, at, "{text}");
        }
        assert!(paths(&format!("import a::{}b{};", "{a::".repeat(100_000), "}".repeat(100_000))).is_err());
    }
}
