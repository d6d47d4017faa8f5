//! The most that a creator can reach in the ranking of a query, from the few numbers that the list of a niche keeps of it.

mod nearness;
mod reckoning;
mod sieve;

pub(super) use self::sieve::is_kept;
use self::{nearness::Nearness, reckoning::Reckoning, sieve::Sieve};
use super::brief::{Query, RankBy};
use crate::{
    scores::{
        interval::Estimate,
        nearness::{CreatorNiches, MIN_NEARNESS, NichePlace},
    },
    snapshot::{
        TenantSnapshot,
        board::{
            Board,
            entry::{Entry, REACHES, STEPS, UNMEASURED},
            most::Most,
            sketch::{place as place_of, short},
        },
    },
};
use std::rc::Rc;

/// What rounding may hide: lengths are kept with seven digits, and cosines next to 1 are 1.
const SLACK: f64 = 1e-5;

/// What is the same for all lists that are searched for a query.
pub(super) struct OfQuery<'a> {
    query: &'a Query,
    /// Niches that have anything in common with the brief.
    touched: Vec<u32>,
    /// Niches whose lists are searched, in the order in which one is the home of those who stand in several.
    searched: Vec<u32>,
    /// Their places in this order, by niche.
    orders: Vec<Option<usize>>,
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
    /// As much of them as all have.
    alike: f64,
    /// What authority counts.
    authority_counts: f64,
    reckoning: Reckoning,
}

/// What a query can make of the entries of one list.
pub(super) struct Bounds<'a> {
    of_query: Rc<OfQuery<'a>>,
    niche: u32,
    /// By short name: whether who stands in such a list, too, is looked for there.
    is_elsewhere: [bool; 256],
    /// Niches of the brief, by number, in whose lists may stand who is looked for here: that of the list itself, and others with the
    /// places where parts in them are.
    asked: Vec<(Option<usize>, usize)>,
    nearness: Nearness,
}

impl<'a> OfQuery<'a> {
    pub(super) fn new(snapshot: &TenantSnapshot, query: &'a Query, mut searched: Vec<u32>) -> Self {
        // Who stands in several lists is much of what a brief asks for, and lists say little of that: so it is looked for where
        // there are fewest. Authority is counted by the lists of niches asked for, and they come first.
        let size = |niche: u32| snapshot.board(niche).map_or(0, Board::len);
        searched.sort_by_key(|niche| (!query.asked.names(*niche), size(*niche), *niche));
        let mut orders = vec![None; snapshot.parents().len()];
        searched.iter().enumerate().for_each(|(order, niche)| orders[*niche as usize] = Some(order));
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
        let weights = weights.map(|weight| weight / STEPS);
        Self {
            query,
            touched: query.asked.common.niches().collect(),
            searched,
            orders,
            authority: std::array::from_fn(|step| authorities.iter().map(|counts| counts[step]).sum()),
            authorities,
            named,
            is_shared: times.map(|times| times > 1),
            sieve: Sieve::new(query),
            weights,
            alike: weights.into_iter().fold(f64::INFINITY, f64::min),
            authority_counts: query.weights.0[0] * query.asked.shares()[1],
            reckoning: Reckoning::new(query, weights),
        }
    }

    /// Of several lists in which a creator is found, the one in which it is looked at: that of a niche asked for if there is one.
    fn home(&self, lists: impl Iterator<Item = u32>) -> Option<u32> {
        lists.filter_map(|list| self.orders[list as usize]).min().map(|order| self.searched[order])
    }

    fn fit(&self, nearness: f64, authority: f64) -> f64 {
        self.query.weights.0[0] * self.query.asked.most(nearness, authority)
    }

    fn weighted(&self, steps: [u8; 4]) -> f64 {
        self.weights.iter().zip(steps).map(|(weight, step)| weight * f64::from(step)).sum()
    }

    /// The most of lower bounds: as much of all values together as counts of each, and the rest one by one. All of one creator
    /// together are never more than the most of each.
    fn sure(&self, most: &Most) -> f64 {
        let rest = self.weights.iter().zip(most.sure);
        let rest = rest.map(|(weight, step)| (weight - self.alike) * f64::from(step));
        self.alike * 4.0 * f64::from(most.surest) + rest.sum::<f64>()
    }

    /// The square of how far a lower bound lies below a value.
    fn squares_below(&self, spreads: [u8; 4]) -> f64 {
        let parts = self.weights.iter().zip(spreads);
        parts.map(|(weight, step)| (weight * f64::from(step)).powi(2)).sum()
    }
}

impl<'a> Bounds<'a> {
    /// For the list of a niche.
    pub(super) fn new(snapshot: &TenantSnapshot, of_query: Rc<OfQuery<'a>>, place: NichePlace) -> Self {
        let niche = place.niche;
        let is_before = |other: u32| of_query.home([niche, other].into_iter()) != Some(niche);
        // Whoever stands in the list of a niche asked for is looked for in such a list, the first of them.
        let asked = of_query.query.asked.niches.iter().map(|asked| asked.place.niche).enumerate();
        let asked = asked.filter(|(_, asked)| !is_before(*asked));
        let asked =
            asked.map(|(number, asked)| ((asked != niche).then(|| place_of(short(asked))), number)).collect();
        let nearness = Nearness::new(snapshot, (&of_query.query.asked, &of_query.touched), place, &is_before);
        let mut is_elsewhere = [false; 256];
        for other in of_query.searched.iter().filter(|other| is_before(**other)) {
            // Nobody is left out for the name alone.
            let name = usize::from(short(*other));
            is_elsewhere[name] = !of_query.is_shared[name];
        }
        Self { of_query, niche, is_elsewhere, asked, nearness }
    }

    /// The most that anybody below a node can reach, and what fit makes of that at most, given what fit makes of what is around the
    /// node; `None`: nobody there can be in the ranking or reaches what is asked for, or nobody is there.
    pub(super) fn of_node(&self, most: &Most, most_fit: f64, least: f64) -> Option<(f64, f64)> {
        if !most.is_any_measured() && !most.unmeasured {
            return None;
        }
        let of_query = &self.of_query;
        if !of_query.sieve.lets_any_through(most) {
            return None;
        }
        let values = of_query.weighted(most.values);
        let others = SLACK
            + match of_query.query.rank_by {
                RankBy::LowerBound => {
                    of_query.sure(most).min(values - of_query.squares_below(most.spreads).sqrt())
                }
                RankBy::Mean => values,
            };
        // Many have their fate told by what costs little.
        if most_fit + others < least {
            return None;
        }
        let fit = self.fit_below(most)?;
        Some((fit + others, fit)).filter(|(reach, _)| *reach >= least)
    }

    /// What fit makes of the score of anybody below a node at most; `None`: nobody there is near enough to the brief.
    fn fit_below(&self, most: &Most) -> Option<f64> {
        let nearness = self.nearness.of_node(most);
        let unmeasured = if most.unmeasured { self.authority_below(most, UNMEASURED) } else { 0.0 };
        let authority = self.authority_below(most, most.reach).max(unmeasured);
        (nearness >= MIN_NEARNESS).then(|| self.of_query.fit(nearness, authority))
    }

    /// The most that an entry can reach; `None`: it cannot be in the ranking, is looked for in another list, or reaches less than
    /// what is asked for.
    pub(super) fn of_entry(&self, entry: &Entry, least: f64) -> Option<f64> {
        let of_query = &self.of_query;
        if !of_query.sieve.lets_through(of_query.query, entry) {
            return None;
        }
        let (parts, rest) = self.nearness.of_entry(entry);
        let reckoned = of_query.reckoning.of_entry(entry, (parts, rest));
        let with = |authority: f64| f64::from(reckoned) + of_query.authority_counts * authority;
        // Most have their fate told without a look at which authority is theirs.
        if with(of_query.authority[usize::from(entry.reach)]) < least {
            return None;
        }
        let reach = with(self.authority(entry));
        let is_near = || f64::from(reckoning::sum(parts) + rest) >= MIN_NEARNESS;
        let is_here = || !entry.others.listed().any(|name| self.is_elsewhere[usize::from(name)]);
        (reach >= least && is_near() && is_here()).then_some(reach)
    }

    /// Whether the list tells for sure that an entry is looked for here: somebody may wait in several lists otherwise.
    pub(super) fn is_told(&self, entry: &Entry) -> bool {
        let is_shared = |name: u8| self.of_query.is_shared[usize::from(name)];
        !entry.others.is_rest_listed() && !entry.others.listed().any(is_shared)
    }

    /// The most authority of anybody below a node with such a loyal reach.
    fn authority_below(&self, most: &Most, reach: u8) -> f64 {
        let is_there = |place: usize| most.others[place] > 0 || most.rest > 0;
        let may_stand = self.asked.iter().filter(|(place, _)| place.is_none_or(is_there));
        may_stand.map(|(_, number)| self.of_query.authorities[*number][usize::from(reach)]).sum()
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
        self.of_query.home(creator.listed()) == Some(self.niche)
    }
}

#[cfg(test)]
mod tests;
