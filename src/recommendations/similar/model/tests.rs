//! The nearest of random creators, against all of them.

use super::*;
use crate::{
    ids::EngagerKey,
    recommendations::rank::tests::{TENANT, id, person, snapshot},
};
use proptest::prelude::*;
use std::collections::HashMap;

fn number_of(snapshot: &TenantSnapshot, index: usize) -> u32 {
    snapshot.find(CreatorKey::derive(TENANT, &id(index))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_nearest_are_those_of_highest_cosine_and_never_the_creator(
        people in prop::collection::vec(person(), 1..40), most in 1..6_usize,
    ) {
        let snapshot = snapshot(&people);
        let own = number_of(&snapshot, 0);
        let common = snapshot.row(own).unwrap().niches().vector(snapshot.parents()).common(snapshot.parents());
        let mut cosines: Vec<f64> = (1..people.len())
            .map(|index| snapshot.row(number_of(&snapshot, index)).unwrap().niches())
            // Who stands in no list is in none that is looked through.
            .filter(|niches| niches.lists().next().is_some())
            .map(|niches| niches.near(&common))
            .filter(|cosine| *cosine >= MIN_NEARNESS)
            .collect();
        cosines.sort_by(|a, b| b.total_cmp(a));
        cosines.truncate(most);
        let found = nearest(&snapshot, own, most);
        prop_assert!(found.iter().all(|near| near.row != own));
        prop_assert_eq!(found.iter().map(|near| near.cosine).collect::<Vec<_>>(), cosines);
    }

    #[test]
    fn nearness_is_mutual(people in prop::collection::vec(person(), 2..3)) {
        let snapshot = snapshot(&people);
        let of = |index| nearest(&snapshot, number_of(&snapshot, index), 1);
        let (there, back) = (of(0), of(1));
        prop_assert_eq!(there.len(), back.len());
        for (there, back) in there.iter().zip(&back) {
            prop_assert!((there.cosine - back.cosine).abs() < 1e-5);
        }
    }

    #[test]
    fn sharing_more_people_is_more_similar(
        people in prop::collection::vec(person(), 3..20), shared in prop::collection::vec(0..40_u32, 20),
    ) {
        let snapshot = snapshot(&people);
        let key = |index: usize| CreatorKey::derive(TENANT, &id(index));
        let person = |number: u32| EngagerKey::derive(&[7; 32], &number.to_string()).0;
        let of = |from: u32| People::of((from..from + 40).map(person).collect(), &[], None);
        let all: HashMap<CreatorKey, People> = (0..people.len())
            .map(|index| (key(index), if index == 0 { of(0) } else { of(40 - shared[index]) }))
            .collect();
        let near = nearest(&snapshot, number_of(&snapshot, 0), COMPARED);
        let found = similar(&snapshot, &near, key(0), |creator| all.get(&creator), 50);
        prop_assert_eq!(found.len(), near.len());
        prop_assert!(found.is_sorted_by(|a, b| a.similarity >= b.similarity));
        for one in found {
            let overlap = one.shared.map_or(0.0, |shared| shared.overlap);
            prop_assert!((one.similarity - f64::midpoint(one.cosine, overlap)).abs() < 1e-12);
        }
        // With nobody known, niches decide alone.
        let alone = similar(&snapshot, &near, key(0), |_| None, 50);
        prop_assert!(alone.iter().all(|one| (one.similarity - one.cosine).abs() < 1e-12 && one.shared.is_none()));
    }
}
