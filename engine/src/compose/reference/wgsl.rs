//! What a WGSL file declares, with its doc comments. The files are the engine's own: one item begins at the first
//! column, ends where a line closes it there, and is formatted like all others.

/// A shader module.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) path: String,
    /// The comment at its head.
    pub(super) doc: String,
    pub(super) items: Vec<Item>,
}

/// A declaration.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// `const`, `var`, `fn` or `struct`.
    pub(super) word: &'static str,
    /// What it is called, with its type or parameters.
    pub(super) text: String,
    pub(super) doc: String,
    /// The line of the doc comment: constants in a row share one.
    pub(super) group: usize,
    pub(super) fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) doc: String,
}

/// Reads a module.
pub(super) fn read(path: &str, text: &str) -> Module {
    let head = text.lines().take_while(|line| line.starts_with("//") && !line.starts_with("///"));
    let mut module = Module { path: path.to_owned(), doc: head_text(head), items: Vec::new() };
    let (mut doc, mut group, mut said_before) = (Vec::new(), 0, false);
    // What shared passes alone have is nothing for authors.
    let mut hidden = false;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let goes_on = std::mem::replace(&mut said_before, line.starts_with("///"));
        if let Some(said) = line.strip_prefix("///") {
            if !goes_on {
                doc.clear();
            }
            doc.push(said.trim());
            group = number;
            continue;
        }
        if line.starts_with("@if(") {
            hidden = line == "@if(merged)";
            continue;
        }
        let Some(word) = ["const", "var", "fn", "struct"].into_iter().find(|word| declares(line, word))
        else {
            doc.clear();
            continue;
        };
        // What begins with `_` is for the engine's own modules.
        let text = signature(line, word);
        let private = text.trim_start_matches("fn ").starts_with('_');
        if std::mem::take(&mut hidden) || private {
            doc.clear();
            continue;
        }
        let mut item = Item { word, text, doc: doc.join(" "), group, fields: Vec::new() };
        if word == "struct" {
            item.fields = fields(lines.by_ref().map(|(_, line)| line));
        }
        module.items.push(item);
        if word != "const" {
            doc.clear();
        }
    }
    module
}

/// Whether a line declares something: bindings have attributes before them.
fn declares(line: &str, word: &str) -> bool {
    let bare = if word == "var" { line.rsplit_once(") ").map_or(line, |(_, rest)| rest) } else { line };
    bare.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '<']))
}

/// The name and the type, without what stands for the engine alone.
fn signature(line: &str, word: &str) -> String {
    let from = line.find(word).unwrap_or(0);
    let line = &line[from..];
    let end = if word == "const" { line.find(" = ") } else { line.find([';', '{']) };
    let line = line[..end.unwrap_or(line.len())].trim();
    let bare = line.strip_prefix(word).unwrap_or(line).trim();
    match word {
        "fn" => line.to_owned(),
        // `var<storage, read> name: type`
        _ if bare.starts_with('<') => bare.split_once("> ").map_or(bare, |(_, declared)| declared).to_owned(),
        _ => bare.to_owned(),
    }
}

/// The fields of a struct up to its end.
fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Field> {
    let (mut fields, mut doc) = (Vec::new(), Vec::new());
    for line in lines.take_while(|line| *line != "}") {
        let line = line.trim();
        if let Some(said) = line.strip_prefix("///") {
            doc.push(said.trim());
            continue;
        }
        let bare = line.trim_end_matches(',');
        if let Some((name, kind)) = bare.split_once(": ") {
            let name = name.rsplit(' ').next().unwrap_or(name).to_owned();
            fields.push(Field { name, kind: kind.to_owned(), doc: doc.join(" ") });
        }
        doc.clear();
    }
    fields
}

/// The comment at the head of a file as Markdown: lines are joined, and what stands further in is code.
fn head_text<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    const CODE: &str = "     ";
    let (mut text, mut code) = (String::new(), false);
    for line in lines.map(|line| line.trim_start_matches('/')) {
        match line.strip_prefix(CODE) {
            Some(line) if code => text += &format!("{line}\n"),
            Some(line) => text = format!("{}\n\n```wgsl\n{line}\n", text.trim_end()),
            None if code => text += &format!("```\n\n{} ", line.trim()),
            None => text += &format!("{} ", line.trim()),
        }
        code = line.starts_with(CODE);
    }
    if code {
        text += "```";
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_with_their_comments() {
        let text = "// A room.\n// Two lines.\n//\n//     x();\n//         y();\n\nimport a::{b};\n\n/// Both.\nconst ONE: u32 = 1u;\nconst TWO: u32 = 2u; \
                    // no\n/// Own.\nconst OWN: u32 = 3u;\n\nconst BARE: f32 = 0.0;\n\n/// No.\nconst _HIDDEN: f32 = 0.0;\n\n/// No.\nfn _hidden() {\n}\n\n/// No.\n@group(0) @binding(4) var<storage, read> _kept: array<u32, 8>;\n\n/// A thing.\nstruct Thing {\n    @location(0) @interpolate(flat) \
                    a: array<f32, 2>,\n    /// Said.\n    b: u32,\n}\n\n/// Bound.\n@group(0) @binding(3) var<storage, \
                    read> things: array<Thing, 8>;\n\n/// Does.\nfn does(x: f32) -> f32 {\n    var a = 1;\n    return \
                    x;\n}\n";
        let module = read("a::room", text);
        assert_eq!(module.doc, "A room. Two lines.\n\n```wgsl\nx();\n    y();\n```");
        let items: Vec<_> =
            module.items.iter().map(|item| (item.word, item.text.as_str(), item.doc.as_str())).collect();
        assert_eq!(
            items,
            [
                ("const", "ONE: u32", "Both."),
                ("const", "TWO: u32", "Both."),
                ("const", "OWN: u32", "Own."),
                ("const", "BARE: f32", ""),
                ("struct", "Thing", "A thing."),
                ("var", "things: array<Thing, 8>", "Bound."),
                ("fn", "fn does(x: f32) -> f32", "Does."),
            ]
        );
        assert_eq!(module.items[0].group, module.items[1].group);
        assert_ne!(module.items[1].group, module.items[2].group);
        let fields: Vec<_> = module.items[4].fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!((fields, module.items[4].fields[1].doc.as_str()), (vec!["a", "b"], "Said."));
    }
}
