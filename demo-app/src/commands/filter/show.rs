//! `antifaz filter show`: what a filter is made of.

use antifaz::{
    EngineError,
    compose::Composer,
    filter::{Asset, Filter, Space},
    quality::Tier,
};
use clap::Args;

use crate::{
    cli::Common,
    error::AppError,
    filters::{self, Found},
    output,
    values::{FilterArg, Size, TierArg},
    walk,
};

/// Arguments of `antifaz filter show`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  antifaz filter show film
  antifaz filter show studio-blur:strength=0.5 film --plan --size 640x480 --tier low

--plan compiles the filters as a look on the GPU: neighbouring passes that see of the picture only the pixel that they
draw are drawn at once.")]
pub(crate) struct ShowArgs {
    /// Names, folders or files of filters, with values for their parameters
    #[arg(value_name = "NAME[:p=v,...]", required = true)]
    names: Vec<FilterArg>,
    /// Print the passes that are drawn, in order
    #[arg(long)]
    plan: bool,
    /// Size of the picture that the plan is for
    #[arg(long, value_name = "WxH", requires = "plan", default_value = "1280x720")]
    size: Size,
    /// Quality that the plan is for
    #[arg(long, value_enum, value_name = "T", requires = "plan", default_value_t)]
    tier: TierArg,
}

/// Runs the command.
pub(crate) fn run(args: &ShowArgs, common: &Common) -> Result<(), AppError> {
    if args.plan {
        let gpu = walk::gpu(common)?;
        let composer = Composer::new(&gpu, filters::look(&args.names, common)?).map_err(EngineError::from)?;
        return output::print(&composer.plan(args.size.into(), args.tier.into()).to_string());
    }
    filters::open_all(&args.names, common)?.iter().try_for_each(show)
}

fn show(found: &Found) -> Result<(), AppError> {
    let filter = &found.item.filter;
    let mut text = format!("{} ({})\n", filter.title, filter.name);
    for line in [&filter.description, &found.path.display().to_string()] {
        text += &format!("{line}\n");
    }
    for (label, said) in facts(filter) {
        text += &format!("{label}: {said}\n");
    }
    for (label, lines) in [
        ("inputs", super::inputs(filter)),
        ("files", files(filter)),
        ("passes", passes(filter)),
        ("quality", quality(filter)),
    ] {
        if !lines.is_empty() {
            text += &format!("{label}:\n{lines}");
        }
    }
    output::print(&text)
}

fn facts(filter: &Filter) -> Vec<(&'static str, String)> {
    let needs = filter.requires;
    let needs: Vec<&str> = [
        (needs.face, "faces"),
        (needs.blendshapes, "expressions"),
        (needs.pose, "head poses"),
        (needs.matte, "the person mask"),
        (needs.edges, "the person's edges"),
    ]
    .into_iter()
    .filter_map(|(needed, name)| needed.then_some(name))
    .collect();
    let needs = if needs.is_empty() { "no nets".to_owned() } else { needs.join(", ") };
    let license = if filter.license.is_empty() { "not said" } else { &filter.license };
    let mut facts = vec![("needs", needs), ("licence", license.to_owned())];
    if let Some(ms) = filter.budget_ms {
        let at = filter.budget_at.map(|[width, height]| format!(" at {width}x{height}")).unwrap_or_default();
        facts.push(("budget", format!("{ms} ms{at}")));
    }
    facts
}

fn files(filter: &Filter) -> String {
    let assets = filter.assets.iter().map(|asset| match asset {
        Asset::Image(name, image) => format!("  {name}: a picture of {}x{}\n", image.size[0], image.size[1]),
        Asset::Text(name, ..) => format!("  {name}: a text\n"),
        Asset::Lut(name, lut) => format!("  {name}: a colour table of {0}x{0}x{0}\n", lut.size),
    });
    let props = filter
        .props
        .iter()
        .map(|prop| format!("  {}: a mesh of {} triangles\n", prop.name, prop.mesh.indices.len() / 3));
    assets.chain(props).collect()
}

fn passes(filter: &Filter) -> String {
    let line = |pass: &antifaz::filter::Pass| {
        let space = match pass.space {
            Space::Frame => "over the frame".to_owned(),
            Space::FaceUv => "on the tile of each face".to_owned(),
            Space::Particles(particles) => format!("each of `{}`", filter.particles[particles].name),
            Space::FaceMesh => "on each face".to_owned(),
            Space::Prop(prop) => format!("`{}` on each head", filter.props[prop].name),
        };
        let module = &filter.modules[pass.module].path;
        let file = module.strip_prefix("package::").unwrap_or(module).replace("::", "/");
        let target = match (pass.target, pass.space) {
            (Some(target), _) => &filter.targets[target].name,
            (None, Space::Particles(particles)) if pass.compute => &filter.particles[particles].name,
            (None, _) => "the picture",
        };
        let reads: Vec<&str> = pass.reads.iter().map(|read| filter.targets[*read].name.as_str()).collect();
        let reads = if reads.is_empty() { String::new() } else { format!(", reads {}", reads.join(", ")) };
        format!("  {}: {file}.wgsl `{}`, {space}, into {target}{reads}\n", pass.name, pass.entry)
    };
    filter.passes.iter().map(line).collect()
}

fn quality(filter: &Filter) -> String {
    let line = |rung: &antifaz::filter::Quality| {
        let set = rung.set.iter().map(|(input, value)| {
            let input = &filter.inputs[*input];
            format!("{}={}", input.name, input.kind.text(value))
        });
        let scale = (rung.scale < 1.0).then(|| format!("intermediates at {}", rung.scale));
        let drop = rung.drop.iter().map(|pass| format!("without {}", filter.passes[*pass].name));
        let all: Vec<String> = set.chain(scale).chain(drop).collect();
        let all = if all.is_empty() { "everything".to_owned() } else { all.join(", ") };
        format!("  {}: {all}\n", tier_name(rung.tier))
    };
    filter.quality.iter().map(line).collect()
}

pub(super) fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Low => "low",
        Tier::Medium => "medium",
        Tier::High => "high",
    }
}
