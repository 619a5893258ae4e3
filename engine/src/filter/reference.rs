//! What there is to write in a manifest, for people, from the code that reads it: the doc comments of
//! [`manifest`](super::manifest), and the tables that names are looked up in.

use super::{event::Source, expression, resolve::KINDS};

/// The code that the keys are told by.
const MANIFEST_SOURCE: &str = include_str!("manifest.rs");

/// A table of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it is and how it is headed: "`[[inputs]]`: ...".
    pub doc: String,
    /// What may stand in it.
    pub keys: Vec<Key>,
}

/// A key of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// As it is written.
    pub name: String,
    /// What its value is, in words.
    pub kind: String,
    /// Whether it must be there.
    pub needed: bool,
    /// What holds where it is absent.
    pub default: String,
    /// What its value may be.
    pub range: String,
    /// What it means.
    pub doc: String,
}

/// Every table of the manifest.
pub fn manifest() -> Vec<Table> {
    tables(MANIFEST_SOURCE)
}

/// The types of inputs, and what they are in a shader.
pub fn inputs() -> &'static [(&'static str, &'static str)] {
    &KINDS
}

/// What an event may watch, and what its value is; then the coefficients, whose names say it.
pub fn sources() -> (Vec<(&'static str, &'static str)>, Vec<String>) {
    let named: Vec<_> = Source::described().collect();
    let shapes = Source::names().skip(named.len()).collect();
    (named, shapes)
}

/// What a size may name.
pub fn sizes() -> &'static [(&'static str, &'static str)] {
    &expression::NAMES
}

/// The structs of a Rust file that serde reads, with the doc comments of their fields.
fn tables(source: &str) -> Vec<Table> {
    let (mut tables, mut open) = (Vec::new(), None::<Table>);
    let (mut doc, mut attributes) = (Vec::new(), String::new());
    for line in source.lines() {
        let text = line.trim();
        if let Some(said) = text.strip_prefix("///") {
            doc.push(said.trim());
            continue;
        }
        if text.starts_with("#[") {
            attributes += text;
            continue;
        }
        let field = text.strip_prefix("pub ").and_then(|text| text.strip_suffix(',')?.split_once(": "));
        match (&mut open, field) {
            (Some(table), Some((name, kind))) if line.starts_with("    pub ") => {
                table.keys.push(key(name, kind, &attributes, &doc));
            }
            (Some(_), _) if line == "}" => tables.extend(open.take()),
            (None, _) if attributes.contains("Deserialize") && text.starts_with("pub struct ") => {
                open = Some(Table { doc: doc.join(" "), keys: Vec::new() });
            }
            _ => {}
        }
        doc.clear();
        attributes.clear();
    }
    tables
}

fn key(name: &str, kind: &str, attributes: &str, doc: &[&str]) -> Key {
    let renamed = attributes.split_once("rename = \"").and_then(|(_, rest)| rest.split('"').next());
    let last = doc.iter().position(|line| line.starts_with("Default: ") || line.starts_with("Range: "));
    let (meaning, limits) = doc.split_at(last.unwrap_or(doc.len()));
    let limits = limits.join(" ");
    let after = |word: &str, end: &str| {
        let said = limits.split_once(word).map_or("", |(_, said)| said);
        said.split(end).next().unwrap_or_default().trim_end_matches(['.', ' ']).to_owned()
    };
    Key {
        name: renamed.unwrap_or(name).to_owned(),
        needed: !kind.starts_with("Option<") && !attributes.contains("default"),
        kind: in_words(kind).to_owned(),
        default: after("Default: ", "Range: "),
        range: after("Range: ", "Default: "),
        doc: meaning.join(" "),
    }
}

/// A field's type as authors of filters know it.
fn in_words(kind: &str) -> &'static str {
    let plain = kind.replace("Spanned<", "").replace("Option<", "").replace('>', "");
    match plain.as_str() {
        "String" => "text",
        "i64" => "whole number",
        "f64" => "number",
        "bool" => "true or false",
        "toml::Value" => "value",
        "Vec<String" => "list of texts",
        "[toml::Value; 2]" => "two sizes",
        "BTreeMap<String, toml::Value" => "table of values",
        other if other.starts_with("Vec<") => "tables",
        _ => "table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_means_its_default_and_its_range() {
        let tables = manifest();
        assert!(tables.len() > 7 && tables.iter().flat_map(|table| &table.keys).count() > 50);
        for table in &tables {
            assert!(!table.doc.is_empty() && !table.keys.is_empty(), "{table:?}");
            for key in &table.keys {
                assert!(!key.doc.is_empty(), "`{}` has no doc comment", key.name);
                let said = key.needed || !key.default.is_empty();
                assert!(said, "`{}` says no default: a line `/// Default: ...`", key.name);
                let number = matches!(key.kind.as_str(), "number" | "whole number");
                assert!(!number || !key.range.is_empty(), "`{}` says no range: `/// Range: ...`", key.name);
            }
        }
        let (named, shapes) = sources();
        assert_eq!((named.len(), shapes[0].as_str(), shapes.len()), (10, "blendshape.browDownLeft", 51));
    }

    #[test]
    fn doc_comments_are_read_as_they_are_written() {
        let source = "/// `[[x]]`: things.\n#[derive(Deserialize)]\npub struct X {\n    /// Long\n    /// words.\n    \
                      /// Default: 1. Range: 0..2.\n    #[serde(rename = \"type\")]\n    pub kind: \
                      Option<Spanned<f64>>,\n    pub bare: String,\n}\n\npub struct Other {\n    pub not: f32,\n}\n";
        let [table] = &tables(source)[..] else { panic!("one table") };
        let key = |name: &str, kind: &str, needed| Key {
            name: name.into(),
            kind: kind.into(),
            needed,
            ..Key::default()
        };
        let full = Key {
            default: "1".into(),
            range: "0..2".into(),
            doc: "Long words.".into(),
            ..key("type", "number", false)
        };
        assert_eq!(table.keys, [full, key("bare", "text", true)]);
        assert_eq!(table.doc, "`[[x]]`: things.");
    }
}
