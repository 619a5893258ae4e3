//! What the user put together: filters in order, each with its values.

use std::{ops::BitOr, sync::Arc};

use super::{Filter, Values};

/// What the nets must find for a look. Nothing else is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requires {
    /// Landmarks.
    pub face: bool,
    /// Expression coefficients.
    pub blendshapes: bool,
    /// Head poses.
    pub pose: bool,
    /// The person mask.
    pub matte: bool,
}

impl BitOr for Requires {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            face: self.face | other.face,
            blendshapes: self.blendshapes | other.blendshapes,
            pose: self.pose | other.pose,
            matte: self.matte | other.matte,
        }
    }
}

/// A filter with its values.
#[derive(Clone, Debug)]
pub struct LookItem {
    /// The filter.
    pub filter: Arc<Filter>,
    /// One value for each of its parameters.
    pub values: Values,
}

impl LookItem {
    /// Reads `p=v,...` for a filter.
    ///
    /// # Errors
    /// As [`Filter::parse_values`].
    pub fn parse(filter: Arc<Filter>, values: &str) -> Result<Self, super::FilterError> {
        let values = filter.parse_values(values)?;
        Ok(Self { filter, values })
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.filter.is_identity(&self.values)
    }
}

/// Filters in the order in which they are drawn. Empty: the picture passes as it is.
#[derive(Clone, Debug, Default)]
pub struct Look(pub Vec<LookItem>);

impl Look {
    /// What the nets must find for the items that change anything.
    pub fn requires(&self) -> Requires {
        let active = self.0.iter().filter(|item| !item.is_identity());
        active.fold(Requires::default(), |all, item| all | item.filter.requires)
    }
}
