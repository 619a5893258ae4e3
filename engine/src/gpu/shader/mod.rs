//! WGSL with WESL's imports: `import antifaz::face::{landmark};`, `a::b` paths, `@if(tier_low)`.
//!
//! [`Library::resolve`] merges a module with all that it imports into one text. Only imports, paths and
//! conditions are understood here; whatever else stands in a file is copied as it is, and naga alone judges it.
//! Every word of the merged text knows the place that it came from, so every complaint is shown at its author's
//! file, line and column.
//!
//! ```text
//! file -> words -> conditions -> imports -> link -> merged text -> naga -> Shader
//! ```

mod calls;
mod conditions;
pub(super) mod cover;
mod endless;
mod error;
mod function;
mod guard;
mod habits;
mod imports;
mod judge;
mod link;
mod members;
mod merged;
mod module;
mod pointers;
mod pointwise;
mod room;
mod speak;
mod uniformity;
mod words;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

pub use conditions::has_conditions;
pub use error::ShaderError;
pub use function::Function;
pub use guard::Guard;

use super::Gpu;
use error::Complaint;
use merged::Merged;

/// The flag under which modules are called by the root: their fragment stages are plain functions then.
pub const MERGED: &str = "merged";

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

impl Stage {
    fn of(stage: naga::ShaderStage) -> Option<Self> {
        match stage {
            naga::ShaderStage::Vertex => Some(Self::Vertex),
            naga::ShaderStage::Fragment => Some(Self::Fragment),
            naga::ShaderStage::Compute => Some(Self::Compute),
            _ => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vertex => "vertex",
            Self::Fragment => "fragment",
            Self::Compute => "compute",
        })
    }
}

/// Named modules that shaders can import. Cheap enough to clone for each filter, which adds its own.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// File name and text, by module path.
    files: BTreeMap<String, (String, String)>,
    /// What the device can do beyond WGSL's core.
    capabilities: naga::valid::Capabilities,
}

impl Library {
    /// An empty library for devices that can do what every WebGPU device can.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty library for what `gpu` can do.
    pub fn for_gpu(gpu: &Gpu) -> Self {
        let features = gpu.device().features();
        let capabilities =
            wgpu_naga_bridge::features_to_naga_capabilities(features, wgpu::DownlevelFlags::compliant());
        Self { files: BTreeMap::new(), capabilities }
    }

    /// Adds the module `path` (`antifaz::face`, `package::inputs`); `file` is shown in messages.
    pub fn insert(&mut self, path: &str, file: &str, text: &str) -> &mut Self {
        self.files.insert(path.to_owned(), (file.to_owned(), text.to_owned()));
        self
    }

    /// The paths of all modules.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether flags make any difference to the modules of `package`.
    pub fn has_conditions(&self, package: &str) -> bool {
        let own = |path: &str| path.split("::").next() == Some(package);
        self.files.iter().any(|(path, (_, text))| own(path) && has_conditions(text))
    }

    /// Merges the module `root` with all that it imports, and validates the result. `flags` are the names that
    /// `@if` knows.
    ///
    /// # Errors
    /// The first complaint.
    pub fn resolve(&self, root: &str, flags: &[(&str, bool)]) -> Result<Shader, ShaderError> {
        judge::judge(link::link(self, root, flags, None)?, self.capabilities)
    }

    /// As [`Library::resolve`], for modules that nobody vouches for. A loop that is certain never to end is an error;
    /// all others end after some ten thousand turns. So are variables that take more memory than devices have.
    ///
    /// # Errors
    /// As [`Library::resolve`], and what guards can't let pass.
    pub fn resolve_guarded(
        &self,
        root: &str,
        flags: &[(&str, bool)],
        guard: Guard<'_>,
    ) -> Result<Shader, ShaderError> {
        let shader = judge::judge(link::link(self, root, flags, Some(guard))?, self.capabilities)?;
        let found = endless::endless(&shader.module)
            .or_else(|| room::too_much(&shader.merged, &shader.module, &shader.info));
        match found {
            Some(complaint) => Err(shader.merged.error(complaint)),
            None => Ok(shader),
        }
    }

    /// A number that is another one wherever [`Library::resolve_guarded`] may give another shader.
    pub fn fingerprint(&self, root: &str, flags: &[(&str, bool)], guard: Guard<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.files, self.capabilities.bits(), root, flags, guard).hash(&mut hasher);
        hasher.finish()
    }

    fn file(&self, path: &str) -> Option<(&str, &str)> {
        self.files.get(path).map(|(file, text)| (file.as_str(), text.as_str()))
    }
}

/// A shader that naga has accepted.
#[derive(Clone, Debug)]
pub struct Shader {
    merged: Merged,
    module: naga::Module,
    info: naga::valid::ModuleInfo,
    /// What is compiled in place of `module`, where anything is guarded.
    guarded: Option<naga::Module>,
    warnings: Vec<ShaderError>,
}

impl Shader {
    /// The merged WGSL.
    pub fn text(&self) -> &str {
        &self.merged.text
    }

    /// What some of its entry points, by stage and author's name, come to: the same text for two shaders whose differences
    /// none of them reaches.
    pub fn essence(&self, entries: &[(Stage, &str)]) -> String {
        let numbers: Vec<usize> =
            entries.iter().filter_map(|(stage, name)| self.entry(name, *stage)).collect();
        format!("{:?}", calls::alone(&self.module, &numbers))
    }

    /// What works here but is undefined or refused elsewhere.
    pub fn warnings(&self) -> &[ShaderError] {
        &self.warnings
    }

    /// The authors' names of the entry points of `stage`; the root module's come first.
    pub fn entries(&self, stage: Stage) -> Vec<&str> {
        let of_stage = self.module.entry_points.iter().filter(|entry| Stage::of(entry.stage) == Some(stage));
        of_stage.map(|entry| self.merged.authors_name(&entry.name)).collect()
    }

    /// The number of the entry point that its author calls `name`.
    pub(super) fn entry(&self, name: &str, stage: Stage) -> Option<usize> {
        self.module.entry_points.iter().position(|entry| {
            self.merged.authors_name(&entry.name) == name && Stage::of(entry.stage) == Some(stage)
        })
    }

    /// Whether the fragment stage that its author calls `entry` sees of the picture only the pixel that it draws.
    pub fn is_pointwise(&self, entry: &str) -> bool {
        self.entry(entry, Stage::Fragment).is_some_and(|number| pointwise::is_pointwise(&self.module, number))
    }

    /// Whether the entry point that its author calls `entry` looks at a member of a structure, itself or by way of functions
    /// (`antifaz::face_mesh::Varying`, `normal`).
    pub fn reads_member(&self, entry: &str, stage: Stage, structure: &str, member: &str) -> bool {
        self.entry(entry, stage).is_some_and(|number| {
            let function = (&self.module.entry_points[number].function, self.info.get_entry_point(number));
            members::reads(&self.module, &self.info, function, (&structure.replace("::", "_"), member))
        })
    }

    /// Whether the fragment stage that its author calls `entry` may leave pixels out.
    pub fn discards(&self, entry: &str) -> bool {
        let number = self.entry(entry, Stage::Fragment);
        let body = |number: usize| &self.module.entry_points[number].function.body;
        number.is_some_and(|number| calls::discards(&self.module, body(number)))
    }

    /// Whether turns of loops are counted, all of an invocation together.
    pub fn counts_turns(&self) -> bool {
        self.guarded.is_some()
    }

    /// Whether there is anything that functions of one invocation share.
    pub fn has_private(&self) -> bool {
        self.module.global_variables.iter().any(|(_, global)| global.space == naga::AddressSpace::Private)
    }

    pub(super) fn module(&self) -> &naga::Module {
        &self.module
    }

    pub(super) fn info(&self) -> &naga::valid::ModuleInfo {
        &self.info
    }

    /// The author's name of a global of the merged text.
    pub(super) fn authors_name(&self, merged: &str) -> String {
        self.merged.authors_name(merged).to_owned()
    }

    /// A complaint about the global called `name`, where its author declares it.
    pub fn complain(&self, name: &str, message: impl Into<String>) -> ShaderError {
        let mut globals = self.module.global_variables.iter();
        let found = globals.find(|(_, global)| {
            global.name.as_deref().is_some_and(|merged| self.merged.authors_name(merged) == name)
        });
        let span = found.and_then(|(handle, _)| self.module.global_variables.get_span(handle).to_range());
        let mut overrides = self.module.overrides.iter();
        let found = overrides.find(|(_, value)| {
            value.name.as_deref().is_some_and(|merged| self.merged.authors_name(merged) == name)
        });
        let span = span.or_else(|| self.module.overrides.get_span(found?.0).to_range());
        self.merged.error(Complaint::new(span.map_or(0, |range| range.start), message))
    }

    /// The names of the resources that the modules of `package` declare themselves, but for those of `except`.
    pub fn declared_in(&self, package: &str, except: &str) -> Vec<String> {
        let globals = self.module.global_variables.iter().filter(|(_, global)| global.binding.is_some());
        let own = globals.filter(|(handle, _)| {
            let span = self.module.global_variables.get_span(*handle).to_range();
            let path = span.and_then(|range| self.merged.module_at(range.start)).unwrap_or_default();
            path != except && path.split("::").next() == Some(package)
        });
        own.filter_map(|(_, global)| global.name.as_deref()).map(|name| self.authors_name(name)).collect()
    }

    pub(super) fn compile(&self, gpu: &Gpu, label: &str) -> wgpu::ShaderModule {
        gpu.device().create_shader_module(self.descriptor(label))
    }

    /// As [`Shader::compile`], for loops that all end and divisors that are never zero. Buffers are guarded as ever.
    #[expect(
        unsafe_code,
        reason = "the engine's own writers make such loops and divisors: sizes, as constants"
    )]
    pub(super) fn compile_counted(&self, gpu: &Gpu, label: &str) -> wgpu::ShaderModule {
        let checks = wgpu::ShaderRuntimeChecks {
            force_loop_bounding: false,
            int_div_checks: false,
            ..wgpu::ShaderRuntimeChecks::checked()
        };
        // SAFETY: what the two flags would guard against is not there, as the caller promises; all else is checked.
        unsafe { gpu.device().create_shader_module_trusted(self.descriptor(label), checks) }
    }

    fn descriptor<'a>(&self, label: &'a str) -> wgpu::ShaderModuleDescriptor<'a> {
        let module = self.guarded.as_ref().unwrap_or(&self.module).clone();
        wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Naga(Cow::Owned(module)),
        }
    }
}
