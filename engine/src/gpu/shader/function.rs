//! The functions of a shader, as their authors wrote them.

use super::{Shader, ShaderError, Stage, error::Complaint, members};

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
        let (_, handle, at) = self.named(name)?;
        let function = &self.module.functions[handle];
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

    /// Whether the function called `name` looks at a member of a structure, as [`Shader::reads_member`].
    pub fn function_reads_member(&self, name: &str, structure: &str, member: &str) -> bool {
        self.named(name).is_some_and(|(_, handle, _)| {
            let function = (&self.module.functions[handle], &self.info[handle]);
            members::reads(&self.module, &self.info, function, (&structure.replace("::", "_"), member))
        })
    }

    /// A complaint about a function, where it begins.
    pub fn complain_of(&self, function: &Function, message: impl Into<String>) -> ShaderError {
        self.merged.error(Complaint::new(function.at, message))
    }

    /// Invocations of a workgroup of the compute stage called `entry`.
    pub fn workgroup(&self, entry: &str) -> Option<[u32; 3]> {
        Some(self.module.entry_points[self.entry(entry, Stage::Compute)?].workgroup_size)
    }

    /// Whether the fragment stage called `entry` takes the structure of this path and nothing else, and gives no structure: so it
    /// can be called like any function.
    pub fn is_callable(&self, entry: &str, path: &str) -> bool {
        let Some(number) = self.entry(entry, Stage::Fragment) else { return false };
        let function = &self.module.entry_points[number].function;
        let takes = |argument: &naga::FunctionArgument| {
            let name = self.module.types[argument.ty].name.as_deref().unwrap_or_default();
            argument.binding.is_none() && name.trim_end_matches('_') == path.replace("::", "_")
        };
        matches!(function.arguments.as_slice(), [only] if takes(only))
            && function.result.as_ref().is_some_and(|result| result.binding.is_some())
    }

    /// Whether the fragment stage called `entry` takes builtins, and at most the structure of this path beside them, and
    /// gives a colour at location 0.
    pub fn takes_and_gives(&self, entry: &str, path: &str) -> bool {
        let Some(number) = self.entry(entry, Stage::Fragment) else { return false };
        let function = &self.module.entry_points[number].function;
        let merged = path.replace("::", "_");
        let takes = |argument: &naga::FunctionArgument| match &argument.binding {
            Some(naga::Binding::BuiltIn(_)) => true,
            Some(naga::Binding::Location { .. }) => false,
            None => {
                let name = self.module.types[argument.ty].name.as_deref().unwrap_or_default();
                name.trim_end_matches('_') == merged || self.has_builtins_alone(argument.ty)
            }
        };
        let gives = |result: &naga::FunctionResult| {
            let first = |binding: &Option<naga::Binding>| {
                matches!(binding, Some(naga::Binding::Location { location: 0, .. }))
            };
            let color = |ty| {
                self.module.types[ty].inner
                    == naga::TypeInner::Vector { size: naga::VectorSize::Quad, scalar: naga::Scalar::F32 }
            };
            match &self.module.types[result.ty].inner {
                naga::TypeInner::Struct { members, .. } => {
                    matches!(members.as_slice(), [member] if first(&member.binding) && color(member.ty))
                }
                _ => first(&result.binding) && color(result.ty),
            }
        };
        function.arguments.iter().all(takes) && function.result.as_ref().is_some_and(gives)
    }

    fn has_builtins_alone(&self, ty: naga::Handle<naga::Type>) -> bool {
        let naga::TypeInner::Struct { members, .. } = &self.module.types[ty].inner else { return false };
        members.iter().all(|member| matches!(member.binding, Some(naga::Binding::BuiltIn(_))))
    }

    /// A complaint about an entry point, where its name is.
    pub fn complain_of_entry(&self, name: &str, message: impl Into<String>) -> ShaderError {
        let at = self.merged.text.find(&format!("fn {name}(")).map_or(0, |at| at + 3);
        self.merged.error(Complaint::new(at, message))
    }

    /// The names of values that are set when a pipeline is made.
    pub fn overrides(&self) -> Vec<String> {
        let names = self.module.overrides.iter().filter_map(|(_, value)| value.name.as_deref());
        names.map(|name| self.authors_name(name)).collect()
    }

    fn named(&self, name: &str) -> Option<(bool, naga::Handle<naga::Function>, usize)> {
        let called = self.module.functions.iter().filter_map(|(handle, function)| {
            let at = self.module.functions.get_span(handle).to_range()?.start;
            let same = self.merged.authors_name(function.name.as_deref()?) == name;
            same.then(|| (self.merged.is_root(at), handle, at))
        });
        called.max_by_key(|(root, ..)| *root)
    }
}
