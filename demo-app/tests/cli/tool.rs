//! Runs the binary, and judges how it fails.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A file of the project, which must be there.
pub(crate) fn file(path: &str) -> String {
    let path = root().join(path);
    assert!(path.exists(), "{} is missing", path.display());
    path.to_str().expect("a path of plain characters").to_owned()
}

/// A folder to work in, where the binary is run: no result may depend on the working directory.
pub(crate) struct Folder(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a file.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).expect("a file");
        self
    }

    /// Everything in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("the folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.retain(|name| name != ".data" && name != ".cache");
        names.sort();
        names
    }

    /// The binary, run here, without what the environment of the tests might say to it.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_antifaz"));
        command.current_dir(self.0.path()).args(line.split_whitespace()).stdin(Stdio::null());
        for variable in ["ANTIFAZ_DATA", "ANTIFAZ_ADAPTER", "DISPLAY", "WAYLAND_DISPLAY", "RUST_LOG"] {
            command.env_remove(variable);
        }
        // What the user has installed and cached is not the tests' business. Hidden, so that it is not seen as left behind.
        command.env("XDG_DATA_HOME", self.path(".data")).env("XDG_CACHE_HOME", self.path(".cache"));
        command
    }

    /// Runs a line of arguments, split at spaces.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        Outcome::of(&mut self.command(line))
    }

    /// Runs a line that must succeed.
    pub(crate) fn succeeds(&self, line: &str) -> Outcome {
        let outcome = self.run(line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        outcome
    }

    /// Runs a line that must fail with `code` and one sentence that says all of `said`, and leave nothing behind.
    pub(crate) fn fails(&self, line: &str, code: i32, said: &[&str]) {
        let before = self.names();
        self.run(line).is_refusal(code, said);
        assert_eq!(self.names(), before, "{line}: something was left behind");
    }
}

impl Outcome {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Fails unless it ended with `code` and one sentence on stderr that says all of `said`.
    pub(crate) fn is_refusal(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors: Vec<&str> = self.err.lines().filter(|line| !line.starts_with("warn: ")).collect();
        assert!(matches!(errors[..], [line] if line.starts_with("error: ")), "not one sentence: {self:?}");
        for word in ["panicked", "unwrap", "Err(", "Some(", "RUST_BACKTRACE"] {
            assert!(!self.err.contains(word), "{self:?}");
        }
        for part in said {
            assert!(self.err.contains(part), "`{part}` is not said: {self:?}");
        }
        assert_eq!(self.out, "");
    }
}

#[test]
#[should_panic(expected = "not one sentence")]
fn chatter_is_seen() {
    Outcome { code: Some(1), out: String::new(), err: "error: a\nerror: b\n".into() }.is_refusal(1, &[]);
}

#[test]
#[should_panic(expected = "is not said")]
fn a_wrong_sentence_is_seen() {
    Outcome { code: Some(1), out: String::new(), err: "error: no\n".into() }.is_refusal(1, &["yes"]);
}
