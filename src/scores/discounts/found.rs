//! What was found of the relationships of one creator by looking at many.

use super::{Discount, Pattern};
use crate::ids::EngagerKey;
use std::collections::{HashMap, HashSet};

/// Discounts that were found, and who came in lockstep. Lockstep is evidence of what a crowd is, and discounts nobody by
/// itself, so it is kept apart: it must not hide a discount that holds without a crowd.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    discounts: HashMap<EngagerKey, Discount>,
    in_lockstep: HashSet<EngagerKey>,
}

impl Found {
    /// Adds what was found of somebody.
    pub fn insert(&mut self, engager: EngagerKey, discount: Discount) {
        if discount.pattern == Pattern::Lockstep {
            self.in_lockstep.insert(engager);
        } else {
            self.discounts.insert(engager, discount);
        }
    }

    /// What somebody is discounted by, whenever they came.
    #[must_use]
    pub fn discount(&self, engager: EngagerKey) -> Option<Discount> {
        self.discounts.get(&engager).copied()
    }

    /// Whether somebody came to others in crowds of the same week.
    #[must_use]
    pub fn is_in_lockstep(&self, engager: EngagerKey) -> bool {
        self.in_lockstep.contains(&engager)
    }

    /// True when nobody is discounted who came in no crowd.
    #[must_use]
    pub fn discounts_nobody(&self) -> bool {
        self.discounts.is_empty()
    }

    /// Rings and their members alone.
    #[must_use]
    pub fn of_rings(&self) -> Self {
        let of_ring = |discount: &Discount| matches!(discount.pattern, Pattern::Ring | Pattern::Member);
        let discounts = self.discounts.iter().filter(|(_, discount)| of_ring(discount));
        discounts.map(|(engager, discount)| (*engager, *discount)).collect()
    }
}

impl FromIterator<(EngagerKey, Discount)> for Found {
    fn from_iter<I: IntoIterator<Item = (EngagerKey, Discount)>>(all: I) -> Self {
        let mut found = Self::default();
        all.into_iter().for_each(|(engager, discount)| found.insert(engager, discount));
        found
    }
}
