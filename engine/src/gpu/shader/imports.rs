//! WESL's imports and conditions, resolved on the words of the text.
//!
//! Only `import` statements, `a::b` paths and `@if` are understood here; whatever else
//! stands in a filter is copied as it is, and naga alone judges it. Every word of the
//! merged text knows the place it came from.
use std::{collections::HashMap, ops::Range};

/// A complaint at a place in one of the author's files.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) module: usize,
    pub(super) at: usize,
    pub(super) message: String,
}

#[derive(Default)]
pub(super) struct Module {
    /// `package::mask` or `antifaz::face`.
    pub(super) path: String,
    pub(super) file: String,
    pub(super) text: String,
    words: Vec<Range<usize>>,
    declared: Vec<String>,
    /// What a name or an alias stands for: `landmark` for `antifaz::face::landmark`.
    imports: HashMap<String, (String, usize)>,
    /// Where the text after imports and directives begins, as a word's number.
    body: usize,
}

/// A run of the merged text, and the place it was copied from.
struct Piece {
    merged: usize,
    module: usize,
    source: usize,
    renamed: bool,
}

pub(super) struct Merged {
    pub(super) text: String,
    pub(super) modules: Vec<Module>,
    pieces: Vec<Piece>,
    names: HashMap<String, String>,
}

/// Gives a module's file name and text.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<(String, String)>;

pub(super) fn merge(root: &str, read: Read, flags: &[(&str, bool)]) -> Result<Merged, (Fault, Vec<Module>)> {
    let mut linker = Linker { modules: Vec::new(), read, flags };
    let done = linker.load(root, 0, 0).and_then(|_| {
        let mut out =
            Merged { text: String::new(), modules: Vec::new(), pieces: Vec::new(), names: HashMap::new() };
        let mut next = 0;
        linker.directives(&mut out);
        while next < linker.modules.len() {
            linker.emit(next, &mut out)?;
            next += 1;
        }
        Ok(out)
    });
    match done {
        Ok(mut out) => {
            out.modules = linker.modules;
            Ok(out)
        }
        Err(fault) => Err((fault, linker.modules)),
    }
}

struct Linker<'a> {
    modules: Vec<Module>,
    read: Read<'a>,
    flags: &'a [(&'a str, bool)],
}

impl Linker<'_> {
    /// The number of a module, read when it is met first. `from` and `at` say who asked.
    fn load(&mut self, path: &str, from: usize, at: usize) -> Result<usize, Fault> {
        if let Some(known) = self.modules.iter().position(|m| m.path == path) {
            return Ok(known);
        }
        let Some((file, text)) = (self.read)(path) else {
            return Err(Fault { module: from, at, message: format!("there is no module `{path}`") });
        };
        let number = self.modules.len();
        let words = words(&text);
        self.modules.push(Module { path: path.into(), file, text, words, ..Default::default() });
        self.brackets(number)?;
        self.conditions(number)?;
        let imports = self.imports(number)?;
        self.declarations(number);
        for (local, full, at) in imports {
            self.modules[number].imports.insert(local, (full, at));
        }
        Ok(number)
    }

    fn fault(&self, module: usize, word: usize, message: impl Into<String>) -> Fault {
        let m = &self.modules[module];
        Fault { module, at: m.words.get(word).map_or(m.text.len(), |w| w.start), message: message.into() }
    }

    /// A bracket left open would swallow the next module.
    fn brackets(&self, module: usize) -> Result<(), Fault> {
        let m = &self.modules[module];
        let mut open = Vec::new();
        for i in 0..m.words.len() {
            match m.word(i) {
                "(" | "[" | "{" => open.push(i),
                close @ (")" | "]" | "}") => {
                    let pair = matches!(
                        (open.pop().map(|o| m.word(o)), close),
                        (Some("("), ")") | (Some("["), "]") | (Some("{"), "}")
                    );
                    if !pair {
                        return Err(self.fault(module, i, format!("this `{close}` closes nothing")));
                    }
                }
                _ => {}
            }
        }
        match open.pop() {
            Some(i) => Err(self.fault(module, i, format!("this `{}` is never closed", m.word(i)))),
            None => Ok(()),
        }
    }

    /// Drops the words that an `@if`, `@elif` or `@else` turns off, and the attributes themselves.
    fn conditions(&mut self, module: usize) -> Result<(), Fault> {
        let mut kept: Vec<Range<usize>> = Vec::new();
        let mut taken = false; // whether a branch of the chain was taken
        let (mut i, mut depth) = (0, 0);
        let mut dropped = Vec::new(); // the closing braces of `@if(flag) { declarations }`
        while i < self.modules[module].words.len() {
            let m = &self.modules[module];
            if dropped.last() == Some(&i) {
                dropped.pop();
                i += 1;
                continue;
            }
            match m.word(i) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if !(m.word(i) == "@" && matches!(m.word(i + 1), "if" | "elif" | "else")) {
                kept.push(m.words[i].clone());
                i += 1;
                continue;
            }
            let kind = m.word(i + 1).to_string();
            let mut next = i + 2;
            let mut holds = true;
            if kind != "else" {
                (holds, next) = self.either(module, i + 3).map_err(|w| {
                    self.fault(module, w, "a condition is made of flags, `!`, `&&`, `||` and parentheses")
                })?;
                next += 1;
            }
            let on = holds && (kind == "if" || !taken);
            taken = on || (kind != "if" && taken);
            let m = &self.modules[module];
            i = if !on { m.end_of_item(next) } else { next };
            if on && depth == 0 && m.word(next) == "{" {
                dropped.push(m.closing(next));
                i = next + 1;
            }
        }
        self.modules[module].words = kept;
        Ok(())
    }

    fn either(&self, module: usize, at: usize) -> Result<(bool, usize), usize> {
        let (mut value, mut at) = self.flag(module, at)?;
        while matches!(self.modules[module].word(at), "&" | "|") {
            let and = self.modules[module].word(at) == "&";
            let (other, next) = self.flag(module, at + 2)?;
            value = if and { value && other } else { value || other };
            at = next;
        }
        Ok((value, at))
    }

    fn flag(&self, module: usize, at: usize) -> Result<(bool, usize), usize> {
        match self.modules[module].word(at) {
            "!" => self.flag(module, at + 1).map(|(value, next)| (!value, next)),
            "(" => self.either(module, at + 1).map(|(value, next)| (value, next + 1)),
            "true" => Ok((true, at + 1)),
            "false" => Ok((false, at + 1)),
            name => self.flags.iter().find(|f| f.0 == name).map(|f| (f.1, at + 1)).ok_or(at),
        }
    }

    /// Reads the `import` statements: local name, full path, place.
    fn imports(&mut self, module: usize) -> Result<Vec<(String, String, usize)>, Fault> {
        let mut found = Vec::new();
        let mut at = 0;
        while self.modules[module].word(at) == "import" {
            at = self.import(module, at + 1, "", &mut found)?;
            if self.modules[module].word(at) != ";" {
                return Err(self.fault(module, at, "expected `;` after the import"));
            }
            at += 1;
        }
        self.modules[module].body = at;
        Ok(found)
    }

    fn import(
        &self,
        module: usize,
        mut at: usize,
        prefix: &str,
        found: &mut Vec<(String, String, usize)>,
    ) -> Result<usize, Fault> {
        let m = &self.modules[module];
        let mut path = prefix.to_string();
        loop {
            if m.word(at) == "{" {
                at += 1;
                while m.word(at) != "}" {
                    at = self.import(module, at, &path, found)?;
                    match m.word(at) {
                        "," => at += 1,
                        "}" => {}
                        _ => return Err(self.fault(module, at, "expected `,` or `}` in the import")),
                    }
                }
                return Ok(at + 1);
            }
            if !is_name(m.word(at)) {
                return Err(self.fault(module, at, "expected a name in the import"));
            }
            path = if path.is_empty() { m.absolute(m.word(at)) } else { format!("{path}::{}", m.word(at)) };
            if m.word(at + 1) != "::" {
                break;
            }
            at += 2;
        }
        let place = m.words[at].start;
        let alias = if m.word(at + 1) == "as" {
            at += 2;
            at
        } else {
            at
        };
        found.push((m.word(alias).to_string(), path, place));
        Ok(at + 1)
    }

    /// The names declared at the module's own level.
    fn declarations(&mut self, module: usize) {
        let m = &mut self.modules[module];
        let (mut depth, mut names) = (0, Vec::new());
        for i in m.body..m.words.len() {
            match m.word(i) {
                "{" | "(" => depth += 1,
                "}" | ")" => depth -= 1,
                "fn" | "struct" | "const" | "override" | "alias" if depth == 0 => {
                    names.push(m.word(i + 1).to_string())
                }
                "var" if depth == 0 => {
                    let mut at = i + 1;
                    if m.word(at) == "<" {
                        while m.word(at) != ">" && at < m.words.len() {
                            at += 1
                        }
                        at += 1;
                    }
                    names.push(m.word(at).to_string());
                }
                _ => {}
            }
        }
        m.declared = names;
    }

    /// `enable` and its kin must come first in the merged text, each once.
    fn directives(&mut self, out: &mut Merged) {
        let mut seen = Vec::new();
        for module in 0..self.modules.len() {
            let m = &mut self.modules[module];
            while matches!(m.word(m.body), "enable" | "requires" | "diagnostic") {
                let start = m.words[m.body].start;
                while !matches!(m.word(m.body), ";" | "") {
                    m.body += 1
                }
                m.body += 1;
                let line = m.text[start..m.words.get(m.body - 1).map_or(m.text.len(), |w| w.end)].to_string();
                if !seen.contains(&line) {
                    out.pieces.push(Piece { merged: out.text.len(), module, source: start, renamed: false });
                    out.text.push_str(&line);
                    out.text.push('\n');
                    seen.push(line);
                }
            }
        }
    }

    /// Copies a module's words, its own and its imported names under their merged names.
    fn emit(&mut self, module: usize, out: &mut Merged) -> Result<(), Fault> {
        let mut i = self.modules[module].body;
        let mut line = usize::MAX;
        let mut members = 0; // the word where a struct's braces close
        while i < self.modules[module].words.len() {
            let m = &self.modules[module];
            let (start, word, before) =
                (m.words[i].start, m.word(i), if i == 0 { "" } else { m.word(i - 1) });
            if word == "struct" {
                members = m.end_of_item(i)
            }
            let mut last = i;
            while m.word(last + 1) == "::" && is_name(m.word(i)) {
                last += 2
            }
            let member = i < members && m.word(i + 1) == ":";
            let inert = member || before == "." || before == "@" || m.in_named_attribute(i);
            let full =
                match (last > i, inert || !is_name(word)) {
                    (true, _) => Some(m.inline(i, last)),
                    (false, true) => None,
                    (false, false) => m.imports.get(word).map(|i| i.0.clone()).or_else(|| {
                        m.declared.iter().any(|d| d == word).then(|| format!("{}::{word}", m.path))
                    }),
                };
            let gap = m.text[if i == m.body { start } else { m.words[i - 1].end }..start].to_string();
            let shown_line = m.text[..start].matches('\n').count();
            out.text.push_str(if gap.contains('\n') || line == usize::MAX {
                "\n"
            } else if gap.is_empty() && before != "" {
                ""
            } else {
                " "
            });
            line = shown_line;
            let copied = m.text[start..m.words[last].end].to_string();
            let name = match full {
                Some(full) => {
                    // an unknown name is shown where it was imported
                    let asked =
                        self.modules[module].imports.values().find(|i| i.0 == full).map_or(start, |i| i.1);
                    Some(self.merged_name(&full, module, asked, out)?)
                }
                None => None,
            };
            out.pieces.push(Piece { merged: out.text.len(), module, source: start, renamed: name.is_some() });
            out.text.push_str(name.as_deref().unwrap_or(&copied));
            i = last + 1;
        }
        out.text.push('\n');
        Ok(())
    }

    /// The name of a full path in the merged text. The root module keeps its names.
    fn merged_name(&mut self, full: &str, from: usize, at: usize, out: &mut Merged) -> Result<String, Fault> {
        let mut full = full.to_string();
        for _ in 0..32 {
            let (owner, item) = full.rsplit_once("::").unwrap();
            let number = self.load(owner, from, at)?;
            let m = &self.modules[number];
            if m.declared.iter().any(|d| d == item) {
                if number == 0 {
                    return Ok(item.into());
                }
                let name = full.replace("::", "_");
                out.names.insert(name.clone(), item.to_string());
                return Ok(name);
            }
            match m.imports.get(item) {
                Some((elsewhere, _)) => full = elsewhere.clone(),
                None => {
                    return Err(Fault { module: from, at, message: format!("`{owner}` has no `{item}`") });
                }
            }
        }
        Err(Fault { module: from, at, message: format!("`{full}` imports itself") })
    }
}

impl Module {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |w| &self.text[w.clone()])
    }

    /// A path's first word, with `package` and `super` spelled out.
    fn absolute(&self, first: &str) -> String {
        match first {
            "package" => self.path.split("::").next().unwrap().to_string(),
            "super" => self.path.rsplit_once("::").map_or("", |p| p.0).to_string(),
            other => other.to_string(),
        }
    }

    /// The full path of `a::b::c` as it stands in the text.
    fn inline(&self, first: usize, last: usize) -> String {
        let head = self.word(first);
        let mut path = self.imports.get(head).map(|i| i.0.clone()).unwrap_or_else(|| self.absolute(head));
        (first + 2..=last).step_by(2).for_each(|i| path = format!("{path}::{}", self.word(i)));
        path
    }

    /// The end of the declaration, statement, member or parameter that starts at a word.
    fn end_of_item(&self, mut at: usize) -> usize {
        while self.word(at) == "@" {
            at += 2;
            if self.word(at) == "(" {
                at = self.closing(at) + 1
            }
        }
        let listed = self.word(at + 1) == ":"; // a member or a parameter
        let mut angles = 0;
        while at < self.words.len() {
            match self.word(at) {
                "(" | "[" => at = self.closing(at),
                "{" if !listed => {
                    at = self.closing(at) + 1;
                    if self.word(at) != "else" {
                        return at;
                    }
                }
                "<" => angles += 1,
                ">" => angles -= 1,
                ";" => return at + 1,
                "," if listed && angles == 0 => return at + 1,
                ")" | "}" => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    fn closing(&self, open: usize) -> usize {
        let mut depth = 0;
        for at in open..self.words.len() {
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at;
            }
        }
        self.words.len()
    }

    /// Whether a word is the argument of an attribute or a `var<...>` that takes set names.
    fn in_named_attribute(&self, at: usize) -> bool {
        let back = |n: usize| if at >= n { self.word(at - n) } else { "" };
        (back(1) == "(" && matches!(back(2), "builtin" | "interpolate" | "diagnostic") && back(3) == "@")
            || (back(1) == "," && back(3) == "(" && matches!(back(4), "interpolate" | "diagnostic"))
            || (back(1) == "<" && back(2) == "var")
            || (back(1) == "," && back(3) == "<" && back(4) == "var")
    }
}

impl Merged {
    /// Where a place of the merged text was written: module and byte.
    pub(super) fn source(&self, at: usize) -> (usize, usize) {
        let Some(piece) = self.pieces[..self.pieces.partition_point(|p| p.merged <= at)].last() else {
            return (0, 0);
        };
        (piece.module, if piece.renamed { piece.source } else { piece.source + (at - piece.merged) })
    }

    /// A message with the merged names turned back into the author's.
    pub(super) fn spoken(&self, message: &str) -> String {
        message
            .split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map(|part| {
                let name = part.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
                self.names.get(name).map_or(part.to_string(), |own| part.replace(name, own))
            })
            .collect()
    }
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Cuts a text into names, numbers, `::` and single signs, leaving out blanks and comments.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let (mut depth, mut n) = (0, 0);
            while n < rest.len() {
                if rest[n..].starts_with("/*") {
                    depth += 1;
                    n += 2
                } else if rest[n..].starts_with("*/") {
                    depth -= 1;
                    n += 2
                } else {
                    n += rest[n..].chars().next().unwrap().len_utf8()
                }
                if depth == 0 {
                    break;
                }
            }
            if depth > 0 {
                found.push(at..at + 2)
            } // naga will say that it never ends
            n
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            let n = if c.is_alphanumeric() || c == '_' {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                c.len_utf8()
            };
            found.push(at..at + n);
            n
        };
        at += length;
    }
    found
}
impl Merged {
    pub(super) fn names(&self) -> std::collections::BTreeMap<String, String> {
        self.names.iter().map(|(a, b)| (a.clone(), b.clone())).collect()
    }
}
