//! A plan as calls of kernels on places in memory, worked out once: which rows each call makes, from which rows, and
//! where all of them are.
//!
//! Groups of steps run band by band (see [`crate::nets::plan::group`]). What a group gives to others lies in one arena,
//! shared by values that don't live at the same time; what lies between its steps is a window of rows in the scratch
//! memory of whoever runs a part of it.

use std::ops::Range;

use super::{
    image::{Image, Shape},
    kernel::{Kernel, Span},
};
use crate::nets::plan::{
    Plan, Step, ValueId,
    group::{last_readers, needed, union},
};

/// Work (see [`Plan::step_work`]) below which threads gain nothing by sharing it: what they read was written by each
/// other.
const LEAST_SHARED: u64 = 300_000;

/// Values that the windows of a band take together, at most, where bands can be lower: well within a level-2 cache.
const MOST_WINDOWS: usize = 48 << 10;

/// How many times more rows a window holds than are needed at once.
const SLACK: usize = 4;

/// Pixels that a band has at least, so that tiles are full.
const LEAST_PIXELS: usize = 64;

/// A memory that calls read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// What groups give to others.
    Arena,
    /// Of the part.
    Scratch,
    /// By value.
    Constant(ValueId),
    /// What the caller gave.
    Input(usize),
}

/// Rows of a tensor in memory.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) region: Region,
    pub(super) values: Range<usize>,
    /// The row of the tensor that they begin with.
    pub(super) first: usize,
}

/// What a part does.
#[derive(Debug)]
pub(super) enum Act {
    /// Runs a step's kernel.
    Call { step: usize, span: Span, operands: Vec<Place>, out: Place, scratch: Range<usize> },
    /// Moves rows of a window, within scratch memory, to its front.
    Shift { from: Range<usize>, to: usize },
}

/// Parts that can be done at the same time.
pub(super) type Unit = Vec<Vec<Act>>;

/// All of a net.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) units: Vec<Unit>,
    /// Values of the arena.
    pub(super) arena: usize,
    /// Values of scratch memory for each part of a unit.
    pub(super) scratch: usize,
    /// Where each value is that a group gives to others, is constant, or comes from the caller.
    pub(super) places: Vec<Option<Place>>,
}

impl Program {
    /// Works out `plan` for `threads`.
    pub(super) fn new(plan: &Plan, kernels: &[Kernel], threads: usize) -> Self {
        let (places, arena) = places(plan);
        let mut program = Self { units: Vec::new(), arena, scratch: 0, places };
        for group in plan.groups() {
            let unit = Builder { plan, kernels, group: group.clone(), places: &program.places, scratch: 0 };
            let (unit, scratch) = unit.unit(threads);
            program.units.push(unit);
            program.scratch = program.scratch.max(scratch);
        }
        program
    }
}

/// Values that `id` takes.
fn room(plan: &Plan, id: ValueId) -> usize {
    let shape = &plan.value(id).shape;
    shape.iter().rev().skip(1).product::<usize>() * plan.cpu_pitch(id)
}

/// Gives a place to each value that is seen between groups; and the length of the arena.
fn places(plan: &Plan) -> (Vec<Option<Place>>, usize) {
    let ids = 0..plan.values.len();
    let mut places: Vec<Option<Place>> = ids
        .map(|id| {
            let region = match plan.inputs.iter().position(|&input| input == id) {
                Some(input) => Region::Input(input),
                None if plan.value(id).constant.is_some() => Region::Constant(id),
                None => return None,
            };
            Some(Place { region, values: 0..room(plan, id), first: 0 })
        })
        .collect();
    // (value, first group, last group)
    let mut lives: Vec<(ValueId, usize, usize)> = Vec::new();
    let readers = last_readers(plan);
    let group_of = |step: usize| plan.groups().partition_point(|group| group.end <= step);
    for (index, group) in plan.groups().iter().enumerate() {
        let id = plan.steps()[group.end - 1].output;
        let last = readers[id].map_or(index, group_of);
        lives.push((id, index, last));
    }
    // The largest first, each at the lowest place that is free for all its life.
    lives.sort_by_key(|&(id, ..)| std::cmp::Reverse(room(plan, id)));
    let mut laid: Vec<(Range<usize>, usize, usize)> = Vec::new();
    for (id, first, last) in lives {
        let length = room(plan, id).next_multiple_of(16);
        let mut others: Vec<&Range<usize>> = laid
            .iter()
            .filter(|(_, from, to)| *from <= last && first <= *to)
            .map(|(range, ..)| range)
            .collect();
        others.sort_by_key(|range| range.start);
        let mut start = 0;
        for other in others {
            if other.start >= start + length {
                break;
            }
            start = start.max(other.end);
        }
        places[id] = Some(Place { region: Region::Arena, values: start..start + room(plan, id), first: 0 });
        laid.push((start..start + length, first, last));
    }
    let arena = laid.iter().map(|(range, ..)| range.end).max().unwrap_or(0);
    (places, arena)
}

/// Works out one group.
struct Builder<'a> {
    plan: &'a Plan,
    kernels: &'a [Kernel],
    group: Range<usize>,
    places: &'a [Option<Place>],
    /// Scratch values so far.
    scratch: usize,
}

/// Rows of a tensor.
type Rows = Range<usize>;

/// Rows of an internal value that are kept.
#[derive(Clone, Debug)]
struct Window {
    start: usize,
    /// Values of a row.
    row: usize,
    /// Rows that it has room for.
    room: usize,
    /// The row that is at its start.
    base: usize,
    held: Range<usize>,
}

impl Window {
    /// Where `rows` of the tensor are.
    fn values(&self, rows: &Range<usize>) -> Range<usize> {
        let place = |row: usize| self.start + (row - self.base) * self.row;
        place(rows.start)..place(rows.end)
    }
}

impl Builder<'_> {
    fn steps(&self) -> &[Step] {
        &self.plan.steps()[self.group.clone()]
    }

    fn unit(mut self, threads: usize) -> (Unit, usize) {
        let last = self.group.end - 1;
        let work: u64 = self.steps().iter().map(|step| self.plan.step_work(step)).sum();
        let threads = if work < LEAST_SHARED { 1 } else { threads };
        let rows = self.plan.rows(&self.plan.steps()[last]);
        if let (Some(blocks), 1, true) = (self.kernels[last].blocks(), self.group.len(), threads > 1) {
            let unit = shares(blocks, threads).map(|blocks| vec![self.blocks(last, blocks)]).collect();
            return (unit, self.scratch);
        }
        let Some(rows) = rows else {
            let act = self.whole(last);
            return (vec![vec![act]], self.scratch);
        };
        let band = self.band(rows);
        let unit = shares(rows, threads).map(|rows| self.part(rows, band)).collect();
        (unit, self.scratch)
    }

    fn out(&self, step: usize) -> Place {
        self.places[self.plan.steps()[step].output].clone().unwrap_or(Place {
            region: Region::Arena,
            values: 0..0,
            first: 0,
        })
    }

    /// Where the operands of `step` are, those of its own group in `windows`.
    fn operands(&self, step: usize, windows: &[Window]) -> Vec<Place> {
        let place = |id: ValueId| match self.maker(id) {
            Some(maker) => {
                let held = &windows[maker].held;
                Place { region: Region::Scratch, values: windows[maker].values(held), first: held.start }
            }
            None => {
                self.places[id].clone().unwrap_or(Place { region: Region::Arena, values: 0..0, first: 0 })
            }
        };
        self.plan.steps()[step].reads().map(place).collect()
    }

    /// The step of the group that makes `id` for others of it.
    fn maker(&self, id: ValueId) -> Option<usize> {
        let steps = self.steps();
        steps[..steps.len() - 1].iter().position(|step| step.output == id)
    }

    /// Scratch memory of a kernel, behind what was given away.
    fn kernel_scratch(&mut self, step: usize, behind: usize) -> Range<usize> {
        let start = behind.next_multiple_of(16);
        let range = start..start + self.kernels[step].scratch();
        self.scratch = self.scratch.max(range.end);
        range
    }

    fn whole(&mut self, step: usize) -> Act {
        let rows = Shape::of(self.plan, &self.plan.steps()[step], self.plan.steps()[step].output).rows;
        let (operands, out) = (self.operands(step, &[]), self.out(step));
        Act::Call { step, span: Span::Rows(0..rows), operands, out, scratch: self.kernel_scratch(step, 0) }
    }

    fn blocks(&mut self, step: usize, blocks: Range<usize>) -> Act {
        let mut out = self.out(step);
        let kernel = &self.kernels[step];
        let end = if Some(blocks.end) == kernel.blocks() {
            out.values.end
        } else {
            out.values.start + kernel.first(blocks.end)
        };
        out.values = out.values.start + kernel.first(blocks.start)..end;
        let operands = self.operands(step, &[]);
        Act::Call { step, span: Span::Blocks(blocks), operands, out, scratch: self.kernel_scratch(step, 0) }
    }

    /// How many rows of the output a band has.
    fn band(&self, rows: usize) -> usize {
        let last = &self.plan.steps()[self.group.end - 1];
        let cols = Shape::of(self.plan, last, last.output).cols;
        let least = LEAST_PIXELS.div_ceil(cols).min(rows);
        let fits = |band: &usize| self.windows(0..rows, *band).1 <= MOST_WINDOWS;
        // Halving keeps bands even.
        std::iter::successors(Some(rows), |band| (*band > least).then(|| band.div_ceil(2).max(least)))
            .find(fits)
            .unwrap_or(least)
    }

    /// Windows with room for what bands of `band` rows hold of them at most, and all their values.
    fn windows(&self, rows: Range<usize>, band: usize) -> (Vec<Window>, usize) {
        let internal = self.group.len() - 1;
        let (mut most, mut ends) = (vec![1; internal], vec![0..0; internal]);
        self.bands(rows, band, &mut |needs, held| {
            for (index, (need, held)) in needs.iter().zip(held).enumerate().take(internal) {
                let start = kept(held, need).start;
                most[index] = most[index].max(need.end.saturating_sub(start));
                ends[index] = union(&ends[index], need);
            }
        });
        // With some more room, rows need not be moved for each band.
        for (most, all) in most.iter_mut().zip(ends) {
            *most = (*most * SLACK).min(all.len()).max(1);
        }
        let mut start = 0;
        let window = |(step, rows): (&Step, usize)| {
            let row = Shape::of(self.plan, step, step.output).row();
            let window = Window { start, row, room: rows, base: 0, held: 0..0 };
            start += (rows * row).next_multiple_of(16);
            window
        };
        let windows = self.steps()[..internal].iter().zip(most).map(window).collect();
        (windows, start)
    }

    /// Calls `visit(needs, held)` for each band: the rows that are needed of each step, and those that are there.
    fn bands(&self, rows: Range<usize>, band: usize, visit: &mut dyn FnMut(&[Rows], &[Rows])) {
        let mut held = vec![0..0; self.group.len()];
        for start in rows.clone().step_by(band) {
            let needs = needed(self.plan, self.group.clone(), start..(start + band).min(rows.end));
            visit(&needs, &held);
            for (held, need) in held.iter_mut().zip(&needs) {
                if !need.is_empty() {
                    *held = kept(held, need).start..need.end.max(held.end);
                }
            }
        }
    }

    /// All that makes `rows` of the group's output.
    fn part(&mut self, rows: Range<usize>, band: usize) -> Vec<Act> {
        let (mut windows, end) = self.windows(rows.clone(), band);
        self.scratch = self.scratch.max(end);
        let mut all_needs = Vec::new();
        self.bands(rows, band, &mut |needs, _| all_needs.push(needs.to_vec()));
        let mut acts = Vec::new();
        for needs in all_needs {
            for (window, need) in windows.iter_mut().zip(&needs) {
                if need.is_empty() {
                    continue;
                }
                let kept = kept(&window.held, need);
                if need.end > window.base + window.room || kept.is_empty() {
                    if !kept.is_empty() {
                        acts.push(Act::Shift { from: window.values(&kept), to: window.start });
                    }
                    window.base = kept.start;
                }
                window.held = kept;
            }
            for (index, need) in needs.iter().enumerate() {
                let made = windows.get(index).map_or(need.start, |window| window.held.end.max(need.start));
                if made >= need.end {
                    continue;
                }
                let step = self.group.start + index;
                let new = made..need.end;
                let out = self.rows_out(step, windows.get_mut(index), &new);
                let operands = self.operands(step, &windows);
                let scratch = self.kernel_scratch(step, end);
                acts.push(Act::Call { step, span: Span::Rows(new), operands, out, scratch });
            }
        }
        acts
    }

    /// Where `rows` of a step's output go: into its window, whose rows they become, or where the value has its place.
    fn rows_out(&self, step: usize, window: Option<&mut Window>, rows: &Range<usize>) -> Place {
        match window {
            Some(window) => {
                window.held.end = rows.end;
                Place { region: Region::Scratch, values: window.values(rows), first: rows.start }
            }
            None => {
                let out = self.out(step);
                let row =
                    Shape::of(self.plan, &self.plan.steps()[step], self.plan.steps()[step].output).row();
                let start = out.values.start;
                Place { values: start + rows.start * row..start + rows.end * row, first: rows.start, ..out }
            }
        }
    }
}

/// The rows of `held` that are still needed, once `need` is; empty at the start of `need` if none is, or if earlier rows
/// are needed as well.
fn kept(held: &Range<usize>, need: &Range<usize>) -> Range<usize> {
    if need.is_empty() {
        return held.clone();
    }
    let continues = (held.start..held.end).contains(&need.start);
    need.start..if continues { held.end } else { need.start }
}

/// `count` things divided into at most `parts` runs of nearly the same size.
fn shares(count: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = parts.clamp(1, count.max(1));
    (0..parts).map(move |part| count * part / parts..count * (part + 1) / parts)
}

impl Place {
    /// As an image over `values`.
    pub(super) fn image<'a>(&self, values: &'a [f32]) -> Image<'a> {
        Image { values, first: self.first }
    }
}
