//! The reference of the filter format stands in the tree as the code says it.

use std::{fs, path::Path};

#[test]
fn the_committed_reference_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/filters-reference.md");
    let committed = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    let made = antifaz::compose::reference();
    let differs = committed.lines().zip(made.lines()).position(|(committed, made)| committed != made);
    let line = differs.unwrap_or(committed.lines().count().min(made.lines().count())) + 1;
    assert!(
        committed == made,
        "docs/filters-reference.md is not what the code says, from line {line} on; make it anew:\n  \
         cargo run -p antifaz-demo -- filter reference > docs/filters-reference.md"
    );
}
