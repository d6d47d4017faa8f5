//! The story: 20,000 events on 60 creators in 180 days, always the same for the same last day.

use super::{
    cast::{Character, Role, Words},
    random::Random,
    scene::Scene,
};
use crate::{creators::Platform, events::Kind};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Events of the whole story.
pub const EVENTS: usize = 20_000;
/// Days it lasts; the last one is the day before the story is told.
pub const DAYS: u32 = 180;

const SEED: u64 = 2026;

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoryEvent {
    /// Its id.
    pub event_id: String,
    /// The creator it was done to.
    pub creator_id: String,
    /// Who did it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engager_id: Option<String>,
    /// What was done.
    pub kind: Kind,
    /// When.
    pub occurred_at: Timestamp,
    /// On which post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_id: Option<String>,
    /// The event it answers or takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Value of a purchase in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// Currency of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'static str>,
}

/// Everything that happened in the 180 days before `day`, in the order of time.
#[must_use]
pub fn events(cast: &[Character], day: Date) -> Vec<StoryEvent> {
    let words = Words::load();
    let start = day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp());
    let start = start.unwrap_or(Timestamp::UNIX_EPOCH) - (i64::from(DAYS) * 24).hours();
    let mut events: Vec<StoryEvent> = (0_u64..)
        .zip(cast)
        .flat_map(|(place, character)| {
            // Each creator has a generator of its own, so that a change to one moves no other.
            let random = Random::new(SEED ^ (place << 32));
            told(Scene::new(character, place, &words, random, start))
        })
        .collect();
    events.sort_by_key(|event| event.occurred_at);
    events
}

/// The events of one creator: exactly as many as it is to have.
fn told(mut scene: Scene<'_>) -> Vec<StoryEvent> {
    let wanted = scene.character.events;
    if wanted > 0 {
        scene.own_account_joins_in();
    }
    if scene.character.role == Role::Bought {
        // Most of its engagement is bought; what is left is that of an ordinary creator.
        scene.likes_are_bought(wanted * 7 / 8);
    }
    while scene.events.len() < wanted {
        scene.somebody_comes();
    }
    scene.events.truncate(wanted);
    scene.events
}

/// Events of a creator that its statistics shall count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Of known people.
    pub events: i64,
    /// Of people who are not known.
    pub anonymous: i64,
}

/// What the statistics of each creator shall count: neither what was taken back nor what its own accounts did.
#[must_use]
pub fn counted(cast: &[Character], events: &[StoryEvent]) -> BTreeMap<String, Counted> {
    let taken_back: HashSet<&str> = events
        .iter()
        .filter(|event| event.kind == Kind::Retract)
        .filter_map(|event| event.in_reply_to.as_deref())
        .collect();
    let accounts = cast.iter().flat_map(|character| &character.profile.accounts);
    let own: HashSet<&str> = accounts.filter_map(|account| account.engager_id.as_deref()).collect();
    let mut counted: BTreeMap<String, Counted> =
        cast.iter().map(|character| (character.id.clone(), Counted::default())).collect();
    for event in events {
        let Some(sums) = counted.get_mut(&event.creator_id) else { continue };
        if event.kind == Kind::Retract || taken_back.contains(event.event_id.as_str()) {
            continue;
        }
        match &event.engager_id {
            None => sums.anonymous += 1,
            Some(engager) if own.contains(engager.as_str()) => {}
            Some(_) => sums.events += 1,
        }
    }
    counted
}

#[cfg(test)]
mod tests;
