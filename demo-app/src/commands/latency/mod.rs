//! `antifaz bench --latency`: what the GPU takes for work so small that it is bound by waiting.

mod clock;
mod kernels;
mod rows;

use antifaz::gpu::AdapterInfo;
use serde_json::json;

use crate::{cli::Common, error::AppError, interrupt, output, walk};
use clock::Clock;
use kernels::Kernels;

/// Measures, and prints a table, or JSON.
pub(super) fn run(as_json: bool, common: &Common) -> Result<(), AppError> {
    let gpu = walk::gpu(common)?;
    interrupt::watch();
    let mut clock = Clock::new(gpu.clone())?;
    let kernels = Kernels::new(&gpu)?;
    let report = Report {
        adapter: gpu.adapter().clone(),
        on_gpu: clock.on_gpu(),
        rows: rows::measure(&kernels, &mut clock)?,
    };
    if as_json { output::line(report.json()) } else { output::print(&report.table()) }
}

/// A measured value.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    /// What scripts know it by.
    name: String,
    /// The median, in microseconds.
    us: f64,
    /// What the time is of, and what was done.
    what: String,
}

/// What was measured.
struct Report {
    adapter: AdapterInfo,
    /// Whether times of the GPU are its own, by timestamps.
    on_gpu: bool,
    rows: Vec<Row>,
}

impl Report {
    fn json(&self) -> serde_json::Value {
        let row = |row: &Row| json!({"name": row.name, "us": row.us, "what": row.what});
        json!({
            "adapter": self.adapter.name,
            "backend": self.adapter.backend,
            "driver": self.adapter.driver,
            "clock": if self.on_gpu { "gpu" } else { "wall" },
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> String {
        let AdapterInfo { name, backend, driver, .. } = &self.adapter;
        let clock = match self.on_gpu {
            true => "medians, by the GPU's own clock except for wall/ and cpu/",
            false => {
                "medians of wall time, because this adapter has no timestamps; what an empty pass takes is taken off"
            }
        };
        let mut text = format!("{name} ({backend}, {driver})\n{clock}\n{:<24}{:>12}\n", "", "us");
        for Row { name, us, what } in &self.rows {
            text += &format!("{name:<24}{us:>12.3}  {what}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_said() {
        let adapter = AdapterInfo {
            name: "soft".into(),
            backend: "vulkan".into(),
            driver: "1".into(),
            software: true,
            discrete: false,
            reason: String::new(),
        };
        let row = Row { name: "chain/1".into(), us: 1.25, what: "a level".into() };
        let mut report = Report { adapter, on_gpu: true, rows: vec![row] };
        assert!(report.table().contains("own clock") && report.table().contains("1.250  a level"));
        assert_eq!(report.json()["rows"][0], json!({"name": "chain/1", "us": 1.25, "what": "a level"}));
        report.on_gpu = false;
        assert!(report.table().contains("no timestamps"));
        assert_eq!(report.json()["clock"], "wall");
    }
}
