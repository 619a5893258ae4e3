//! How much work a frame may cost.

/// Ordered from cheapest to richest; each tier includes the one below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The cheapest form that still shows the look.
    Low,
    /// What a middling GPU affords.
    Medium,
    /// Everything on.
    #[default]
    High,
}
