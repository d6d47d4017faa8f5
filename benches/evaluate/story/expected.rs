//! What must be in the database when the story is told, counted from the rows alone.

use super::{super::source::Source, events::kinds, niche_id, profiles::Declared};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The counts.
pub(crate) struct Expected {
    /// Events sent, exact repeats included.
    pub(crate) sent: u64,
    /// Different events of each kind.
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    /// People.
    pub(crate) engagers: u64,
    /// Different pairs of author and person.
    pub(crate) relationships: u64,
    /// Those with an act that makes a day an active one.
    pub(crate) engaged: u64,
    /// Creators who declare each niche, by their ids.
    pub(crate) niches: BTreeMap<String, BTreeSet<String>>,
}

impl Expected {
    /// Counts the rows.
    pub(crate) fn of(source: &Source, declared: &Declared) -> Self {
        let (mut seen, mut people, mut pairs, mut engaged) =
            (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
        let (mut sent, mut counts) = (0, BTreeMap::new());
        for row in &source.rows {
            sent += kinds(row).len() as u64;
            if seen.insert(row.digest) {
                for kind in kinds(row) {
                    *counts.entry(kind.name()).or_default() += 1;
                }
            }
            people.insert(row.user);
            pairs.insert((row.author, row.user));
            if kinds(row).iter().any(|kind| kind.is_active()) {
                engaged.insert((row.author, row.user));
            }
        }
        Self {
            sent,
            kinds: counts,
            engagers: people.len() as u64,
            relationships: pairs.len() as u64,
            engaged: engaged.len() as u64,
            niches: by_niche(declared),
        }
    }

    /// Different events of any kind.
    pub(crate) fn events(&self) -> u64 {
        self.kinds.values().sum()
    }
}

fn by_niche(declared: &Declared) -> BTreeMap<String, BTreeSet<String>> {
    let mut niches: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (author, tags) in declared {
        for tag in tags {
            niches.entry(niche_id(tag)).or_default().insert(super::creator_id(*author));
        }
    }
    niches
}
