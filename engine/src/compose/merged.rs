//! Passes that see of the picture only the pixel that they draw are drawn together with the one before them, whatever that
//! one sees: the picture goes through them in registers, and no texture lies between them.
//!
//! Which these are is found in their shaders when a look is compiled; so is which passes see nothing of the picture, and can
//! be made before the first that is drawn on it, so that chains go on across them. One shader calls the fragment stages of a
//! chain one after the other; each filter's modules keep a package of their own in it. A chain that was not compiled
//! beforehand, because a value has come to its identity since, is drawn pass by pass: no frame waits for a compiler.

use std::{ops::Add, sync::Arc};

use super::{
    compiled::Compiled,
    library::{self, Declared},
    plan::{Draw, Plan},
    program::{Program, has_history},
    variants::{self, Joins, Pipelines},
};
use crate::{
    filter::{Filter, Look},
    gpu::{
        Gpu, GpuError, PassDesc, PassPipeline, TextureFormat,
        shader::{Guard, Library, MERGED, Shader, has_conditions},
    },
    quality::Tier,
};

/// Passes of a chain, at most.
const MOST_STEPS: usize = 8;
/// What these bring along, at most: what every device can bind beside the engine's own.
const MOST_BROUGHT: Brought = Brought { textures: 12, uniforms: 11, storages: 4 };
/// The module that calls them, and its fragment stage.
const ROOT: &str = "compose::merged";
const ENTRY: &str = "merged";

/// The chains of a look that are compiled.
#[derive(Debug, Default)]
pub(super) struct Merged {
    chains: Vec<Chain>,
    shaders: Vec<Arc<Shader>>,
}

/// Resources of a chain that belong to its filters.
#[derive(Clone, Copy, Debug)]
struct Brought {
    textures: usize,
    uniforms: usize,
    storages: usize,
}

impl Add for Brought {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            textures: self.textures + other.textures,
            uniforms: self.uniforms + other.uniforms,
            storages: self.storages + other.storages,
        }
    }
}

impl Brought {
    fn has_room(self) -> bool {
        self.textures <= MOST_BROUGHT.textures
            && self.uniforms <= MOST_BROUGHT.uniforms
            && self.storages <= MOST_BROUGHT.storages
    }
}

#[derive(Debug)]
struct Chain {
    tier: Tier,
    steps: Vec<Draw>,
    pipelines: Arc<Pipelines>,
}

impl Merged {
    /// Compiles the chains of every tier, as the look's values are now.
    pub(super) fn new(gpu: &Gpu, compiled: &Compiled, look: &Look, programs: &[Program]) -> Self {
        let mut merged = Self::default();
        for tier in variants::TIERS {
            // Nothing that decides about chains depends on the picture's size.
            for steps in chains_of(&planned(look, [1, 1], tier, programs), look, programs) {
                let alike = |chain: &&Chain| chain.steps == steps && !may_vary(look, &steps);
                if let Some(known) = merged.chains.iter().find(alike) {
                    let pipelines = Arc::clone(&known.pipelines);
                    merged.chains.push(Chain { tier, steps, pipelines });
                    continue;
                }
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

    /// The plan of a look with the chains that are compiled for its tier drawn at once.
    pub(super) fn plan(&self, look: &Look, size: [u32; 2], tier: Tier, programs: &[Program]) -> Plan {
        let plan = planned(look, size, tier, programs);
        let known = |steps: &Vec<Draw>| self.find(steps, tier).is_some();
        let chains: Vec<_> = chains_of(&plan, look, programs).into_iter().filter(known).collect();
        plan.with_chains(chains)
    }

    /// What a chain is drawn with at a tier.
    pub(super) fn find(&self, steps: &[Draw], tier: Tier) -> Option<&Pipelines> {
        let chain = self.chains.iter().find(|chain| chain.tier == tier && chain.steps == steps)?;
        Some(&chain.pipelines)
    }
}

/// The plan of a look pass by pass, those that don't see the picture before all others.
fn planned(look: &Look, size: [u32; 2], tier: Tier, programs: &[Program]) -> Plan {
    Plan::new(look, size, tier).with_early(|draw| match draw {
        Draw::Filter { item, pass } => {
            let own = &look.0[item].filter.passes[pass];
            // What is measured is measured in the picture that the item finds.
            let blind = !programs[item].sees_picture(pass) && !programs[item].measures();
            blind && (own.target.is_some() || own.compute)
        }
        Draw::Lay { .. } | Draw::Chain(_) | Draw::Tool => false,
    })
}

/// Neighbouring passes that can be one, each chain with two at least.
fn chains_of(plan: &Plan, look: &Look, programs: &[Program]) -> Vec<Vec<Draw>> {
    let mut chains = Vec::new();
    let mut chain: Vec<Draw> = Vec::new();
    for pass in &plan.passes {
        let joins = joins(pass.draw, programs);
        let has_room = !chain.is_empty()
            && chain.len() < MOST_STEPS
            && chain.iter().fold(brought(look, pass.draw), |sum, step| sum + brought(look, *step)).has_room();
        let clashes = chain.iter().any(|step| clash(*step, pass.draw, programs));
        if joins != Joins::Anywhere || !has_room || clashes {
            chains.push(std::mem::take(&mut chain));
        }
        if joins != Joins::Nothing {
            chain.push(pass.draw);
        }
    }
    chains.push(chain);
    chains.retain(|chain| chain.len() > 1);
    chains
}

/// Whether two passes would share what each must have to itself.
fn clash(one: Draw, other: Draw, programs: &[Program]) -> bool {
    let (Draw::Filter { item: a, pass: first }, Draw::Filter { item: b, pass: second }) = (one, other) else {
        return false;
    };
    let [one, other] = [programs[a].alone(first), programs[b].alone(second)];
    one.counts && other.counts || a == b && one.private && other.private
}

/// How many resources a step brings along.
fn brought(look: &Look, step: Draw) -> Brought {
    let (textures, uniforms, storages) = match step {
        Draw::Filter { item, .. } => {
            let filter = &look.0[item].filter;
            let events = usize::from(!filter.events.is_empty());
            // Its values, and which layers of its histories are the newest.
            let uniforms = [!filter.inputs.is_empty(), has_history(filter)].map(usize::from);
            (
                filter.assets.len() + filter.targets.len(),
                uniforms[0] + uniforms[1],
                filter.particles.len() + events,
            )
        }
        Draw::Lay { .. } => (1, 0, 0),
        Draw::Chain(_) | Draw::Tool => (0, 0, 0),
    };
    Brought { textures, uniforms, storages }
}

/// How something that is drawn can be drawn together with its neighbours.
fn joins(draw: Draw, programs: &[Program]) -> Joins {
    let (item, pass) = match draw {
        Draw::Filter { item, pass } => (item, pass),
        Draw::Lay { .. } => return Joins::First,
        Draw::Chain(_) | Draw::Tool => return Joins::Nothing,
    };
    let program = &programs[item];
    // Passes of a chain share the buffer of faces.
    if program.one_face.is_some() {
        return Joins::Nothing;
    }
    // What a filter measures belongs to its own place in the look, which is the first of a chain.
    let most = if program.measures() { Joins::First } else { Joins::Anywhere };
    program.joins(pass).min(most)
}

/// What a filter's own resource is called in a chain.
pub(super) fn name(item: usize, name: &str) -> String {
    format!("{name}_{item}")
}

/// Whether the filters of a chain may be others from tier to tier.
fn may_vary(look: &Look, steps: &[Draw]) -> bool {
    steps.iter().any(|step| match step {
        Draw::Filter { item, .. } => {
            look.0[*item].filter.modules.iter().any(|module| has_conditions(&module.text))
        }
        Draw::Lay { .. } | Draw::Chain(_) | Draw::Tool => false,
    })
}

fn compile(
    gpu: &Gpu,
    compiled: &Compiled,
    look: &Look,
    steps: &[Draw],
    tier: Tier,
) -> Result<(Arc<Pipelines>, Arc<Shader>), GpuError> {
    let library = library_of(look, steps);
    let flags = [&variants::flags(tier)[..], &[("compute", false), (MERGED, true)]].concat();
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
fn library_of(look: &Look, steps: &[Draw]) -> Library {
    let mut library = library::engine();
    let filters = steps.iter().filter_map(|step| match step {
        Draw::Filter { item, .. } => Some(*item),
        Draw::Lay { .. } | Draw::Chain(_) | Draw::Tool => None,
    });
    let mut items: Vec<usize> = filters.collect();
    items.dedup();
    // The first place is the layer's.
    let mut place = 1;
    for item in items {
        let filter = &look.0[item].filter;
        for module in &filter.modules {
            library.insert(&path(item, &module.path), &module.file, &module.text);
        }
        let [bound, inputs] = declared(filter, item, &mut place);
        library.insert(&bound_of(item), "bound (generated)", &bound);
        library.insert(&format!("package{item}::inputs"), "inputs (generated)", &inputs);
    }
    let mut text = format!(
        "@vertex\nfn {vertex}(@builtin(vertex_index) index: u32) -> antifaz::fullscreen::Varying {{\n    \
         return antifaz::fullscreen::vertex(index);\n}}\n\n\
         @fragment\nfn {ENTRY}(in: antifaz::fullscreen::Varying) -> @location(0) vec4f {{\n",
        vertex = library::VERTEX,
    );
    for step in steps {
        // What lies between passes that are drawn one by one can't hold more.
        text += &format!(
            "    antifaz::frame::carried = saturate({}(in));\n    antifaz::frame::carries = true;\n",
            function(look, *step)
        );
    }
    text += "    return antifaz::frame::carried;\n}\n";
    library.insert(ROOT, "merged (generated)", &text);
    library
}

/// The fragment stage of a step.
fn function(look: &Look, step: Draw) -> String {
    match step {
        Draw::Filter { item, pass } => {
            let filter = &look.0[item].filter;
            let pass = &filter.passes[pass];
            format!("{}::{}", path(item, &filter.modules[pass.module].path), pass.entry)
        }
        Draw::Lay { blend, .. } => format!("compose::lay::{}", library::LAYS[library::lay(blend)]),
        Draw::Chain(_) | Draw::Tool => unreachable!("nothing else joins a chain"),
    }
}

/// The path of a filter's module where several filters are together.
fn path(item: usize, path: &str) -> String {
    format!("package{item}{}", path.strip_prefix("package").unwrap_or(path))
}

/// The module of what a filter's manifest declares. No file of the filter's has such a path.
fn bound_of(item: usize) -> String {
    format!("compose::bound{item}")
}

/// What a filter's manifest declares under names of its own, and what its modules see of that.
fn declared(filter: &Filter, item: usize, place: &mut usize) -> [String; 2] {
    let mut bound = library::params(filter);
    let mut names: Vec<String> =
        if filter.inputs.is_empty() { Vec::new() } else { vec!["Params".to_owned()] };
    for Declared { name: own, space, ty } in library::declared(filter) {
        let unique = name(item, &own);
        bound += &format!("@group(1) @binding({place}) var{space} {unique}: {ty};\n");
        names.push(format!("{unique} as {own}"));
        *place += 1;
    }
    let import = match names.as_slice() {
        [] => String::new(),
        names => format!("import {}::{{{}}};\n", bound_of(item), names.join(", ")),
    };
    [bound, import + &library::functions(filter)]
}
