//! Made-up creators and events, the same in every run.

use crate::harness::batch::{Sent, bodies};
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;
use voci::{
    creators::{Profile, model::CreatorInput},
    events::Kind,
    ids::{CreatorKey, TenantId},
    niches::{NicheTree, Taxonomy},
    scores::CreatorStatistics,
    snapshot::tenant::SourceRow,
};

/// Creators in the snapshot.
pub(crate) const CREATORS: u64 = 100_000;
/// Events of a repetition.
const ACTS: u64 = 100_000;
/// Creators that get events; low numbers get more.
const BUSY_CREATORS: u64 = 10_000;
/// People.
const PEOPLE: u64 = 50_000;
/// Kinds as often as they occur on platforms: mostly likes.
const KINDS: [Kind; 8] =
    [Kind::Like, Kind::Like, Kind::Like, Kind::Like, Kind::View, Kind::View, Kind::Comment, Kind::Share];

/// A number below `bound` that depends on nothing but the arguments.
pub(crate) fn number(seed: u64, purpose: u64, bound: u64) -> u64 {
    let mut hash = [0; 8];
    let input = [seed.to_le_bytes(), purpose.to_le_bytes()].concat();
    blake3::Hasher::new().update(&input).finalize_xof().fill(&mut hash);
    u64::from_le_bytes(hash) % bound
}

/// Low numbers are likelier, as communities are of very different size.
fn skewed(seed: u64, purpose: u64, bound: u64) -> u64 {
    let share = number(seed, purpose, 1 << 20);
    (share * share * bound) >> 40
}

/// Id of a creator.
pub(crate) fn creator_id(number: u64) -> String {
    format!("creator-{number}")
}

/// The creators as the snapshot reads them.
pub(crate) fn creators(tenant: TenantId) -> impl Iterator<Item = SourceRow> {
    let tree = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
    let niches: Vec<String> = tree.all().into_keys().map(str::to_owned).collect();
    (0..CREATORS).map(move |number| creator(tenant, number, &niches))
}

fn creator(tenant: TenantId, seed: u64, niches: &[String]) -> SourceRow {
    let creator_id = creator_id(seed);
    SourceRow {
        key: CreatorKey::derive(tenant, &creator_id),
        profile: profile(seed, niches),
        statistics: Some(statistics(seed)),
        community: None,
        stamp: (0, None, None),
        creator_id,
    }
}

fn profile(seed: u64, niches: &[String]) -> Profile {
    let count = niches.len() as u64;
    let mut declared: Vec<&String> = (0..=number(seed, 1, 3))
        .filter_map(|place| niches.get(usize::try_from(skewed(seed, 10 + place, count)).ok()?))
        .collect();
    declared.sort_unstable();
    declared.dedup();
    let input = serde_json::json!({
        "display_name": format!("Creator {seed}"), "country": "RO", "languages": ["ro"], "niches": declared,
        "accounts": [{"platform": "instagram", "handle": format!("c{seed}"), "followers": number(seed, 2, 100_000)}],
    });
    let input: CreatorInput = serde_json::from_value(input).expect("the fields are those of a creator");
    Profile::parse(input, &[0; 32]).expect("all values are valid")
}

fn statistics(seed: u64) -> CreatorStatistics {
    let some = |purpose, bound| i32::try_from(number(seed, purpose, bound)).unwrap_or_default();
    let engagers = 10 + some(3, 1_000);
    let loyal = engagers / (2 + some(4, 20));
    let back = f64::from(loyal) * 0.3;
    CreatorStatistics {
        model_version: 0,
        events: i64::from(engagers) * 3,
        anonymous_events: 0,
        engagers,
        mature_engagers: engagers,
        loyal_engagers: loyal,
        talking_engagers: loyal / 2,
        expected_back: back,
        expected_back_variance: back * 0.7,
        window: Some((20_000, 20_200)),
    }
}

/// One event.
pub(crate) struct Act {
    /// Number of the event, different for all.
    pub(crate) number: u64,
    /// Number of the creator.
    pub(crate) creator: u64,
    /// Number of the person.
    pub(crate) person: u64,
    /// What was done.
    pub(crate) kind: Kind,
    /// When.
    pub(crate) occurred_at: Timestamp,
}

/// The events of a repetition, over the last 20 days.
pub(crate) fn acts(repetition: usize) -> Vec<Act> {
    let start = Timestamp::now() - (20 * 24).hours();
    let first = repetition as u64 * ACTS;
    let act = |seed: u64| Act {
        number: seed,
        creator: skewed(seed, 5, BUSY_CREATORS),
        person: number(seed, 6, PEOPLE),
        kind: KINDS[usize::try_from(number(seed, 7, 8)).unwrap_or_default()],
        occurred_at: start + i64::try_from(number(seed, 8, 19 * 86_400)).unwrap_or_default().seconds(),
    };
    (first..first + ACTS).map(act).collect()
}

/// Bodies of batches of events.
pub(crate) fn batches(acts: &[Act]) -> Vec<String> {
    let sent = |act: &Act| Sent {
        event_id: format!("event-{}", act.number),
        creator_id: creator_id(act.creator),
        engager_id: format!("person-{}", act.person),
        kind: act.kind,
        occurred_at: act.occurred_at,
        post_id: format!("post-{}", act.number % 50),
    };
    bodies(&acts.iter().map(sent).collect::<Vec<_>>())
}
