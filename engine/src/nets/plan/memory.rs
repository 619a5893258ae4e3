//! Which steps are needed, and which buffer each value lives in.

use super::{Plan, Value, ValueId};
use crate::nets::NetError;

/// All buffers of a net together may hold so many values (1 GiB): far above any net for one picture.
const MAX_BUFFER_VALUES: usize = 1 << 28;

/// Drops steps that nobody reads, then gives each value a buffer for its lifetime.
pub(super) fn assign(plan: &mut Plan) -> Result<(), NetError> {
    drop_unread(plan);
    let last_reads = last_reads(plan);
    let mut free: Vec<usize> = Vec::new();
    plan.slots.clear();
    for index in 0..plan.inputs.len() {
        let id = plan.inputs[index];
        if plan.values[id].slot.is_none() {
            place(&mut plan.slots, &mut Vec::new(), &mut plan.values[id]);
        }
    }
    for (index, step) in plan.steps.iter().enumerate() {
        // The output gets its buffer while the operands still hold theirs: no step writes what it reads.
        place(&mut plan.slots, &mut free, &mut plan.values[step.output]);
        let mut ended: Vec<usize> = step.reads().filter(|&id| last_reads[id] == Some(index)).collect();
        ended.sort_unstable();
        ended.dedup();
        free.extend(ended.into_iter().filter_map(|id| plan.values[id].slot));
    }
    if plan.slots.iter().sum::<usize>() > MAX_BUFFER_VALUES {
        return Err(NetError::Corrupt("its tensors need more than 1 GiB of memory".into()));
    }
    Ok(())
}

/// Puts `value` into the smallest free buffer that is large enough, else makes the largest one larger.
fn place(slots: &mut Vec<usize>, free: &mut Vec<usize>, value: &mut Value) {
    let need = value.values();
    let fitting = free.iter().enumerate().filter(|&(_, &slot)| slots[slot] >= need);
    let best = fitting.min_by_key(|&(_, &slot)| slots[slot]);
    let best = best.or_else(|| free.iter().enumerate().max_by_key(|&(_, &slot)| slots[slot]));
    let slot = match best.map(|(position, _)| position) {
        Some(position) => free.swap_remove(position),
        None => {
            slots.push(0);
            slots.len() - 1
        }
    };
    slots[slot] = slots[slot].max(need);
    value.slot = Some(slot);
}

fn drop_unread(plan: &mut Plan) {
    let mut wanted = vec![false; plan.values.len()];
    for &id in &plan.outputs {
        wanted[id] = true;
    }
    let mut steps = std::mem::take(&mut plan.steps);
    steps.reverse();
    steps.retain(|step| {
        let keep = wanted[step.output];
        if keep {
            step.reads().for_each(|id| wanted[id] = true);
        }
        keep
    });
    steps.reverse();
    plan.steps = steps;
}

/// The last step that reads each value; `None` for outputs, which live on, and for what is never read.
fn last_reads(plan: &Plan) -> Vec<Option<usize>> {
    let mut last: Vec<Option<usize>> = vec![None; plan.values.len()];
    for (index, step) in plan.steps.iter().enumerate() {
        step.reads().for_each(|id: ValueId| last[id] = Some(index));
    }
    plan.outputs.iter().for_each(|&id| last[id] = None);
    last
}
