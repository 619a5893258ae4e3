//! Reads Rust files just far enough to know which paths they name: comments and literals are skipped, `use` trees
//! unfolded, modules and `#[cfg(test)]` items followed. Names made by macros are not seen.

/// A path that a file names, as it is written there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    /// Its parts; a glob ends with `*`, and a leading `::` gives an empty first part.
    pub(crate) parts: Vec<String>,
    /// The name that it is bound to, where a `use` does that.
    pub(crate) binds: Option<String>,
    /// The module that it stands in, from the crate's root.
    pub(crate) module: Vec<String>,
    /// Counted from one.
    pub(crate) line: usize,
    /// Whether only tests are built with it.
    pub(crate) test: bool,
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) named: Vec<Named>,
    /// Modules that the file holds or declares, from the crate's root, and whether only tests are built with them.
    pub(crate) modules: Vec<(Vec<String>, bool)>,
}

/// Reads the file of `module`.
pub(crate) fn read(module: &[String], text: &str) -> Contents {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
        scopes: vec![Scope { path: module.to_vec(), test: false }],
        test_item: false,
        nesting: 0,
        contents: Contents::default(),
    };
    reader.walk();
    reader.contents
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    PathSeparator,
    Sign(char),
}

#[derive(Clone, Debug)]
struct Scope {
    path: Vec<String>,
    test: bool,
}

struct Reader {
    tokens: Vec<(Token, usize)>,
    at: usize,
    scopes: Vec<Scope>,
    /// The next item stands under `#[cfg(test)]`.
    test_item: bool,
    /// Open parentheses and brackets: a `;` within them ends no item.
    nesting: usize,
    contents: Contents,
}

impl Reader {
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn sign(&self, ahead: usize, sign: char) -> bool {
        self.token(ahead) == Some(&Token::Sign(sign))
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.token(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn scope(&self) -> Scope {
        let scope = self.scopes.last().expect("the file's own scope");
        Scope { path: scope.path.clone(), test: scope.test || self.test_item }
    }

    fn walk(&mut self) {
        while let Some(token) = self.token(0).cloned() {
            match token {
                Token::Sign(sign) => self.walk_sign(sign),
                Token::Word(word) if word == "use" && !self.sign(1, '<') => {
                    self.at += 1;
                    self.use_tree(Vec::new());
                }
                // `extern crate a as b` is `use ::a as b`.
                Token::Word(word) if word == "extern" && self.word(1) == Some("crate") => {
                    self.at += 2;
                    self.use_tree(vec![String::new()]);
                }
                Token::Word(word) if word == "mod" && self.word(1).is_some() => self.module(),
                Token::Word(_) | Token::PathSeparator => self.inline_path(),
            }
        }
    }

    fn walk_sign(&mut self, sign: char) {
        match sign {
            '#' if self.is_test_attribute() => self.test_item = true,
            '(' | '[' => self.nesting += 1,
            ')' | ']' => self.nesting = self.nesting.saturating_sub(1),
            ';' if self.nesting == 0 => self.test_item = false,
            '{' => {
                let scope = self.scope();
                self.open(scope);
            }
            '}' if self.scopes.len() > 1 => drop(self.scopes.pop()),
            _ => {}
        }
        self.at += 1;
    }

    /// `cfg` with `test` in it, and no `not`.
    fn is_test_attribute(&self) -> bool {
        let inside = self.tokens[self.at..].iter().take_while(|(token, _)| *token != Token::Sign(']'));
        let words: Vec<&str> = inside
            .filter_map(|(token, _)| match token {
                Token::Word(word) => Some(word.as_str()),
                _ => None,
            })
            .collect();
        words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
    }

    fn open(&mut self, scope: Scope) {
        self.scopes.push(scope);
        self.test_item = false;
    }

    fn module(&mut self) {
        let mut scope = self.scope();
        scope.path.push(self.word(1).expect("looked at before").to_owned());
        self.contents.modules.push((scope.path.clone(), scope.test));
        self.at += 2;
        if self.sign(0, '{') {
            self.open(scope);
            self.at += 1;
        }
    }

    /// A path outside of `use`: at least two parts, or it is just a name.
    fn inline_path(&mut self) {
        let line = self.tokens[self.at].1;
        // `<T as Trait>::Name` goes on with a separator that starts nothing.
        let before = |back: usize| self.at.checked_sub(back).map(|at| &self.tokens[at].0);
        let arrow = before(2) == Some(&Token::Sign('-'));
        let goes_on = before(1) == Some(&Token::Sign('>')) && !arrow;
        let mut parts = Vec::new();
        if self.token(0) == Some(&Token::PathSeparator) {
            parts.push(String::new());
            self.at += 1;
        }
        while let Some(word) = self.word(0).map(str::to_owned) {
            parts.push(word);
            self.at += 1;
            if self.token(0) != Some(&Token::PathSeparator) {
                break;
            }
            self.at += 1;
        }
        if parts.len() > 1 && !goes_on {
            self.found(parts, None, line);
        }
    }

    fn found(&mut self, parts: Vec<String>, binds: Option<String>, line: usize) {
        let Scope { path, test } = self.scope();
        self.contents.named.push(Named { parts, binds, module: path, line, test });
    }

    /// What stands behind `use`, or within a brace of it.
    fn use_tree(&mut self, mut parts: Vec<String>) {
        let line = self.tokens.get(self.at).map_or(0, |(_, line)| *line);
        loop {
            match self.token(0).cloned() {
                Some(Token::PathSeparator) => {
                    if parts.is_empty() {
                        parts.push(String::new());
                    }
                    self.at += 1;
                }
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while !self.sign(0, '}') && self.token(0).is_some() {
                        self.use_tree(parts.clone());
                        self.at += usize::from(self.sign(0, ','));
                    }
                    self.at += 1;
                    return;
                }
                Some(Token::Sign('*')) => {
                    self.at += 1;
                    parts.push("*".to_owned());
                    return self.found(parts, None, line);
                }
                Some(Token::Word(word)) if word == "as" => {
                    let alias = self.word(1).map(str::to_owned);
                    self.at += 2;
                    return self.found(parts, alias, line);
                }
                Some(Token::Word(word)) => {
                    self.at += 1;
                    if word != "self" || parts.is_empty() {
                        parts.push(word);
                    }
                }
                Some(Token::Sign(',' | '}' | ';')) | None => {
                    let binds = parts.last().cloned();
                    return self.found(parts, binds, line);
                }
                Some(Token::Sign(_)) => self.at += 1,
            }
        }
    }
}

/// Words and signs with their lines, without comments and literals.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while let Some(&char) = chars.get(at) {
        let start = at;
        let rest = &chars[at..];
        if let Some(length) = comment(rest).or_else(|| literal(rest)) {
            at += length;
        } else if char.is_alphanumeric() || char == '_' {
            at += rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            found.push((Token::Word(chars[start..at].iter().collect()), line));
        } else if rest.starts_with(&[':', ':']) {
            at += 2;
            found.push((Token::PathSeparator, line));
        } else {
            at += 1;
            if !char.is_whitespace() {
                found.push((Token::Sign(char), line));
            }
        }
        line += chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

/// How long the comment at the start of `rest` is, where there is one.
fn comment(rest: &[char]) -> Option<usize> {
    if rest.starts_with(&['/', '/']) {
        return Some(rest.iter().take_while(|c| **c != '\n').count());
    }
    if !rest.starts_with(&['/', '*']) {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

/// How long the string, character or lifetime at the start of `rest` is, where there is one.
fn literal(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| matches!(c, 'b' | 'c' | 'r')).count();
    let raw = rest[..prefix].contains(&'r');
    let fences = rest[prefix..].iter().take_while(|c| **c == '#').count();
    if raw && rest.get(prefix + fences) == Some(&'"') {
        let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', fences)).collect();
        let body = prefix + fences + 1;
        let length = rest[body..].windows(end.len()).position(|window| window == end);
        return Some(length.map_or(rest.len(), |length| body + length + end.len()));
    }
    match rest.get(prefix) {
        Some('"') => Some(prefix + quoted(&rest[prefix..], '"')),
        Some('\'') if prefix > 0 || rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'') => {
            Some(prefix + quoted(&rest[prefix..], '\''))
        }
        Some('\'') => Some(1 + rest[1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()),
        _ => None,
    }
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += 1 + usize::from(rest[at] == '\\');
    }
    (at + 1).min(rest.len())
}

fn paths(text: &str) -> Vec<String> {
    read(&[], text).named.iter().map(|named| named.parts.join("::")).collect()
}

#[test]
fn use_trees_are_unfolded() {
    let text = "use a::{self, b::{c, d as e}, f::*};\npub(crate) use ::g::h as i;\nfn x() { use j; }\n\
        extern crate k as l;";
    assert_eq!(paths(text), ["a", "a::b::c", "a::b::d", "a::f::*", "::g::h", "j", "::k"]);
    let binds: Vec<_> =
        read(&[], text).named.into_iter().map(|named| named.binds.unwrap_or_default()).collect();
    assert_eq!(binds, ["a", "c", "e", "", "i", "j", "l"]);
}

#[test]
fn inline_paths_are_seen_and_lone_names_are_not() {
    let text =
        "fn f(x: &'a crate::gpu::Gpu) -> ::wgpu::Device { y::<super::Z>(); Vec::<u8>::new(); lone; i += 1 }";
    assert_eq!(paths(text), ["crate::gpu::Gpu", "::wgpu::Device", "super::Z"]);
}

#[test]
fn comments_and_literals_are_skipped() {
    let text = r##"// use a::b;
        /* c::d /* e::f */ g::h */ const X: &str = "i::j \" k::l"; const C: char = '"'; const D: u8 = b'\'';
        /// [`m::n`]
        const R: &str = r#"o::p " q::r"#; fn f<'a>(x: &'a s::T) {}"##;
    assert_eq!(paths(text), ["s::T"]);
}

#[test]
fn modules_tests_and_lines_are_followed() {
    let text = "mod a {\n use x::y;\n}\n#[cfg(test)]\nmod t { use x::z; }\n#[cfg(test)]\nuse x::w;\nuse x::v;\n\
        #[cfg(not(test))]\nfn f() { x::u(); }\n#[cfg(test)]\nmod file;";
    let contents = read(&["m".to_owned()], text);
    let seen = contents.named.iter().map(|named| {
        format!(
            "{} in {} at {}{}",
            named.parts[1],
            named.module.join("::"),
            named.line,
            [".", " for tests."][usize::from(named.test)]
        )
    });
    let expected = [
        "y in m::a at 2.",
        "z in m::t at 5 for tests.",
        "w in m at 7 for tests.",
        "v in m at 8.",
        "u in m at 10.",
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(contents.modules.last(), Some(&(vec!["m".to_owned(), "file".to_owned()], true)));
}
