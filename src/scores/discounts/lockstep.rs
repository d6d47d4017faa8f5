//! Lockstep: people who act with several creators in the same week, in which each of these has a crowd, and come to at least one
//! of them for the first time. Sold accounts serve many, so a crowd that is made of them is explained, and whoever else came in
//! its week is not taken for a part of it. They may have been here before, by chance, to look like people.

use super::crowds::week_of;
use crate::{ids::EngagerKey, relationships::days::Day};
use std::collections::BTreeSet;

/// Creators in whose crowds of one week somebody takes part, from which on that is lockstep.
pub const CREATORS: usize = 2;

/// Somebody who was active with a creator in the week of a crowd of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Presence<C> {
    /// Who.
    pub engager: EngagerKey,
    /// The week, as in crowds.
    pub week: i32,
    /// With whom.
    pub creator: C,
    /// Whether they came for the first time.
    pub is_new: bool,
}

/// In which of some weeks somebody was active with a creator, by their active days.
pub fn present<C: Copy>(
    engager: EngagerKey,
    creator: C,
    days: &[Day],
    weeks: &BTreeSet<i32>,
) -> impl Iterator<Item = Presence<C>> {
    let came = days.first().map(|day| week_of(*day));
    let mut active: Vec<i32> =
        days.iter().map(|day| week_of(*day)).filter(|week| weeks.contains(week)).collect();
    active.dedup();
    active.into_iter().map(move |week| Presence { engager, week, creator, is_new: came == Some(week) })
}

/// The presences that are in lockstep, each once.
#[must_use]
pub fn in_lockstep<C: Ord + Copy>(mut presences: Vec<Presence<C>>) -> Vec<Presence<C>> {
    presences.sort_unstable();
    presences.dedup();
    let together =
        |one: &Presence<C>, other: &Presence<C>| (one.engager, one.week) == (other.engager, other.week);
    let are_sold = |all: &&[Presence<C>]| {
        all.iter().any(|one| one.is_new)
            && all.chunk_by(|one, other| one.creator == other.creator).count() >= CREATORS
    };
    presences.chunk_by(together).filter(are_sold).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn presence((engager, week, creator, is_new): (i64, i32, char, bool)) -> Presence<char> {
        Presence { engager: EngagerKey(engager), week, creator, is_new }
    }

    fn found(presences: &[(i64, i32, char, bool)]) -> Vec<(i64, i32, char)> {
        let found = in_lockstep(presences.iter().copied().map(presence).collect());
        found.into_iter().map(|found| (found.engager.0, found.week, found.creator)).collect()
    }

    #[test]
    fn who_comes_to_two_crowds_of_a_week_is_in_lockstep_and_nobody_else() {
        let presences = [
            (1, 7, 'a', true),
            (1, 7, 'b', true),
            (2, 7, 'a', true),
            (3, 7, 'a', true),
            (3, 8, 'b', true),
            (4, 7, 'a', true),
            (4, 8, 'b', true),
            (4, 8, 'c', true),
        ];
        assert_eq!(found(&presences), [(1, 7, 'a'), (1, 7, 'b'), (4, 8, 'b'), (4, 8, 'c')]);
        assert_eq!(
            found(&[(1, 7, 'a', true), (1, 7, 'a', true)]),
            [],
            "a single creator, however often it is read"
        );
        assert_eq!(found(&[]), []);
    }

    #[test]
    fn who_had_been_with_one_of_them_before_is_in_lockstep_and_who_had_been_with_all_is_not() {
        assert_eq!(found(&[(1, 7, 'a', true), (1, 7, 'b', false)]), [(1, 7, 'a'), (1, 7, 'b')]);
        assert_eq!(found(&[(1, 7, 'a', false), (1, 7, 'b', false)]), []);
    }

    #[test]
    fn somebody_is_present_in_the_weeks_of_their_days_and_new_in_the_first() {
        let weeks = BTreeSet::from([week_of(100), week_of(200), week_of(300)]);
        let present: Vec<_> = present(EngagerKey(1), 'a', &[100, 101, 150, 200, 201], &weeks).collect();
        assert_eq!(present, [(1, week_of(100), 'a', true), (1, week_of(200), 'a', false)].map(presence));
    }

    prop_compose! {
        fn presences()(
            presences in prop::collection::vec(
                (0..12_i64, 0..4_i32, prop::sample::select(&['a', 'b', 'c'][..]), any::<bool>()).prop_map(presence), 0..60,
            ),
        ) -> Vec<Presence<char>> {
            presences
        }
    }

    proptest! {
        #[test]
        fn what_is_found_took_part_in_crowds_of_the_same_week_and_order_does_not_matter(presences in presences()) {
            let found = in_lockstep(presences.clone());
            prop_assert_eq!(in_lockstep(presences.iter().rev().copied().collect()), found.clone());
            prop_assert_eq!(in_lockstep(found.clone()), found.clone(), "nothing of it rests on what is not found");
            let found: BTreeSet<_> = found.into_iter().collect();
            for presence in presences.iter().collect::<BTreeSet<_>>() {
                let company = || presences.iter().filter(|other| (other.engager, other.week) == (presence.engager, presence.week));
                let is_sold = company().any(|other| other.creator != presence.creator) && company().any(|other| other.is_new);
                prop_assert_eq!(found.contains(presence), is_sold);
            }
            prop_assert!(found.iter().all(|one| presences.contains(one)));
        }

        #[test]
        fn passes_over_people_find_what_one_look_finds(presences in presences(), passes in 1..5_i64) {
            let of_pass = |pass| presences.iter().copied().filter(move |one| one.engager.0 % passes == pass).collect();
            let found: BTreeSet<_> = (0..passes).flat_map(|pass| in_lockstep(of_pass(pass))).collect();
            prop_assert_eq!(found, in_lockstep(presences).into_iter().collect::<BTreeSet<_>>());
        }
    }
}
