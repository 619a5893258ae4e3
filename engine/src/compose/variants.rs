//! What the passes of a filter draw or compute with, in every tier.

use std::sync::Arc;

use crate::{
    filter::{self, Filter, Space},
    gpu::{
        Blend, ComputePipeline, Cull, Depth, Gpu, GpuError, Member, PassDesc, PassPipeline,
        shader::{Guard, Shader, ShaderError, Stage},
    },
    quality::Tier,
};

use super::{ComposeError, compiled::Compiled, hook, kept, library, plan};

/// All tiers, for variants.
pub(super) const TIERS: [Tier; 3] = [Tier::Low, Tier::Medium, Tier::High];

/// The functions that read the pose of a head.
const POSE: [&str; 7] = [
    "antifaz::face::head_place",
    "antifaz::face::head_direction",
    "antifaz::expression::yaw",
    "antifaz::expression::pitch",
    "antifaz::expression::roll",
    "antifaz::swing::follow",
    "antifaz::swing::lag",
];

/// The variants of a pass that differ, and which one each tier uses.
#[derive(Debug)]
pub(super) struct Variants {
    pipelines: Vec<Arc<Pipelines>>,
    by_tier: [usize; 3],
    pointwise: bool,
    warnings: Vec<ShaderError>,
}

/// What one variant of a pass draws or computes with.
#[derive(Debug)]
pub(super) enum Pipelines {
    /// It draws.
    Draw {
        /// All, or the opaque part of a prop.
        solid: PassPipeline,
        /// For the transparent part of a prop.
        blended: Option<PassPipeline>,
    },
    /// It computes.
    Compute(ComputePipeline),
}

impl Variants {
    /// Compiles what the tiers make of a pass.
    pub(super) fn new(
        gpu: &Gpu,
        compiled: &Compiled,
        filter: &Filter,
        pass: usize,
    ) -> Result<Self, ComposeError> {
        check_size(filter, pass)?;
        let mut library = library::of_filter(filter, &filter.passes[pass]);
        let root = library::add_root(&mut library, filter, pass);
        let entry = filter.passes[pass].entry.as_str();
        // What computes returns nothing that could be looked at.
        let drawn = is_float(filter, pass) && !filter.passes[pass].compute;
        let guard = Guard { package: "package", finite: drawn.then_some(entry) };
        let mut made: Vec<(String, u32)> = Vec::new();
        let mut variants =
            Self { pipelines: Vec::new(), by_tier: [0; 3], pointwise: true, warnings: Vec::new() };
        let varies = library.has_conditions("package");
        let mut judged = None;
        for tier in TIERS {
            let flags = [&flags(tier)[..], &[("compute", filter.passes[pass].compute)]].concat();
            // Most filters are the same in every tier.
            let samples = plan::samples(&filter.passes[pass], tier);
            let same = made.iter().position(|made| made.1 == samples).filter(|_| !varies);
            if let Some(same) = same {
                variants.by_tier[tier as usize] = same;
                continue;
            }
            let shader = match judged.take().filter(|_| !varies) {
                Some(shader) => shader,
                None => library.resolve_guarded(&root, &flags, guard).map_err(|error| {
                    hook::blame(filter, pass, (&flags, guard), &error)
                        .unwrap_or_else(|| in_place(filter, pass, error))
                })?,
            };
            let key = (shader.text().to_owned(), samples);
            let known = made.iter().position(|made| *made == key);
            variants.by_tier[tier as usize] = known.unwrap_or(made.len());
            if known.is_none() {
                variants.pipelines.push(Pipelines::get(gpu, compiled, filter, pass, &shader, key.1)?);
                variants.warnings.extend_from_slice(shader.warnings());
                variants.pointwise &= covers_picture(&filter.passes[pass]) && shader.is_pointwise(entry);
                made.push(key);
            }
            judged = Some(shader);
        }
        Ok(variants)
    }

    /// What is drawn with at a tier.
    pub(super) fn at(&self, tier: Tier) -> &Pipelines {
        &self.pipelines[self.by_tier[tier as usize]]
    }

    /// Whether it sees of the picture only the pixel that it draws, which it draws on.
    pub(super) fn is_pointwise(&self) -> bool {
        self.pointwise
    }

    /// What naga lets pass and others may not.
    pub(super) fn warnings(&self) -> &[ShaderError] {
        &self.warnings
    }

    /// The members of the uniform called `global`, from the first variant that reads it.
    pub(super) fn members(&self, global: &str) -> &[Member] {
        let members = self.pipelines.iter().map(|pipelines| match &**pipelines {
            Pipelines::Draw { solid, .. } => solid.uniform_members(global),
            Pipelines::Compute(pipeline) => pipeline.uniform_members(global),
        });
        members.into_iter().find(|members| !members.is_empty()).unwrap_or(&[])
    }
}

impl Pipelines {
    fn get(
        gpu: &Gpu,
        compiled: &Compiled,
        filter: &Filter,
        pass: usize,
        shader: &Shader,
        samples: u32,
    ) -> Result<Arc<Self>, ComposeError> {
        let label = format!("{}/{}", filter.name, filter.passes[pass].name);
        let format = kept::format(is_float(filter, pass));
        let pass = &filter.passes[pass];
        check_declarations(pass, shader)?;
        if pass.compute {
            let key = format!("{} computes\n{}", pass.entry, shader.text());
            let pipelines = compiled
                .get(key, || ComputePipeline::new(gpu, shader, &label, &pass.entry).map(Self::Compute))
                .map_err(|error| fitting(pass, ComposeError::from(error)))?;
            check_declared(filter, pass, &label, |name| pipelines.uses(name))?;
            check_needs(filter, pass, &label, shader)?;
            return Ok(pipelines);
        }
        let blend = blend(pass);
        let desc = PassDesc { samples, blend, ..PassDesc::new(&label, library::VERTEX, &pass.entry, format) };
        let (solid, blended) = match pass.space {
            Space::Frame | Space::FaceUv | Space::Particles(_) => (desc, None),
            Space::FaceMesh => (PassDesc { depth: Depth::Write, cull: Cull::Back, ..desc }, None),
            Space::Prop(_) => {
                (PassDesc { depth: Depth::Write, ..desc }, Some(PassDesc { depth: Depth::Test, ..desc }))
            }
        };
        let key = format!("{solid:?} {blended:?}\n{}", shader.text());
        let pipelines = compiled.get(key, || -> Result<Self, ComposeError> {
            let solid = PassPipeline::new(gpu, shader, &solid)?;
            let blended = blended.map(|desc| PassPipeline::new(gpu, shader, &desc)).transpose()?;
            Ok(Self::Draw { solid, blended })
        });
        let pipelines = pipelines.map_err(|error| fitting(pass, error))?;
        check_declared(filter, pass, &label, |name| pipelines.uses(name))?;
        check_needs(filter, pass, &label, shader)?;
        Ok(pipelines)
    }

    fn uses(&self, global: &str) -> bool {
        match self {
            Self::Draw { solid, .. } => solid.uses(global),
            Self::Compute(pipeline) => pipeline.uses(global),
        }
    }
}

/// An error in one of the engine's own files is none of them: the entry point doesn't fit what it is used for.
fn in_place(filter: &Filter, pass: usize, error: ShaderError) -> ComposeError {
    if let Some(module) = filter.modules.iter().find(|module| module.file == error.file) {
        return GpuError::from(within(&module.text, error)).into();
    }
    let pass = &filter.passes[pass];
    let stage = if pass.compute { "compute" } else { "fragment" };
    let message = format!("`{}` can't be the {stage} stage of this pass: {}", pass.entry, error.message);
    ComposeError::Place { place: pass.places[1].clone(), message }
}

/// A pipeline that the device does not take, said of the entry point.
fn fitting(pass: &filter::Pass, error: ComposeError) -> ComposeError {
    let ComposeError::Gpu(GpuError::Pipeline { wrong, .. }) = error else { return error };
    let message = format!("`{}` can't be used by this pass: {wrong}", pass.entry);
    ComposeError::Place { place: pass.places[1].clone(), message }
}

/// What an entry point takes and gives is the same for all passes of a space.
fn check_entry(pass: &filter::Pass, shader: &Shader) -> Result<(), ComposeError> {
    let module = match pass.space {
        Space::Frame => "antifaz::fullscreen",
        Space::FaceMesh | Space::FaceUv => "antifaz::face_mesh",
        Space::Prop(_) => "antifaz::prop",
        Space::Particles(_) => "antifaz::particles",
    };
    let entry = &pass.entry;
    let wrong = if pass.compute {
        let wanted: &[[u32; 3]] = match pass.space {
            Space::Particles(_) => &[[64, 1, 1]],
            _ => &[[8, 8, 1]],
        };
        let size = if matches!(pass.space, Space::Particles(_)) { "64" } else { "8, 8" };
        let fits = shader.workgroup(entry).is_some_and(|size| wanted.contains(&size));
        (!fits).then(|| format!("the workgroups of this pass are `@compute @workgroup_size({size})`"))
    } else {
        let varying = format!("{module}::Varying");
        (!shader.takes_and_gives(entry, &varying)).then(|| {
            format!(
                "`{entry}` doesn't fit its pass: write `@fragment fn {entry}(in: Varying) -> @location(0) vec4f` with \
                 the `Varying` of `{module}`"
            )
        })
    };
    match wrong {
        Some(message) => Err(GpuError::from(shader.complain_of_entry(entry, message)).into()),
        None => Ok(()),
    }
}

/// An error within its author's text: what is cut short is noticed in the stage that the engine puts after it.
fn within(text: &str, error: ShaderError) -> ShaderError {
    let own = text.trim_end();
    if error.line as usize <= text.lines().count() || own.is_empty() {
        return error;
    }
    let source_line = own.lines().next_back().unwrap_or_default().to_owned();
    let (line, column) = (own.lines().count() as u32, source_line.chars().count().max(1) as u32);
    let early = error.message.contains("expected");
    let message = if early { "the file ends too early".to_owned() } else { error.message };
    ShaderError { line, column, message, source_line, hint: None, ..error }
}

/// Whether the target of a pass holds numbers of any size.
fn is_float(filter: &Filter, pass: usize) -> bool {
    filter.passes[pass].target.is_some_and(|target| filter.targets[target].float)
}

/// What `@if` knows of a tier.
pub(super) fn flags(tier: Tier) -> [(&'static str, bool); 3] {
    [
        ("tier_low", tier == Tier::Low),
        ("tier_medium", tier == Tier::Medium),
        ("tier_high", tier == Tier::High),
    ]
}

/// Whether a pass draws the whole picture anew.
fn covers_picture(pass: &filter::Pass) -> bool {
    pass.space == Space::Frame
        && !pass.compute
        && pass.target.is_none()
        && pass.blend == filter::Blend::Replace
}

/// How the draws of a pass meet each other: on its target, or on the layer, which then meets the picture as a whole.
fn blend(pass: &filter::Pass) -> Blend {
    match pass.blend {
        _ if pass.target.is_none() && pass.space == Space::Frame => Blend::Replace,
        filter::Blend::Multiply if pass.target.is_none() => Blend::Over,
        filter::Blend::Replace => Blend::Replace,
        filter::Blend::Over => Blend::Over,
        filter::Blend::Add => Blend::Add,
        filter::Blend::Multiply => Blend::Multiply,
        filter::Blend::Screen => Blend::Screen,
    }
}

/// Pixels of an intermediate, at most, for a picture of full HD: what is larger would fill the memory of most
/// devices.
const MOST_PIXELS: u64 = 1 << 24;
/// The same of all frames of a history: 16 of full HD.
const MOST_KEPT: u64 = 1 << 25;

/// An intermediate must be of a size that can be held.
fn check_size(filter: &Filter, pass: usize) -> Result<(), ComposeError> {
    let pass = &filter.passes[pass];
    let Some(target) = pass.target.map(|target| &filter.targets[target]) else { return Ok(()) };
    let [width, height] = [0, 1].map(|side: usize| target.size[side].pixels([1920, 1080]));
    let frames = match target.keep {
        filter::Keep::History(frames) => frames,
        filter::Keep::Nothing | filter::Keep::Last => 1,
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= MOST_PIXELS && pixels * u64::from(frames) <= MOST_KEPT {
        return Ok(());
    }
    let kept = if frames > 1 { format!(", {frames} times") } else { String::new() };
    let message = format!(
        "the target `{}` is {width}x{height}{kept} for a picture of 1920x1080, too large to be held",
        target.name
    );
    Err(ComposeError::Place { place: pass.places[0].clone(), message })
}

/// A pass needs its entry point, and takes its resources from the manifest alone.
fn check_declarations(pass: &filter::Pass, shader: &Shader) -> Result<(), ComposeError> {
    let (stage, word) = match pass.compute {
        true => (Stage::Compute, "compute"),
        false => (Stage::Fragment, "fragment"),
    };
    let known = shader.entries(stage);
    if !known.contains(&pass.entry.as_str()) {
        let found = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has `{}`", known.join("`, `")),
        };
        let message = format!("the shader has no {word} stage `{}`; {found}", pass.entry);
        return Err(ComposeError::Place { place: pass.places[1].clone(), message });
    }
    check_entry(pass, shader)?;
    if let Some(name) = shader.overrides().first() {
        let message =
            format!("nobody sets `{name}`: write `const` in the place of `override`, or declare an input");
        return Err(GpuError::from(shader.complain(name, message)).into());
    }
    match shader.declared_in("package", "package::inputs").first() {
        Some(name) => {
            let message = format!(
                "`{name}` can't be bound: declare what a shader reads in filter.toml, and import it from \
                 `package::inputs`"
            );
            Err(GpuError::from(shader.complain(name, message)).into())
        }
        None => Ok(()),
    }
}

/// What only some looks make the nets find is zero where the manifest does not ask for it, which nobody would see.
fn check_needs(
    filter: &Filter,
    pass: &filter::Pass,
    label: &str,
    shader: &Shader,
) -> Result<(), ComposeError> {
    let stage = if pass.compute { Stage::Compute } else { Stage::Fragment };
    let needs: [(&str, bool, &[&str]); 2] = [
        ("blendshapes", filter.requires.blendshapes, &["antifaz::face::blendshape"]),
        ("pose", filter.requires.pose, &POSE),
    ];
    for (name, declared, functions) in needs {
        let moves = pass.vertex.as_ref().is_some_and(|hook| shader.function_calls(&hook.name, functions));
        if !declared && (moves || shader.calls(&pass.entry, stage, functions)) {
            let fix = format!("requires = {{ face = [\"{name}\"] }}");
            let place = Box::new(pass.places[0].clone());
            return Err(ComposeError::Undeclared {
                place,
                pass: label.to_owned(),
                name: name.to_owned(),
                fix,
            });
        }
    }
    Ok(())
}

/// What a shader reads must be declared: nets are run and passes are ordered by what the manifest says.
fn check_declared(
    filter: &Filter,
    pass: &filter::Pass,
    label: &str,
    uses: impl Fn(&str) -> bool,
) -> Result<(), ComposeError> {
    let undeclared = |name: &str, fix: String| {
        let place = Box::new(pass.places[0].clone());
        Err(ComposeError::Undeclared { place, pass: label.to_owned(), name: name.to_owned(), fix })
    };
    if uses("matte") && !filter.requires.matte {
        return undeclared("matte", "requires = { segment = [\"person\"] }".to_owned());
    }
    if ["person_edges", "person_front", "person_back"].into_iter().any(&uses) && !filter.requires.edges {
        return undeclared("the person's edges", "requires = { segment = [\"edges\"] }".to_owned());
    }
    if uses("picture_levels") && !pass.levels {
        return undeclared("picture.levels", "reads = [\"picture.levels\"]".to_owned());
    }
    if uses("faces") && !filter.requires.face {
        return undeclared("faces", "requires = { face = [\"mesh\"] }".to_owned());
    }
    for (number, target) in filter.targets.iter().enumerate() {
        if uses(&target.name) && !pass.reads.contains(&number) {
            return undeclared(&target.name, format!("reads = [\"{}\"]", target.name));
        }
    }
    Ok(())
}
