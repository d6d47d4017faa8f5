//! Takes down what became of events that came in: one call per request or chunk, when all of it is known.

use crate::{
    events::{Event, model::Outcome},
    http::problem::{Kind, Problem},
    ids::{EngagerKey, TenantId},
    metrics::{Metrics, model::OutcomeCounts},
};
use actix_web::web::Data;
use jiff::Timestamp;

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

/// Counts events by what became of them.
pub struct Recorder {
    metrics: Data<Metrics>,
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new(metrics: Data<Metrics>) -> Self {
        Self { metrics }
    }

    /// Takes down the verdicts on events of a tenant that came in together. Takes no time to speak of and never waits.
    pub fn record<'a>(
        &self,
        _tenant: TenantId,
        _received_at: Timestamp,
        verdicts: impl IntoIterator<Item = Verdict<'a>>,
    ) {
        let mut counts = OutcomeCounts::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Stored(_) => &mut counts.stored,
                Verdict::Duplicate => &mut counts.duplicate,
                Verdict::Conflict => &mut counts.conflict,
                Verdict::UnknownCreator(_) | Verdict::Invalid(_) => &mut counts.invalid,
            } += 1;
        }
        self.metrics.count_events(counts);
    }
}
