use super::*;
use crate::{
    demo::cast::cast,
    events::input::{EventInput, Reception},
    ids::{EngagerKey, TenantId},
    keys::{Tenant, model::TenantSecrets},
    relationships::{Fact, Relationship},
    scores::{
        ScoringModel,
        components::loyalty,
        model::PRIOR_CREATOR_EFFECT,
        statistics::{CreatorStatistics, Setting},
    },
};
use std::{collections::BTreeSet, sync::LazyLock};

const DAY: Date = jiff::civil::date(2026, 11, 20);

static STORY: LazyLock<(Vec<Character>, Vec<StoryEvent>)> = LazyLock::new(|| {
    let cast = cast();
    let events = events(&cast, DAY);
    (cast, events)
});

fn tenant() -> Tenant {
    let secrets = TenantSecrets::derive(&[1; 32]);
    Tenant { id: TenantId(1), name: "demo".to_owned(), retention_days: Some(400), secrets }
}

#[test]
fn the_same_day_makes_the_same_story() {
    let (cast, told) = &*STORY;
    assert_eq!(&events(cast, DAY), told);
    let text = serde_json::to_vec(told).unwrap();
    assert_eq!(
        blake3::hash(&text).to_hex()[..16],
        *"2cb0e41e39372a0c",
        "the story changed for those who have it"
    );
}

#[test]
fn another_day_moves_the_story_and_changes_nothing_else() {
    let (cast, told) = &*STORY;
    let later = events(cast, DAY.tomorrow().unwrap());
    let moved =
        |event: &StoryEvent| StoryEvent { occurred_at: event.occurred_at + 24.hours(), ..event.clone() };
    assert!(told.iter().map(moved).eq(later));
}

#[test]
fn every_event_is_valid_and_none_is_in_the_future() {
    let (cast, told) = &*STORY;
    let tenant = tenant();
    let now = DAY.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let reception = Reception { tenant: &tenant, now, verifies: false };
    assert_eq!(told.len(), EVENTS);
    let mut identities = BTreeSet::new();
    for event in told {
        assert!(event.occurred_at < now && event.occurred_at >= now - (24 * 180).hours());
        let input: EventInput = serde_json::from_value(serde_json::to_value(event).unwrap()).unwrap();
        assert!(identities.insert(input.accept(&reception).unwrap().identity()));
        assert!(cast.iter().any(|character| character.id == event.creator_id));
    }
}

#[test]
fn every_kind_of_thing_happens() {
    let (cast, told) = &*STORY;
    let count = |matches: &dyn Fn(&StoryEvent) -> bool| told.iter().filter(|event| matches(event)).count();
    let rare = [Kind::Unfollow, Kind::Mention];
    for kind in Kind::ALL.iter().filter(|kind| !rare.contains(kind)) {
        assert!(count(&|event| event.kind == *kind) >= 50, "{kind:?}");
    }
    assert!(count(&|event| event.engager_id.is_none()) >= 100);
    assert!(count(&|event| event.engager_id.as_ref().is_some_and(|id| id.starts_with("account-of-"))) >= 100);
    assert!(
        cast.iter().all(|character| { count(&|event| event.creator_id == character.id) == character.events })
    );
    let earlier = |event: &StoryEvent, other: &StoryEvent| {
        event.in_reply_to.as_ref() == Some(&other.event_id) && other.occurred_at < event.occurred_at
    };
    let retracts = told.iter().filter(|event| event.kind == Kind::Retract);
    retracts.for_each(|event| assert!(told.iter().any(|other| earlier(event, other))));
}

/// Sums of a creator as the service would make them: the story's events folded in memory.
fn statistics(character: &Character) -> CreatorStatistics {
    let gone: HashSet<&str> = (STORY.1.iter())
        .filter(|event| event.kind == Kind::Retract)
        .filter_map(|event| event.in_reply_to.as_deref())
        .collect();
    let mut people: BTreeMap<EngagerKey, Relationship> = BTreeMap::new();
    for event in
        STORY.1.iter().filter(|event| event.creator_id == character.id && event.kind != Kind::Retract)
    {
        if !gone.contains(event.event_id.as_str()) {
            people.entry(key(event.engager_id.as_deref())).or_default().absorb(&fact(event));
        }
    }
    let own: Vec<EngagerKey> = character
        .profile
        .accounts
        .iter()
        .filter_map(|account| account.engager_id.as_deref())
        .map(|id| key(Some(id)))
        .collect();
    let setting = Setting { own: &own, ..Setting::default() };
    let people = people.iter().map(|(key, person)| (*key, person));
    CreatorStatistics::of(people, setting, &ScoringModel::published_default()).0
}

fn key(engager: Option<&str>) -> EngagerKey {
    engager.map_or(EngagerKey::NOBODY, |id| EngagerKey::derive(&[1; 32], id))
}

fn fact(event: &StoryEvent) -> Fact {
    let substance = event.text.as_deref().map(crate::events::substance::has_substance);
    Fact { substance, ..Fact::new(event.kind, event.occurred_at) }
}

#[test]
fn what_shall_be_counted_is_what_statistics_count() {
    let counted = counted(&STORY.0, &STORY.1);
    for character in &STORY.0 {
        let sums = statistics(character);
        let told = Counted { events: sums.events, anonymous: sums.anonymous_events };
        assert_eq!(counted[&character.id], told, "{}", character.id);
    }
}

#[test]
fn the_beloved_are_more_loyal_than_the_big_and_the_bought() {
    let of = |role: Role| {
        let characters = STORY.0.iter().filter(move |character| character.role == role);
        characters.map(|character| loyalty(&statistics(character), 0.0044, PRIOR_CREATOR_EFFECT).unwrap())
    };
    let least_loved = of(Role::Beloved).map(|loyalty| loyalty.low).fold(1.0, f64::min);
    assert!(of(Role::Indifferent).all(|loyalty| loyalty.high < least_loved));
    // Bought likes hardly count, and few people are left to judge by.
    assert!(of(Role::Bought).all(|loyalty| loyalty.value < least_loved));
}
