//! What entries can reach at most but for authority. Thousands of them are looked at for a brief, so it is reckoned with short numbers,
//! four at a time, and without asking whether it is worth to go on.

use super::SLACK;
use crate::{
    recommendations::brief::{Query, RankBy},
    scores::nearness::narrow,
    snapshot::board::{entry::Entry, sketch::PARTS},
};

/// What the numbers of an entry count in what it can reach.
pub(super) struct Reckoning {
    /// A step of each component but fit.
    weights: [f32; PARTS],
    nearness: f32,
    /// What everybody may have, and what rounding may hide.
    everybody: f32,
    /// Whether what lies below a value is taken off, as a number.
    is_lower: f32,
}

impl Reckoning {
    /// For a query under which steps of components but fit count so much.
    pub(super) fn new(query: &Query, weights: [f64; 4]) -> Self {
        let [of_nearness, _, of_values] = query.asked.shares().map(|share| query.weights.0[0] * share);
        let is_lower = match query.rank_by {
            RankBy::LowerBound => 1.0,
            RankBy::Mean => 0.0,
        };
        Self {
            weights: weights.map(narrow),
            nearness: narrow(of_nearness),
            everybody: narrow(of_values + SLACK),
            is_lower,
        }
    }

    /// The most that an entry can reach without authority, given its nearness in parts and the rest of that.
    pub(super) fn of_entry(&self, entry: &Entry, (parts, rest): ([f32; PARTS], f32)) -> f32 {
        let counts = |at: usize, step: u8| self.weights[at] * f32::from(step);
        let values: [f32; PARTS] =
            std::array::from_fn(|at| counts(at, entry.values[at]) + self.nearness * parts[at]);
        let squares: [f32; PARTS] = std::array::from_fn(|at| counts(at, entry.spreads[at]).powi(2));
        sum(values) + self.nearness * rest + self.everybody - self.is_lower * sum(squares).sqrt()
    }
}

/// All of them, in an order in which two sums do not wait for each other.
pub(super) fn sum([a, b, c, d]: [f32; PARTS]) -> f32 {
    (a + c) + (b + d)
}
