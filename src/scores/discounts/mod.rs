//! Edge discounts: engagement that does not look like that of people counts less. Relationships are discounted, nobody is
//! branded: the answers show values with and without, and the pattern.

pub mod crowds;
pub mod discounted;
pub mod look;
pub mod one_kind;
pub mod rings;
pub mod store;
pub mod views;

use self::crowds::{Crowd, crowds, week_of};
use crate::{
    ids::EngagerKey,
    relationships::{Relationship, days::Day},
};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What engagement looks like that counts less. Discounts are stored by these codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Somebody came for the first time in a week in which many more people did than ever do.
    Crowd = 0,
    /// Accounts of creators that engage with each other, and hardly with anybody else in return.
    Ring = 1,
    /// Accounts of such rings that engage together with somebody who does not return it.
    Member = 2,
    /// Somebody engages with very many creators and comes back to none.
    Drifter = 3,
    /// Somebody engages with very many creators, always in the same way, where others of such reach do not.
    OneKind = 4,
}

impl Pattern {
    /// All patterns, in the order of every list of them.
    pub const ALL: [Self; 5] = [Self::Crowd, Self::Ring, Self::Member, Self::Drifter, Self::OneKind];
}

/// What a relationship counts as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discount {
    /// What it looks like.
    pub pattern: Pattern,
    /// What is left of it, 0..1.
    pub weight: f64,
}

/// What discounts the relationships of one creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discounts {
    crowds: Vec<Crowd>,
    found: Found,
}

/// Discounts that were found by looking at many creators.
pub type Found = HashMap<EngagerKey, Discount>;

impl Discounts {
    /// Discounts of a creator by all of its relationships with people, and by what was found across creators. Crowds of
    /// weeks that an accepted period touches are none.
    pub fn of<'a>(
        people: impl Iterator<Item = &'a Relationship>,
        found: Found,
        accepted: &[(Day, Day)],
    ) -> Self {
        let mut crowds = crowds(people.filter_map(first_day));
        crowds.retain(|crowd| !accepted.iter().any(|period| crowd.touches(*period)));
        Self { crowds, found }
    }

    /// Discounts of a creator whose crowds are known, ascending by week.
    #[must_use]
    pub fn known(crowds: Vec<Crowd>, found: Found) -> Self {
        Self { crowds, found }
    }

    /// Crowds, ascending by week.
    #[must_use]
    pub fn crowds(&self) -> &[Crowd] {
        &self.crowds
    }

    /// True when nothing is discounted.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.crowds.is_empty() && self.found.is_empty()
    }

    /// What a relationship is discounted by; by most, if by several patterns.
    #[must_use]
    pub fn discount(&self, engager: EngagerKey, relationship: &Relationship) -> Option<Discount> {
        let found = self.found.get(&engager).copied();
        let crowd = self.crowd(relationship);
        let crowd = crowd.map(|crowd| Discount { pattern: Pattern::Crowd, weight: crowd.weight() });
        found.into_iter().chain(crowd).min_by(|a, b| a.weight.total_cmp(&b.weight))
    }

    /// The same without what anybody can bring about: rings and their members alone.
    #[must_use]
    pub fn of_rings(&self) -> Self {
        let of_ring = |discount: &Discount| matches!(discount.pattern, Pattern::Ring | Pattern::Member);
        let found = self.found.iter().filter(|(_, discount)| of_ring(discount));
        Self { crowds: Vec::new(), found: found.map(|(engager, discount)| (*engager, *discount)).collect() }
    }

    /// What a relationship counts as, 0..=1.
    #[must_use]
    pub fn weight(&self, engager: EngagerKey, relationship: &Relationship) -> f64 {
        self.discount(engager, relationship).map_or(1.0, |discount| discount.weight)
    }

    /// Whether a relationship counts for less than half: it is no sign that a feed is alive, models do not learn from it, and
    /// trust does not flow back through it.
    #[must_use]
    pub fn dismisses(&self, engager: EngagerKey, relationship: &Relationship) -> bool {
        self.weight(engager, relationship) < 0.5
    }

    fn crowd(&self, relationship: &Relationship) -> Option<&Crowd> {
        if self.crowds.is_empty() {
            return None;
        }
        let week = week_of(first_day(relationship)?);
        Some(&self.crowds[self.crowds.binary_search_by_key(&week, |crowd| crowd.week).ok()?])
    }
}

fn first_day(relationship: &Relationship) -> Option<Day> {
    relationship.active_days().as_slice().first().copied()
}
