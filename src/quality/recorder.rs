//! Takes down what became of events that came in: one call per request or chunk, when all of it is known.
//!
//! What was counted waits in memory until it is added to the database a moment later. A process that is killed loses that
//! moment of its counts; they are statistics, and the events themselves are committed before they are counted.

use super::model::{Counts, UNKNOWN_CREATOR};
use crate::{
    events::{Event, model::Outcome},
    http::problem::{Kind, Problem},
    ids::{EngagerKey, TenantId},
    metrics::{Metrics, model::OutcomeCounts},
    relationships::days::{Day, day_at},
};
use actix_web::web::Data;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Tenants and days counted between two writes at most. Only a database that is away for days could reach it.
const MOST_DAYS: usize = 10_000;
/// Ids of unknown creators kept per tenant between two writes. More: memory; fewer: the sample misses some.
const MOST_UNKNOWN: usize = 100;

/// What is kept of a valid event that itself goes its way.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// When it was done.
    pub occurred_at: Timestamp,
    /// Whether it came without an engager.
    pub is_anonymous: bool,
}

impl From<&Event> for Facts {
    fn from(event: &Event) -> Self {
        Self { occurred_at: event.occurred_at, is_anonymous: event.engager == EngagerKey::NOBODY }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug)]
pub enum Verdict<'a> {
    /// It is new and committed.
    Stored(Facts),
    /// It was committed before.
    Duplicate,
    /// Another content has its identity.
    Conflict,
    /// Nobody is registered under this id.
    UnknownCreator(&'a str),
    /// It breaks a rule, which has this code.
    Invalid(&'a str),
}

impl<'a> Verdict<'a> {
    /// The verdict on a valid event of this creator.
    #[must_use]
    pub fn of(outcome: Outcome, facts: Facts, creator_id: &'a str) -> Self {
        match outcome {
            Outcome::Stored => Self::Stored(facts),
            Outcome::Duplicate => Self::Duplicate,
            Outcome::Conflict => Self::Conflict,
            Outcome::UnknownCreator => Self::UnknownCreator(creator_id),
            Outcome::TooOld => Self::Invalid("time_too_old"),
        }
    }

    /// The verdict on an event that breaks rules. It counts for the first of them, so that the counts of all rules add up.
    #[must_use]
    pub fn invalid(problem: &'a Problem) -> Self {
        let first = problem.errors().first().map(|error| error.code.as_str());
        Self::Invalid(first.unwrap_or_else(|| problem.kind().code()))
    }

    /// The verdict on the single event of a request; `None` when the request was refused before it came to the event.
    #[must_use]
    pub fn refused(problem: &'a Problem) -> Option<Self> {
        let of_event = matches!(problem.kind(), Kind::ValidationFailed | Kind::InvalidJson);
        of_event.then(|| Self::invalid(problem))
    }
}

/// Events of a creator that nobody registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// How many.
    pub events: i64,
    /// When the first of them came in.
    pub first_seen: Timestamp,
    /// When the last of them came in.
    pub last_seen: Timestamp,
}

impl Sighting {
    fn merge(&mut self, other: Self) {
        self.events += other.events;
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
    }
}

/// What was counted and is not in the database yet.
#[derive(Debug, Default)]
pub struct Pending {
    /// Counts by tenant and UTC day of receipt.
    pub days: HashMap<(TenantId, Day), Counts>,
    /// Unknown creators by tenant and id.
    pub unknown: HashMap<TenantId, HashMap<String, Sighting>>,
}

impl Pending {
    /// True when nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    fn count(&mut self, key: (TenantId, Day), counts: &Counts) {
        if self.days.len() < MOST_DAYS || self.days.contains_key(&key) {
            self.days.entry(key).or_default().merge(counts);
        }
    }

    fn sight(&mut self, tenant: TenantId, creator_id: &str, sighting: Sighting) {
        if !self.unknown.contains_key(&tenant) && self.unknown.len() >= MOST_DAYS {
            return;
        }
        let seen = self.unknown.entry(tenant).or_default();
        if let Some(known) = seen.get_mut(creator_id) {
            known.merge(sighting);
        } else if seen.len() < MOST_UNKNOWN {
            seen.insert(creator_id.to_owned(), sighting);
        }
    }
}

/// Counts events by what became of them.
pub struct Recorder {
    metrics: Data<Metrics>,
    pending: Mutex<Pending>,
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new(metrics: Data<Metrics>) -> Self {
        Self { metrics, pending: Mutex::default() }
    }

    /// Takes down the verdicts on events of a tenant that came in together. Never waits for anything but another call.
    pub fn record<'a>(
        &self,
        tenant: TenantId,
        received_at: Timestamp,
        verdicts: impl IntoIterator<Item = Verdict<'a>>,
    ) {
        let (counts, unknown) = counted(received_at, verdicts);
        self.metrics.count_events(OutcomeCounts {
            stored: counts.stored.unsigned_abs(),
            duplicate: counts.duplicate.unsigned_abs(),
            conflict: counts.conflict.unsigned_abs(),
            invalid: counts.invalid().unsigned_abs(),
        });
        if counts.received() == 0 {
            return;
        }
        let mut pending = self.pending();
        pending.count((tenant, day_at(received_at)), &counts);
        let sighting = Sighting { events: 1, first_seen: received_at, last_seen: received_at };
        for creator_id in unknown {
            pending.sight(tenant, creator_id, sighting);
        }
    }

    /// Takes out what was counted since the last time.
    #[must_use]
    pub fn take(&self) -> Pending {
        std::mem::take(&mut self.pending())
    }

    /// Puts back what could not be written.
    pub fn put_back(&self, unwritten: Pending) {
        let mut pending = self.pending();
        for (key, counts) in unwritten.days {
            pending.count(key, &counts);
        }
        for (tenant, unknown) in unwritten.unknown {
            for (creator_id, sighting) in unknown {
                pending.sight(tenant, &creator_id, sighting);
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The counts of verdicts, and the ids among them that nobody registered.
fn counted<'a>(
    received_at: Timestamp,
    verdicts: impl IntoIterator<Item = Verdict<'a>>,
) -> (Counts, Vec<&'a str>) {
    let (mut counts, mut unknown) = (Counts::default(), Vec::new());
    for verdict in verdicts {
        match verdict {
            Verdict::Stored(facts) => {
                let delay_ms = received_at.as_millisecond() - facts.occurred_at.as_millisecond();
                counts.count_stored(delay_ms, facts.is_anonymous);
            }
            Verdict::Duplicate => counts.duplicate += 1,
            Verdict::Conflict => counts.conflict += 1,
            Verdict::UnknownCreator(creator_id) => unknown.push(creator_id),
            Verdict::Invalid(code) => counts.count_invalid(code, 1),
        }
    }
    if !unknown.is_empty() {
        counts.count_invalid(UNKNOWN_CREATOR, i64::try_from(unknown.len()).unwrap_or(i64::MAX));
    }
    (counts, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fallback::RouteTable;

    fn recorder() -> Recorder {
        Recorder::new(Data::new(Metrics::new(&RouteTable::of(&crate::app::document()))))
    }

    #[test]
    fn what_is_put_back_is_counted_with_what_came_meanwhile() {
        let (recorder, now) = (recorder(), Timestamp::now());
        let record = |verdicts: &[Verdict<'_>]| recorder.record(TenantId(1), now, verdicts.iter().copied());
        record(&[Verdict::Duplicate, Verdict::UnknownCreator("ana"), Verdict::Invalid("required")]);
        let taken = recorder.take();
        assert!(recorder.take().is_empty());
        record(&[Verdict::UnknownCreator("ana"), Verdict::UnknownCreator("bea")]);
        recorder.put_back(taken);
        let pending = recorder.take();
        let counts = &pending.days[&(TenantId(1), day_at(now))];
        assert_eq!((counts.received(), counts.duplicate, counts.refused_as(UNKNOWN_CREATOR)), (5, 1, 3));
        assert_eq!(pending.unknown[&TenantId(1)]["ana"].events, 2);
    }

    #[test]
    fn what_waits_in_memory_is_bounded_and_tenants_do_not_crowd_each_other_out() {
        let (recorder, now) = (recorder(), Timestamp::now());
        let ids: Vec<String> = (0..1_000).map(|number| format!("c{number}")).collect();
        for tenant in 1..=3 {
            recorder.record(TenantId(tenant), now, ids.iter().map(|id| Verdict::UnknownCreator(id)));
        }
        let pending = recorder.take();
        for tenant in 1..=3 {
            let counts = &pending.days[&(TenantId(tenant), day_at(now))];
            assert_eq!(counts.refused_as(UNKNOWN_CREATOR), 1_000);
            assert_eq!(pending.unknown[&TenantId(tenant)].len(), MOST_UNKNOWN);
        }
    }
}
