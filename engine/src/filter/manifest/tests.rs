use super::*;

fn read(text: &str) -> Result<Manifest, String> {
    let package = Package::new("neon", [(MANIFEST, text.as_bytes().to_vec())]);
    Manifest::read(&package).map(|read| read.0).map_err(|error| error.to_string())
}

#[test]
fn unknown_keys_are_answered_with_the_nearest_and_their_place() {
    let text =
        "format = 1\ntitle = \"Neon\"\n\n[[inputs]]\nname = \"glow\"\ntype = \"float\"\n  maxx = 1.0\n";
    assert_eq!(read(text).unwrap_err(), "neon/filter.toml:7:3: unknown key `maxx`; did you mean `max`?");
    let error = read("format = 1\ntitel = \"Neon\"\n").unwrap_err();
    assert_eq!(error, "neon/filter.toml:2:1: unknown key `titel`; did you mean `title`?");
}

#[test]
fn wrong_types_missing_keys_and_broken_toml_have_a_place() {
    for (text, start, part) in [
        ("format = \"1\"\ntitle = \"x\"", "neon/filter.toml:1:10: ", "a whole number is needed"),
        ("format = 1\n", "neon/filter.toml:1:1: ", "missing key `title`"),
        ("format = 1\ntitle = \"x", "neon/filter.toml:2:", "string"),
        (
            "format = 1\ntitle = \"x\"\n[[passes]]\nname = \"p\"\n",
            "neon/filter.toml:3:",
            "missing key `shader`",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(start) && error.contains(part), "{error}");
    }
}

#[test]
fn text_that_is_none_and_a_missing_manifest_are_named() {
    let package = Package::new("neon", [(MANIFEST, b"format = \xff".to_vec())]);
    let error = Manifest::read(&package).unwrap_err().to_string();
    assert_eq!(error, "neon/filter.toml:1:10: the file is not UTF-8 text");
    let error = Manifest::read(&Package::new("neon", [("a", "b")])).unwrap_err().to_string();
    assert!(error.starts_with("neon is not a filter: it has no filter.toml"), "{error}");
}
