//! Why not, against the list itself, on random creators.

use super::*;
use crate::recommendations::{
    eligibility::{removed_by, removed_late_by},
    rank::tests::{TENANT, any_request, id, person, rank, snapshot},
    why_not::changes::{ChangeKind, patched},
};
use proptest::prelude::*;

/// Places of creators in the whole list, best first.
fn listed(snapshot: &TenantSnapshot, request: &RecommendationRequest) -> Vec<u32> {
    let query = request.query(snapshot).unwrap();
    rank(snapshot, &query, None, 1_000).0.iter().map(|ranked| ranked.row).collect()
}

fn asked_why_not(
    snapshot: &TenantSnapshot,
    request: &RecommendationRequest,
    number: u32,
    limit: usize,
) -> WhyNot {
    let query = request.query(snapshot).unwrap();
    let row = snapshot.row(number).unwrap();
    WhyNot::of(Case { snapshot, row, number, request, query: &query }, limit)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_rank_is_the_place_in_the_list_and_whoever_is_removed_has_none(
        people in prop::collection::vec(person(), 1..40), request in any_request(), limit in 1..20_usize,
    ) {
        let snapshot = snapshot(&people);
        let list = listed(&snapshot, &request);
        let query = request.query(&snapshot).unwrap();
        let whole = rank(&snapshot, &query, None, 1_000).0;
        let last = whole.iter().take(limit).next_back().map(|ranked| ranked.score.low);
        for number in (0..snapshot.rows()).map(|row| u32::try_from(row).unwrap()) {
            if snapshot.row(number).is_none() {
                continue;
            }
            let found = asked_why_not(&snapshot, &request, number, limit);
            let place = list.iter().position(|row| *row == number);
            prop_assert_eq!(found.obstacles.is_empty().then_some(found.above), place);
            prop_assert_eq!(found.is_listed(limit), place.is_some_and(|place| place < limit));
            prop_assert_eq!(found.last_listed, last);
        }
    }

    #[test]
    fn a_change_of_the_request_brings_the_creator_in_on_the_rank_that_is_told(
        people in prop::collection::vec(person(), 1..40), request in any_request(), limit in 1..8_usize,
    ) {
        let snapshot = snapshot(&people);
        for number in (0..snapshot.rows()).map(|row| u32::try_from(row).unwrap()) {
            if snapshot.row(number).is_none() {
                continue;
            }
            let found = asked_why_not(&snapshot, &request, number, limit);
            prop_assert!(!found.is_listed(limit) || found.changes.is_empty() && found.not_enough.is_empty());
            let of_request = [ChangeKind::Filters, ChangeKind::Brief, ChangeKind::Limit];
            for change in found.changes.iter().filter(|change| of_request.contains(&change.kind)) {
                let changed = patched(&request, &change.patch);
                let place = listed(&snapshot, &changed).iter().position(|row| *row == number);
                prop_assert_eq!(place.map(|place| place + 1), change.rank, "{:?}", change);
                let length = changed.limit.map_or(limit, |limit| limit as usize);
                prop_assert!(place.is_some_and(|place| place < length), "{:?}", change);
            }
        }
    }

    #[test]
    fn every_filter_asked_by_itself_agrees_with_the_first_that_removes(
        people in prop::collection::vec(person(), 1..40), request in any_request(),
    ) {
        let snapshot = snapshot(&people);
        let query = request.query(&snapshot).unwrap();
        for row in (0..snapshot.rows()).filter_map(|row| snapshot.row(u32::try_from(row).unwrap())) {
            let all = all_removing(&query, &row);
            match removed_by(&query, &row).or_else(|| removed_late_by(&query, &row)) {
                Some(first) => prop_assert!(all.contains(&first), "{:?} {:?}", first, all),
                None => prop_assert!(all.is_empty(), "{:?}", all),
            }
        }
    }

    #[test]
    fn a_creator_is_found_by_its_key(people in prop::collection::vec(person(), 1..40)) {
        let snapshot = snapshot(&people);
        for index in 0..people.len() {
            let found = snapshot.find(crate::ids::CreatorKey::derive(TENANT, &id(index)));
            let row = found.and_then(|number| snapshot.row(number));
            prop_assert_eq!(row.map(|row| row.creator_id().to_owned()), Some(id(index)));
        }
        prop_assert_eq!(snapshot.find(crate::ids::CreatorKey::derive(TENANT, "stranger")), None);
    }
}
