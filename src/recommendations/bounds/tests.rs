//! No bound is below what it bounds, whatever niches creators have to do with.

use super::*;
use crate::{
    creators::Profile,
    ids::CreatorKey,
    niches::Taxonomy,
    recommendations::{
        brief::{Brief, RecommendationRequest, WeightedNiche, WeightsInput},
        candidates::near_niches,
        rank::{scored, tests::TENANT},
    },
    scores::{CreatorStatistics, communities::Community, nearness::narrow},
    snapshot::{TenantBuilder, board::Inside, source::SourceRow},
    topics::Topics,
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// Niches of which many are near to each other, and many share their short name with another one.
static NICHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let snapshot = TenantBuilder::new(TENANT, Arc::new(Taxonomy::built_in())).snapshot();
    let all = u32::try_from(snapshot.parents().len()).unwrap();
    assert!(all > 256 + 12, "short names are not enough");
    (0..12).chain(256..all.min(268)).map(|niche| snapshot.niche(niche).to_owned()).collect()
});

#[derive(Clone, Debug)]
struct Person {
    niches: Vec<String>,
    topics: Vec<(String, f64)>,
    community: Vec<(String, f64)>,
    loyal: i32,
}

prop_compose! {
    fn person()(
        niches in prop::sample::subsequence(&NICHES[..], 0..8),
        topics in prop::sample::subsequence(&NICHES[..], 0..4),
        community in prop::sample::subsequence(&NICHES[..], 0..8),
        shares in prop::array::uniform8(0.05..0.5_f64),
        loyal in 0..40_i32,
    ) -> Person {
        let topics = topics.into_iter().zip(shares).collect();
        Person { niches, topics, community: community.into_iter().zip(shares).collect(), loyal }
    }
}

fn source(index: usize, Person { niches, topics, community, loyal }: &Person) -> SourceRow {
    let creator_id = format!("creator-{index}");
    let profile = serde_json::json!({"display_name": creator_id, "country": "RO", "languages": [], "niches": niches, "values": (if index.is_multiple_of(2) { &["vegan"][..] } else { &[] }),
        "accounts": [{"platform": "instagram", "handle": creator_id, "followers": 5_000}]});
    let statistics = CreatorStatistics {
        engagers: 40,
        mature_engagers: 40,
        loyal_engagers: *loyal,
        expected_back: f64::from(*loyal) * 0.5,
        first_event: Some(0),
        until: Some(90),
        ..CreatorStatistics::default()
    };
    SourceRow {
        key: CreatorKey::derive(TENANT, &creator_id),
        creator_id,
        profile: Profile::parse(serde_json::from_value(profile).unwrap(), &[0; 32]).unwrap(),
        statistics: (loyal % 4 > 0).then_some(statistics),
        community: Some(Community { people: 200, shares: community.clone(), ..Community::default() }),
        topics: Topics { posts: 12, shares: topics.clone() },
        trust: None,
        sponsorship: None,
        sponsored_share: None,
        reach_before: None,
        stamp: (0, None, None, None, None, None),
    }
}

fn brief(niches: Vec<String>, weights: &[f64]) -> RecommendationRequest {
    let niches = niches.into_iter().zip(weights).map(|(id, weight)| WeightedNiche { id, weight: *weight });
    RecommendationRequest {
        brief: Brief { text: None, niches: niches.collect(), values: Vec::new() },
        ..RecommendationRequest::of_niche(String::new(), None, None)
    }
}

/// Asserts that bounds hold in the list of a niche; who is looked for there and near enough.
fn check(snapshot: &TenantSnapshot, query: &Query, of_query: &Rc<OfQuery<'_>>, niche: u32) -> Vec<u32> {
    let bounds = Bounds::new(snapshot, of_query.clone(), snapshot.placed(niche));
    let board = snapshot.board(niche).unwrap();
    let root = board.root().map(|root| (root, f64::INFINITY, f64::INFINITY));
    let (mut open, mut found) = (Vec::from_iter(root), Vec::new());
    while let Some((node, above, fit_above)) = open.pop() {
        let most = bounds.of_node(board.most(node), fit_above, f64::NEG_INFINITY);
        let reach = most.map_or(f64::NEG_INFINITY, |(reach, _)| reach).min(above);
        // As it is kept while a node waits.
        let fit = most.map_or(f64::NEG_INFINITY, |(_, fit)| f64::from(narrow(fit)));
        match board.inside(node) {
            Inside::Nodes(nodes) => open.extend(nodes.map(|node| (node, reach, fit))),
            Inside::Entries(entries) => {
                for entry in entries {
                    let row = snapshot.row(entry.row).unwrap();
                    let ranked = scored(query, entry.row, &row);
                    let is_near = ranked.fit.nearness.estimate.value >= MIN_NEARNESS;
                    if is_near && bounds.is_home(row.niches()) {
                        assert!(bounds.of_node(board.most(node), fit_above, ranked.by).is_some());
                        let own = bounds.of_entry(entry, ranked.by).unwrap_or(f64::NEG_INFINITY);
                        let by = ranked.by;
                        assert!(by <= own && by <= reach, "{by} {own} {reach} {entry:?}");
                        found.push(entry.row);
                    }
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_reaches_more_than_its_entry_and_the_nodes_above_it_say(
        people in prop::collection::vec(person(), 100..300), weights in prop::array::uniform4(0.1..3.0_f64),
        niches in prop::sample::subsequence(&NICHES[..], 1..5), by_mean in any::<bool>(),
        components in prop::array::uniform5(prop_oneof![Just(0.0), 0.1..3.0_f64, Just(1e-6), Just(1000.0)]),
        values in prop::sample::subsequence(vec!["vegan".to_owned(), "local".to_owned()], 0..3),
    ) {
        prop_assume!(components.iter().sum::<f64>() > 0.0);
        let mut builder = TenantBuilder::new(TENANT, Arc::new(Taxonomy::built_in()));
        people.iter().enumerate().for_each(|(index, person)| builder.apply_creator(source(index, person)));
        let snapshot = builder.snapshot();
        let rank_by = if by_mean { RankBy::Mean } else { RankBy::LowerBound };
        let [fit, loyalty, trust, authenticity, conversation] = components;
        let components = Some(WeightsInput { fit, loyalty, trust, authenticity, conversation });
        let mut request = RecommendationRequest { rank_by, weights: components, ..brief(niches, &weights) };
        request.brief.values = values;
        let query = request.query(&snapshot).unwrap();
        let searched = near_niches(&snapshot, &query);
        let of_query = Rc::new(OfQuery::new(&snapshot, &query, searched.clone()));
        let found: Vec<u32> =
            searched.iter().flat_map(|niche| check(&snapshot, &query, &of_query, *niche)).collect();
        let mut once = found.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), found.len(), "nobody is found twice");
    }
}
