//! WGSL with WESL's imports: `import antifaz::face::{landmark};`, `a::b` paths, `@if(tier_low)`.
//!
//! [`Library::resolve`] merges a module with all that it imports into one text. Only imports, paths and
//! conditions are understood here; whatever else stands in a file is copied as it is, and naga alone judges it.
//! Every word of the merged text knows the place that it came from, so every complaint is shown at its author's
//! file, line and column.

#[allow(missing_docs, reason = "being taken apart into rooms")]
mod imports;

use std::collections::BTreeMap;

use thiserror::Error;

use super::Gpu;

/// A complaint at a place in one of the author's files.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ShaderError {
    /// The file, as the library knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The line's text.
    pub source_line: String,
    /// What may help.
    pub hint: Option<String>,
}

/// A stage of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `@vertex`
    Vertex,
    /// `@fragment`
    Fragment,
    /// `@compute`
    Compute,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Vertex => "vertex",
            Self::Fragment => "fragment",
            Self::Compute => "compute",
        })
    }
}

/// Named modules that shaders can import.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Module path to file name and text.
    modules: BTreeMap<String, (String, String)>,
}

impl Library {
    /// An empty library.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the module `path` (`antifaz::face`, `package::inputs`); `file` is shown in messages.
    pub fn insert(&mut self, path: &str, file: &str, text: &str) -> &mut Self {
        self.modules.insert(path.to_owned(), (file.to_owned(), text.to_owned()));
        self
    }

    /// Merges the module `root` with all that it imports, and validates the result. `flags` are the names that
    /// `@if` knows.
    ///
    /// # Errors
    /// The first complaint.
    pub fn resolve(&self, root: &str, flags: &[(&str, bool)]) -> Result<Shader, ShaderError> {
        let merged = imports::merge(root, &|path| self.modules.get(path).cloned(), flags).map_err(
            |(fault, modules)| {
                let (file, text) = modules.get(fault.module).map_or(("", ""), |m| (&m.file, &m.text));
                ShaderError::at(file, text, fault.at, fault.message)
            },
        )?;
        let place = |span: Option<naga::Span>, message: String| {
            let start = span.and_then(|span| span.to_range()).map_or(0, |range| range.start);
            let (module, at) = merged.source(start);
            let module = &merged.modules[module];
            ShaderError::at(&module.file, &module.text, at, merged.spoken(&message))
        };
        let module = naga::front::wgsl::parse_str(&merged.text)
            .map_err(|error| place(error.labels().next().map(|label| label.0), error.message().to_owned()))?;
        let mut validator = naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::default(),
        );
        let info = validator.validate(&module).map_err(|error| {
            let span = error.spans().next().map(|span| span.0);
            let mut message = error.as_inner().to_string();
            let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error.as_inner());
            while let Some(deeper) = cause {
                message = deeper.to_string();
                cause = deeper.source();
            }
            place(span, message)
        })?;
        Ok(Shader { text: merged.text.clone(), module, info, names: merged.names() })
    }
}

impl ShaderError {
    fn at(file: &str, text: &str, at: usize, message: String) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() as u32 + 1,
            column: before[start..].chars().count() as u32 + 1,
            message,
            source_line: text[start..].lines().next().unwrap_or_default().to_owned(),
            hint: None,
        }
    }
}

/// A shader that naga has accepted.
#[derive(Clone, Debug)]
pub struct Shader {
    text: String,
    module: naga::Module,
    info: naga::valid::ModuleInfo,
    /// Merged names to the author's.
    names: BTreeMap<String, String>,
}

impl Shader {
    /// The merged WGSL.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the entry points of `stage`.
    pub fn entries(&self, stage: Stage) -> Vec<&str> {
        let of_stage = self.module.entry_points.iter().filter(|entry| is_stage(entry.stage, stage));
        of_stage.map(|entry| entry.name.as_str()).collect()
    }

    pub(super) fn entry(&self, name: &str, stage: Stage) -> Option<usize> {
        self.module.entry_points.iter().position(|entry| entry.name == name && is_stage(entry.stage, stage))
    }

    pub(super) fn module(&self) -> &naga::Module {
        &self.module
    }

    pub(super) fn info(&self) -> &naga::valid::ModuleInfo {
        &self.info
    }

    /// The author's name of a global of the merged text.
    pub(super) fn authors_name(&self, merged: &str) -> String {
        self.names.get(merged).map_or(merged, String::as_str).to_owned()
    }

    pub(super) fn compile(&self, gpu: &Gpu, label: &str) -> wgpu::ShaderModule {
        gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(self.text.as_str().into()),
        })
    }
}

fn is_stage(naga: naga::ShaderStage, stage: Stage) -> bool {
    match stage {
        Stage::Vertex => naga == naga::ShaderStage::Vertex,
        Stage::Fragment => naga == naga::ShaderStage::Fragment,
        Stage::Compute => naga == naga::ShaderStage::Compute,
    }
}
