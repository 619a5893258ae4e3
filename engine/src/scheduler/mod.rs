//! Decides before a frame starts what it may cost: a GPU can't be cancelled. Pure: no GPU, no thread, no clock.
//!
//! Down a tier after two frames in a row over the budget, or one over one and a half times it; up a tier after
//! thirty in a row within nine tenths of it. A tier is held for at least eight frames.

use std::time::Duration;

use crate::{
    quality::Tier,
    telemetry::{FrameReport, Reduced},
};

/// Misses in a row that lower the tier.
const MISSES_DOWN: u32 = 2;
/// Good frames in a row that raise the tier.
const GOOD_UP: u32 = 30;
/// Frames for which a tier is held.
const DWELL: u32 = 8;

/// The decision for one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkPlan {
    /// How rich the filters may be.
    pub tier: Tier,
    /// Why the tier is not the highest.
    pub reduced: Option<Reduced>,
}

/// Picks a [`WorkPlan`] from what earlier frames cost.
#[derive(Clone, Debug)]
pub struct Scheduler {
    budget: Option<Duration>,
    tier: Tier,
    held: u32,
    misses: u32,
    good: u32,
}

impl Scheduler {
    /// Plans frames to fit `budget`; without one every frame gets everything.
    pub fn new(budget: Option<Duration>) -> Self {
        Self { budget, tier: Tier::High, held: 0, misses: 0, good: 0 }
    }

    /// The plan of the next frame. `last` is the only thing that travels backward in the walk, once a frame.
    pub fn plan(&mut self, last: Option<&FrameReport>) -> WorkPlan {
        if let (Some(budget), Some(last)) = (self.budget, last) {
            self.learn(budget, last.total);
        }
        let reduced = (self.tier < Tier::High).then_some(Reduced::OverBudget);
        WorkPlan { tier: self.tier, reduced }
    }

    fn learn(&mut self, budget: Duration, cost: Duration) {
        self.held += 1;
        self.misses = if cost > budget { self.misses + 1 } else { 0 };
        self.good = if cost <= budget * 9 / 10 { self.good + 1 } else { 0 };
        if self.held < DWELL {
            return;
        }
        if self.misses >= MISSES_DOWN || cost > budget * 3 / 2 {
            self.go(match self.tier {
                Tier::High => Tier::Medium,
                Tier::Medium | Tier::Low => Tier::Low,
            });
        } else if self.good >= GOOD_UP {
            self.go(match self.tier {
                Tier::Low => Tier::Medium,
                Tier::Medium | Tier::High => Tier::High,
            });
        }
    }

    fn go(&mut self, tier: Tier) {
        if tier != self.tier {
            *self = Self { tier, ..Self::new(self.budget) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(10);

    /// The tiers planned for frames of these costs, in milliseconds.
    fn tiers(costs: impl IntoIterator<Item = u64>) -> Vec<Tier> {
        let mut scheduler = Scheduler::new(Some(BUDGET));
        let report = |millis| FrameReport { total: Duration::from_millis(millis), ..FrameReport::default() };
        costs.into_iter().map(|cost| scheduler.plan(Some(&report(cost))).tier).collect()
    }

    #[test]
    fn frames_within_the_budget_keep_everything() {
        assert!(tiers([9; 100]).iter().all(|tier| *tier == Tier::High));
    }

    #[test]
    fn misses_go_down_one_tier_at_a_time_and_each_is_held() {
        let tiers = tiers([12; 40]);
        let changes: Vec<usize> = (1..40).filter(|i| tiers[*i] != tiers[i - 1]).collect();
        assert_eq!((changes, tiers[39]), (vec![7, 15], Tier::Low));
    }

    #[test]
    fn one_small_miss_is_forgiven_and_a_large_one_is_not() {
        let with = |cost| (0..40).map(move |i| if i == 20 { cost } else { 5 });
        assert_eq!(tiers(with(12))[21], Tier::High);
        assert_eq!(tiers(with(16))[21], Tier::Medium);
    }

    #[test]
    fn good_frames_come_back_up_with_the_reason_gone() {
        let mut scheduler = Scheduler::new(Some(BUDGET));
        let mut frames = |millis, count| {
            let report = FrameReport { total: Duration::from_millis(millis), ..FrameReport::default() };
            (0..count).map(|_| scheduler.plan(Some(&report))).last()
        };
        assert_eq!(frames(20, 30), Some(WorkPlan { tier: Tier::Low, reduced: Some(Reduced::OverBudget) }));
        assert_eq!(frames(4, 70), Some(WorkPlan::default()));
    }

    #[test]
    fn without_a_budget_nothing_is_reduced() {
        let report = FrameReport { total: Duration::from_secs(9), ..FrameReport::default() };
        let mut scheduler = Scheduler::new(None);
        assert!((0..20).all(|_| scheduler.plan(Some(&report)) == WorkPlan::default()));
    }
}
