//! The merged text, and the way back to its authors.

use std::collections::HashMap;

use super::{
    error::{Complaint, ShaderError, nearest},
    guard::{GUARDS, HELPERS},
    module::Module,
    words::{is_name, replace_names},
};

/// Where a run of the merged text was copied from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Number of the module.
    pub(super) number: usize,
    /// Byte of its text.
    pub(super) source: usize,
    /// Whether it has another name there.
    pub(super) renamed: bool,
}

/// Modules in one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged {
    pub(super) text: String,
    pub(super) modules: Vec<Module>,
    /// With the byte of the merged text where each starts, in order.
    pieces: Vec<(usize, Piece)>,
    /// The authors' names, by merged name.
    pub(super) spoken: HashMap<String, String>,
    /// What guards put in, with the byte of the text where each goes, in order.
    pub(super) inserts: Vec<(usize, String)>,
}

impl Merged {
    pub(super) fn push(&mut self, piece: Piece, text: &str) {
        self.pieces.push((self.text.len(), piece));
        self.text.push_str(text);
    }

    /// The text with what guards put in; the judge makes sure that it is still a shader. The guards' own names are like
    /// none in the text.
    pub(super) fn with_inserts(&self) -> Option<String> {
        if self.inserts.is_empty() {
            return None;
        }
        let mut prefix = GUARDS.to_owned();
        while self.text.contains(&prefix) {
            prefix.push('_');
        }
        let (mut out, mut from) = (String::new(), 0);
        for (at, text) in &self.inserts {
            out.push_str(&self.text[from..*at]);
            out.push_str(&text.replace(GUARDS, &prefix));
            from = *at;
        }
        Some(out + &self.text[from..] + &HELPERS.replace(GUARDS, &prefix))
    }

    /// Whether a byte of the merged text came from the root module.
    pub(super) fn is_root(&self, at: usize) -> bool {
        self.module_at(at) == self.modules.first().map(|module| module.path.as_str())
    }

    /// The path of the module that a byte of the merged text came from.
    pub(super) fn module_at(&self, at: usize) -> Option<&str> {
        let before = self.pieces.partition_point(|(start, _)| *start <= at);
        let piece = self.pieces.get(before.checked_sub(1)?)?.1;
        self.modules.get(piece.number).map(|module| module.path.as_str())
    }

    /// A complaint about a byte of the merged text, said of its author's file, in the author's names.
    pub(super) fn error(&self, complaint: Complaint) -> ShaderError {
        let before = self.pieces.partition_point(|(start, _)| *start <= complaint.at);
        let found = before.checked_sub(1).and_then(|index| self.pieces.get(index));
        let (start, piece) = found.copied().unwrap_or((0, Piece { number: 0, source: 0, renamed: true }));
        let at = if piece.renamed { piece.source } else { piece.source + (complaint.at - start) };
        let message = self.authors_words(&complaint.message);
        match self.modules.get(piece.number) {
            Some(module) => module.error(Complaint { at, message, ..complaint }),
            None => Complaint { at, message, ..complaint }.within("", ""),
        }
    }

    /// The author's name of a merged one.
    pub(super) fn authors_name<'a>(&'a self, merged: &'a str) -> &'a str {
        self.spoken.get(merged).map_or(merged, String::as_str)
    }

    /// Turns the merged names in a message into the authors'.
    pub(super) fn authors_words(&self, message: &str) -> String {
        replace_names(message, |name| self.spoken.get(name).cloned())
    }

    /// The name in any file that is most like one that nobody knows.
    pub(super) fn nearest_name(&self, asked: &str) -> Option<&str> {
        let words = self.modules.iter().flat_map(|module| (0..module.words.len()).map(|at| module.word(at)));
        nearest(asked, words.filter(|word| is_name(word) && !word.starts_with('_') && *word != asked))
    }
}
