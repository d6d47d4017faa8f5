//! Builders of snapshots, step by step.

use super::*;
use crate::{
    ids::TenantId,
    scores::{Components, CreatorStatistics, communities::Community, model::Rates},
    topics::Topics,
};
use proptest::prelude::*;

fn source(id: &str, niches: &[&str]) -> SourceRow {
    let profile = serde_json::json!({"display_name": id, "country": "RO", "languages": [], "accounts": [],
        "niches": niches});
    SourceRow {
        key: CreatorKey::derive(TenantId(1), id),
        creator_id: id.to_owned(),
        profile: Profile::parse(serde_json::from_value(profile).unwrap(), &[0; 32]).unwrap(),
        statistics: None,
        community: None,
        topics: Topics::default(),
        trust: None,
        sponsorship: None,
        sponsored_share: None,
        reach_before: None,
        stamp: (jiff::Timestamp::now().as_microsecond(), None, None, None, None, None),
    }
}

fn builder() -> TenantBuilder {
    TenantBuilder::new(TenantId(1), Arc::new(Taxonomy::built_in()))
}

#[test]
fn statistics_replace_those_of_a_creator_and_of_nobody_else() {
    let mut builder = builder();
    let past =
        SourceRow { sponsored_share: Some(0.5), reach_before: Some(2.0), ..source("ana", &["gaming"]) };
    builder.apply_creator(past);
    builder.apply_creator(source("ema", &["gaming"]));
    let before = builder.publish().unwrap();
    let sums = |id: &str, stamp| SourceStatistics {
        key: CreatorKey::derive(TenantId(1), id),
        statistics: CreatorStatistics { engagers: 7, ..CreatorStatistics::default() },
        stamp,
    };
    builder.apply_statistics(sums("ana", 5));
    builder.apply_statistics(sums("unknown", 5));
    let after = builder.publish().unwrap();
    let engagers = |snapshot: &TenantSnapshot, row| {
        snapshot.details(&snapshot.row(row).unwrap()).sums.statistics.map(|sums| sums.engagers)
    };
    assert_eq!([engagers(&before, 0), engagers(&after, 0), engagers(&after, 1)], [None, Some(7), None]);
    let ana = after.row(0).unwrap();
    assert_eq!(after.details(&ana).sums.stamp.1, Some(5));
    assert_eq!((ana.hot.scores.sponsored, ana.head().reach_before), (5_000, Some(2.0)));
    assert_eq!((ana.hot.scores.evidence(), after.row(1).unwrap().hot.scores.evidence()), ([0, 7, 0], [0; 3]));
    builder.apply_statistics(sums("ana", 5));
    assert!(builder.publish().is_none(), "the same statistics again change nothing");
}

fn declarers(snapshot: &TenantSnapshot, niche: &str) -> Vec<String> {
    let place = snapshot.place(niche).unwrap();
    let mut rows: Vec<u32> = snapshot.members(place.niche).collect();
    rows.sort_unstable();
    rows.iter().map(|row| snapshot.row(*row).unwrap().creator_id().to_owned()).collect()
}

#[test]
fn a_published_snapshot_never_changes() {
    let mut builder = builder();
    builder.apply_creator(source("ana", &["gaming"]));
    let before = builder.publish().unwrap();
    builder.apply_creator(source("ana", &["minimalism"]));
    builder.apply_creator(source("bea", &["gaming"]));
    let after = builder.publish().unwrap();
    assert_eq!(
        (declarers(&before, "gaming"), declarers(&after, "gaming")),
        (vec!["ana".to_owned()], vec!["bea".to_owned()])
    );
    assert_eq!(declarers(&after, "minimalism"), ["ana"]);
    assert!(builder.publish().is_none());
}

#[test]
fn a_snapshot_shares_all_but_the_chunk_that_changed_with_the_one_before() {
    let mut builder = builder();
    let names: Vec<String> = (0..3 * CHUNK).map(|number| format!("creator-{number}")).collect();
    for name in &names {
        builder.apply_creator(source(name, &[]));
    }
    let before = builder.publish().unwrap();
    builder.apply_creator(source(&names[CHUNK], &[]));
    let after = builder.publish().unwrap();
    let shared = before.chunks.iter().zip(&after.chunks).map(|(before, after)| Arc::ptr_eq(before, after));
    assert_eq!(shared.collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(after.copied - before.copied, before.chunks[1].bytes() as u64);
}

#[derive(Clone, Debug)]
enum Step {
    Put { creator: usize, niches: Vec<&'static str> },
    Score { creator: usize, loyal: i32 },
    Erase { creator: usize },
    Move { to: &'static str },
    Fit,
}

fn step() -> impl Strategy<Value = Step> {
    let niches = prop::sample::subsequence(vec!["gaming", "denim", "minimalism"], 0..4);
    prop_oneof![
        3 => (0..6_usize, niches).prop_map(|(creator, niches)| Step::Put { creator, niches }),
        3 => (0..6_usize, 0..9_i32).prop_map(|(creator, loyal)| Step::Score { creator, loyal }),
        1 => (0..6_usize).prop_map(|creator| Step::Erase { creator }),
        1 => prop::sample::select(vec!["fashion", "beauty"]).prop_map(|to| Step::Move { to }),
        1 => Just(Step::Fit),
    ]
}

fn take(builder: &mut TenantBuilder, step: Step, number: i64) {
    let id = |creator: usize| format!("creator-{creator}");
    match step {
        Step::Put { creator, niches } => {
            let stamp = (number, None, None, None, None, None);
            builder.apply_creator(SourceRow { stamp, ..source(&id(creator), &niches) });
        }
        Step::Score { creator, loyal } => builder.apply_statistics(SourceStatistics {
            key: CreatorKey::derive(TenantId(1), &id(creator)),
            statistics: CreatorStatistics {
                engagers: 9,
                mature_engagers: 9,
                loyal_engagers: loyal,
                expected_back: f64::from(loyal) * 0.7,
                first_event: Some(0),
                until: Some(90),
                ..CreatorStatistics::default()
            },
            stamp: number,
        }),
        Step::Erase { creator } => {
            builder.remove_creator(CreatorKey::derive(TenantId(1), &id(creator)));
        }
        Step::Move { to } => builder.apply_niche(denim(to)),
        Step::Fit => {
            let version = builder.model_version() + 1;
            builder.apply_model(ScoringModel { version, ..ScoringModel::published_default() });
        }
    }
}

fn reach_of_rows(snapshot: &TenantSnapshot, niche: &str) -> NicheReach {
    let (mut reach, place) = (NicheReach::default(), snapshot.place(niche).unwrap());
    for row in (0..u32::try_from(snapshot.rows()).unwrap()).filter_map(|row| snapshot.row(row)) {
        if row.niches().lists().any(|list| list == place.niche) {
            reach.count(row.hot.scores.reach(), 1);
        }
    }
    reach
}

proptest! {
    #[test]
    fn what_is_usual_in_a_niche_is_that_of_its_creators_whatever_happened_to_them(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut builder = builder();
        builder.apply_niche(denim("fashion"));
        for (number, step) in (1..).zip(steps) {
            take(&mut builder, step, number);
        }
        let snapshot = builder.snapshot();
        for niche in ["gaming", "denim", "minimalism", "fashion", "beauty"] {
            let place = snapshot.place(niche).unwrap();
            prop_assert_eq!(snapshot.reach(place.niche), reach_of_rows(&snapshot, niche), "{}", niche);
        }
    }
}

#[test]
fn applying_a_row_again_changes_nothing_and_erased_rows_are_used_again() {
    let mut builder = builder();
    builder
        .apply_creator(SourceRow { stamp: (1, None, None, None, None, None), ..source("ana", &["gaming"]) });
    builder.publish();
    builder
        .apply_creator(SourceRow { stamp: (1, None, None, None, None, None), ..source("ana", &["gaming"]) });
    assert!(builder.publish().is_none());
    builder.apply_creator(source("bea", &["gaming"]));
    builder.remove_creator(CreatorKey::derive(TenantId(1), "ana"));
    builder.remove_creator(CreatorKey::derive(TenantId(1), "ana"));
    builder.apply_creator(source("cia", &["gaming"]));
    let snapshot = builder.publish().unwrap();
    assert_eq!((snapshot.creators, snapshot.rows()), (2, CHUNK));
    assert_eq!(declarers(&snapshot, "gaming"), ["cia", "bea"]);
}

#[test]
fn however_many_threads_fill_the_lists_they_are_the_same() {
    let filled = |threads| {
        let mut builder = builder();
        for number in 0..300 {
            let niches = [["gaming", "minimalism"], ["gaming", "beauty"], ["beauty", "minimalism"]];
            builder.apply_creator(source(&format!("creator-{number}"), &niches[number % 3]));
        }
        assert_eq!(builder.coming(), 600);
        builder.file_coming(threads);
        assert_eq!(builder.coming(), 0);
        builder.snapshot()
    };
    let (one, several) = (filled(1), filled(4));
    for niche in ["gaming", "minimalism", "beauty"] {
        let rows = |snapshot: &TenantSnapshot| -> Vec<u32> {
            snapshot.members(snapshot.place(niche).unwrap().niche).collect()
        };
        assert_eq!((rows(&one).len(), rows(&one)), (200, rows(&several)));
    }
}

#[test]
fn what_stands_in_for_components_that_are_not_measured_is_that_of_the_model_in_force() {
    let mut builder = builder();
    builder.apply_creator(source("ana", &["gaming"]));
    let mut model = ScoringModel { version: 1, ..ScoringModel::published_default() };
    model.niches.insert("gaming".to_owned(), Rates { loyalty: 0.25, talk: 0.5, answer: 0.5 });
    builder.apply_model(model.clone());
    let snapshot = builder.publish().unwrap();
    let components = snapshot.details(&snapshot.row(0).unwrap()).components;
    assert_eq!(components, Components::of(None, (None, None), &["gaming"], &model));
    assert_ne!(components, Components::of(None, (None, None), &[], &model));
}

fn denim(parent: &str) -> Niche {
    Niche {
        id: "denim".to_owned(),
        parent: Some(parent.to_owned()),
        names: crate::niches::model::Names { en: "Denim".to_owned(), ro: "Denim".to_owned() },
        aliases: crate::niches::model::Aliases::default(),
    }
}

#[test]
fn a_niche_that_moves_takes_its_creators_along() {
    let mut builder = builder();
    builder.apply_niche(denim("fashion"));
    builder.apply_creator(source("ana", &["denim"]));
    let shares = || vec![("denim".to_owned(), 0.75)];
    builder.apply_creator(SourceRow { topics: Topics { posts: 9, shares: shares() }, ..source("bea", &[]) });
    let community = Community { people: 9, shares: shares(), ..Community::default() };
    builder.apply_creator(SourceRow { community: Some(community), ..source("cia", &[]) });
    builder.apply_niche(denim("beauty"));
    let snapshot = builder.publish().unwrap();
    let (denim, beauty, fashion) = (
        snapshot.place("denim").unwrap(),
        snapshot.place("beauty").unwrap(),
        snapshot.place("fashion").unwrap(),
    );
    assert_eq!(denim.parent, Some(beauty.niche));
    assert!(snapshot.children(beauty.niche).contains(&denim.niche));
    assert!(!snapshot.children(fashion.niche).contains(&denim.niche));
    assert_eq!(snapshot.members(denim.niche).count(), 3);
    for row in snapshot.members(denim.niche) {
        let near = |niche| {
            let brief = snapshot.place(niche).unwrap().vector();
            snapshot.row(row).unwrap().niches().near(&brief.common(snapshot.parents()))
        };
        assert!((near("denim") - 1.0).abs() < 1e-9 && near("fashion").abs() < 1e-9);
        assert!((near("beauty") - 0.447).abs() < 1e-3);
    }
}
