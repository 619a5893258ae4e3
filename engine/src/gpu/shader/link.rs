//! Modules and all that they import, merged into one text.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Library, MERGED,
    error::{Complaint, ShaderError},
    guard::{self, Guard, Insert},
    merged::{Merged, Piece},
    module::Module,
    words::is_name,
};

/// Modules that pass on a name that they import themselves.
const MAX_HOPS: usize = 32;

/// Merges the module `root` of `library` with all that it imports. Entry points of the root keep their names;
/// all other names get the module's path before them.
pub(super) fn link(
    library: &Library,
    root: &str,
    flags: &[(&str, bool)],
    guard: Option<Guard<'_>>,
) -> Result<Merged, ShaderError> {
    let mut linker = Linker { library, flags, guard, modules: Vec::new(), repeated: BTreeSet::new() };
    linker.load_root(root)?;
    let mut next = 0;
    while next < linker.modules.len() {
        linker.load_mentioned(next)?;
        next += 1;
    }
    if let Some(guard) = guard {
        linker.repeated =
            guard::repeated(linker.modules.iter().filter(|module| guard.holds_for(&module.path)));
    }
    let names = linker.names();
    let mut merged = Merged::default();
    linker.directives(&mut merged);
    for module in 0..linker.modules.len() {
        linker.emit(module, &names, &mut merged)?;
    }
    merged.spoken = names.into_iter().map(|(full, merged)| (merged, item(&full).to_owned())).collect();
    merged.modules = linker.modules;
    Ok(merged)
}

struct Linker<'a> {
    library: &'a Library,
    flags: &'a [(&'a str, bool)],
    guard: Option<Guard<'a>>,
    /// The root first.
    modules: Vec<Module>,
    /// The functions that loops call, of guarded modules.
    repeated: BTreeSet<String>,
}

impl Linker<'_> {
    fn load_root(&mut self, root: &str) -> Result<(), ShaderError> {
        match self.library.file(root) {
            Some((file, text)) => self.read(root, file, text),
            None => Err(Complaint::new(0, format!("there is no module `{root}`")).within(root, "")),
        }
    }

    fn read(&mut self, path: &str, file: &str, text: &str) -> Result<(), ShaderError> {
        let called = !self.modules.is_empty() && self.flags.contains(&(MERGED, true));
        let module = Module::read(path, [file, text], self.flags, called);
        let module = module.map_err(|fault| fault.within(file, text))?;
        self.modules.push(module);
        Ok(())
    }

    /// Loads the modules that a module imports or names.
    fn load_mentioned(&mut self, number: usize) -> Result<(), ShaderError> {
        let module = &self.modules[number];
        let mut mentions: Vec<_> =
            module.imports.values().map(|import| (import.path.clone(), import.at)).collect();
        let mut at = module.body();
        while at < module.words.len() {
            let last = module.end_of_path(at);
            if last > at {
                mentions.push((module.inline_path(at, last), module.place(at)));
            }
            at = last + 1;
        }
        mentions.sort_by_key(|mention| mention.1);
        for (path, at) in mentions {
            if self.library.file(&path).is_some() {
                continue; // a module by itself: `import antifaz::face;`
            }
            let Some((owner, _)) = path.rsplit_once("::") else {
                let message = format!("`{path}` is no item of a module: write `module::{path}`");
                return Err(self.modules[number].error(Complaint::new(at, message)));
            };
            if self.number(owner).is_some() {
                continue;
            }
            match self.library.file(owner) {
                Some((file, text)) => self.read(owner, file, text)?,
                None => {
                    let fault = Complaint::new(at, format!("there is no module `{owner}`"));
                    return Err(self.modules[number].error(fault.nearest(owner, self.library.paths())));
                }
            }
        }
        Ok(())
    }

    fn number(&self, path: &str) -> Option<usize> {
        self.modules.iter().position(|module| module.path == path)
    }

    /// The merged name of everything declared, by full path. No word of any file means anything else.
    fn names(&self) -> HashMap<String, String> {
        let words =
            |module: &'_ Module| (0..module.words.len()).map(|at| module.word(at).to_owned()).collect();
        let mut taken: HashSet<String> =
            self.modules.iter().flat_map(|module| -> Vec<String> { words(module) }).collect();
        let mut names = HashMap::new();
        for (number, module) in self.modules.iter().enumerate() {
            for name in &module.declared {
                let full = format!("{}::{name}", module.path);
                if number == 0 && module.entries.contains(name) {
                    names.insert(full, name.clone());
                    continue;
                }
                if names.contains_key(&full) {
                    continue; // declared twice: naga says so
                }
                let mut merged = full.replace("::", "_");
                while !taken.insert(merged.clone()) {
                    merged.push('_');
                }
                names.insert(full, merged);
            }
        }
        names
    }

    /// `enable` and its kin must come first in the merged text, each once.
    fn directives(&self, merged: &mut Merged) {
        let mut seen = HashSet::new();
        for (number, module) in self.modules.iter().enumerate() {
            let mut start = module.directives.start;
            for at in module.directives.clone() {
                if module.word(at) != ";" && at + 1 != module.directives.end {
                    continue;
                }
                let place = module.place(start);
                let line = &module.text[place..module.words[at].end];
                if seen.insert(line) {
                    merged.push(Piece { number, source: place, renamed: false }, line);
                    merged.text.push('\n');
                }
                start = at + 1;
            }
        }
    }

    /// Copies a module's words, its own and its imported names under their merged names.
    fn emit(
        &self,
        number: usize,
        names: &HashMap<String, String>,
        merged: &mut Merged,
    ) -> Result<(), ShaderError> {
        let module = &self.modules[number];
        let mut members = 0; // the word where a struct's braces close
        // Also what is imported and never used must be there.
        for import in module.imports.values().filter(|import| self.library.file(&import.path).is_none()) {
            self.merged_name(module, &import.path, names)
                .map_err(|fault| module.error(Complaint { at: import.at, ..fault }))?;
        }
        let inserts = self.inserts(number);
        let mut at = module.body();
        while at < module.words.len() {
            if module.word(at) == "struct" {
                members = module.end_of_item(at);
            }
            if at > module.body() {
                let gap = &module.text[module.words[at - 1].end..module.words[at].start];
                merged.text.push_str(match gap {
                    "" => "",
                    gap if gap.contains('\n') => "\n",
                    _ => " ",
                });
            }
            for insert in inserts.get(&at).into_iter().flatten() {
                let text = self.inserted(module, insert, names)?;
                merged.inserts.push((merged.text.len(), text));
            }
            let last = module.end_of_path(at);
            let source = module.words[at].start;
            let (text, renamed) = self.word(module, at, members, names)?;
            merged.push(Piece { number, source, renamed }, text);
            at = last + 1;
        }
        merged.text.push('\n');
        Ok(())
    }

    /// What a word, or the path that starts there, is in the merged text, and whether that is another name.
    fn word<'n>(
        &self,
        module: &'n Module,
        at: usize,
        members: usize,
        names: &'n HashMap<String, String>,
    ) -> Result<(&'n str, bool), ShaderError> {
        let last = module.end_of_path(at);
        let full = if last > at {
            Some((module.inline_path(at, last), module.place(at)))
        } else {
            self.meaning(module, at, members)
        };
        match full {
            Some((full, place)) => self
                .merged_name(module, &full, names)
                .map(|name| (name, true))
                .map_err(|fault| module.error(Complaint { at: place, ..fault })),
            None => Ok((&module.text[module.words[at].start..module.words[last].end], false)),
        }
    }

    /// What guards put into a module.
    fn inserts(&self, number: usize) -> BTreeMap<usize, Vec<Insert>> {
        let module = &self.modules[number];
        match self.guard {
            Some(guard) if guard.holds_for(&module.path) => {
                guard::inserts(module, guard.finite.filter(|_| number == 0), &self.repeated)
            }
            _ => BTreeMap::new(),
        }
    }

    fn inserted(
        &self,
        module: &Module,
        insert: &Insert,
        names: &HashMap<String, String>,
    ) -> Result<String, ShaderError> {
        Ok(match insert {
            Insert::Text(text) => (*text).to_owned(),
            Insert::Zero(words) => {
                let (mut ty, mut at) = (String::new(), words.start);
                while at < words.end {
                    ty += self.word(module, at, 0, names)?.0;
                    at = module.end_of_path(at) + 1;
                }
                format!(" return {ty}(); ")
            }
        })
    }

    /// The full path that a single word stands for, and where to complain when there is no such thing.
    fn meaning(&self, module: &Module, at: usize, members: usize) -> Option<(String, usize)> {
        let word = module.word(at);
        let member = at < members && module.word(at + 1) == ":";
        let before = module.word_before(at, 1);
        if member || before == "." || before == "@" || !is_name(word) || is_set_name(module, at) {
            return None;
        }
        if let Some(import) = module.imports.get(word) {
            let is_module = self.library.file(&import.path).is_some();
            return (!is_module).then(|| (import.path.clone(), import.at));
        }
        let own = module.declared.iter().any(|name| name == word);
        own.then(|| (format!("{}::{word}", module.path), module.place(at)))
    }

    /// The name of a full path in the merged text, as `reader` may use it. Modules may pass on what they import, but for
    /// what the engine's keep to themselves.
    fn merged_name<'n>(
        &self,
        reader: &Module,
        full: &str,
        names: &'n HashMap<String, String>,
    ) -> Result<&'n str, Complaint> {
        let mut path = full.to_owned();
        let outside = reader.path.starts_with("package") && !full.starts_with("package");
        if let Some((owner, name)) =
            full.rsplit_once("::").filter(|(_, name)| outside && name.starts_with('_'))
        {
            let message = format!("`{owner}` keeps `{name}` to itself");
            return Err(
                Complaint::new(0, message).hinting("docs/filters-reference.md says what it has for others")
            );
        }
        for _ in 0..MAX_HOPS {
            if let Some(name) = names.get(&path) {
                return Ok(name);
            }
            let owner = path.rsplit_once("::").map_or("", |(owner, _)| owner);
            let item = item(&path);
            let Some(module) = self.number(owner).map(|number| &self.modules[number]) else {
                return Err(Complaint::new(0, format!("there is no module `{owner}`"))
                    .nearest(owner, self.library.paths()));
            };
            match module.imports.get(item) {
                Some(elsewhere) => path = elsewhere.path.clone(),
                None => {
                    let known =
                        module.declared.iter().map(String::as_str).filter(|name| !name.starts_with('_'));
                    return Err(Complaint::new(0, format!("`{owner}` has no `{item}`")).nearest(item, known));
                }
            }
        }
        Err(Complaint::new(0, format!("`{full}` imports itself")))
    }
}

/// The last name of a path.
fn item(path: &str) -> &str {
    path.rsplit_once("::").map_or(path, |(_, item)| item)
}

/// Whether a word is an argument that takes set names: of some attributes, of `var<..>`, of storage textures.
fn is_set_name(module: &Module, at: usize) -> bool {
    let back = |count| module.word_before(at, count);
    let listed = |open: usize| {
        let keyword = back(open + 1);
        match back(open) {
            "(" => matches!(keyword, "builtin" | "interpolate" | "diagnostic") && back(open + 2) == "@",
            "<" => matches!(keyword, "var" | "ptr") || keyword.starts_with("texture_storage_"),
            _ => false,
        }
    };
    listed(1) || (back(1) == "," && back(3) != ":" && listed(3) && back(4) != "ptr")
}

#[cfg(test)]
mod tests;
