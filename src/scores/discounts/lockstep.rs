//! Lockstep: people who come for the first time to several creators in the same week, each of whom many more come to than
//! usual. Sold accounts serve many, so a crowd that is made of them is explained, and whoever else came in its week is not
//! taken for a part of it.

use crate::ids::EngagerKey;

/// Creators to whose crowds of one week somebody came, from which on that is lockstep.
pub const CREATORS: usize = 2;

/// Somebody who came for the first time to a creator in the week of a crowd of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival<C> {
    /// Who came.
    pub engager: EngagerKey,
    /// The week, as in crowds.
    pub week: i32,
    /// To whom.
    pub creator: C,
}

/// The arrivals that are in lockstep, each once.
#[must_use]
pub fn in_lockstep<C: Ord + Copy>(mut arrivals: Vec<Arrival<C>>) -> Vec<Arrival<C>> {
    arrivals.sort_unstable();
    arrivals.dedup();
    let together =
        |one: &Arrival<C>, other: &Arrival<C>| (one.engager, one.week) == (other.engager, other.week);
    let several = arrivals.chunk_by(together).filter(|creators| creators.len() >= CREATORS);
    several.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn arrival((engager, week, creator): (i64, i32, char)) -> Arrival<char> {
        Arrival { engager: EngagerKey(engager), week, creator }
    }

    fn found(arrivals: &[(i64, i32, char)]) -> Vec<(i64, i32, char)> {
        let found = in_lockstep(arrivals.iter().copied().map(arrival).collect());
        found.into_iter().map(|found| (found.engager.0, found.week, found.creator)).collect()
    }

    #[test]
    fn who_comes_to_two_crowds_of_a_week_is_in_lockstep_and_nobody_else() {
        let arrivals = [
            (1, 7, 'a'),
            (1, 7, 'b'),
            (2, 7, 'a'),
            (3, 7, 'a'),
            (3, 8, 'b'),
            (4, 7, 'a'),
            (4, 8, 'b'),
            (4, 8, 'c'),
        ];
        assert_eq!(found(&arrivals), [(1, 7, 'a'), (1, 7, 'b'), (4, 8, 'b'), (4, 8, 'c')]);
        assert_eq!(found(&[(1, 7, 'a'), (1, 7, 'a')]), [], "a single creator, however often it is read");
        assert_eq!(found(&[]), []);
    }

    proptest! {
        #[test]
        fn what_is_found_came_to_others_in_the_same_week_and_order_does_not_matter(
            arrivals in prop::collection::vec(
                (0..12_i64, 0..4_i32, prop::sample::select(&['a', 'b', 'c'][..])).prop_map(arrival), 0..60,
            ),
        ) {
            let found = in_lockstep(arrivals.clone());
            prop_assert_eq!(in_lockstep(arrivals.iter().rev().copied().collect()), found.clone());
            prop_assert_eq!(in_lockstep(found.clone()), found.clone(), "nothing of it rests on what is not found");
            let found: BTreeSet<_> = found.into_iter().collect();
            for arrival in arrivals.iter().collect::<BTreeSet<_>>() {
                let company = |other: &&Arrival<char>| {
                    (other.engager, other.week) == (arrival.engager, arrival.week) && other.creator != arrival.creator
                };
                prop_assert_eq!(found.contains(arrival), arrivals.iter().any(|other| company(&other)));
            }
            prop_assert!(found.iter().all(|one| arrivals.contains(one)));
        }

        #[test]
        fn passes_over_people_find_what_one_look_finds(
            arrivals in prop::collection::vec(
                (0..12_i64, 0..4_i32, prop::sample::select(&['a', 'b', 'c'][..])).prop_map(arrival), 0..60,
            ),
            passes in 1..5_i64,
        ) {
            let of_pass = |pass| arrivals.iter().copied().filter(move |one| one.engager.0 % passes == pass).collect();
            let found: BTreeSet<_> = (0..passes).flat_map(|pass| in_lockstep(of_pass(pass))).collect();
            prop_assert_eq!(found, in_lockstep(arrivals).into_iter().collect::<BTreeSet<_>>());
        }
    }
}
