use super::*;
use crate::{events::Kind, relationships::Fact, scores::discounts::Pattern};
use jiff::Timestamp;
use proptest::prelude::*;

fn fact(kind: Kind, day: Day) -> Fact {
    let occurred_at = Timestamp::from_second(i64::from(day) * 86_400).unwrap();
    Fact::new(kind, occurred_at)
}

fn relationship(kind: Kind, days: &[Day]) -> Relationship {
    let mut relationship = Relationship::default();
    for day in days {
        relationship.absorb(&fact(kind, *day));
    }
    relationship
}

fn sum(relationships: &[(i64, Relationship)], own: &[EngagerKey]) -> CreatorStatistics {
    let all = relationships.iter().map(|(key, relationship)| (EngagerKey(*key), relationship));
    CreatorStatistics::of(all, Setting { own, ..Setting::default() }, &model()).0
}

/// Sums of a creator with one fan.
fn alone(fan: &Relationship, setting: Setting) -> CreatorStatistics {
    CreatorStatistics::of([(EngagerKey(1), fan)].into_iter(), setting, &model()).0
}

fn model() -> ScoringModel {
    ScoringModel::published_default()
}

#[test]
fn one_day_visitors_and_viewers_add_nothing_to_loyal_reach() {
    let sums =
        sum(&[(1, relationship(Kind::Like, &[100])), (2, relationship(Kind::View, &[100, 110, 140]))], &[]);
    assert_eq!((sums.engagers, sums.mature_engagers, sums.loyal_engagers), (1, 1, 0));
    assert!(sums.expected_back.abs() < f64::EPSILON);
}

#[test]
fn own_accounts_and_nobody_are_never_scored() {
    let mine = relationship(Kind::Comment, &[100, 120, 150]);
    let sums = sum(&[(7, mine.clone()), (0, mine)], &[EngagerKey(7)]);
    assert_eq!((sums.engagers, sums.talking_engagers, sums.events, sums.anonymous_events), (0, 0, 0, 3));
    assert_eq!(sums.window, Some((100, 150)));
}

prop_compose! {
    fn acts(days: std::ops::Range<Day>, least: usize)(
        acts in prop::collection::vec((0_i64..6, days, prop::sample::select(&[Kind::View, Kind::Comment, Kind::CreatorReply][..])), least..60)
    ) -> Vec<(i64, Day, Kind)> {
        acts
    }
}

fn fold(acts: &[(i64, Day, Kind)]) -> std::collections::BTreeMap<i64, Relationship> {
    let mut folded = std::collections::BTreeMap::<i64, Relationship>::new();
    for (engager, day, kind) in acts {
        folded.entry(*engager).or_default().absorb(&fact(*kind, *day));
    }
    folded
}

proptest! {
    #[test]
    fn following_changes_gives_what_summing_up_anew_gives(
        before in acts(100..200, 1), after in acts(0..200, 0), feed in prop::option::of((0..100_i32, 100..220_i32)),
        clock in prop::option::of(150..250_i32),
    ) {
        let own = [EngagerKey(3)];
        let setting = || Setting { own: &own, feed, clock, ..Setting::default() };
        let (old, new) = (fold(&before), fold(&[before, after].concat()));
        let of = |folded: &std::collections::BTreeMap<i64, Relationship>| {
            let all = folded.iter().map(|(key, relationship)| (EngagerKey(*key), relationship));
            CreatorStatistics::of(all, setting(), &model())
        };
        let changes = new.iter().map(|(key, after)| (EngagerKey(*key), old.get(key), after));
        let ((sums, days), (anew, all_days)) = (of(&old), of(&new));
        let followed = sums.followed(changes, &own, (&days, Found::default()), &model());
        prop_assert_eq!(followed.is_none(), sums.until != anew.until, "what is later moves every chance");
        if let Some(Followed { sums: followed, new_days, is_behind }) = followed {
            prop_assert!(is_behind || new_days.is_empty());
            prop_assert!(new_days.as_slice().iter().all(|day| !days.contains(*day)));
            prop_assert_eq!(DaySet::union([&days, &new_days].map(DaySet::as_slice).into_iter()), all_days);
            // Summed up anew for a feed as alive as before.
            let mut expected = CreatorStatistics {
                window: anew.window, first_event: anew.first_event, until: anew.until, liveness: sums.liveness,
                ..CreatorStatistics::default()
            };
            let all = new.iter().map(|(key, after)| (EngagerKey(*key), after));
            expected.take_in(all, &own, &Discounts::default(), &model());
            prop_assert!(followed.agrees_with(&expected), "{:?} {:?}", followed, expected);
            prop_assert!(!new_days.is_empty() || followed.agrees_with(&anew), "{:?} {:?}", followed, anew);
        }
    }
}

fn deed() -> impl Strategy<Value = Kind> {
    prop::sample::select(&[Kind::Like, Kind::Comment, Kind::CreatorReply][..])
}

prop_compose! {
    /// People of ten weeks, three a week, and 40 more who all come first in the last one.
    fn crowded()(extra in prop::collection::vec((0..80_i64, 0..70_i32, deed()), 0..120)) -> Vec<(i64, Day, Kind)> {
        let weekly = (0..30).map(|person| (person, 4 + 7 * i32::try_from(person / 3).unwrap(), Kind::Like));
        let crowd = (30..70).map(|person| (person, 4 + 63, Kind::Like));
        weekly.chain(crowd).chain(extra.into_iter().map(|(person, day, kind)| (person + 1, day, kind))).collect()
    }
}

proptest! {
    #[test]
    fn what_is_discounted_is_followed_as_it_would_be_summed_up(
        before in crowded(), after in prop::collection::vec((1..110_i64, 0..67_i32, deed()), 0..120),
        found in prop::collection::hash_map((1..110_i64).prop_map(EngagerKey), 0.0..1.0_f64, 0..60),
    ) {
        let in_lockstep = Discount { pattern: Pattern::Lockstep, weight: 0.0 };
        let ring = |weight| Discount { pattern: Pattern::Ring, weight };
        let found = found.into_iter().map(|(key, weight)| (key, if weight < 0.5 { in_lockstep } else { ring(weight) }));
        let found: Found = found.collect();
        let (old, new) = (fold(&before), fold(&[before, after].concat()));
        let pairs = |folded: &std::collections::BTreeMap<i64, Relationship>| {
            folded.iter().map(|(key, relationship)| (EngagerKey(*key), relationship.clone())).collect::<Vec<_>>()
        };
        let (old_pairs, new_pairs) = (pairs(&old), pairs(&new));
        let setting = Setting { found: found.clone(), clock: Some(200), ..Setting::default() };
        let (sums, days) = CreatorStatistics::of(old_pairs.iter().map(|(key, known)| (*key, known)), setting, &model());
        let changes = new_pairs.iter().map(|(key, after)| (*key, old.get(&key.0), after));
        let followed = sums.followed(changes, &[], (&days, found.clone()), &model()).unwrap();
        // Summed up as of the same day, for a feed as alive and with the same crowds, as an audit does.
        let discounts = sums.discounts(found);
        let mut expected = CreatorStatistics { window: followed.sums.window, first_event: followed.sums.first_event, ..sums.emptied(0) };
        expected.take_in(new_pairs.iter().map(|(key, known)| (*key, known)), &[], &discounts, &model());
        prop_assert!(followed.sums.agrees_with(&expected), "{:?} {:?}", followed.sums, expected);
        let (talking, answered) = (followed.sums.counted_talking(), followed.sums.counted_answered());
        prop_assert!(0.0 <= answered && answered <= talking);
        let counted = followed.sums.counted_engagers();
        prop_assert!(counted >= 0.0 && counted <= f64::from(followed.sums.engagers) + 1e-9);
    }
}

#[test]
fn another_model_has_everything_summed_up_anew() {
    let sums = sum(&[(1, relationship(Kind::Like, &[100]))], &[]);
    let (mut days, later) = (DaySet::default(), ScoringModel { version: 1, ..model() });
    days.insert(100);
    assert!(sums.followed(std::iter::empty(), &[], (&days, Found::default()), &model()).is_some());
    assert!(sums.followed(std::iter::empty(), &[], (&days, Found::default()), &later).is_none());
    assert!(
        CreatorStatistics::default()
            .followed(std::iter::empty(), &[], (&days, Found::default()), &model())
            .is_none()
    );
}

#[test]
fn people_grow_old_while_others_of_the_tenant_are_seen() {
    let fan = relationship(Kind::Comment, &[100, 110, 120, 130]);
    let at = |clock| alone(&fan, Setting { clock, ..Setting::default() });
    let (unclocked, among_others, long_after) = (at(None), at(Some(120)), at(Some(330)));
    assert_eq!((unclocked.until, among_others.until, long_after.until), (Some(130), Some(130), Some(330)));
    assert_eq!(unclocked, among_others, "a clock that is behind changes nothing");
    assert_eq!((long_after.window, long_after.loyal_engagers), (unclocked.window, 1));
    assert!(long_after.expected_back < unclocked.expected_back / 3.0);
}

#[test]
fn people_who_come_back_make_loyal_reach() {
    let sums = sum(
        &[(1, relationship(Kind::Comment, &[100, 110, 120, 130])), (2, relationship(Kind::Like, &[125]))],
        &[],
    );
    assert_eq!(
        (sums.engagers, sums.mature_engagers, sums.loyal_engagers, sums.talking_engagers),
        (2, 1, 1, 1)
    );
    assert!(sums.expected_back > 0.1 && sums.expected_back < 1.0);
}

#[test]
fn people_are_answered_when_they_talk_and_the_creator_replied_to_them() {
    let answered = |kind| {
        let mut relationship = relationship(kind, &[100]);
        relationship.absorb(&fact(Kind::CreatorReply, 101));
        relationship
    };
    let sums = sum(
        &[
            (1, answered(Kind::Comment)),
            (2, answered(Kind::Like)),
            (3, relationship(Kind::Reply, &[100])),
            (7, answered(Kind::Comment)),
            (0, answered(Kind::Comment)),
        ],
        &[EngagerKey(7)],
    );
    assert_eq!((sums.engagers, sums.talking_engagers, sums.answered_engagers), (3, 2, 1));
    assert_eq!(sums.talk_events, 6, "those of nobody in particular are talk, too, the creator's own are not");
}

#[test]
fn posts_keep_the_window_open_but_nobody_was_observed_before_the_first_event() {
    let fan = relationship(Kind::Comment, &[100, 110, 120, 130]);
    let with = |feed| alone(&fan, Setting { feed, ..Setting::default() });
    let (closed, open) = (with(Some((105, 129))), with(Some((40, 190))));
    assert_eq!((closed.window, closed.window_days(), closed.observed_days()), (Some((100, 130)), 31, 31));
    assert_eq!((open.window, open.window_days(), open.observed_days()), (Some((40, 190)), 151, 91));
    assert!(open.expected_back < closed.expected_back, "two months without the fan");
}

#[test]
fn posts_alone_make_a_window_in_which_nobody_was_observed() {
    let setting = Setting { feed: Some((7, 9)), ..Setting::default() };
    let (sums, _) = CreatorStatistics::of(std::iter::empty(), setting, &model());
    assert_eq!((sums.window_days(), sums.observed_days(), sums.engagers), (3, 0, 0));
}
