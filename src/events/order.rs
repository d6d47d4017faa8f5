//! Events in the order of their identities, repeats side by side: what to store, and what became of each.

use super::model::{Event, Identity, Outcome};
use crate::{ids::CreatorKey, relationships::days::Day};
use std::collections::{HashMap, HashSet};

/// Events sorted by identity, the places of those with the same identity in the order they were sent.
pub struct Ordered<'a> {
    events: &'a [Event],
    places: Vec<usize>,
}

impl<'a> Ordered<'a> {
    /// Sorted by key, concurrent transactions take their index locks in one order and cannot deadlock.
    #[must_use]
    pub fn new(events: &'a [Event]) -> Self {
        let mut places: Vec<usize> = (0..events.len()).collect();
        places.sort_by_cached_key(|place| events[*place].identity());
        Self { events, places }
    }

    fn groups(&self) -> impl Iterator<Item = &[usize]> {
        self.places.chunk_by(|a, b| self.events[*a].identity() == self.events[*b].identity())
    }

    /// The first event of each identity, in order.
    pub fn firsts(&self) -> impl Iterator<Item = &'a Event> {
        self.groups().map(|group| &self.events[group[0]])
    }

    /// Creators, each once, in order, with the first day of their events.
    #[must_use]
    pub fn first_days(&self) -> Vec<(CreatorKey, Day)> {
        let of_creator = self.places.chunk_by(|a, b| self.events[*a].creator == self.events[*b].creator);
        of_creator
            .filter_map(|places| {
                let day = places.iter().map(|place| self.events[*place].day()).min()?;
                Some((self.events[places[0]].creator, day))
            })
            .collect()
    }

    /// What became of every event, in the order they were sent.
    #[must_use]
    pub fn outcomes(&self, stored: &Stored) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::UnknownCreator; self.events.len()];
        for group in self.groups() {
            let first = &self.events[group[0]];
            let is_new = stored.is_new(first);
            if stored.is_closed(first) {
                for place in group {
                    outcomes[*place] = Outcome::TooOld;
                }
                continue;
            }
            let Some(hash) = is_new.then_some(first.content_hash).or_else(|| stored.hash_of(first)) else {
                continue;
            };
            for place in group {
                let same = self.events[*place].content_hash == hash;
                outcomes[*place] = if same { Outcome::Duplicate } else { Outcome::Conflict };
            }
            if is_new {
                outcomes[group[0]] = Outcome::Stored;
            }
        }
        outcomes
    }
}

/// What a transaction found and stored.
#[derive(Default)]
pub struct Stored {
    /// Creators that are not registered.
    pub unknown: HashSet<CreatorKey>,
    /// Days before which a creator's events are refused, where that concerns any of these.
    pub closed: HashMap<CreatorKey, Day>,
    /// What was there already, with the hashes of its contents; all else of known creators is new.
    pub present: HashMap<Identity, i64>,
}

impl Stored {
    /// True when an event cannot be stored.
    #[must_use]
    pub fn refuses(&self, event: &Event) -> bool {
        self.unknown.contains(&event.creator) || self.is_closed(event)
    }

    fn is_closed(&self, event: &Event) -> bool {
        self.closed.get(&event.creator).is_some_and(|first| event.day() < *first)
    }

    /// True when an event was not there before.
    #[must_use]
    pub fn is_new(&self, event: &Event) -> bool {
        !self.refuses(event) && (self.present.is_empty() || !self.present.contains_key(&event.identity()))
    }

    fn hash_of(&self, event: &Event) -> Option<i64> {
        self.present.get(&event.identity()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Outcome::{Conflict, Duplicate, Stored as New, TooOld, UnknownCreator},
        *,
    };
    use crate::{
        events::Kind,
        ids::{EngagerKey, EventKey, TenantId},
    };
    use jiff::Timestamp;

    fn event(creator: &str, id: &str, content_hash: i64) -> Event {
        let creator = CreatorKey::derive(TenantId(1), creator);
        Event {
            creator,
            event: EventKey::derive(creator, id),
            engager: EngagerKey::NOBODY,
            kind: Kind::Like,
            occurred_at: Timestamp::UNIX_EPOCH,
            post: None,
            reference: None,
            platform: None,
            substance: None,
            verified: false,
            amount: None,
            currency: None,
            content_hash,
        }
    }

    #[test]
    fn repeats_within_a_batch_are_told_from_conflicts() {
        let events = [
            event("ana", "a", 1),
            event("bea", "x", 1),
            event("ana", "a", 1),
            event("ana", "a", 2),
            event("ana", "b", 5),
            event("ana", "b", 6),
            event("ana", "c", 1),
            event("eva", "old", 1),
        ];
        let stored = Stored {
            unknown: HashSet::from([events[1].creator]),
            closed: HashMap::from([(events[7].creator, 1)]),
            present: HashMap::from([(events[4].identity(), 6)]),
        };
        let ordered = Ordered::new(&events);
        assert_eq!(ordered.firsts().count(), 5);
        assert_eq!(ordered.first_days().len(), 3);
        assert_eq!(
            ordered.outcomes(&stored),
            [New, UnknownCreator, Duplicate, Conflict, Conflict, Duplicate, New, TooOld]
        );
    }
}
