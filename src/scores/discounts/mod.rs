//! Edge discounts: engagement that does not look like that of people counts less. Relationships are discounted, nobody is
//! branded: the answers show values with and without, and the pattern.

pub mod crowds;
pub mod discounted;
pub mod found;
pub mod lockstep;
pub mod look;
pub mod one_kind;
pub mod rings;
pub mod store;
pub mod views;

pub use self::found::Found;

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
    /// Somebody acts with several creators in a week in which each of them has a crowd, and came with one.
    Lockstep = 5,
}

impl Pattern {
    /// All patterns, in the order of every list of them.
    pub const ALL: [Self; 6] =
        [Self::Crowd, Self::Ring, Self::Member, Self::Drifter, Self::OneKind, Self::Lockstep];
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

impl Discounts {
    /// Discounts of a creator by all of its relationships with people, and by what was found across creators. Crowds of
    /// weeks that an accepted period touches are none.
    pub fn of<'a>(
        people: impl Iterator<Item = (EngagerKey, &'a Relationship)>,
        found: Found,
        accepted: &[(Day, Day)],
    ) -> Self {
        let came = people.filter_map(|(engager, relationship)| Some((engager, first_day(relationship)?)));
        Self::of_arrivals(came, found, accepted)
    }

    /// The same by the day on which each of them came first.
    pub fn of_arrivals(
        people: impl Iterator<Item = (EngagerKey, Day)>,
        found: Found,
        accepted: &[(Day, Day)],
    ) -> Self {
        let mut in_lockstep: HashMap<i32, u32> = HashMap::new();
        let days = people.map(|(engager, day)| {
            if found.is_in_lockstep(engager) {
                *in_lockstep.entry(week_of(day)).or_default() += 1;
            }
            day
        });
        let mut crowds = crowds(days);
        crowds.retain(|crowd| !accepted.iter().any(|period| crowd.touches(*period)));
        for crowd in &mut crowds {
            crowd.shared = in_lockstep.get(&crowd.week).copied().unwrap_or_default();
        }
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
        self.crowds.is_empty() && self.found.discounts_nobody()
    }

    /// What a relationship is discounted by; by most, if by several patterns.
    #[must_use]
    pub fn discount(&self, engager: EngagerKey, relationship: &Relationship) -> Option<Discount> {
        self.discount_since(engager, first_day(relationship))
    }

    /// What somebody is discounted by who came first on a day, if ever.
    #[must_use]
    pub fn discount_since(&self, engager: EngagerKey, first_day: Option<Day>) -> Option<Discount> {
        let found = self.found.discount(engager);
        let in_crowd = first_day.and_then(|day| self.in_crowd(engager, day));
        let in_crowd = in_crowd.map(|pattern| Discount { pattern, weight: 0.0 });
        found.into_iter().chain(in_crowd).min_by(|a, b| a.weight.total_cmp(&b.weight))
    }

    /// The days of a relationship that count: of somebody in lockstep who had come before, those before the first crowd they
    /// took part in. Sold accounts do other things, too, to look like people, and by chance some did so here: what they are
    /// sold for must neither lift what was there nor take it away.
    #[must_use]
    pub fn counted_days<'a>(&self, engager: EngagerKey, relationship: &'a Relationship) -> &'a [Day] {
        let days = relationship.active_days().as_slice();
        if !self.found.is_in_lockstep(engager) {
            return days;
        }
        let sold = days.iter().position(|day| self.crowd_on(*day).is_some());
        // Whoever came with a crowd is discounted as a whole.
        sold.filter(|sold| *sold > 0).map_or(days, |sold| &days[..sold])
    }

    /// The same without what anybody can bring about: rings and their members alone.
    #[must_use]
    pub fn of_rings(&self) -> Self {
        Self { crowds: Vec::new(), found: self.found.of_rings() }
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

    /// As what somebody counts nothing who came first on a day. Only while a crowd stands in that week: where a creator's say
    /// was accepted, lockstep says nothing either.
    fn in_crowd(&self, engager: EngagerKey, day: Day) -> Option<Pattern> {
        let crowd = self.crowd_on(day)?;
        if self.found.is_in_lockstep(engager) {
            return Some(Pattern::Lockstep);
        }
        (!crowd.is_explained()).then_some(Pattern::Crowd)
    }

    fn crowd_on(&self, day: Day) -> Option<&Crowd> {
        let place = self.crowds.binary_search_by_key(&week_of(day), |crowd| crowd.week).ok()?;
        Some(&self.crowds[place])
    }
}

fn first_day(relationship: &Relationship) -> Option<Day> {
    relationship.active_days().as_slice().first().copied()
}

#[cfg(test)]
mod tests;
