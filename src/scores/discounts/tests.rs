use super::*;
use crate::{
    events::Kind,
    relationships::Fact,
    scores::{CreatorStatistics, ScoringModel, components::Components, statistics::Setting},
};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Folded = BTreeMap<EngagerKey, Relationship>;

/// The Monday of the week in which crowds come here.
const MONDAY: Day = 10 * 7 + 4;
/// So many people who are in a crowd, from this key on.
const CROWD: std::ops::Range<i64> = 1_000..1_060;

fn relationship(kinds: &[(Day, Kind)]) -> Relationship {
    let mut relationship = Relationship::default();
    for (day, kind) in kinds {
        relationship.absorb(&fact(*day, *kind));
    }
    relationship
}

fn fact(day: Day, kind: Kind) -> Fact {
    Fact::new(kind, Timestamp::from_second(i64::from(day) * 86_400).unwrap())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(&[Kind::Like, Kind::Comment, Kind::CreatorReply][..])
}

prop_compose! {
    /// What somebody does who comes first on one of these days, with a like.
    fn person(first: std::ops::Range<Day>)(
        first in first, later in prop::collection::vec((0..60_i32, kind()), 0..6),
    ) -> Relationship {
        let later = later.into_iter().map(|(days, kind)| (first + days, kind));
        relationship(&[(first, Kind::Like)].into_iter().chain(later).collect::<Vec<_>>())
    }
}

prop_compose! {
    /// Three people a week for ten weeks, and some who come in other weeks than the crowd.
    fn honest()(
        weekly in prop::collection::vec(person(0..1), 30), later in prop::collection::vec(person(MONDAY + 7..MONDAY + 40), 0..12),
        early in prop::collection::vec(person(4..MONDAY), 0..12),
    ) -> Folded {
        let weekly = weekly.into_iter().enumerate().map(|(number, person)| {
            let monday = 4 + 7 * i32::try_from(number / 3).unwrap();
            let days = person.active_days().as_slice().iter().map(|day| (monday + day, Kind::Comment));
            relationship(&days.collect::<Vec<_>>())
        });
        (1..).map(EngagerKey).zip(weekly.chain(later).chain(early)).collect()
    }
}

fn crowd() -> impl Strategy<Value = Folded> {
    let people = prop::collection::vec(person(MONDAY..MONDAY + 7), CROWD.count());
    people.prop_map(|people| CROWD.map(EngagerKey).zip(people).collect())
}

fn sums(people: &Folded, found: &Found, accepted: &[(Day, Day)]) -> CreatorStatistics {
    let people = people.iter().map(|(engager, relationship)| (*engager, relationship));
    let setting =
        Setting { clock: Some(300), found: found.clone(), accepted: accepted.to_vec(), ..Setting::default() };
    CreatorStatistics::of(people, setting, &ScoringModel::published_default()).0
}

fn components(sums: &CreatorStatistics) -> Components {
    Components::of(Some(sums), (None, None), &[], &ScoringModel::published_default())
}

fn both(some: &Folded, others: &Folded) -> Folded {
    some.iter().chain(others).map(|(engager, known)| (*engager, known.clone())).collect()
}

fn found(people: impl Iterator<Item = i64>, pattern: Pattern, weight: f64) -> Found {
    people.map(|key| (EngagerKey(key), Discount { pattern, weight })).collect()
}

proptest! {
    #[test]
    fn a_crowd_changes_no_component_whatever_its_people_do(
        honest in honest(), crowd in crowd(), in_lockstep in prop_oneof![0..15_usize, Just(60)],
    ) {
        let found = found(CROWD.take(in_lockstep), Pattern::Lockstep, 0.0);
        let attacked = sums(&both(&honest, &crowd), &found, &[]);
        let discounted = attacked.discounted.as_ref().unwrap();
        prop_assert_eq!((discounted.crowds.len(), discounted.people.iter().sum::<i32>()), (1, 60));
        prop_assert_eq!(components(&attacked), components(&sums(&honest, &Found::default(), &[])));
    }

    #[test]
    fn a_crowd_in_lockstep_takes_nobody_of_its_week_along(
        honest in honest(), crowd in crowd(), newcomers in prop::collection::vec(person(MONDAY..MONDAY + 7), 0..20),
    ) {
        let newcomers = (500..).map(EngagerKey).zip(newcomers).collect();
        let honest = both(&honest, &newcomers);
        let attacked = sums(&both(&honest, &crowd), &found(CROWD, Pattern::Lockstep, 0.0), &[]);
        let discounted = attacked.discounted.as_ref().unwrap();
        let crowd = discounted.crowds[0];
        prop_assert_eq!((crowd.people as usize, crowd.shared as usize), (60 + newcomers.len(), 60));
        prop_assert_eq!(discounted.people, [0, 0, 0, 0, 0, 60]);
        prop_assert_eq!(components(&attacked), components(&sums(&honest, &Found::default(), &[])));
    }

    #[test]
    fn who_had_been_here_before_a_crowd_in_lockstep_counts_by_what_was_before(
        honest in honest(), crowd in crowd(), later in prop::collection::vec(0..60_i32, 0..6),
    ) {
        let mut attacked = both(&honest, &crowd);
        let ended = |known: &Relationship| known.active_days().span().is_some_and(|(_, last)| last < MONDAY);
        let sold: Vec<i64> = honest.iter().filter(|(_, known)| ended(known)).map(|(engager, _)| engager.0).collect();
        for key in &sold {
            let relationship = attacked.get_mut(&EngagerKey(*key)).unwrap();
            [0].iter().chain(&later).for_each(|days| relationship.absorb(&fact(MONDAY + days, Kind::Like)));
        }
        let found = found(CROWD.chain(sold), Pattern::Lockstep, 0.0);
        let attacked = sums(&attacked, &found, &[]);
        prop_assert_eq!(attacked.discounted.as_ref().unwrap().people, [0, 0, 0, 0, 0, 60]);
        prop_assert_eq!(components(&attacked), components(&sums(&honest, &Found::default(), &[])));
    }

    #[test]
    fn where_a_crowd_is_accepted_lockstep_changes_nothing(honest in honest(), crowd in crowd()) {
        let (all, accepted) = (both(&honest, &crowd), [(MONDAY, MONDAY)]);
        let in_lockstep = sums(&all, &found(CROWD, Pattern::Lockstep, 0.0), &accepted);
        prop_assert_eq!(&in_lockstep, &sums(&all, &Found::default(), &accepted));
        prop_assert!(in_lockstep.discounted.is_none());
    }
}

#[test]
fn lockstep_hides_no_discount_that_holds_without_a_crowd() {
    let mut found = found(1..41, Pattern::Lockstep, 0.0);
    found.insert(EngagerKey(1), Discount { pattern: Pattern::OneKind, weight: 0.5 });
    let crowd = Crowd { week: week_of(MONDAY), people: 40, usual: 3.0, shared: 40 };
    let discount = |crowds, engager| {
        Discounts::known(crowds, found.clone()).discount_since(EngagerKey(engager), Some(MONDAY))
    };
    let pattern = |crowds, engager| discount(crowds, engager).map(|discount| discount.pattern);
    assert_eq!([1, 2].map(|engager| pattern(vec![crowd], engager)), [Some(Pattern::Lockstep); 2]);
    assert_eq!([1, 2].map(|engager| pattern(vec![], engager)), [Some(Pattern::OneKind), None]);
    assert_eq!(pattern(vec![crowd], 41), None, "the others are no crowd");
    let of_both = Crowd { people: 90, ..crowd };
    assert_eq!(pattern(vec![of_both], 41), Some(Pattern::Crowd), "the others are one by themselves");
}
