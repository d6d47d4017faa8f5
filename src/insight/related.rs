//! Related niches: those in which the same people are, more often than chance gives.
//!
//! A person has one vote, split evenly over all ordered pairs of different creators it engages with, and of each pair evenly
//! over the pairs of their declared niches: who engages with much says no more than who engages with little, and a creator
//! that declares two niches does not relate them by itself. Chance would have people pick two different creators, each as
//! often as its part of all votes. So the size of a niche relates it to nobody.

use super::significance::{Finding, Ratio, believed, told};
use crate::scores::interval::Estimate;

/// Least people in common. Fewer: more niches are related, and somebody might be recognised.
pub const MIN_PEOPLE: i32 = 20;

/// What all votes amount to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Votes {
    /// All votes: people who engage with two or more creators.
    pub all: f64,
    /// Sum of the squared votes of creators.
    pub squares: f64,
}

/// Votes for a pair of niches.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The two niches.
    pub niches: [String; 2],
    /// People who engage with a creator of one and with another one of the other.
    pub people: i32,
    /// Their votes for this order of the pair.
    pub votes: f64,
    /// Sum of the squared votes of each of them.
    pub squares: f64,
    /// Votes for each of the two in any pair.
    pub of_niches: [f64; 2],
    /// Sum of the squared votes of creators who declare both, as far as they fall on the pair.
    pub same: f64,
}

impl Pair {
    /// How many times as many votes the pair has as chance gives; people are independent, so the sum of their squares is the
    /// variance.
    fn times(&self, all: Votes) -> Option<Ratio> {
        let two_of_them = self.of_niches[0] * self.of_niches[1] - self.same;
        let expected = all.all * two_of_them / (all.all * all.all - all.squares);
        let possible = expected.is_finite() && expected > 0.0 && self.votes > 0.0;
        possible.then(|| Ratio { value: self.votes / expected, spread: self.squares.sqrt() / self.votes })
    }
}

/// A niche that is related to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// The niche.
    pub niche: String,
    /// The one that is related to it.
    pub related: String,
    /// People in common.
    pub people: i32,
    /// How many times as often as chance gives.
    pub times: Estimate,
}

impl Finding for Relation {
    fn niche(&self) -> &str {
        &self.niche
    }

    fn name(&self) -> &str {
        &self.related
    }

    fn times(&self) -> Estimate {
        self.times
    }
}

/// The relations of all niches, those of a niche by their lower bounds, highest first.
#[must_use]
pub fn relations(all: Votes, pairs: Vec<Pair>) -> Vec<Relation> {
    let seen = pairs.into_iter().filter(|pair| pair.people >= MIN_PEOPLE);
    let seen = seen.filter_map(|pair| {
        let times = pair.times(all)?;
        Some((times.chance(), (times.estimate(), pair)))
    });
    let found = believed(seen.collect());
    told(found.into_iter().flat_map(|(times, pair)| both_ways(times, pair)).collect())
}

fn both_ways(times: Estimate, pair: Pair) -> [Relation; 2] {
    let Pair { niches: [a, b], people, .. } = pair;
    [
        Relation { niche: a.clone(), related: b.clone(), people, times },
        Relation { niche: b, related: a, people, times },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A pair of niches of which neither shares a creator with the other, in which people vote alike.
    fn pair(people: i32, votes: f64, of_niches: [f64; 2]) -> Pair {
        let niches = ["gaming", "tech"].map(str::to_owned);
        let squares = votes * votes / f64::from(people);
        Pair { niches, people, votes, squares, of_niches, same: 0.0 }
    }

    /// So many people who vote for equal creators.
    fn votes(people: f64, creators: f64) -> Votes {
        Votes { all: people, squares: people * people / creators }
    }

    #[test]
    fn people_who_pick_creators_at_random_relate_nothing_however_few_creators_there_are() {
        for creators in [4.0, 40.0] {
            // Two creators in each niche: of all ordered pairs of different ones, four have this order of the niches.
            let (people, picked) = (10_000.0, 4.0 / (creators * (creators - 1.0)));
            let times = pair(500, people * picked, [people * 2.0 / creators; 2]);
            assert!((times.times(votes(people, creators)).unwrap().value - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn niches_are_related_both_ways_when_enough_people_are_in_both() {
        let all = votes(1_000.0, 100.0);
        let found = relations(all, vec![pair(60, 30.0, [50.0, 60.0])]);
        let told: Vec<_> = found.iter().map(|one| (one.niche.as_str(), one.related.as_str())).collect();
        assert_eq!(told, [("gaming", "tech"), ("tech", "gaming")]);
        assert!(found[0].times.low > 5.0 && found[0].people == 60);
        assert_eq!(relations(all, vec![pair(19, 19.0, [50.0, 60.0])]), []);
        assert_eq!(relations(all, vec![pair(60, 3.0, [50.0, 60.0])]), [], "no more than chance gives");
    }

    #[test]
    fn a_niche_whose_only_creator_is_that_of_the_other_is_related_to_nothing() {
        let alone = Pair { same: 2_500.0, ..pair(60, 30.0, [50.0, 50.0]) };
        assert_eq!(alone.times(votes(1_000.0, 100.0)), None);
    }

    proptest! {
        #[test]
        fn more_votes_relate_more_and_larger_niches_less(
            people in 20..500_i32, share in 0.01..1.0_f64, more in 1.0..3.0_f64, size in 10.0..400.0_f64,
        ) {
            let all = votes(2_000.0, 200.0);
            let of = |share: f64, size: f64| {
                pair(people, f64::from(people) * share, [size, size]).times(all).unwrap().value
            };
            prop_assert!(of(share * more, size) >= of(share, size));
            prop_assert!(of(share, size * more) <= of(share, size));
        }
    }
}
