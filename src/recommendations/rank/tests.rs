//! Ranking against a brute-force oracle on random creators.

mod eligible;
mod guessed;

use super::*;
use crate::{
    creators::{Account, Platform, Profile},
    ids::{CreatorKey, TenantId},
    niches::{Taxonomy, words},
    recommendations::{
        brief::{Brief, RankBy, RecommendationRequest, WeightedNiche},
        filters::Filters,
        unmatched::unmatched,
    },
    scores::{CreatorStatistics, authority::NicheReach, communities::Community, fit::Asked},
    snapshot::{TenantBuilder, source::SourceRow},
    topics::Topics,
};
use eligible::{NARROWING, is_eligible};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const NICHES: [&str; 5] = ["gaming", "fashion", "sustainable-fashion", "conscious-parenting", "minimalism"];
pub(in crate::recommendations) const TENANT: TenantId = TenantId(1);
static TAXONOMY: LazyLock<Arc<Taxonomy>> = LazyLock::new(|| Arc::new(Taxonomy::built_in()));

/// The best `limit` candidates after a position, best first, and whether there are more.
pub(in crate::recommendations) fn rank(
    snapshot: &TenantSnapshot,
    query: &Query,
    after: Option<&Position>,
    limit: usize,
) -> (Vec<Ranked>, bool) {
    let all = Query { explore: 0, ..query.clone() };
    let [Ranking { ranked, more }, _] = rank_lists(snapshot, &all, [(after, limit), (None, 0)]);
    (ranked, more)
}

#[derive(Clone, Debug)]
pub(in crate::recommendations) struct Person {
    niches: Vec<&'static str>,
    topics: Vec<(&'static str, f64)>,
    community: Vec<(&'static str, f64)>,
    pub(in crate::recommendations) followers: Option<u32>,
    country: &'static str,
    language: &'static str,
    values: Vec<&'static str>,
    platform: Platform,
    engagers: i32,
    loyal: i32,
    talking: i32,
    region: Option<&'static str>,
    city: Option<&'static str>,
    events: i64,
    last_seen: i32,
    sponsored: Option<f64>,
    before: Option<f64>,
}

prop_compose! {
    pub(in crate::recommendations) fn person()(
        niches in prop::sample::subsequence(&NICHES, 0..3),
        topics in prop::sample::subsequence(&NICHES, 0..3),
        community in prop::sample::subsequence(&NICHES, 0..3),
        followers in prop::option::of(prop::sample::select(&[0, 999, 1_000, 5_000, 50_000, 50_001, 2_000_000][..])),
        country in prop::sample::select(&["RO", "US"][..]),
        language in prop::sample::select(&["ro", "en"][..]),
        values in prop::sample::subsequence(&["repair", "honesty"], 0..3),
        platform in prop::sample::select(&[Platform::Instagram, Platform::TikTok][..]),
        // Few different numbers, so that equal scores are common.
        engagers in prop::sample::select(&[0, 10, 10, 400][..]),
        loyal in 0..=10_i32,
        talking in 0..=2_i32,
        (region, city) in prop::sample::select(&[
            (None, None), (Some("Cluj"), Some("Cluj-Napoca")), (Some("cluj"), None), (None, Some("bucuresti")),
        ][..]),
        [events, last_seen, sponsored, before] in prop::array::uniform4(0..4_usize),
    ) -> Person {
        let [topics, community]: [Vec<_>; 2] =
            [topics, community].map(|niches| niches.into_iter().map(|niche| (niche, 0.5)).collect());
        let (events, last_seen) = ([0, 19, 20, 900][events], [0, 59, 60, 90][last_seen]);
        let sponsored = [None, Some(0.0), Some(0.25), Some(0.26)][sponsored];
        let before = [None, Some(0.0), Some(1.0), Some(4.0)][before];
        Person {
            niches, topics, community, followers, country, language, values, platform, engagers, loyal, talking, region, city,
            events, last_seen, sponsored, before,
        }
    }
}

pub(in crate::recommendations) fn id(index: usize) -> String {
    format!("creator-{index:03}")
}

fn source(index: usize, person: &Person) -> SourceRow {
    let account = Account {
        platform: person.platform,
        handle: id(index),
        followers: person.followers,
        engager_key: None,
    };
    let profile = Profile {
        display_name: id(index),
        bio: String::new(),
        country: person.country.to_owned(),
        region: person.region.map(str::to_owned),
        city: person.city.map(str::to_owned),
        languages: vec![person.language.to_owned()],
        values: person.values.iter().map(ToString::to_string).collect(),
        niches: person.niches.iter().map(ToString::to_string).collect(),
        accounts: vec![account],
    };
    let statistics = CreatorStatistics {
        engagers: person.engagers,
        mature_engagers: person.engagers,
        loyal_engagers: person.loyal.min(person.engagers),
        talking_engagers: person.talking.min(person.engagers),
        expected_back: f64::from(person.loyal.min(person.engagers)) * 0.5,
        events: person.events,
        window: Some((0, person.last_seen)),
        first_event: Some(0),
        until: Some(90),
        ..CreatorStatistics::default()
    };
    let [topics, shares]: [Vec<_>; 2] = [&person.topics, &person.community]
        .map(|side| side.iter().map(|(niche, share)| ((*niche).to_owned(), *share)).collect());
    SourceRow {
        key: CreatorKey::derive(TENANT, &id(index)),
        creator_id: id(index),
        profile,
        statistics: (person.engagers > 0).then_some(statistics),
        community: Some(Community { people: 30, shares, ..Community::default() }),
        topics: Topics { posts: 15, shares: topics },
        trust: None,
        sponsorship: None,
        sponsored_share: person.sponsored,
        reach_before: person.before,
        stamp: (1, None, None, None, None, None),
    }
}

pub(in crate::recommendations) fn snapshot(people: &[Person]) -> TenantSnapshot {
    let mut builder = TenantBuilder::new(TENANT, TAXONOMY.clone());
    people.iter().enumerate().for_each(|(index, person)| builder.apply_creator(source(index, person)));
    builder.snapshot()
}

fn request(niches: &[(&str, f64)]) -> RecommendationRequest {
    let niches = niches.iter().map(|(id, weight)| WeightedNiche { id: (*id).to_owned(), weight: *weight });
    RecommendationRequest {
        brief: Brief { text: None, niches: niches.collect(), values: Vec::new() },
        ..RecommendationRequest::of_niche(String::new(), None, None)
    }
}

fn ids(snapshot: &TenantSnapshot, ranked: &[Ranked]) -> Vec<String> {
    ranked.iter().map(|ranked| snapshot.row(ranked.row).unwrap().creator_id().to_owned()).collect()
}

/// What the brief asks for, with what is usual in its niches counted over the rows.
fn asked(snapshot: &TenantSnapshot, query: &Query) -> Asked {
    let mut asked = query.asked.clone();
    for niche in &mut asked.niches {
        let mut reach = NicheReach::default();
        for row in (0..snapshot.rows()).filter_map(|row| snapshot.row(u32::try_from(row).unwrap())) {
            if row.niches().lists().any(|list| list == niche.place.niche) {
                reach.count(row.hot.scores.reach(), 1);
            }
        }
        (niche.measured, niche.usual) = (reach.creators(), reach.usual());
    }
    asked
}

/// Every creator of the snapshot, filtered by the words of the request and sorted by the published rule.
fn oracle(snapshot: &TenantSnapshot, people: &[Person], request: &RecommendationRequest) -> Vec<String> {
    let query = request.query(snapshot).unwrap();
    let brief = asked(snapshot, &query);
    let mut listed: Vec<(f64, String)> = Vec::new();
    for row in (0..snapshot.rows()).filter_map(|row| snapshot.row(u32::try_from(row).unwrap())) {
        let index: usize = row.creator_id()["creator-".len()..].parse().unwrap();
        let person = &people[index];
        let values: Vec<u64> = person.values.iter().map(|value| words::number(value)).collect();
        let candidate = Candidate { niches: row.niches(), reach: row.hot.scores.reach(), values: &values };
        let fit = Fit::of(&brief, &candidate);
        let nearness = fit.nearness.estimate.value;
        let parts = components(&snapshot.details(&row), &fit);
        let mapped = parts.map(|part| part.mapped.value);
        if nearness >= MIN_NEARNESS && is_eligible(snapshot, request, (index, person), mapped) {
            let score: f64 =
                parts.iter().zip(query.weights.0).map(|(part, weight)| weight * part.mapped.value).sum();
            let below: f64 = parts
                .iter()
                .zip(query.weights.0)
                .map(|(part, weight)| (weight * (part.mapped.value - part.mapped.low)).powi(2))
                .sum();
            let by = if request.rank_by == RankBy::Mean { score } else { score - below.sqrt() };
            listed.push((by, row.creator_id().to_owned()));
        }
    }
    listed.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    listed.into_iter().map(|(_, id)| id).collect()
}

/// Filters and more of them. A band of followers that tiers could contradict gives way to them.
fn narrowed(filters: &str, more: &[(&str, &str)]) -> Filters {
    let mut filters: serde_json::Value = serde_json::from_str(filters).unwrap();
    for (name, value) in more {
        filters[name] = serde_json::from_str(value).unwrap();
    }
    if filters["tiers"].is_array() && filters["followers"].is_object() {
        filters["followers"] = serde_json::json!({});
    }
    serde_json::from_value(filters).unwrap()
}

prop_compose! {
    pub(in crate::recommendations) fn any_request()(
        niches in prop::sample::subsequence(&NICHES, 1..4),
        weights in prop::collection::vec(0.1..5.0_f64, 4),
        filters in prop::sample::select(&[
            "{}", r#"{"followers":{}}"#, r#"{"followers":{"min":50000}}"#, r#"{"followers":{"max":999}}"#,
            r#"{"followers":{},"countries":["RO"]}"#, r#"{"followers":{},"languages":["en"]}"#,
            r#"{"platforms":["tiktok"]}"#, r#"{"followers":{},"platforms":["instagram","tiktok"],"countries":["US","RO"]}"#,
        ][..]),
        narrowing in prop::sample::subsequence(&NARROWING, 0..4),
        values in prop::sample::subsequence(&["Repair", "honesty", "nobody's"], 0..4),
        excluded in prop::collection::vec(0..60_usize, 0..4),
        component_weights in prop::option::of(prop::array::uniform5(0.1..3.0_f64)),
    ) -> RecommendationRequest {
        let niches: Vec<(&str, f64)> = niches.into_iter().zip(weights).collect();
        let weights = component_weights.map(|[fit, loyalty, trust, authenticity, conversation]| {
            serde_json::json!({"fit": fit, "loyalty": loyalty, "trust": trust, "authenticity": authenticity,
                               "conversation": conversation})
        });
        let mut request = request(&niches);
        request.brief.values = values.into_iter().map(str::to_owned).collect();
        RecommendationRequest {
            filters: narrowed(filters, &narrowing),
            exclude_creators: excluded.into_iter().map(id).collect(),
            weights: weights.map(|weights| serde_json::from_value(weights).unwrap()),
            ..request
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_ranking_is_exact(people in prop::collection::vec(person(), 0..60), request in any_request()) {
        let snapshot = snapshot(&people);
        let query = request.query(&snapshot).unwrap();
        let (ranked, more) = rank(&snapshot, &query, None, 1_000);
        prop_assert!(!more);
        prop_assert_eq!(ids(&snapshot, &ranked), oracle(&snapshot, &people, &request));
    }

    #[test]
    fn an_empty_list_says_why_and_each_filter_that_it_names_leaves_nobody_by_itself(
        people in prop::collection::vec(person(), 0..6), request in any_request(),
    ) {
        let snapshot = snapshot(&people);
        let is_empty = |request: &RecommendationRequest| {
            rank(&snapshot, &request.query(&snapshot).unwrap(), None, 1).0.is_empty()
        };
        if !is_empty(&request) {
            return Ok(());
        }
        let told = unmatched(&snapshot, &request.filters, &request.query(&snapshot).unwrap());
        prop_assert!(!told.is_empty());
        let filters = serde_json::to_value(&request.filters).unwrap();
        for named in told.iter().filter_map(|one| one.pointer.strip_prefix("/filters/")) {
            let name = named.split('/').next().unwrap();
            // Which audience counts is for the platforms to say.
            let mut alone = serde_json::json!({"followers": {}, "platforms": filters["platforms"]});
            match filters.get(name) {
                Some(value) => alone[name] = value.clone(),
                None => drop(alone.as_object_mut().unwrap().remove(name)),
            }
            let filters = serde_json::from_value(alone).unwrap();
            let alone = RecommendationRequest { filters, exclude_creators: Vec::new(), ..request.clone() };
            prop_assert!(is_empty(&alone), "{}", named);
        }
    }

    #[test]
    fn pages_neither_skip_nor_repeat(
        people in prop::collection::vec(person(), 0..60), request in any_request(), limit in 1..7_usize,
    ) {
        prop_assert_eq!(paged(&people, &request, limit), oracle(&snapshot(&people), &people, &request));
    }

    #[test]
    fn followers_never_move_a_rank(
        people in prop::collection::vec(person(), 1..60), request in any_request(),
        others in prop::collection::vec(prop::option::of(0..3_000_000_u32), 60),
    ) {
        // Any band lets everybody in, so that only the order can differ, also across tiers.
        let mut request = request;
        request.filters.followers = Some(serde_json::from_str("{}").unwrap());
        request.filters.tiers.clear();
        let changed: Vec<Person> = people
            .iter()
            .zip(others)
            .map(|(person, followers)| Person { followers, ..person.clone() })
            .collect();
        let list = |people: &[Person]| {
            let snapshot = snapshot(people);
            let query = request.query(&snapshot).unwrap();
            let ranked = rank(&snapshot, &query, None, 1_000).0;
            (ids(&snapshot, &ranked), ranked.iter().map(|ranked| ranked.score).collect::<Vec<_>>())
        };
        prop_assert_eq!(list(&people), list(&changed));
    }
}

/// All pages of a list.
fn paged(people: &[Person], request: &RecommendationRequest, limit: usize) -> Vec<String> {
    let snapshot = snapshot(people);
    let query = request.query(&snapshot).unwrap();
    let (mut collected, mut after) = (Vec::new(), None);
    loop {
        let (page, more) = rank(&snapshot, &query, after.as_ref(), limit);
        collected.extend(ids(&snapshot, &page));
        assert!(page.len() <= limit && (!more || page.len() == limit));
        let Some(last) = page.last().filter(|_| more) else { return collected };
        after = Some(Position::of(&snapshot, last));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_best_of_many_are_found_by_looking_at_few_of_them(
        people in prop::collection::vec(person(), 300..700), request in any_request(), limit in 1..30_usize,
        by_mean in any::<bool>(),
    ) {
        let rank_by = if by_mean { RankBy::Mean } else { RankBy::LowerBound };
        let request = RecommendationRequest { rank_by, ..request };
        let snapshot = snapshot(&people);
        let (ranked, more) = rank(&snapshot, &request.query(&snapshot).unwrap(), None, limit);
        let expected = oracle(&snapshot, &people, &request);
        prop_assert_eq!(more, expected.len() > limit);
        prop_assert_eq!(ids(&snapshot, &ranked), &expected[..limit.min(expected.len())]);
    }
}
