//! `antifaz filter bench`: what the passes of a filter cost, and how fast a change is seen.

use antifaz::{
    engine::Preparer,
    filter::{Look, LookItem},
    quality::Tier,
};
use clap::Args;
use serde_json::json;

use super::{
    reload,
    show::tier_name,
    stage::{Cost, Stage},
};
use crate::{
    cli::Common,
    error::AppError,
    filters, output,
    values::{self, FilterArg, Size},
    walk,
};

/// Arguments of `antifaz filter bench`.
#[derive(Args, Debug)]
#[command(after_help = "\
The filter alone is drawn over a picture with one face and a person, without nets. Times are medians in milliseconds, of
the GPU where it tells; `frame` is from recording until the picture is there.

With --reload N a copy of the filter is edited N times while it is drawn, as an author would: `ready` is the time from
the write until its pipelines are compiled, `drawn` until its first picture is there; `longest still` is the longest
time between two pictures meanwhile.

Examples:
  antifaz filter bench studio-blur --size 1920x1080
  antifaz filter bench ./my-filter:strength=0.5 --json
  antifaz filter bench film --reload 50")]
pub(crate) struct BenchArgs {
    /// A filter's name, folder or file, with values for its parameters
    #[arg(value_name = "NAME[:p=v,...]")]
    name: FilterArg,
    /// Size of the picture
    #[arg(long, value_name = "WxH", default_value = "1280x720")]
    size: Size,
    /// Frames to time at each tier
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = values::count)]
    frames: u64,
    /// Instead, time N saves
    #[arg(long, value_name = "N", conflicts_with = "frames", value_parser = values::count)]
    reload: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const TIERS: [Tier; 3] = [Tier::High, Tier::Medium, Tier::Low];

/// Runs the command.
pub(crate) fn run(args: &BenchArgs, common: &Common) -> Result<(), AppError> {
    let found = filters::open(&args.name, common)?;
    let preparer = Preparer::of(walk::gpu(common)?)?.expecting(args.size.into());
    if let Some(saves) = args.reload {
        let measured = reload::measure(&found, &preparer, args.size.into(), saves)?;
        return if args.json { output::line(measured.json()) } else { output::print(&measured.text()) };
    }
    let measured = Measured::of(found.item, &preparer, args)?;
    if args.json { output::line(measured.json()) } else { output::print(&measured.table()) }
}

/// What a filter costs at each tier.
struct Measured {
    name: String,
    adapter: String,
    size: [u32; 2],
    frames: u64,
    costs: Vec<Cost>,
}

impl Measured {
    fn of(item: LookItem, preparer: &Preparer, args: &BenchArgs) -> Result<Self, AppError> {
        let (name, size) = (item.filter.name.clone(), args.size.into());
        let look = Look(vec![item]);
        let mut stage = Stage::new(preparer.gpu(), size)?;
        let costs = TIERS.iter().map(|tier| stage.measure(preparer, &look, *tier, args.frames));
        let costs = costs.collect::<Result<Vec<_>, _>>()?;
        let adapter = preparer.gpu().adapter().name.clone();
        Ok(Self { name, adapter, size, frames: args.frames, costs })
    }

    fn json(&self) -> serde_json::Value {
        let tiers = TIERS.iter().zip(&self.costs).map(|(tier, cost)| {
            let passes = cost.passes.iter().map(|(label, ms)| json!({"pass": label, "gpu_ms": ms}));
            let passes: Vec<_> = passes.collect();
            let cost = json!({"passes": passes, "gpu_ms": cost.gpu, "frame_ms": cost.wall});
            (tier_name(*tier).to_owned(), cost)
        });
        json!({
            "filter": self.name,
            "adapter": self.adapter,
            "size": self.size,
            "frames": self.frames,
            "tiers": tiers.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn table(&self) -> String {
        let [width, height] = self.size;
        let mut text =
            format!("{} at {width}x{height} on {}, {} frames\n", self.name, self.adapter, self.frames);
        if self.costs.iter().all(|cost| cost.gpu.is_none()) {
            text += "this device doesn't tell what passes take: frames alone are timed\n";
        }
        text += &format!("{:<28}", "ms");
        TIERS.iter().for_each(|tier| text += &format!("{:>9}", tier_name(*tier)));
        text.push('\n');
        let mut row = |label: &str, of: &dyn Fn(&Cost) -> Option<f64>| {
            let cells: Vec<Option<f64>> = self.costs.iter().map(of).collect();
            if cells.iter().all(Option::is_none) {
                return;
            }
            text += &format!("{label:<28}");
            for cell in cells {
                text += &cell.map_or_else(|| format!("{:>9}", "-"), |ms| format!("{ms:>9.3}"));
            }
            text.push('\n');
        };
        for (number, label) in self.labels() {
            let nth = |cost: &Cost| cost.passes.iter().filter(|pass| pass.0 == label).nth(number)?.1;
            row(&label, &nth);
        }
        row("all passes", &|cost| cost.gpu);
        row("frame", &|cost| Some(cost.wall));
        text
    }

    /// Every pass of any tier, with how many of the same label come before it: a mesh is drawn, then laid.
    fn labels(&self) -> Vec<(usize, String)> {
        let mut labels: Vec<(usize, String)> = Vec::new();
        for cost in &self.costs {
            for (at, (label, _)) in cost.passes.iter().enumerate() {
                let before = cost.passes[..at].iter().filter(|pass| pass.0 == *label).count();
                if !labels.contains(&(before, label.clone())) {
                    labels.push((before, label.clone()));
                }
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_that_a_tier_drops_are_dashes() {
        let cost = |passes: &[&str]| Cost {
            passes: passes.iter().map(|label| ((*label).to_owned(), Some(1.5))).collect(),
            gpu: Some(3.0),
            wall: 4.0,
        };
        let costs = vec![cost(&["x/a", "x/b", "x/b"]), cost(&["x/a"]), cost(&["x/a"])];
        let measured =
            Measured { name: "x".into(), adapter: "soft".into(), size: [64, 32], frames: 9, costs };
        let table = measured.table();
        assert!(table.starts_with("x at 64x32 on soft, 9 frames\n"), "{table}");
        assert_eq!(table.matches("x/b").count(), 2, "{table}");
        assert!(table.contains(&format!("{:<28}{:>9}{:>9}{:>9}\n", "x/b", "1.500", "-", "-")), "{table}");
        assert_eq!(measured.json()["tiers"]["high"]["passes"][1]["gpu_ms"], 1.5);
    }
}
