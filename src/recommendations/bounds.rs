//! The most that a creator can reach in the ranking of a query, from the few numbers that the list of a niche keeps of it.

mod nearness;
mod sieve;

use self::{nearness::Nearness, sieve::Sieve};
use super::brief::{Query, RankBy};
use crate::{
    scores::{
        interval::Estimate,
        nearness::{CreatorNiches, MIN_NEARNESS, NichePlace},
    },
    snapshot::{
        TenantSnapshot,
        board::{
            entry::{Entry, REACHES, STEPS, UNMEASURED},
            most::Most,
            sketch::short,
        },
    },
};
use std::rc::Rc;

/// What rounding may hide: lengths are kept with seven digits, and cosines next to 1 are 1.
const SLACK: f64 = 1e-5;

/// What is the same for all lists that are searched for a query.
pub(super) struct OfQuery<'a> {
    query: &'a Query,
    /// Niches whose lists are searched, ascending.
    searched: Vec<u32>,
    /// For each niche of the brief what authority in it counts, by step of loyal reach.
    authorities: Vec<[f64; 256]>,
    /// The same in all of them.
    authority: [f64; 256],
    /// Which of them have a short name, one bit each: a brief has 25 niches at most.
    named: [u32; 256],
    /// Whether a niche shares its short name with others, by short name.
    is_shared: [bool; 256],
    sieve: Sieve,
    /// Weights of the components but fit, by step.
    weights: [f64; 4],
}

/// What a query can make of the entries of one list.
pub(super) struct Bounds<'a> {
    of_query: Rc<OfQuery<'a>>,
    niche: u32,
    /// By short name: whether who stands in such a list, too, is looked for there.
    is_elsewhere: [bool; 256],
    nearness: Nearness,
}

impl<'a> OfQuery<'a> {
    pub(super) fn new(snapshot: &TenantSnapshot, query: &'a Query, searched: Vec<u32>) -> Self {
        let reach = |step| (step != usize::from(UNMEASURED)).then(|| Estimate::exactly(REACHES[step]));
        let asked = query.asked.niches.iter();
        let authorities: Vec<[f64; 256]> = asked
            .clone()
            .map(|niche| std::array::from_fn(|step| niche.counted_authority(reach(step))))
            .collect();
        let (mut times, mut named, [_, weights @ ..]) = ([0_u32; 256], [0; 256], query.weights.0);
        for (number, niche) in asked.enumerate() {
            named[usize::from(short(niche.place.niche))] |= 1 << number;
        }
        for (niche, _) in (0..).zip(snapshot.parents()) {
            times[usize::from(short(niche))] += 1;
        }
        Self {
            query,
            searched,
            authority: std::array::from_fn(|step| authorities.iter().map(|counts| counts[step]).sum()),
            authorities,
            named,
            is_shared: times.map(|times| times > 1),
            sieve: Sieve::new(query),
            weights: weights.map(|weight| weight / STEPS),
        }
    }

    fn is_asked(&self, niche: u32) -> bool {
        self.query.asked.niches.iter().any(|asked| asked.place.niche == niche)
    }

    /// Of several lists in which a creator is found, the one in which it is looked at: that of a niche asked for if there is one.
    fn home(&self, lists: impl Iterator<Item = u32>) -> Option<u32> {
        let found = lists.filter(|list| self.searched.binary_search(list).is_ok());
        found.min_by_key(|list| (!self.is_asked(*list), *list))
    }

    fn fit(&self, nearness: f64, authority: f64) -> f64 {
        self.query.weights.0[0] * self.query.asked.most(nearness, authority)
    }

    fn weighted(&self, steps: [u8; 4]) -> f64 {
        self.weights.iter().zip(steps).map(|(weight, step)| weight * f64::from(step)).sum()
    }

    fn below(&self, spreads: [u8; 4]) -> f64 {
        let parts = self.weights.iter().zip(spreads);
        parts.map(|(weight, step)| (weight * f64::from(step)).powi(2)).sum::<f64>().sqrt()
    }
}

impl<'a> Bounds<'a> {
    /// For the list of a niche.
    pub(super) fn new(snapshot: &TenantSnapshot, of_query: Rc<OfQuery<'a>>, place: NichePlace) -> Self {
        let niche = place.niche;
        let is_before = |other: u32| of_query.home([niche, other].into_iter()) != Some(niche);
        let nearness = Nearness::new(snapshot, &of_query.query.asked, place, &is_before);
        let mut is_elsewhere = [false; 256];
        for other in of_query.searched.iter().filter(|other| is_before(**other)) {
            // Nobody is left out for the name alone.
            let name = usize::from(short(*other));
            is_elsewhere[name] = !of_query.is_shared[name];
        }
        Self { of_query, niche, is_elsewhere, nearness }
    }

    /// The most that anybody below a node can reach; `None`: nobody there can be in the ranking, or nobody is there.
    pub(super) fn of_node(&self, most: &Most) -> Option<f64> {
        if !most.measured && !most.unmeasured {
            return None;
        }
        let of_query = &self.of_query;
        let nearness = self.nearness.of_node(most);
        let may_be_in = nearness >= MIN_NEARNESS && of_query.sieve.lets_any_through(most);
        may_be_in.then(|| {
            let authority = |step: u8| of_query.authority[usize::from(step)];
            let unmeasured = if most.unmeasured { authority(UNMEASURED) } else { 0.0 };
            // Whoever stands in the list of a niche asked for is looked for there.
            let is_asked = of_query.is_asked(self.niche);
            let authority = if is_asked { authority(most.reach).max(unmeasured) } else { 0.0 };
            let values = of_query.weighted(most.values);
            let others = match of_query.query.rank_by {
                RankBy::LowerBound => of_query.weighted(most.sure).min(values - of_query.below(most.spreads)),
                RankBy::Mean => values,
            };
            of_query.fit(nearness, authority) + others + SLACK
        })
    }

    /// The most that an entry can reach; `None`: it cannot be in the ranking, or is looked for in another list.
    pub(super) fn of_entry(&self, entry: &Entry) -> Option<f64> {
        let of_query = &self.of_query;
        let is_here = || !entry.others.listed().any(|name| self.is_elsewhere[usize::from(name)]);
        let nearness = self.nearness.of_entry(entry);
        let may_be_in =
            nearness >= MIN_NEARNESS && of_query.sieve.lets_through(of_query.query, entry) && is_here();
        may_be_in.then(|| {
            let most =
                of_query.fit(nearness, self.authority(entry)) + of_query.weighted(entry.values) + SLACK;
            match of_query.query.rank_by {
                RankBy::LowerBound => most - of_query.below(entry.spreads),
                RankBy::Mean => most,
            }
        })
    }

    /// The most authority, in the niches of the brief in whose lists an entry may stand.
    fn authority(&self, entry: &Entry) -> f64 {
        let step = usize::from(entry.reach);
        if entry.others.is_rest_listed() {
            return self.of_query.authority[step];
        }
        let named = |name: u8| self.of_query.named[usize::from(name)];
        let mut left = entry.others.listed().fold(named(short(self.niche)), |bits, name| bits | named(name));
        let mut sum = 0.0;
        while left != 0 {
            sum += self.of_query.authorities[left.trailing_zeros() as usize][step];
            left &= left - 1;
        }
        sum
    }

    /// Whether a creator is looked at in this list: of all that are searched it is so in one.
    pub(super) fn is_home(&self, creator: CreatorNiches<'_>) -> bool {
        self.of_query.home(creator.lists()) == Some(self.niche)
    }
}

#[cfg(test)]
mod tests;
