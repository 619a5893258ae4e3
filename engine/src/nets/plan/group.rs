//! Which steps are run together, band by band, so that what lies between them stays in the caches.
//!
//! A group is a run of steps of which only the last one's output is read from outside. It is computed in bands of
//! output rows: each step makes the rows that the next ones need, and between them only a window of rows is kept. Where
//! several threads share a group, each makes the rows at the edges of its share for itself; a group ends before that
//! becomes more than a fraction of the work.

use std::ops::Range;

use super::{Plan, Step, ValueId};

/// Rows that are made twice at an edge between two threads, at most, for each row that the group makes.
const MOST_OVERLAP: f32 = 0.13;

/// Values between the steps of a group that makes one row, at most: they shall stay in a level-1 cache, while a band has
/// several rows.
const MOST_BETWEEN: usize = 12 << 10;

/// Steps of a group, at most: what is tried grows with their third power.
const MOST_STEPS: usize = 24;

/// Divides all steps into groups, in order.
pub(super) fn groups(plan: &Plan) -> Vec<Range<usize>> {
    let readers = last_readers(plan);
    let mut groups = Vec::new();
    let mut start = 0;
    while start < plan.steps.len() {
        let end = longest(plan, start, &readers);
        groups.push(start..end);
        start = end;
    }
    groups
}

/// The end of the longest group from step `start` on.
fn longest(plan: &Plan, start: usize, readers: &[Option<usize>]) -> usize {
    let mut best = start + 1;
    // The last step that reads anything that the group has made so far.
    let mut reach = start;
    for end in start..plan.steps.len().min(start + MOST_STEPS) {
        let joins = plan.rows(&plan.steps[end]).is_some() && (end == start || fits(plan, start..end, end));
        if !joins {
            break;
        }
        if reach <= end && suits(plan, start..end + 1) {
            best = end + 1;
        }
        match readers[plan.steps[end].output] {
            Some(reader) => reach = reach.max(reader),
            None => break,
        }
    }
    best
}

/// Whether a group is worth being one.
fn suits(plan: &Plan, group: Range<usize>) -> bool {
    group.len() == 1 || overlap(plan, group.clone()) <= MOST_OVERLAP && between(plan, group) <= MOST_BETWEEN
}

/// Values that lie between the steps of a group while it makes one row.
fn between(plan: &Plan, group: Range<usize>) -> usize {
    let steps = &plan.steps[group.clone()];
    let row = steps.last().and_then(|last| plan.rows(last)).unwrap_or(1) / 2;
    let needs = needed(plan, group, row..row + 1);
    let values = |(step, rows): (&Step, &Range<usize>)| {
        plan.values[step.output].values() / plan.rows(step).unwrap_or(1).max(1) * rows.len()
    };
    steps.iter().zip(&needs).take(needs.len() - 1).map(values).sum()
}

/// Whether step `next` can read what the steps of `group` make row by row.
fn fits(plan: &Plan, group: Range<usize>, next: usize) -> bool {
    let step = &plan.steps[next];
    plan.steps[group].iter().filter(|maker| step.reads().any(|id| id == maker.output)).all(|maker| {
        let same_rows = step.is_pixelwise() == maker.is_pixelwise() || plan.values[maker.output].shape[1] > 1;
        same_rows && plan.rows_read(step, maker.output, &(0..1)).is_some()
    })
}

/// The share of rows that are made twice where the group's output is cut once.
fn overlap(plan: &Plan, group: Range<usize>) -> f32 {
    let last = &plan.steps[group.end - 1];
    let rows = plan.rows(last).unwrap_or(1);
    let middle = rows / 2;
    let needs = |rows: Range<usize>| needed(plan, group.clone(), rows);
    let (upper, lower, all) = (needs(0..middle.max(1)), needs(middle.min(rows - 1)..rows), needs(0..rows));
    let cost = |needs: &[Range<usize>]| -> f32 {
        let steps = plan.steps[group.clone()].iter().zip(needs);
        let cost = |(step, rows): (&Step, &Range<usize>)| {
            let all = plan.rows(step).unwrap_or(1).max(1);
            plan.step_work(step) as f32 * rows.len() as f32 / all as f32
        };
        steps.map(cost).sum()
    };
    if rows < 2 {
        return 0.0;
    }
    (cost(&upper) + cost(&lower)) / cost(&all).max(1.0) - 1.0
}

/// For each step of the group: its output rows that are needed for `rows` of the last one's.
pub(in crate::nets) fn needed(plan: &Plan, group: Range<usize>, rows: Range<usize>) -> Vec<Range<usize>> {
    let mut needs: Vec<Range<usize>> = vec![0..0; group.len()];
    fill_needed(plan, group, rows, &mut needs);
    needs
}

/// As [`needed`], into `needs`.
pub(in crate::nets) fn fill_needed(
    plan: &Plan,
    group: Range<usize>,
    rows: Range<usize>,
    needs: &mut [Range<usize>],
) {
    needs.fill(0..0);
    let steps = &plan.steps[group];
    let Some(last) = needs.last_mut() else { return };
    *last = rows;
    for reader in (1..steps.len()).rev() {
        let rows = needs[reader].clone();
        if rows.is_empty() {
            continue;
        }
        for maker in 0..reader {
            let output: ValueId = steps[maker].output;
            if !steps[reader].reads().any(|id| id == output) {
                continue;
            }
            if let Some(more) = plan.rows_read(&steps[reader], output, &rows) {
                needs[maker] = union(&needs[maker], &more);
            }
        }
    }
}

/// The rows from the first of both to the last of both.
pub(in crate::nets) fn union(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    if Range::is_empty(a) { b.clone() } else { a.start.min(b.start)..a.end.max(b.end) }
}

/// The last step that reads each value; beyond the last step for outputs, `None` for what is never read.
pub(in crate::nets) fn last_readers(plan: &Plan) -> Vec<Option<usize>> {
    let mut last = vec![None; plan.values.len()];
    for (index, step) in plan.steps.iter().enumerate() {
        step.reads().for_each(|id| last[id] = Some(index));
    }
    plan.outputs.iter().for_each(|&id| last[id] = Some(plan.steps.len()));
    last
}
