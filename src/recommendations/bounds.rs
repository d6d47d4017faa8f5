//! The most that a creator can reach in the ranking of a query, from the few numbers that the list of a niche keeps of it.
//!
//! Nearness is a weighted sum over the niches of a brief. In the list of one of them a creator is as near to it as the list
//! says, and to the others at most as near as to any. Who stands in the list of a neighbour and in none that was asked for is near
//! to those at most as near as to any in whose list it does not stand; who stands in one is found there. Niches of
//! families that it has nothing to do with count nothing. And the angle between creator and brief is at least the difference of
//! their angles to the niche of the list.

use super::{
    brief::{Query, RankBy},
    filters::ANY_PLATFORM,
};
use crate::{
    scores::{
        fit::{Asked, AskedNiche},
        interval::Estimate,
        nearness::{CreatorNiches, MIN_NEARNESS, NichePlace, NicheVector},
    },
    snapshot::{
        TenantSnapshot,
        board::{
            entry::{Entry, REACHES, STEPS, UNMEASURED, down, followers_step, nearness},
            most::{Most, country_bit},
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
    /// Authority in the niches of the brief by step of loyal reach.
    authority: [f64; 256],
    sieve: Sieve,
    /// Weights of the components but fit, by step.
    weights: [f64; 4],
}

/// What a query can make of the entries of one list.
pub(super) struct Bounds<'a> {
    of_query: Rc<OfQuery<'a>>,
    niche: u32,
    nearness: Nearness,
}

/// What a list tells of nearness to a brief.
struct Nearness {
    /// How near the niche of the list is to the brief, and how far away.
    towards: f64,
    apart: f64,
    /// How much nearness to the niche itself counts.
    near: f64,
    /// Families of the other niches of the brief, with how much nearness to those counts, by step.
    others: Vec<(u32, f64)>,
    /// Whether the niche is one of the brief.
    is_asked: bool,
}

/// What filters ask of what a list keeps. Who is kept back does not pass them; who is not may pass.
struct Sieve {
    followers: Option<(u16, u16)>,
    /// One bit of many for each country.
    countries: Option<u32>,
    values: [u8; 4],
}

impl<'a> OfQuery<'a> {
    pub(super) fn new(query: &'a Query, searched: Vec<u32>) -> Self {
        let authority = |step: usize| {
            let is_measured = step != usize::from(UNMEASURED);
            query.asked.most_authority(is_measured.then(|| Estimate::exactly(REACHES[step])))
        };
        let [_, weights @ ..] = query.weights.0;
        Self {
            query,
            searched,
            authority: std::array::from_fn(authority),
            sieve: Sieve::new(query),
            weights: weights.map(|weight| weight / STEPS),
        }
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
        let nearness = Nearness::new(snapshot, &of_query.query.asked, place);
        Self { of_query, niche: place.niche, nearness }
    }

    /// The most that anybody below a node can reach; `None`: nobody there can be in the ranking, or nobody is there.
    pub(super) fn of_node(&self, most: &Most) -> Option<f64> {
        if !most.measured && !most.unmeasured {
            return None;
        }
        let (least, greatest) = most.near;
        let nearness = self.nearness.of(
            (nearness(least).0, nearness(greatest).1),
            (most.others, most.aside),
            most.families,
        );
        let may_be_in = nearness >= MIN_NEARNESS && self.of_query.sieve.lets_any_through(most);
        may_be_in.then(|| {
            let unmeasured = if most.unmeasured { self.authority(UNMEASURED) } else { 0.0 };
            let fit = self.of_query.fit(nearness, self.authority(most.reach).max(unmeasured));
            let values = self.of_query.weighted(most.values);
            let most = match self.of_query.query.rank_by {
                RankBy::LowerBound => {
                    self.of_query.weighted(most.sure).min(values - self.of_query.below(most.spreads))
                }
                RankBy::Mean => values,
            };
            fit + most + SLACK
        })
    }

    /// The most that an entry can reach; `None`: it cannot be in the ranking.
    pub(super) fn of_entry(&self, entry: &Entry) -> Option<f64> {
        let nearness = self.nearness.of(nearness(entry.near), (entry.others, entry.aside), entry.families);
        let may_be_in =
            nearness >= MIN_NEARNESS && self.of_query.sieve.lets_through(self.of_query.query, entry);
        may_be_in.then(|| {
            let most = self.of_query.fit(nearness, self.authority(entry.reach))
                + self.of_query.weighted(entry.values)
                + SLACK;
            match self.of_query.query.rank_by {
                RankBy::LowerBound => most - self.of_query.below(entry.spreads),
                RankBy::Mean => most,
            }
        })
    }

    /// Whether a creator is looked at in this list: of all that are searched it is so in one, that of a niche asked for if there is.
    pub(super) fn is_home(&self, creator: CreatorNiches<'_>) -> bool {
        let is_asked =
            |list: &u32| self.of_query.query.asked.niches.iter().any(|asked| asked.place.niche == *list);
        let is_searched = |list: &u32| self.of_query.searched.binary_search(list).is_ok();
        creator.lists().find(is_asked).or_else(|| creator.lists().find(is_searched)) == Some(self.niche)
    }

    fn authority(&self, step: u8) -> f64 {
        if self.nearness.is_asked { self.of_query.authority[usize::from(step)] } else { 0.0 }
    }
}

impl Nearness {
    fn new(snapshot: &TenantSnapshot, asked: &Asked, place: NichePlace) -> Self {
        let towards = asked.vector.dot(&NicheVector::of(std::iter::once((place, 1.0)))).min(1.0);
        let is_own = |niche: &&AskedNiche| niche.place.niche == place.niche;
        let own = asked.niches.iter().find(is_own).map(|niche| niche.pull);
        let mut others: Vec<(u32, f64)> = Vec::new();
        for niche in asked.niches.iter().filter(|niche| !is_own(niche)) {
            let family = snapshot.family(niche.place.niche);
            match others.iter_mut().find(|(other, _)| *other == family) {
                Some((_, pull)) => *pull += niche.pull / STEPS,
                None => others.push((family, niche.pull / STEPS)),
            }
        }
        let apart = (1.0 - towards * towards).sqrt();
        Self { towards, apart, near: own.unwrap_or_default(), others, is_asked: own.is_some() }
    }

    /// The most nearness to the brief of somebody between so near and so near to the niche of the list.
    fn of(&self, (least, greatest): (f64, f64), (others, aside): (u8, u8), families: u32) -> f64 {
        let to_others = f64::from(if self.is_asked { others } else { aside });
        let touched = self.others.iter().filter(|(family, _)| families & family != 0);
        let sum = self.near * greatest + touched.map(|(_, pull)| pull * to_others).sum::<f64>();
        // Whoever is near to the niche can be no nearer to the brief than the niche itself, but for the angle between.
        let near = self.towards.clamp(least, greatest.min(1.0));
        let by_angle = self.towards * near + self.apart * (1.0 - near * near).max(0.0).sqrt();
        sum.min(by_angle) + SLACK
    }
}

impl Sieve {
    fn new(query: &Query) -> Self {
        // Followers of the largest account are those that count only where any platform does.
        let band = query.band.filter(|_| query.platforms == ANY_PLATFORM);
        let countries = query.countries.iter().fold(0, |bits, country| bits | country_bit(*country));
        let [_, least @ ..] = query.narrowing.min_scores;
        Self {
            followers: band.map(|(least, most)| (followers_step(least), followers_step(most))),
            countries: (!query.countries.is_empty()).then_some(countries),
            values: least.map(|least| least.map_or(0, down)),
        }
    }

    fn lets_any_through(&self, most: &Most) -> bool {
        let (fewest, most_followers) = most.followers;
        self.followers.is_none_or(|(least, greatest)| most_followers >= least && fewest <= greatest)
            && self.countries.is_none_or(|countries| countries & most.countries != 0)
            && self.is_enough(most.values)
    }

    fn lets_through(&self, query: &Query, entry: &Entry) -> bool {
        self.followers.is_none_or(|(least, greatest)| (least..=greatest).contains(&entry.followers))
            && (self.countries.is_none() || query.countries.contains(&entry.country))
            && self.is_enough(entry.values)
    }

    fn is_enough(&self, values: [u8; 4]) -> bool {
        self.values.iter().zip(values).all(|(least, value)| value >= *least)
    }
}
