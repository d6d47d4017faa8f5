//! Which people two creators share, from samples of both.
//!
//! Keys of people are hashes, so the people whose keys are below a bound are a fair sample, and the same people are in the
//! samples of all creators they engage with (coordinated sampling: Cohen and Kaplan 2007). Below the smaller bound of two
//! samples both are whole, and what is counted there stands for everything.

/// People of a creator who are looked at, about. More: finer shares; fewer: less is read. Most small creators have fewer.
const SAMPLE: f64 = 1_000.0;
/// Most who are looked at: a creator may have many more than were known when the bound was chosen.
pub const MOST: u16 = 2_000;
/// Least people that are told of, and that a similarity rests on: fewer could be known one by one.
pub const FEWEST: usize = 5;

/// The bound below which are about as many people as a sample has, of so many; `None`: all are looked at.
#[must_use]
pub fn bound(engagers: i32) -> Option<i64> {
    let share = SAMPLE / f64::from(engagers.max(1));
    (share < 1.0).then(|| whole(share * KEYS + FIRST_KEY))
}

/// How many keys there may be, and the first of them.
const KEYS: f64 = 18_446_744_073_709_551_616.0;
const FIRST_KEY: f64 = -KEYS / 2.0;

/// The people of a creator whose keys are below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Their keys, ascending.
    keys: Vec<i64>,
    /// The key below which nobody is missing; `None`: nobody is missing at all.
    bound: Option<i64>,
}

/// The people whom two creators share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shared {
    /// About how many there are.
    pub people: i64,
    /// Their share of the people of the creator who has fewer: the overlap coefficient.
    pub overlap: f64,
    /// People of the first creator who were looked at.
    pub looked_at: usize,
}

impl People {
    /// The people with these keys, without a creator's own accounts. Below the bound nobody else is, unless there are [`MOST`].
    #[must_use]
    pub fn of(mut keys: Vec<i64>, own: &[i64], bound: Option<i64>) -> Self {
        keys.sort_unstable();
        let last = keys.last().copied().filter(|_| keys.len() >= usize::from(MOST));
        keys.retain(|key| !own.contains(key));
        Self { keys, bound: last.or(bound) }
    }

    /// Whether there are enough of them to be compared.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.keys.len() >= FEWEST
    }

    /// Those whom two creators share; `None`: fewer than [`FEWEST`] were seen.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> Option<Shared> {
        let bound = self.bound.into_iter().chain(other.bound).min();
        let (own, theirs) = (self.below(bound), other.below(bound));
        let seen = common(own, theirs);
        (seen >= FEWEST).then(|| Shared {
            people: whole(seen as f64 / bound.map_or(1.0, share_below)),
            overlap: seen as f64 / own.len().min(theirs.len()) as f64,
            looked_at: own.len(),
        })
    }

    fn below(&self, bound: Option<i64>) -> &[i64] {
        let end = bound.map_or(self.keys.len(), |bound| self.keys.partition_point(|key| *key < bound));
        &self.keys[..end]
    }
}

/// The share of all keys that are below one.
fn share_below(bound: i64) -> f64 {
    (bound as f64 - FIRST_KEY) / KEYS
}

#[expect(clippy::cast_possible_truncation, reason = "people and keys are whole numbers of 64 bits")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// How many keys are in both lists, which ascend.
fn common(mut left: &[i64], mut right: &[i64]) -> usize {
    let mut found = 0;
    while let ([a, ..], [b, ..]) = (left, right) {
        found += usize::from(a == b);
        left = &left[usize::from(a <= b)..];
        right = &right[usize::from(b <= a)..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EngagerKey;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn key(person: u32) -> i64 {
        EngagerKey::derive(&[7; 32], &format!("person-{person}")).0
    }

    /// A sample of these people, as the database gives it.
    fn sample(people: std::ops::Range<u32>) -> People {
        sample_of(&people.collect())
    }

    fn sample_of(people: &BTreeSet<u32>) -> People {
        let bound = bound(i32::try_from(people.len()).unwrap());
        let keys: BTreeSet<i64> = people.iter().map(|person| key(*person)).collect();
        let keys = keys.into_iter().filter(|key| bound.is_none_or(|bound| *key < bound));
        People::of(keys.take(usize::from(MOST)).collect(), &[], bound)
    }

    proptest! {
        #[test]
        fn everybody_is_counted_while_nobody_is_left_out(
            a in prop::collection::btree_set(0..60_u32, 0..60), b in prop::collection::btree_set(0..60_u32, 0..60),
        ) {
            let (of_a, of_b) = (sample_of(&a), sample_of(&b));
            let shared = a.intersection(&b).count();
            match of_a.shared_with(&of_b) {
                Some(found) => {
                    prop_assert_eq!(found.people, i64::try_from(shared).unwrap());
                    prop_assert!((found.overlap - shared as f64 / a.len().min(b.len()) as f64).abs() < 1e-12);
                    prop_assert_eq!(found.looked_at, a.len());
                }
                None => prop_assert!(shared < FEWEST),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn samples_tell_about_what_all_people_would(first in 0..1_000_000_u32, shared in 0..4_000_u32) {
            let (of_a, of_b) =
                (sample(first..first + 4_000), sample(first + 4_000 - shared..first + 12_000));
            let found = of_a.shared_with(&of_b);
            let (people, overlap) = found.map_or((0.0, 0.0), |found| (found.people as f64, found.overlap));
            // Both are seen at the rate of the larger one, 1,000 of at most 12,000: five standard deviations, and who is not told of.
            let expected = f64::from(shared);
            let error = 5.0 * (12.0 * expected.max(50.0)).sqrt() + 60.0;
            prop_assert!((people - expected).abs() < error, "{} {}", people, expected);
            prop_assert!((overlap - expected / 4_000.0).abs() < error / 2_000.0, "{} {}", overlap, expected);
        }
    }

    #[test]
    fn fewer_than_five_people_are_not_told_of() {
        let five = sample(0..5);
        assert_eq!(five.shared_with(&sample(1..50)), None);
        assert!(five.shared_with(&sample(0..50)).is_some_and(|shared| shared.overlap > 0.999));
        assert!(five.are_enough() && !sample(0..4).are_enough());
    }

    #[test]
    fn own_accounts_are_no_people_and_more_than_expected_are_cut_off() {
        let people = People::of(vec![key(2), key(1), key(3)], &[key(3)], None);
        assert_eq!(people, sample(1..3));
        let many = People::of((0..2_500).map(key).take(usize::from(MOST)).collect(), &[], None);
        assert_eq!(many.bound, many.keys.last().copied());
    }

    #[test]
    fn bounds_leave_about_as_many_people_as_a_sample_has() {
        assert_eq!((bound(0), bound(1_000)), (None, None));
        for engagers in [2_000, 4_000, 50_000] {
            let below = bound(engagers).map_or(0.0, share_below) * f64::from(engagers);
            assert!((below - SAMPLE).abs() < 1e-6, "{below}");
        }
    }
}
