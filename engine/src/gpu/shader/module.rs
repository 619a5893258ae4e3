//! One file: its words, what it declares and what it imports.

use std::{collections::BTreeMap, ops::Range};

use super::{
    conditions,
    error::{Complaint, ShaderError},
    imports::{self, Import},
    words::{is_name, words},
};

/// Brackets within brackets, and signs in a row: naga goes down a level at each.
const MAX_DEPTH: usize = 100;
/// Words between two separators, and branches of one `if`: naga goes down a level at some of them.
const MAX_WORDS: usize = 400;
const MAX_BRANCHES: usize = 200;

/// A file whose conditions are settled and whose imports are read, but not yet looked up.
#[derive(Clone, Debug)]
pub(super) struct Module {
    /// `package::mask` or `antifaz::face`.
    pub(super) path: String,
    pub(super) file: String,
    pub(super) text: String,
    /// The words that are left.
    pub(super) words: Vec<Range<usize>>,
    /// Names declared at the module's own level.
    pub(super) declared: Vec<String>,
    /// Those that are entry points.
    pub(super) entries: Vec<String>,
    /// By local name.
    pub(super) imports: BTreeMap<String, Import>,
    /// The numbers of the words of directives: `enable f16;`.
    pub(super) directives: Range<usize>,
}

impl Module {
    /// Reads a file. Unless it is `called` by another module, its entry points are stages.
    pub(super) fn read(
        path: &str,
        [file, text]: [&str; 2],
        flags: &[(&str, bool)],
        called: bool,
    ) -> Result<Self, Complaint> {
        let mut module = Self {
            path: path.to_owned(),
            file: file.to_owned(),
            text: text.to_owned(),
            words: words(text)?,
            declared: Vec::new(),
            entries: Vec::new(),
            imports: BTreeMap::new(),
            directives: 0..0,
        };
        module.brackets()?;
        module.depth()?;
        module.words = conditions::settle(&module, flags)?;
        if called {
            module.words = module.without_stages();
        }
        let body;
        (module.imports, body) = imports::read(&module)?;
        module.directives = body..module.end_of_directives(body);
        module.late_imports()?;
        module.declarations();
        let clash = module.declared.iter().find_map(|name| module.imports.get_key_value(name));
        if let Some((name, import)) = clash {
            return Err(Complaint::new(import.at, format!("`{name}` is imported, but declared here too")));
        }
        Ok(module)
    }

    /// The words without `@fragment` and what says where its result goes: entry points can't be called, functions can.
    fn without_stages(&self) -> Vec<Range<usize>> {
        let (mut kept, mut at) = (Vec::new(), 0);
        while at < self.words.len() {
            let arrow = self.word_before(at, 2) == "-" && self.word_before(at, 1) == ">";
            let result = self.word(at) == "@" && arrow;
            if self.word(at) == "@" && self.word(at + 1) == "fragment" {
                at += 2;
            } else if result && self.word(at + 2) == "(" {
                at = self.closing(at + 2) + 1;
            } else {
                kept.push(self.words[at].clone());
                at += 1;
            }
        }
        kept
    }

    /// The word number `at`; empty past the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &self.text[word.clone()])
    }

    /// The word `back` places before `at`; empty before the start.
    pub(super) fn word_before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |at| self.word(at))
    }

    /// The number of the first word after imports and directives.
    pub(super) fn body(&self) -> usize {
        self.directives.end
    }

    /// The byte where a word starts; the text's end past the last.
    pub(super) fn place(&self, word: usize) -> usize {
        self.words.get(word).map_or(self.text.len(), |word| word.start)
    }

    pub(super) fn complain(&self, word: usize, message: impl Into<String>) -> Complaint {
        Complaint::new(self.place(word), message)
    }

    pub(super) fn error(&self, complaint: Complaint) -> ShaderError {
        complaint.within(&self.file, &self.text)
    }

    /// The number of the word that closes the bracket `open`; one past the last where none does.
    pub(super) fn closing(&self, open: usize) -> usize {
        let mut depth = 0;
        for at in open..self.words.len() {
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth <= 0 {
                return at;
            }
        }
        self.words.len()
    }

    /// One past the last word of the declaration, statement, member or parameter that starts at a word.
    pub(super) fn end_of_item(&self, mut at: usize) -> usize {
        while self.word(at) == "@" {
            at += 2;
            if self.word(at) == "(" {
                at = self.closing(at) + 1;
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
        at.min(self.words.len())
    }

    /// Of a path `a::b::c`, the number of its last word; `at` itself where no path starts.
    pub(super) fn end_of_path(&self, mut at: usize) -> usize {
        while is_name(self.word(at)) && self.word(at + 1) == "::" && is_name(self.word(at + 2)) {
            at += 2;
        }
        at
    }

    /// A path's first word, with `package` and `super` spelled out.
    pub(super) fn absolute(&self, first: &str) -> String {
        match first {
            "package" => self.path.split("::").next().unwrap_or_default().to_owned(),
            "super" => self.path.rsplit_once("::").map_or_else(String::new, |(parent, _)| parent.to_owned()),
            other => other.to_owned(),
        }
    }

    /// The full path of `a::b::c` as it stands in the text.
    pub(super) fn inline_path(&self, first: usize, last: usize) -> String {
        let head = self.word(first);
        let start = self.imports.get(head).map_or_else(|| self.absolute(head), |import| import.path.clone());
        (first + 2..=last).step_by(2).fold(start, |path, at| format!("{path}::{}", self.word(at)))
    }

    /// A bracket left open would swallow the next module.
    fn brackets(&self) -> Result<(), Complaint> {
        let mut open: Vec<usize> = Vec::new();
        for at in 0..self.words.len() {
            let closes = match self.word(at) {
                "(" | "[" | "{" => {
                    open.push(at);
                    if open.len() > MAX_DEPTH {
                        return Err(self.complain(at, "brackets are nested too deep here"));
                    }
                    continue;
                }
                ")" => "(",
                "]" => "[",
                "}" => "{",
                _ => continue,
            };
            match open.pop() {
                Some(last) if self.word(last) == closes => {}
                Some(last) => {
                    let message = format!("this `{}` is closed by `{}`", self.word(last), self.word(at));
                    return Err(self.complain(last, message));
                }
                None => return Err(self.complain(at, format!("this `{}` closes nothing", self.word(at)))),
            }
        }
        match open.pop() {
            Some(at) => Err(self.complain(at, format!("this `{}` is never closed", self.word(at)))),
            None => Ok(()),
        }
    }

    /// What is endless in other ways would overflow naga's stack.
    fn depth(&self) -> Result<(), Complaint> {
        let (mut words, mut signs, mut branches) = (0, 0, 0);
        for at in 0..self.words.len() {
            match self.word(at) {
                "," | ";" | "{" | "}" => words = 0,
                "else" => branches += 1,
                "fn" => branches = 0,
                _ => words += 1,
            }
            signs = if matches!(self.word(at), "!" | "-" | "~" | "&" | "*") { signs + 1 } else { 0 };
            if words > MAX_WORDS || signs > MAX_DEPTH || branches > MAX_BRANCHES {
                return Err(self.complain(at, "this goes on for too long: divide it"));
            }
        }
        Ok(())
    }

    /// `import` is a word of WESL alone: below other things it would be taken for a name.
    fn late_imports(&self) -> Result<(), Complaint> {
        let late = (self.body()..self.words.len())
            .find(|at| self.word(*at) == "import" && is_name(self.word(at + 1)));
        match late {
            Some(at) => Err(self.complain(at, "imports come before everything else in a file")),
            None => Ok(()),
        }
    }

    fn end_of_directives(&self, mut at: usize) -> usize {
        while matches!(self.word(at), "enable" | "requires" | "diagnostic") {
            while !matches!(self.word(at), ";" | "") {
                at += 1;
            }
            at = (at + 1).min(self.words.len());
        }
        at
    }

    fn declarations(&mut self) {
        let (mut declared, mut entries) = (Vec::new(), Vec::new());
        let (mut depth, mut entry) = (0, false);
        for at in self.body()..self.words.len() {
            match self.word(at) {
                "{" | "(" => depth += 1,
                "}" | ")" => depth -= 1,
                "vertex" | "fragment" | "compute" if self.word_before(at, 1) == "@" => entry = true,
                keyword @ ("fn" | "struct" | "const" | "override" | "alias") if depth == 0 => {
                    let name = self.word(at + 1).to_owned();
                    if keyword == "fn" && std::mem::take(&mut entry) {
                        entries.push(name.clone());
                    }
                    declared.push(name);
                }
                "var" if depth == 0 => {
                    let mut name = at + 1;
                    if self.word(name) == "<" {
                        while !matches!(self.word(name), ">" | "") {
                            name += 1;
                        }
                        name += 1;
                    }
                    declared.push(self.word(name).to_owned());
                }
                _ => {}
            }
        }
        declared.retain(|name| is_name(name));
        (self.declared, self.entries) = (declared, entries);
    }
}
