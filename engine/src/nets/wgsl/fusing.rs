//! Which steps share a kernel, and how its result is cut into tiles.
//!
//! Small nets are bound by the number of kernels that wait for each other, not by arithmetic. So steps are put together
//! as long as making the edges of a tile twice costs less than another wait; where values are few, one workgroup does
//! many steps. All divisions of the steps into runs are weighed (dynamic programming over where a run ends), by a model of
//! a device whose figures are those of `antifaz bench --latency` on desktop hardware.

use std::ops::Range;

use super::{
    dense::{Crew, Split},
    kernel::Halving,
    region::{Region, Span, groups, shape_of},
    sharing::{Share, arrange, outside, read_after, regions},
};
use crate::nets::{
    graph::Op,
    plan::{Plan, Step},
};

/// Steps of a kernel, at most.
const MOST_STEPS: usize = 24;
/// Buffers that a kernel may use: what every device has.
const MOST_BUFFERS: usize = 8;
/// Nanoseconds from a kernel to one that waits for it.
const WAIT: f32 = 2000.0;
/// Nanoseconds for all invocations of a workgroup to meet, and for a phase to begin.
const MEET: f32 = 300.0;
/// Nanoseconds of a cycle.
const CYCLE: f32 = 0.6;
/// Multiprocessors: workgroups that run at a time without slowing each other.
const AT_ONCE: f32 = 96.0;
/// Cycles until what is in a cache of the whole device is there, and what is in workgroup memory.
const FAR: f32 = 300.0;
const NEAR: f32 = 40.0;
/// Bytes that come through from there in a cycle, while all multiprocessors ask for some.
const THROUGH: f32 = 32.0;

/// What kernels are made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Device {
    /// Whether invocations of a workgroup meet at little cost. Where they don't, each step is a kernel.
    pub(super) meets: bool,
    /// Invocations of a workgroup.
    pub(super) threads: usize,
    /// Bytes of workgroup memory.
    pub(super) memory: usize,
    pub(super) halving: Halving,
    /// Whether it is a program that draws on the CPU.
    pub(super) software: bool,
}

impl Device {
    /// Who does a kernel that is spread over it.
    pub(super) fn all(&self) -> Crew {
        if self.software { Crew::Software } else { Crew::Device }
    }
}

/// Steps that share a kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) steps: Range<usize>,
    pub(super) share: Share,
    /// What the model says it takes, in nanoseconds.
    pub(super) cost: f32,
}

/// All steps, divided into kernels, in order.
pub(super) fn divide(plan: &Plan, device: Device) -> Vec<Run> {
    let count = plan.steps.len();
    let single = |step: usize| Run {
        steps: step..step + 1,
        share: Share::Flat,
        cost: flat(plan, &plan.steps[step], device),
    };
    if !device.meets {
        return (0..count).map(single).collect();
    }
    let read_after = read_after(plan);
    let mut best: Vec<(f32, usize, Share)> = vec![(0.0, 0, Share::Flat)];
    for end in 1..=count {
        let mut found = (f32::INFINITY, end - 1, Share::Flat);
        for start in (end.saturating_sub(MOST_STEPS)..end).rev() {
            let range = start..end;
            if !closed(&read_after, range.clone())
                || outside(&plan.steps[range.clone()]).len() + 2 > MOST_BUFFERS && start + 1 < end
            {
                continue;
            }
            if let Some((cost, share)) = cheapest(plan, range, device)
                && best[start].0 + cost < found.0
            {
                found = (best[start].0 + cost, start, share);
            }
        }
        best.push(found);
    }
    let mut runs = Vec::new();
    let mut end = count;
    while end > 0 {
        let (_, start, share) = best[end].clone();
        runs.push(Run { steps: start..end, share, cost: best[end].0 - best[start].0 });
        end = start;
    }
    runs.reverse();
    runs
}

/// Whether only the last of the steps has a reader outside.
fn closed(read_after: &[usize], range: Range<usize>) -> bool {
    read_after[range.start..range.end - 1].iter().all(|&reader| reader < range.end)
}

/// The cheapest way to do the steps in one kernel; `None` where there is none.
fn cheapest(plan: &Plan, range: Range<usize>, device: Device) -> Option<(f32, Share)> {
    let steps = &plan.steps[range];
    let shape = shape_of(plan, steps[steps.len() - 1].output);
    let mut best = (steps.len() == 1).then(|| (flat(plan, &steps[0], device), Share::Flat));
    if steps.len() == 1 && (!dense(&steps[0]) && !matches!(steps[0].op, Op::Reduce { .. })) {
        return best;
    }
    for tiles in tilings(&shape) {
        let share = Share::Tiles(tiles);
        let regions = regions(plan, steps, &share);
        let (_, between) = arrange(steps, &regions);
        let parts = steps
            .iter()
            .zip(&regions)
            .map(|(step, region)| sums(plan, step, region, device))
            .max()
            .unwrap_or(0)
            * 16;
        if between * 16 + parts > device.memory {
            continue;
        }
        let workgroups: usize = regions[steps.len() - 1]
            .iter()
            .zip(&shape)
            .map(|(span, size)| if span.step == 0 { 1 } else { size.div_ceil(span.len) })
            .product();
        let work: f32 =
            steps.iter().zip(&regions).map(|(step, region)| phase(plan, step, region, device)).sum();
        let cost = WAIT + work * (workgroups as f32 / AT_ONCE).max(1.0);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, share));
        }
    }
    best
}

/// Sizes of tiles that are tried for a result of `shape`.
fn tilings(shape: &[usize]) -> Vec<Vec<usize>> {
    let last = shape.len() - 1;
    let channels: Vec<usize> = [1, 2, 4, 8, 16]
        .iter()
        .map(|parts| shape[last].div_ceil(4).div_ceil(*parts) * 4)
        .fold(Vec::new(), |mut sizes, size| {
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
            sizes
        });
    let along = |axis: usize| -> Vec<usize> {
        let sizes = [1, 2, 4, 8, 16, 32, 64].into_iter().filter(|&size| size < shape[axis]);
        sizes.chain([shape[axis]]).collect()
    };
    let whole = |others: &[usize]| others.iter().map(|&size| size.max(1)).collect::<Vec<_>>();
    let mut all = Vec::new();
    match last {
        3 => {
            for row in along(1) {
                for col in along(2)
                    .into_iter()
                    .filter(|&col| shape[1] == 1 || col >= row && col <= row * 4 || col == shape[2])
                {
                    all.extend(channels.iter().map(|&channel| vec![shape[0].max(1), row, col, channel]));
                }
            }
        }
        2 => {
            for row in along(1) {
                all.extend(channels.iter().map(|&channel| vec![shape[0].max(1), row, channel]));
            }
        }
        _ => all.extend(channels.iter().map(|&channel| [whole(&shape[..last]), vec![channel]].concat())),
    }
    all
}

/// Whether each output channel of a step looks at all input channels.
fn dense(step: &Step) -> bool {
    matches!(step.op, Op::Conv2d(_) | Op::TransposeConv2d { .. } | Op::FullyConnected { .. })
}

/// How many values an item of a step that is not dense reads, one or a few at a time.
fn reads(plan: &Plan, step: &Step) -> usize {
    let from = shape_of(plan, step.inputs[0]);
    match &step.op {
        Op::DepthwiseConv2d(window) | Op::Pool(_, window) => window.kernel[0] * window.kernel[1] / 3,
        Op::Normalize { .. } | Op::Softmax { .. } => from[from.len() - 1].div_ceil(4) * 2,
        Op::Reduce { axes, .. } => axes.iter().map(|&axis| from[axis]).product(),
        _ => 1,
    }
}

/// Sums of parts that a phase keeps in workgroup memory.
fn sums(plan: &Plan, step: &Step, region: &Region, device: Device) -> usize {
    match step.op {
        Op::Reduce { .. } => device.threads,
        _ if dense(step) => {
            let split = Split::of_step(plan, step, region, Crew::Group(device.threads));
            if split.parts > 1 { groups(region) * split.parts } else { 0 }
        }
        _ => 0,
    }
}

/// Nanoseconds that a workgroup takes for its region of a step's output.
fn phase(plan: &Plan, step: &Step, region: &Region, device: Device) -> f32 {
    let items = groups(region);
    let threads = device.threads;
    let (rounds, cycles) = if dense(step) {
        let split = Split::of_step(plan, step, region, Crew::Group(threads));
        let from = shape_of(plan, step.inputs[0]);
        let rounds =
            (window(step) * from[from.len() - 1].div_ceil(4).div_ceil(split.ahead)).div_ceil(split.parts);
        let busy = items / split.cells * split.parts;
        let cycles = round(region, split, busy.min(threads), device);
        (rounds * busy.div_ceil(threads), cycles)
    } else if let Op::Reduce { .. } = step.op {
        let parts = (threads / items.max(1)).max(1);
        let rounds = (reads(plan, step) / parts).div_ceil(8).max(1) + parts / 16;
        let through = (reads(plan, step) * items * 16) as f32 / THROUGH;
        (rounds, FAR.max(through / rounds as f32))
    } else {
        (reads(plan, step).max(1) * items.div_ceil(threads), NEAR * 2.0)
    };
    MEET + (rounds as f32 * cycles + FAR) * CYCLE
}

fn window(step: &Step) -> usize {
    match &step.op {
        Op::Conv2d(window) => window.kernel[0] * window.kernel[1],
        Op::TransposeConv2d { window, .. } => window.kernel[0] * window.kernel[1],
        _ => 1,
    }
}

/// Cycles of a round of a dense phase by `busy` invocations of one multiprocessor: as long as its reads are under way,
/// as its weights need to come through, or as its sums take, whatever is longest.
fn round(region: &Region, split: Split, busy: usize, device: Device) -> f32 {
    let waves = busy.div_ceil(32) as f32;
    let fours = region.last().map_or(1, |span: &Span| span.len / 4).clamp(1, 32) as f32;
    let weight = if device.halving == Halving::None { 16.0 } else { 8.0 };
    let loads = 4.0 * (fours * weight / 128.0).ceil() + split.cells as f32;
    let (loads, sums) = (waves * loads, waves * 4.0 * split.cells as f32);
    (loads.max(sums) * split.ahead as f32).max(FAR)
}

/// Nanoseconds of a step alone, spread over the whole device.
fn flat(plan: &Plan, step: &Step, device: Device) -> f32 {
    let region = super::region::whole(&shape_of(plan, step.output));
    let items = groups(&region);
    let (rounds, cycles) = if dense(step) {
        let split = Split::of_step(plan, step, &region, device.all());
        let from = shape_of(plan, step.inputs[0]);
        let each = (items / split.cells) as f32 / AT_ONCE;
        let cycles = round(&region, split, (each as usize).max(32), device);
        (window(step) * from[from.len() - 1].div_ceil(4).div_ceil(split.ahead), cycles)
    } else {
        (reads(plan, step).max(1), FAR.max(items as f32 / 32.0 / AT_ONCE * 4.0))
    };
    WAIT + MEET + (rounds as f32 * cycles + FAR) * CYCLE
}
