//! Neighbouring passes that see of the picture only the pixel that they draw become one: the picture goes through them
//! in registers, and no texture lies between them.
//!
//! Which these are is found in their shaders when a look is compiled. One shader calls the fragment stages of a chain one
//! after the other; each filter's modules keep a package of their own in it. A chain that was not compiled beforehand,
//! because a value has come to its identity since, is drawn pass by pass: no frame waits for a compiler.

use std::sync::Arc;

use super::{
    compiled::Compiled,
    library,
    plan::{Draw, Plan, Step},
    program::Program,
    variants::{self, Pipelines},
};
use crate::{
    filter::{Asset, Filter, Look},
    gpu::{
        Gpu, GpuError, PassDesc, PassPipeline, TextureFormat,
        shader::{Guard, Library, MERGED, Shader},
    },
    quality::Tier,
};

/// Passes and textures of a chain, at most: what every device can bind.
const MOST_STEPS: usize = 8;
const MOST_TEXTURES: usize = 12;
/// The module that calls them, and its fragment stage.
const ROOT: &str = "compose::merged";
const ENTRY: &str = "merged";

/// The chains of a look that are compiled.
#[derive(Debug, Default)]
pub(super) struct Merged {
    chains: Vec<Chain>,
    shaders: Vec<Arc<Shader>>,
}

#[derive(Debug)]
struct Chain {
    tier: Tier,
    steps: Vec<Step>,
    pipelines: Arc<Pipelines>,
}

impl Merged {
    /// Compiles the chains of every tier, as the look's values are now.
    pub(super) fn new(gpu: &Gpu, compiled: &Compiled, look: &Look, programs: &[Program]) -> Self {
        let mut merged = Self::default();
        for tier in variants::TIERS {
            // Nothing that decides about chains depends on the picture's size.
            for steps in chains_of(&Plan::new(look, [1, 1], tier), look, programs) {
                match compile(gpu, compiled, look, &steps, tier) {
                    Ok((pipelines, shader)) => {
                        merged.chains.push(Chain { tier, steps, pipelines });
                        merged.shaders.push(shader);
                    }
                    Err(error) => log::debug!("passes are drawn one by one: {error}"),
                }
            }
        }
        merged
    }

    /// The shaders of what is compiled.
    pub(super) fn take_shaders(&mut self) -> Vec<Arc<Shader>> {
        std::mem::take(&mut self.shaders)
    }

    /// The plan with the chains that are compiled for its tier drawn at once.
    pub(super) fn shorten(&self, plan: Plan, look: &Look, programs: &[Program], tier: Tier) -> Plan {
        let known = |steps: &Vec<Step>| self.find(steps, tier).is_some();
        let chains: Vec<_> = chains_of(&plan, look, programs).into_iter().filter(known).collect();
        plan.with_chains(chains)
    }

    /// What a chain is drawn with at a tier.
    pub(super) fn find(&self, steps: &[Step], tier: Tier) -> Option<&Pipelines> {
        let chain = self.chains.iter().find(|chain| chain.tier == tier && chain.steps == steps)?;
        Some(&chain.pipelines)
    }
}

/// Neighbouring passes that can be one, each chain with two at least.
fn chains_of(plan: &Plan, look: &Look, programs: &[Program]) -> Vec<Vec<Step>> {
    let textures =
        |chain: &[Step]| -> usize { chain.iter().map(|step| look.0[step.item].filter.assets.len()).sum() };
    let mut chains = vec![Vec::new()];
    let mut chain: Vec<Step> = Vec::new();
    for pass in &plan.passes {
        let step = match pass.draw {
            Draw::Filter { item, pass } if can_join(&look.0[item].filter, &programs[item], pass) => {
                Step { item, pass }
            }
            _ => {
                chains.push(std::mem::take(&mut chain));
                continue;
            }
        };
        if chain.len() >= MOST_STEPS || textures(&chain) + textures(&[step]) > MOST_TEXTURES {
            chains.push(std::mem::take(&mut chain));
        }
        chain.push(step);
    }
    chains.push(chain);
    chains.retain(|chain| chain.len() > 1);
    chains
}

/// Whether a pass needs nothing but the pixel, its filter's parameters and pictures.
fn can_join(filter: &Filter, program: &Program, pass: usize) -> bool {
    let plain = filter.targets.is_empty() && filter.particles.is_empty() && filter.events.is_empty();
    // What is measured of faces is measured before a filter's first pass: that must be a pass of its own.
    plain && program.one_face.is_none() && !program.measures() && program.is_pointwise(pass)
}

/// What a filter's own resource is called in a chain.
pub(super) fn name(item: usize, name: &str) -> String {
    format!("{name}_{item}")
}

fn compile(
    gpu: &Gpu,
    compiled: &Compiled,
    look: &Look,
    steps: &[Step],
    tier: Tier,
) -> Result<(Arc<Pipelines>, Arc<Shader>), GpuError> {
    let library = library_of(look, steps);
    let flags = [&variants::flags(tier)[..], &[(MERGED, true)]].concat();
    let guard = Guard { package: "package", finite: None };
    let shader = compiled
        .shader(library.fingerprint(ROOT, &flags, guard), || library.resolve_guarded(ROOT, &flags, guard))?;
    let desc = PassDesc::covering("merged", library::VERTEX, ENTRY, TextureFormat::Srgb8);
    let pipelines = compiled.get(format!("merged\n{}", shader.text()), || -> Result<_, GpuError> {
        Ok(Pipelines::Draw { main: PassPipeline::new(gpu, &shader, &desc)?, opaque: None })
    })?;
    Ok((pipelines, shader))
}

/// The modules of all filters of a chain, and the one that calls them.
fn library_of(look: &Look, steps: &[Step]) -> Library {
    let mut library = library::engine();
    let mut items: Vec<usize> = steps.iter().map(|step| step.item).collect();
    items.dedup();
    let mut place = 0;
    for item in items {
        let filter = &look.0[item].filter;
        for module in &filter.modules {
            library.insert(&path(item, &module.path), &module.file, &module.text);
        }
        let (bound, names) = declared(filter, item, &mut place);
        library.insert(&format!("package{item}::bound"), "bound (generated)", &bound);
        library.insert(&format!("package{item}::inputs"), "inputs (generated)", &names);
    }
    let mut text = format!(
        "@vertex\nfn {vertex}(@builtin(vertex_index) index: u32) -> antifaz::fullscreen::Varying {{\n    \
         return antifaz::fullscreen::vertex(index);\n}}\n\n\
         @fragment\nfn {ENTRY}(in: antifaz::fullscreen::Varying) -> @location(0) vec4f {{\n    \
         antifaz::frame::carried = textureSampleLevel(antifaz::frame::picture, antifaz::frame::linear, in.uv, 0.0);\n",
        vertex = library::VERTEX,
    );
    for step in steps {
        let filter = &look.0[step.item].filter;
        let pass = &filter.passes[step.pass];
        let module = path(step.item, &filter.modules[pass.module].path);
        // What lies between passes that are drawn one by one can't hold more.
        text += &format!("    antifaz::frame::carried = saturate({module}::{}(in));\n", pass.entry);
    }
    text += "    return antifaz::frame::carried;\n}\n";
    library.insert(ROOT, "merged (generated)", &text);
    library
}

/// The path of a filter's module where several filters are together.
fn path(item: usize, path: &str) -> String {
    format!("package{item}{}", path.strip_prefix("package").unwrap_or(path))
}

/// What a filter's manifest declares under names of its own, and what its modules import these as.
fn declared(filter: &Filter, item: usize, place: &mut usize) -> (String, String) {
    let (mut bound, mut names) = (library::params(filter), String::from("Params"));
    let mut bind = |own: &str, declaration: &str, ty: &str| {
        let unique = name(item, own);
        bound += &format!("@group(1) @binding({place}) var{declaration} {unique}: {ty};\n");
        names += &format!(", {unique} as {own}");
        *place += 1;
    };
    if !filter.inputs.is_empty() {
        bind("params", "<uniform>", "Params");
    }
    for own in filter.assets.iter().map(Asset::name) {
        bind(own, "", "texture_2d<f32>");
    }
    let names = match filter.inputs.is_empty() {
        true => names.replacen("Params, ", "", 1),
        false => names,
    };
    let import = format!("import package{item}::bound::{{{names}}};\n");
    (bound, if names == "Params" { String::new() } else { import })
}
