//! What filters are written with, as Markdown, from the code itself: manifest, generated names, shader modules.

mod wgsl;

use crate::filter::{
    Asset, Filter, Image, Package,
    manifest::MANIFEST,
    reference::{self, Key, Table},
};

use super::library::{self, MODULES, SPACES};
use wgsl::{Item, Module};

/// Where modules of filters lie; the others are the engine's own.
const IMPORTABLE: &str = "antifaz::";

/// A filter that declares one of each, to show what its shaders get.
const EXAMPLE: &str = r##"format = 1
title = "Example"
[[inputs]]
name = "glow"
type = "float"
[[inputs]]
name = "tint"
type = "color"
[[inputs]]
name = "place"
type = "point2"
[[inputs]]
name = "kick"
type = "event"
source = "face.mouth_open"
[[inputs]]
name = "beat"
type = "event"
source = "time"
threshold = 0.5
[[particles]]
name = "dots"
count = 100
[[passes]]
name = "trace"
shader = "a.wgsl"
entry = "trace"
target = "trail"
history = 4
[[passes]]
name = "draw"
shader = "a.wgsl"
entry = "draw"
reads = ["trail"]
"##;

/// The reference of the filter format.
pub fn reference() -> String {
    let mut text = String::from(
        "# Filters: the reference\n\n\
         Made from the code by `antifaz filter reference`; a change goes there. [filters.md](filters.md) is the guide.\n\n\
         - [The manifest](#the-manifest)\n- [Types of inputs](#types-of-inputs)\n- [Sources of events](#sources-of-events)\n\
         - [Sizes](#sizes)\n- [Spaces](#spaces)\n- [What a manifest declares](#what-a-manifest-declares)\n\
         - [Modules](#modules)\n",
    );
    text += "\n## The manifest\n\n`filter.toml`. An unknown key is an error.\n";
    reference::manifest().iter().for_each(|table| text += &table_text(table));
    text += "\n## Types of inputs\n\n| type | what it is in a shader |\n|---|---|\n";
    reference::inputs().iter().for_each(|(name, what)| text += &format!("| `{name}` | {what} |\n"));
    let (named, shapes) = reference::sources();
    text += "\n## Sources of events\n\n| source | its value |\n|---|---|\n";
    named.iter().for_each(|(name, what)| text += &format!("| `{name}` | {what} |\n"));
    let shapes: Vec<String> = shapes.iter().map(|name| format!("`{name}`")).collect();
    text += &format!("\nOr a coefficient of ARKit, 0..1: {}.\n", shapes.join(", "));
    text += "\n## Sizes\n\nThe size of a target is a number of pixels, or a text with numbers, `+ - * /`, brackets and\n\
             these names; it is rounded to whole pixels.\n\n| name | what it is |\n|---|---|\n";
    reference::sizes().iter().for_each(|(name, what)| text += &format!("| `{name}` | {what} |\n"));
    text += "\n## Spaces\n\nA fragment stage takes the `Varying` of its pass's space: `import \
             antifaz::face_mesh::{Varying};`.\n\n| space | `Varying` of |\n|---|---|\n";
    SPACES
        .iter()
        .for_each(|(space, module)| text += &format!("| `{space}` | [`{module}`](#{}) |\n", anchor(module)));
    text += &format!(
        "\n## What a manifest declares\n\nShaders import it from `package::inputs`. A filter with this manifest\n\n\
         ```toml\n{EXAMPLE}```\n\nand an image `paper` has\n\n```wgsl\n{}```\n\nThe filter's own file `a/b.wgsl` is the \
         module `package::a::b`.\n",
        declared()
    );
    text += "\n## Modules\n\n`import antifaz::color::{luma};` at the head of a file brings a name in.\n\n";
    let modules = modules();
    modules
        .iter()
        .for_each(|module| text += &format!("- [`{0}`](#{1})\n", module.path, anchor(&module.path)));
    modules.iter().for_each(|module| text += &module_text(module));
    text
}

/// The modules that filters may import.
fn modules() -> Vec<Module> {
    let importable = MODULES.iter().filter(|(path, ..)| path.starts_with(IMPORTABLE));
    importable.map(|(path, _, text)| wgsl::read(path, text)).collect()
}

/// What GitHub calls the place of a heading that is one word of code.
fn anchor(heading: &str) -> String {
    heading.replace(':', "")
}

fn table_text(table: &Table) -> String {
    let (name, doc) = table.doc.split_once(": ").unwrap_or(("", &table.doc));
    let mut text = format!(
        "\n### {name}\n\n{}\n\n| key | type | default | range | meaning |\n|---|---|---|---|---|\n",
        sentence(doc)
    );
    for Key { name, kind, needed, default, range, doc } in &table.keys {
        let default = if *needed { "needed" } else { default };
        text += &format!("| `{name}` | {kind} | {default} | {range} | {doc} |\n");
    }
    text
}

fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn module_text(module: &Module) -> String {
    let mut text = format!("\n### `{}`\n\n{}\n", module.path, module.doc);
    for (heading, word) in [("Constants", "const"), ("Bindings", "var"), ("Functions", "fn")] {
        let found: Vec<&Item> = module.items.iter().filter(|item| item.word == word).collect();
        if found.is_empty() {
            continue;
        }
        text += &format!("\n{heading}:\n\n");
        // Constants that share a comment share a line.
        for shared in found.chunk_by(|a, b| a.group == b.group) {
            let names: Vec<String> = shared.iter().map(|item| format!("`{}`", item.text)).collect();
            text += &format!("- {}: {}\n", names.join(", "), shared[0].doc);
        }
    }
    for item in module.items.iter().filter(|item| item.word == "struct") {
        text += &format!("\n`{}`: {}\n\n| field | type | meaning |\n|---|---|---|\n", item.text, item.doc);
        for field in &item.fields {
            text += &format!("| `{}` | `{}` | {} |\n", field.name, field.kind, field.doc);
        }
    }
    text
}

/// What the example's shaders get.
fn declared() -> String {
    let package = Package::new("example", [(MANIFEST, EXAMPLE), ("a.wgsl", "")]);
    let Ok(mut filter) = Filter::from_package(&package) else { return String::new() };
    filter.assets.push(Asset::Image("paper".into(), Image { size: [1; 2], rgba: vec![0; 4], coded: false }));
    library::inputs(&filter, &filter.passes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_be_imported_has_a_doc_comment() {
        for Module { path, doc, items } in modules() {
            assert!(!doc.is_empty() && !items.is_empty(), "{path} says nothing");
            for item in items {
                assert!(!item.doc.is_empty(), "{path}: `{}` has no doc comment", item.text);
                let bare = item.fields.iter().find(|field| field.doc.is_empty());
                assert!(bare.is_none(), "{path}: a field of `{}` has no doc comment: {bare:?}", item.text);
            }
        }
    }

    #[test]
    fn every_space_has_a_varying_and_every_place_a_heading() {
        let modules = modules();
        for (space, path) in SPACES {
            let module = modules.iter().find(|module| module.path == path).expect("a module");
            assert!(module.items.iter().any(|item| item.text == "Varying"), "{space}");
        }
        let text = reference();
        for part in ["fn kick(face: u32)", "trail_ago", "dots_count", "var paper", "fn beat()"] {
            assert!(text.contains(part), "{part} is not shown");
        }
        for link in text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            let heads = text.lines().filter_map(|line| line.strip_prefix('#'));
            let anchors = heads.map(|head| {
                let head = head.trim_start_matches('#').trim().to_lowercase();
                head.replace([':', '`', '[', ']'], "").replace(' ', "-")
            });
            assert!(anchors.into_iter().any(|known| known == link), "#{link} leads nowhere");
        }
    }
}
