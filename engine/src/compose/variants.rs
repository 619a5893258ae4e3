//! What the passes of a filter draw or compute with, in every tier.

use crate::{
    filter::{self, Filter, Space},
    gpu::{
        Blend, ComputePipeline, Cull, Depth, Gpu, GpuError, Member, PassDesc, PassPipeline,
        shader::{Shader, Stage},
    },
    quality::Tier,
};

use super::{ComposeError, kept, library, plan};

/// All tiers, for variants.
const TIERS: [Tier; 3] = [Tier::Low, Tier::Medium, Tier::High];

/// The functions that read the pose of a head.
const POSE: [&str; 5] = [
    "antifaz::face::head_place",
    "antifaz::face::head_direction",
    "antifaz::expression::yaw",
    "antifaz::expression::pitch",
    "antifaz::expression::roll",
];

/// The variants of a pass that differ, and which one each tier uses.
#[derive(Debug)]
pub(super) struct Variants {
    pipelines: Vec<Pipelines>,
    by_tier: [usize; 3],
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
    pub(super) fn new(gpu: &Gpu, filter: &Filter, pass: usize) -> Result<Self, ComposeError> {
        let mut library = library::of_filter(filter, &filter.passes[pass]);
        let root = library::add_root(&mut library, filter, pass);
        let mut made: Vec<(String, u32)> = Vec::new();
        let mut variants = Self { pipelines: Vec::new(), by_tier: [0; 3] };
        for tier in TIERS {
            let flags = [
                ("tier_low", tier == Tier::Low),
                ("tier_medium", tier == Tier::Medium),
                ("tier_high", tier == Tier::High),
                ("compute", filter.passes[pass].compute),
            ];
            let shader = library.resolve(&root, &flags).map_err(GpuError::from)?;
            let key = (shader.text().to_owned(), plan::samples(&filter.passes[pass], tier));
            let known = made.iter().position(|made| *made == key);
            variants.by_tier[tier as usize] = known.unwrap_or(made.len());
            if known.is_none() {
                variants.pipelines.push(Pipelines::new(gpu, filter, pass, &shader, key.1)?);
                made.push(key);
            }
        }
        Ok(variants)
    }

    /// What is drawn with at a tier.
    pub(super) fn at(&self, tier: Tier) -> &Pipelines {
        &self.pipelines[self.by_tier[tier as usize]]
    }

    /// The members of the uniform called `global`, from the first variant that reads it.
    pub(super) fn members(&self, global: &str) -> &[Member] {
        let members = self.pipelines.iter().map(|pipelines| match pipelines {
            Pipelines::Draw { solid, .. } => solid.uniform_members(global),
            Pipelines::Compute(pipeline) => pipeline.uniform_members(global),
        });
        members.into_iter().find(|members| !members.is_empty()).unwrap_or(&[])
    }
}

impl Pipelines {
    fn new(
        gpu: &Gpu,
        filter: &Filter,
        pass: usize,
        shader: &Shader,
        samples: u32,
    ) -> Result<Self, ComposeError> {
        let pass = &filter.passes[pass];
        let label = format!("{}/{}", filter.name, pass.name);
        if pass.compute {
            let pipeline = ComputePipeline::new(gpu, shader, &label, &pass.entry)?;
            check_declared(filter, pass, &label, |name| pipeline.uses(name))?;
            check_needs(filter, pass, &label, shader)?;
            return Ok(Self::Compute(pipeline));
        }
        let format = kept::format(pass.target.is_some_and(|target| filter.targets[target].float));
        let blend = blend(pass);
        let desc = PassDesc { samples, blend, ..PassDesc::new(&label, library::VERTEX, &pass.entry, format) };
        let (solid, blended) = match pass.space {
            Space::Frame | Space::FaceUv | Space::Particles(_) => (desc, None),
            Space::FaceMesh => (PassDesc { depth: Depth::Write, cull: Cull::Back, ..desc }, None),
            Space::Prop(_) => {
                (PassDesc { depth: Depth::Write, ..desc }, Some(PassDesc { depth: Depth::Test, ..desc }))
            }
        };
        let solid = PassPipeline::new(gpu, shader, &solid)?;
        check_declared(filter, pass, &label, |name| solid.uses(name))?;
        check_needs(filter, pass, &label, shader)?;
        let blended = blended.map(|desc| PassPipeline::new(gpu, shader, &desc)).transpose()?;
        Ok(Self::Draw { solid, blended })
    }
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
        if !declared && shader.calls(&pass.entry, stage, functions) {
            let fix = format!("requires = {{ face = [\"{name}\"] }}");
            return Err(ComposeError::Undeclared { pass: label.to_owned(), name: name.to_owned(), fix });
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
        Err(ComposeError::Undeclared { pass: label.to_owned(), name: name.to_owned(), fix })
    };
    if uses("matte") && !filter.requires.matte {
        return undeclared("matte", "requires = { segment = [\"person\"] }".to_owned());
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
