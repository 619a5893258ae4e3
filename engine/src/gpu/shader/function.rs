//! The functions of a shader, as their authors wrote them.

use super::{Shader, ShaderError, calls, error::Complaint};

/// A function that is no entry point.
#[derive(Clone, Debug)]
pub struct Function {
    /// The names of its arguments' types; `?` for those that have no name.
    pub arguments: Vec<String>,
    /// The name of its result's type; empty without a result.
    pub result: String,
    /// Its first byte in the merged text.
    at: usize,
}

impl Shader {
    /// The function that its author calls `name`; that of the root module, where several do.
    pub fn function(&self, name: &str) -> Option<Function> {
        let (_, function, at) = self.named(name)?;
        let ty = |ty: naga::Handle<naga::Type>| match &self.module.types[ty] {
            naga::Type { name: Some(name), .. } => self.merged.authors_name(name).to_owned(),
            naga::Type { inner: naga::TypeInner::Scalar(naga::Scalar::U32), .. } => "u32".to_owned(),
            _ => "?".to_owned(),
        };
        Some(Function {
            arguments: function.arguments.iter().map(|argument| ty(argument.ty)).collect(),
            result: function.result.as_ref().map(|result| ty(result.ty)).unwrap_or_default(),
            at,
        })
    }

    /// Whether the function called `name` calls any of these (`antifaz::face::skin`), directly or by way of others.
    pub fn function_calls(&self, name: &str, functions: &[&str]) -> bool {
        self.named(name).is_some_and(|(_, function, _)| self.body_calls(&function.body, functions))
    }

    /// A complaint about a function, where it begins.
    pub fn complain_of(&self, function: &Function, message: impl Into<String>) -> ShaderError {
        self.merged.error(Complaint::new(function.at, message))
    }

    pub(super) fn body_calls(&self, body: &naga::Block, functions: &[&str]) -> bool {
        let reached = calls::reached(&self.module, body);
        functions.iter().any(|path| {
            let merged = path.replace("::", "_");
            // Names that meet others have underscores after them.
            reached.iter().any(|name| name.trim_end_matches('_') == merged)
        })
    }

    fn named(&self, name: &str) -> Option<(bool, &naga::Function, usize)> {
        let called = self.module.functions.iter().filter_map(|(handle, function)| {
            let at = self.module.functions.get_span(handle).to_range()?.start;
            let same = self.merged.authors_name(function.name.as_deref()?) == name;
            same.then(|| (self.merged.is_root(at), function, at))
        });
        called.max_by_key(|(root, ..)| *root)
    }
}
