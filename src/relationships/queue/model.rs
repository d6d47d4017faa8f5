//! What waits to be folded, as it is stored: facts one after the other, numbers big-endian.
//!
//! A fact is kind (2 bytes), flags (2), creator (16), event (16), engager (8), microseconds since 1970 (8), and then post
//! (8), reference (16), and amount (8) with currency (3) when the flags say so. A row of the queue has the facts of one transaction for one lane.

use crate::{
    events::{Event, Kind},
    ids::{CreatorKey, EngagerKey, EventKey, LANES, PostKey},
    relationships::{
        Fact,
        codec::Damaged,
        days::{Day, day_at},
        model::Pair,
        purchases::Amount,
    },
};
use jiff::Timestamp;
use uuid::Uuid;

const HAS_SUBSTANCE: u16 = 1;
const IS_SUBSTANTIVE: u16 = 2;
const IS_VERIFIED: u16 = 4;
const HAS_POST: u16 = 8;
const HAS_REFERENCE: u16 = 16;
const HAS_AMOUNT: u16 = 32;

/// An event as the fold sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedEvent {
    /// Between whom.
    pub pair: Pair,
    /// Which event.
    pub event: EventKey,
    /// For a retract: the event it takes back.
    pub reference: Option<EventKey>,
    /// What it says.
    pub fact: Fact,
}

impl QueuedEvent {
    /// The UTC day, part of the event's identity.
    #[must_use]
    pub fn day(&self) -> Day {
        day_at(self.fact.occurred_at)
    }

    /// For a retract: what it takes back.
    #[must_use]
    pub fn taken_back(&self) -> Option<(CreatorKey, EventKey)> {
        (self.fact.kind == Kind::Retract).then_some((self.pair.0, self.reference?))
    }
}

impl From<&Event> for QueuedEvent {
    fn from(event: &Event) -> Self {
        Self {
            pair: (event.creator, event.engager),
            event: event.event,
            reference: event.reference,
            fact: Fact {
                kind: event.kind,
                occurred_at: event.occurred_at,
                post: event.post,
                substance: event.substance,
                verified: event.verified,
                amount: Amount::of(event.amount, event.currency.as_deref()),
            },
        }
    }
}

/// Facts of one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedFacts {
    /// How many.
    pub events: i32,
    /// One after the other.
    pub facts: Vec<u8>,
}

impl PackedFacts {
    /// Adds a fact.
    pub fn push(&mut self, event: &QueuedEvent) {
        let fact = &event.fact;
        let flags = match fact.substance {
            None => 0,
            Some(false) => HAS_SUBSTANCE,
            Some(true) => HAS_SUBSTANCE | IS_SUBSTANTIVE,
        } | flag(fact.verified, IS_VERIFIED)
            | flag(fact.post.is_some(), HAS_POST)
            | flag(event.reference.is_some(), HAS_REFERENCE)
            | flag(fact.amount.is_some(), HAS_AMOUNT);
        let bytes = &mut self.facts;
        bytes.extend(fact.kind.code().to_be_bytes());
        bytes.extend(flags.to_be_bytes());
        bytes.extend(event.pair.0.0.as_bytes());
        bytes.extend(event.event.0.as_bytes());
        bytes.extend(event.pair.1.0.to_be_bytes());
        bytes.extend(fact.occurred_at.as_microsecond().to_be_bytes());
        if let Some(post) = fact.post {
            bytes.extend(post.0.to_be_bytes());
        }
        if let Some(reference) = event.reference {
            bytes.extend(reference.0.as_bytes());
        }
        if let Some(amount) = fact.amount {
            bytes.extend(amount.minor.to_be_bytes());
            bytes.extend(amount.currency);
        }
        self.events += 1;
    }
}

fn flag(set: bool, flag: u16) -> u16 {
    if set { flag } else { 0 }
}

/// Events by lane, packed.
#[must_use]
pub fn by_lane<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<(i16, PackedFacts)> {
    let mut lanes = vec![PackedFacts::default(); usize::from(LANES.unsigned_abs())];
    for event in events {
        lanes[usize::from(event.creator.lane().unsigned_abs())].push(&event.into());
    }
    (0..LANES).zip(lanes).filter(|(_, facts)| facts.events > 0).collect()
}

/// The facts in a row of the queue.
pub fn unpack(bytes: &[u8]) -> Result<Vec<QueuedEvent>, Damaged> {
    let mut rest = Rest(bytes);
    let mut events = Vec::with_capacity(bytes.len() / 60);
    while !rest.0.is_empty() {
        events.push(rest.event()?);
    }
    Ok(events)
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn uuid(&mut self) -> Result<Uuid, Damaged> {
        self.take().map(Uuid::from_bytes)
    }

    fn amount(&mut self) -> Result<Amount, Damaged> {
        Ok(Amount { minor: i64::from_be_bytes(self.take()?), currency: self.take()? })
    }

    fn event(&mut self) -> Result<QueuedEvent, Damaged> {
        let kind = Kind::from_code(i16::from_be_bytes(self.take()?)).ok_or(Damaged)?;
        let flags = u16::from_be_bytes(self.take()?);
        let has = |flag| flags & flag != 0;
        let (creator, event) = (CreatorKey(self.uuid()?), EventKey(self.uuid()?));
        let engager = EngagerKey(i64::from_be_bytes(self.take()?));
        let micros = i64::from_be_bytes(self.take()?);
        let occurred_at = Timestamp::from_microsecond(micros).map_err(|_| Damaged)?;
        let post = if has(HAS_POST) { Some(PostKey(i64::from_be_bytes(self.take()?))) } else { None };
        let reference = if has(HAS_REFERENCE) { Some(EventKey(self.uuid()?)) } else { None };
        let amount = if has(HAS_AMOUNT) { Some(self.amount()?) } else { None };
        Ok(QueuedEvent {
            pair: (creator, engager),
            event,
            reference,
            fact: Fact {
                kind,
                occurred_at,
                post,
                substance: has(HAS_SUBSTANCE).then_some(has(IS_SUBSTANTIVE)),
                verified: has(IS_VERIFIED),
                amount,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn queued()(
            keys in any::<(u128, u128, i64)>(),
            kind in prop::sample::select(Kind::ALL),
            micros in 0_i64..4_000_000_000_000_000,
            post in any::<Option<i64>>(),
            reference in any::<Option<u128>>(),
            substance in any::<Option<bool>>(),
            verified in any::<bool>(),
            amount in any::<Option<(i64, [u8; 3])>>(),
        ) -> QueuedEvent {
            QueuedEvent {
                pair: (CreatorKey(Uuid::from_u128(keys.0)), EngagerKey(keys.2)),
                event: EventKey(Uuid::from_u128(keys.1)),
                reference: reference.map(|key| EventKey(Uuid::from_u128(key))),
                fact: Fact {
                    kind,
                    occurred_at: Timestamp::from_microsecond(micros).unwrap(),
                    post: post.map(PostKey),
                    substance,
                    verified,
                    amount: amount.map(|(minor, currency)| Amount { minor, currency }),
                },
            }
        }
    }

    proptest! {
        #[test]
        fn facts_survive_the_queue(events in prop::collection::vec(queued(), 0..40)) {
            let mut packed = PackedFacts::default();
            for event in &events {
                packed.push(event);
            }
            prop_assert_eq!(unpack(&packed.facts), Ok(events));
        }

        #[test]
        fn damaged_facts_are_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }
}
