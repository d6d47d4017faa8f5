use super::*;
use crate::recommendations::{
    brief::{RankBy, RecommendationRequest},
    rank::tests::{Person, any_request, person, rank, snapshot},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

fn query(
    request: &RecommendationRequest,
    snapshot: &TenantSnapshot,
    (diversity, explore): (f64, u32),
) -> Query {
    let request = RecommendationRequest { diversity, explore, ..request.clone() };
    request.query(snapshot).unwrap()
}

fn pages(snapshot: &TenantSnapshot, query: &Query, limit: usize) -> Vec<Vec<Selected>> {
    let (mut pages, mut bookmarks) = (Vec::new(), Bookmarks::default());
    loop {
        let (page, next) = select(snapshot, query, &bookmarks, limit);
        assert!(page.len() == limit || next.is_none(), "only the last page is short");
        pages.push(page);
        let Some(next) = next else { return pages };
        // As it travels in a cursor.
        bookmarks = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap();
    }
}

fn rows(selected: impl Iterator<Item = Selected>) -> Vec<u32> {
    selected.map(|one| one.ranked.row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn pages_hold_everybody_once(
        people in prop::collection::vec(person(), 0..60), request in any_request(), limit in 1..9_usize,
        diversity in prop::sample::select(&[0.0, 0.4, 1.0][..]), explore in 0..4_u32, by_mean in any::<bool>(),
    ) {
        let snapshot = snapshot(&people);
        let rank_by = if by_mean { RankBy::Mean } else { RankBy::LowerBound };
        let request = RecommendationRequest { rank_by, ..request };
        let query = query(&request, &snapshot, (diversity, explore));
        let pages = pages(&snapshot, &query, limit);
        let (ranked, _) = rank(&snapshot, &query, None, 1_000);
        let (mut all, mut expected) =
            (rows(pages.iter().flatten().copied()), ranked.iter().map(|one| one.row).collect::<Vec<_>>());
        if diversity.total_cmp(&0.0).is_eq() && explore == 0 {
            prop_assert_eq!(&all, &expected);
        }
        all.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn places_are_kept_for_those_of_whom_little_is_known(
        people in prop::collection::vec(person(), 0..60), request in any_request(), limit in 1..9_usize, explore in 1..4_u32,
    ) {
        let snapshot = snapshot(&people);
        let query = query(&request, &snapshot, (0.0, explore));
        let mut left = rank(&snapshot, &query, None, 1_000).0.len();
        let is_known = |one: &Selected| snapshot.row(one.ranked.row).unwrap().hot.scores.is_measured(0);
        let pages = pages(&snapshot, &query, limit);
        let mut unknown = pages.iter().flatten().filter(|one| !is_known(one)).count();
        for page in pages {
            prop_assert!(page.iter().all(|one| one.explored != is_known(one)));
            let (explored, known) = (page.iter().filter(|one| one.explored).count(), left - unknown);
            let kept = (explore as usize).min(limit).min(unknown).max(limit.min(left).saturating_sub(known));
            prop_assert_eq!(explored, kept);
            (left, unknown) = (left - page.len(), unknown - explored);
        }
    }
}

fn many(count: usize) -> Vec<Person> {
    let mut runner = TestRunner::deterministic();
    let people = prop::collection::vec(person(), count).new_tree(&mut runner).unwrap().current();
    people
        .into_iter()
        .map(|mut person| {
            person.followers = Some(5_000);
            person
        })
        .collect()
}

#[test]
fn diverse_lists_go_on_stretch_by_stretch() {
    let snapshot = snapshot(&many(900));
    let request = RecommendationRequest::of_niche("fashion".to_owned(), None, None);
    let query = query(&request, &snapshot, (0.5, 0));
    let ranked: Vec<u32> = rank(&snapshot, &query, None, 1_000).0.iter().map(|one| one.row).collect();
    assert!(ranked.len() > 2 * STRETCH, "{}", ranked.len());
    let [sevens, longest] =
        [70, 2 * STRETCH].map(|limit| rows(pages(&snapshot, &query, limit).into_iter().flatten()));
    assert_eq!(sevens, longest, "the order does not depend on how it is read");
    for (stretch, expected) in sevens.chunks(STRETCH).zip(ranked.chunks(STRETCH)) {
        let [mut stretch, mut expected] = [stretch.to_vec(), expected.to_vec()];
        assert!(stretch != expected, "another order");
        stretch.sort_unstable();
        expected.sort_unstable();
        assert_eq!(stretch, expected, "of the same creators");
    }
}

#[test]
fn explored_places_are_spread_over_the_page() {
    let one = |row| Ranked { row, ..rank(&snapshot(&many(50)), &some_query(), None, 1).0[0] };
    let (known, unknown): (Vec<Ranked>, Vec<Ranked>) =
        ((0..8).map(one).collect(), (100..102).map(one).collect());
    let places: Vec<bool> = mixed(&known, &unknown).iter().map(|one| one.explored).collect();
    assert_eq!(places, [false, false, false, false, true, false, false, false, false, true]);
    assert_eq!(rows(mixed(&[], &unknown).into_iter()), [100, 101]);
    assert_eq!(rows(mixed(&known[..1], &[]).into_iter()), [0]);
}

fn some_query() -> Query {
    let request = RecommendationRequest::of_niche("fashion".to_owned(), None, None);
    query(&request, &snapshot(&many(50)), (0.0, 0))
}
