//! When what is pending runs: each dispatch as soon as all that it needs is there, whatever was recorded before it. Filters so
//! run beside nets that they don't wait for, and beside each other.

use super::{
    pending::{One, Step},
    uses::{How, Uses},
};

/// When a step runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Its level, or its first.
    pub(super) level: usize,
    /// Which of its uses read what was written earlier in the pass, if it is a dispatch alone.
    pub(super) settles: Vec<usize>,
}

/// The places of `steps`, which were recorded in this order.
pub(super) fn places(steps: &[Step]) -> Vec<Place> {
    let mut alone = Uses::default();
    let mut before: Vec<(usize, &Uses)> = Vec::new();
    let mut places = Vec::with_capacity(steps.len());
    for step in steps {
        let mut place = Place::default();
        match step {
            Step::One(one) => {
                place = of_one(one, &alone, &before);
                one.uses().iter().for_each(|used| alone.note(used, place.level));
            }
            Step::Levels(_, levels) => {
                let others = before.iter().map(|(level, other)| other.earliest(*level, levels.uses()));
                place.level = others.max().unwrap_or(0).max(alone.earliest(0, levels.uses()));
                before.push((place.level, levels.uses()));
            }
        }
        places.push(place);
    }
    places
}

fn of_one(one: &One, alone: &Uses, before: &[(usize, &Uses)]) -> Place {
    let mut place = Place::default();
    for (index, used) in one.uses().iter().enumerate() {
        let others = before.iter().filter_map(|(level, uses)| Some((*level, uses.of(&used.id)?)));
        let mut written = false;
        for (level, span) in others.chain(alone.of(&used.id).map(|span| (0, span))) {
            let after = span.after(used.how);
            if after > 0 {
                place.level = place.level.max(level + after);
            }
            written |= span.is_written();
        }
        if written && used.how == How::Reads {
            place.settles.push(index);
        }
    }
    place
}
