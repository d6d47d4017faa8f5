//! Monotone maps from a raw value to the common scale 0..=1.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewest values worth learning a map from.
pub const MIN_VALUES: usize = 100;

/// Quantiles at which a learned map has knots.
const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// A monotone, piecewise linear map from a raw value to 0..=1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Knots")]
pub struct Map {
    /// Pairs of a raw value and what it maps to.
    knots: Vec<(f64, f64)>,
}

/// Knots as stored, not checked yet.
#[derive(Deserialize)]
struct Knots {
    knots: Vec<(f64, f64)>,
}

impl TryFrom<Knots> for Map {
    type Error = MapError;

    fn try_from(raw: Knots) -> Result<Self, Self::Error> {
        Self::new(raw.knots)
    }
}

/// Why knots do not make a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapError {
    /// Fewer than two knots.
    TooFewKnots,
    /// The raw values are not finite, or span more than a float can hold.
    NotFinite,
    /// The raw values do not strictly increase.
    RawNotIncreasing,
    /// The mapped values decrease somewhere.
    MappedDecreasing,
    /// A mapped value is not within 0..=1.
    MappedOutOfRange,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFewKnots => "a map needs at least two knots",
            Self::NotFinite => "the raw values of a map must be finite",
            Self::RawNotIncreasing => "the raw values of a map must strictly increase",
            Self::MappedDecreasing => "the mapped values of a map must not decrease",
            Self::MappedOutOfRange => "the mapped values of a map must be within 0..=1",
        })
    }
}

impl std::error::Error for MapError {}

impl Map {
    /// A map through the knots, pairs of a raw value and what it maps to.
    ///
    /// # Errors
    ///
    /// With fewer than two knots, raw values that are not finite or do not
    /// strictly increase, or mapped values that decrease or leave 0..=1.
    pub fn new(knots: Vec<(f64, f64)>) -> Result<Self, MapError> {
        let (Some(first), Some(last)) = (knots.first(), knots.last()) else {
            return Err(MapError::TooFewKnots);
        };
        if knots.len() < 2 {
            return Err(MapError::TooFewKnots);
        }
        if !(last.0 - first.0).is_finite() || knots.iter().any(|knot| !knot.0.is_finite()) {
            return Err(MapError::NotFinite);
        }
        if !knots.is_sorted_by(|left, right| left.0 < right.0) {
            return Err(MapError::RawNotIncreasing);
        }
        if knots.iter().any(|knot| !(0.0..=1.0).contains(&knot.1)) {
            return Err(MapError::MappedOutOfRange);
        }
        if !knots.is_sorted_by(|left, right| left.1 <= right.1) {
            return Err(MapError::MappedDecreasing);
        }
        Ok(Self { knots })
    }

    /// The knots, pairs of a raw value and what it maps to.
    #[must_use]
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }

    /// What a raw value maps to, within 0..=1. Values beyond the ends map to
    /// what the ends map to; a value that is not a number counts as the lowest.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        let (below, above) = self.knots.split_at(self.knots.partition_point(|knot| knot.0 <= value));
        match (below.last(), above.first()) {
            (Some(left), Some(right)) => interpolate(*left, *right, value),
            (Some(end), None) | (None, Some(end)) => end.1,
            (None, None) => 0.0,
        }
    }

    /// The least raw value that maps to so much or more; `None` when none does.
    #[must_use]
    pub fn least_raw(&self, mapped: f64) -> Option<f64> {
        let (below, above) = self.knots.split_at(self.knots.partition_point(|knot| knot.1 < mapped));
        match (below.last(), above.first()) {
            (Some(left), Some(right)) => {
                let share = (mapped - left.1) / (right.1 - left.1);
                Some((left.0 + share * (right.0 - left.0)).clamp(left.0, right.0))
            }
            (None, Some(first)) => Some(first.0),
            (_, None) => None,
        }
    }

    /// A map that turns a value into its rank among `values` (ascending):
    /// knots at fixed quantiles from 1 % to 99 %, each mapped to its own
    /// level, between the ends (0, 0) and (1, 1), which move outwards when
    /// values lie outside 0..=1. Where quantiles coincide there is one knot,
    /// mapped to the middle of their levels; the ends stay where they are.
    ///
    /// The default map when there are fewer than [`MIN_VALUES`] values, or
    /// when they are not finite or not in ascending order.
    #[must_use]
    pub fn from_quantiles(values: &[f64], default: &Self) -> Self {
        let usable = values.len() >= MIN_VALUES && values.is_sorted();
        let (true, Some(lowest), Some(highest)) = (usable, values.first(), values.last()) else {
            return default.clone();
        };
        let (bottom, top) = (lowest.min(0.0), highest.max(1.0));
        let mut knots = vec![(bottom, 0.0)];
        knots.extend(collapse(values).filter(|knot| knot.0 > bottom && knot.0 < top));
        knots.push((top, 1.0));
        Self::new(knots).unwrap_or_else(|_| default.clone())
    }
}

/// The point at `value` on the segment between two knots.
fn interpolate(left: (f64, f64), right: (f64, f64), value: f64) -> f64 {
    let share = (value - left.0) / (right.0 - left.0);
    (left.1 + share * (right.1 - left.1)).clamp(left.1, right.1)
}

/// The quantiles of sorted values with their levels; equal ones become one
/// with the middle of the lowest and the highest level.
#[expect(clippy::float_cmp, reason = "only exact ties collapse")]
fn collapse(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let pairs = QUANTILES.map(|level| (quantile(values, level), level));
    let groups: Vec<_> = pairs
        .chunk_by(|left, right| left.0 == right.0)
        .filter_map(|ties| Some((ties.first()?, ties.last()?)))
        .map(|(first, last)| (first.0, f64::midpoint(first.1, last.1)))
        .collect();
    groups.into_iter()
}

/// The quantile of sorted values at a level within 0..=1, linear between
/// neighbouring values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a position among the values is small and not negative"
)]
fn quantile(values: &[f64], level: f64) -> f64 {
    let position = level * values.len().saturating_sub(1) as f64;
    let index = position as usize;
    let low = values.get(index).copied().unwrap_or(f64::NAN);
    let high = values.get(index + 1).copied().unwrap_or(low);
    let share = position - index as f64;
    (low + share * (high - low)).clamp(low, high)
}

#[cfg(test)]
mod tests;
