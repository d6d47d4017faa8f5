//! Lists that are searched with a guess of what has to be reached.

use super::*;

/// The list with a guess for so many of those who are wanted, and whether it is sure; and the list without one.
fn guessed(
    people: &[Person],
    request: &RecommendationRequest,
    (guessed, limit): (usize, usize),
) -> (Ranking, bool, Ranking) {
    let snapshot = snapshot(people);
    let (query, read) = (request.query(&snapshot).unwrap(), [(None, limit), (None, 0)]);
    let ([with, _], missing) = found(&snapshot, &query, read, Guess::new(guessed, f64::INFINITY));
    let ([without, _], _) = found(&snapshot, &query, read, Guess::never());
    (with, missing.is_none(), without)
}

/// Somebody who fits a brief for gaming, and of whom nothing was seen yet.
fn unseen() -> Person {
    Person {
        niches: vec!["gaming"],
        topics: Vec::new(),
        community: Vec::new(),
        followers: Some(5_000),
        country: "RO",
        language: "ro",
        values: Vec::new(),
        platform: Platform::Instagram,
        engagers: 0,
        loyal: 0,
        talking: 0,
        region: None,
        city: None,
        events: 0,
        last_seen: 0,
        sponsored: None,
        before: None,
    }
}

#[test]
fn a_guess_for_too_few_is_known_to_be_wrong() {
    let person = |loyal| Person { engagers: 400, loyal, events: 900, last_seen: 90, ..unseen() };
    let people: Vec<Person> = (0..200).map(person).collect();
    let (_, is_sure, _) = guessed(&people, &request(&[("gaming", 1.0)]), (0, 60));
    assert!(!is_sure);
    let (with, is_sure, without) = guessed(&people, &request(&[("gaming", 1.0)]), (60, 60));
    assert!(is_sure && with == without && with.more);
}

#[test]
fn who_reaches_less_than_was_guessed_is_found_all_the_same() {
    // Nobody is measured, so that all reach the same, and less than lists say that they can at most.
    let (people, request) = (vec![unseen(); 200], request(&[("gaming", 1.0)]));
    let (_, is_sure, _) = guessed(&people, &request, (4, 3));
    assert!(!is_sure);
    assert_eq!(paged(&people, &request, 3), (0..200).map(id).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_a_list_that_is_guessed_neither_skip_nor_repeat(
        people in prop::collection::vec(person(), 100..200), niches in prop::sample::subsequence(&NICHES, 1..4),
        weights in prop::collection::vec(0.1..5.0_f64, 4), limit in 1..8_usize,
    ) {
        let niches: Vec<(&str, f64)> = niches.into_iter().zip(weights).collect();
        let request = RecommendationRequest { filters: narrowed(r#"{"followers":{}}"#, &[]), ..request(&niches) };
        prop_assert_eq!(paged(&people, &request, limit), oracle(&snapshot(&people), &people, &request));
    }

    #[test]
    fn a_list_that_is_sure_is_the_same_without_a_guess(
        people in prop::collection::vec(person(), 100..300), request in any_request(), limit in 1..30_usize,
        few in 0..5_usize,
    ) {
        let (with, is_sure, without) = guessed(&people, &request, (few, limit));
        prop_assert!(!is_sure || with == without);
    }
}
