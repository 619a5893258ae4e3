//! `docs/filters.md`, step by step: its blocks build a filter up, its commands are run, and what it shows is said.
//!
//! What a block does stands after its language: `look.wgsl` is the file's new content, `filter.toml append`,
//! `filter.toml above LINE`, `filter.toml below LINE` and `look.wgsl instead of LINE` change it where a line begins so.

use std::fs;

use super::tool::{Folder, Outcome, file, root};

/// The filter that the guide makes.
const FILTER: &str = "duotone";
/// Commands that build and find the program: the tests have it already.
const SETUP: [&str; 2] = ["./demo", "export PATH="];

/// A fenced block: what stands after the fence, and what is in it.
struct Block {
    head: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for line in guide.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => blocks.extend(open.take()),
            (Some(head), None) => open = Some(Block { head: head.to_owned(), text: String::new() }),
            (None, Some(block)) => block.text += &format!("{line}\n"),
            (None, None) => {}
            (Some(head), Some(_)) => panic!("```{head} within a block"),
        }
    }
    assert!(open.is_none(), "the last block has no end");
    blocks
}

/// Does what a block says with a file of the filter.
fn edit(folder: &Folder, head: &str, text: &str) {
    let (name, how) = head.split_once(' ').unwrap_or((head, ""));
    let name = format!("{FILTER}/{name}");
    let before = fs::read_to_string(folder.path(&name)).unwrap_or_default();
    let place = |start: &str| {
        let mut at = 0;
        for line in before.split_inclusive('\n') {
            if line.trim_start().starts_with(start) {
                return at..at + line.len();
            }
            at += line.len();
        }
        panic!("no line of {name} begins with {start}")
    };
    let mut after = before.clone();
    match how.split_once(' ') {
        None if how.is_empty() => after = text.to_owned(),
        None if how == "append" => after.push_str(text),
        Some(("above", start)) => after.insert_str(place(start).start, text),
        Some(("below", start)) => after.insert_str(place(start).end, text),
        Some(("instead", start)) => after.replace_range(place(start.trim_start_matches("of ")), text),
        _ => panic!("{head} is no way to change a file"),
    }
    folder.write(&name, after);
}

/// Runs a line of the guide.
fn command(folder: &Folder, line: &str) -> Option<Outcome> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if SETUP.iter().any(|known| line.starts_with(known)) {
        return None;
    }
    let line = line.strip_prefix("antifaz ").unwrap_or_else(|| panic!("{line}: not a command of ours"));
    let outcome = folder.run(&format!("{line} --quiet"));
    if line.starts_with("run ") {
        // There is no display here: all before it went well.
        outcome.is_refusal(1, &["DISPLAY"]);
        return None;
    }
    Some(outcome)
}

#[test]
fn the_guide_to_filters_works_step_by_step() {
    let guide = fs::read_to_string(root().join("docs/filters.md")).expect("the guide");
    let blocks = blocks(&guide);
    let folder = Folder::new();
    fs::copy(file("assets/stills/pd_astronaut.png"), folder.path("photo.png")).expect("a photo");
    let tests = root().join("engine/tests/data/imports");
    for name in ["waves.glsl", "ring.fs"] {
        fs::copy(tests.join(name), folder.path(name)).expect("a shader");
    }
    let (mut commands, mut edits) = (0, 0);
    for (number, Block { head, text }) in blocks.iter().enumerate() {
        let (language, rest) = head.split_once(' ').unwrap_or((head, ""));
        let shown = blocks.get(number + 1).filter(|next| next.head == "text");
        match language {
            "sh" => {
                let outcomes: Vec<Outcome> = text.lines().filter_map(|line| command(&folder, line)).collect();
                for outcome in &outcomes {
                    let said = shown.map_or(Some(0), |_| Some(1));
                    assert_eq!(outcome.code, said, "{text}: {outcome:?}");
                }
                for line in shown.iter().flat_map(|block| block.text.lines()) {
                    let said = outcomes.last().is_some_and(|outcome| outcome.out.contains(line));
                    assert!(said, "`{line}` is not said: {outcomes:?}");
                }
                commands += outcomes.len();
            }
            "text" => assert_eq!(blocks[number - 1].head, "sh", "{text}"),
            "toml" | "wgsl" => {
                edit(&folder, rest, text);
                edits += 1;
                if language == "wgsl" && !head.contains("instead") {
                    folder.succeeds(&format!("filter check {FILTER} --no-cost --quiet"));
                }
            }
            other => panic!("```{other}: unknown"),
        }
    }
    folder.succeeds(&format!("filter check {FILTER} waves ring --no-cost --quiet"));
    assert!(commands > 10 && edits > 8, "{commands} commands, {edits} edits");
}

#[test]
fn blocks_change_files_where_they_say() {
    let folder = Folder::new();
    fs::create_dir(folder.path(FILTER)).expect("a folder");
    edit(&folder, "a.wgsl", "one\n  two\nthree\n");
    edit(&folder, "a.wgsl below one", "1\n");
    edit(&folder, "a.wgsl above three", "2\n");
    edit(&folder, "a.wgsl instead of two", "II\n");
    edit(&folder, "a.wgsl append", "end\n");
    let text = fs::read_to_string(folder.path("duotone/a.wgsl")).expect("the file");
    assert_eq!(text, "one\n1\nII\n2\nthree\nend\n");
}
