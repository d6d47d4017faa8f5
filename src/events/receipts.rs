//! What is told of events: of a single one, of each of a batch and of each line of a stream.

use super::{
    input::{EventInput, Reception},
    model::{Event, Outcome},
};
use crate::{
    error::FieldError,
    http::{
        body,
        problem::{Kind, Problem, ProblemDocument},
    },
    ids::is_valid_id,
    quality::Verdict,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// It is new and committed.
    Stored,
    /// The same event was committed before; sending it again was harmless.
    Duplicate,
    /// Another content has the same creator, event id and UTC date; nothing was stored.
    Conflict,
    /// It breaks a rule; nothing was stored.
    Invalid,
}

/// The answer to a single event.
#[derive(Serialize, ToSchema)]
pub struct EventReceipt {
    /// The event; absent only in a dry run, when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ig-comment-99812", nullable = false, max_length = 128)]
    event_id: Option<String>,
    /// What became of it; in a dry run, what would.
    status: EventStatus,
    /// Why it would not be stored; only in a dry run, for `conflict` and `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemDocument>,
    /// True in a dry run: nothing was stored. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dry_run: Option<bool>,
}

/// What became of one event of a batch.
#[derive(Serialize, ToSchema)]
pub struct EventResult {
    /// Place in the batch, from 0.
    #[schema(minimum = 0, maximum = 999)]
    index: usize,
    /// The event; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ig-comment-99812", nullable = false, max_length = 128)]
    event_id: Option<String>,
    /// What became of it.
    status: EventStatus,
    /// Why it was not stored; only for `conflict` and `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemDocument>,
}

/// What became of a batch; in a dry run, what would.
#[derive(Serialize, ToSchema)]
pub struct BatchReceipt {
    /// True in a dry run: nothing was stored. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dry_run: Option<bool>,
    /// New and committed.
    #[schema(minimum = 0, maximum = 1000)]
    stored: usize,
    /// Committed before.
    #[schema(minimum = 0, maximum = 1000)]
    duplicate: usize,
    /// Refused, because another content has the identity.
    #[schema(minimum = 0, maximum = 1000)]
    conflict: usize,
    /// Refused, because a rule is broken.
    #[schema(minimum = 0, maximum = 1000)]
    invalid: usize,
    /// One result per event, in order.
    #[schema(max_items = 1000)]
    results: Vec<EventResult>,
}

/// An event as it came in a batch or stream, valid or not.
pub(super) struct Received {
    /// Its id, when that could be read.
    pub(super) event_id: Option<String>,
    /// The id of its creator as it was sent; empty when it could not be read.
    pub(super) creator_id: String,
    /// The event, or what is wrong with it, with pointers into it.
    pub(super) event: Result<Event, Problem>,
}

impl Received {
    /// Reads the JSON of an event.
    pub(super) fn read(json: &[u8], reception: &Reception<'_>) -> Self {
        let input: EventInput = match body::parse_part(json) {
            Ok(input) => input,
            Err(problem) => return Self::refused(problem),
        };
        Self::accept(input, reception)
    }

    /// Checks an event that could be read.
    pub(super) fn accept(input: EventInput, reception: &Reception<'_>) -> Self {
        let event = input.accept(reception).map_err(Problem::invalid);
        let EventInput { event_id, creator_id, .. } = input;
        Self { event_id: Some(event_id).filter(|id| is_valid_id(id)), creator_id, event }
    }

    /// What could not be read.
    pub(super) fn refused(problem: Problem) -> Self {
        Self { event_id: None, creator_id: String::new(), event: Err(problem) }
    }
}

/// The verdicts on what was received, from the outcomes of what is valid.
pub(super) fn verdicts<'a>(
    received: &'a [Received],
    outcomes: &'a [Outcome],
) -> impl Iterator<Item = Verdict<'a>> {
    let mut outcomes = outcomes.iter();
    received.iter().filter_map(move |item| match &item.event {
        Ok(event) => Some(Verdict::of(*outcomes.next()?, event.into(), &item.creator_id)),
        Err(problem) => Some(Verdict::invalid(problem)),
    })
}

/// What became of a valid event, with pointers into it.
pub(super) fn told(outcome: Option<Outcome>) -> (EventStatus, Option<Problem>) {
    match outcome {
        Some(Outcome::Stored) => (EventStatus::Stored, None),
        Some(Outcome::Duplicate) => (EventStatus::Duplicate, None),
        Some(Outcome::Conflict) => (EventStatus::Conflict, Some(conflict())),
        Some(Outcome::TooOld) => (EventStatus::Invalid, Some(too_old())),
        Some(Outcome::UnknownCreator) | None => (EventStatus::Invalid, Some(unknown_creator())),
    }
}

/// Another content has the identity of the event.
pub(super) fn conflict() -> Problem {
    let detail = "Another event with the same creator, event id and UTC date but other content is stored; it stays as it is";
    Problem::new(Kind::EventConflict, detail)
}

/// The days of the event are closed.
pub(super) fn too_old() -> Problem {
    let detail = "is before the days whose events are still kept one by one: the retention of this tenant has ended them";
    Problem::invalid(vec![FieldError::new("/occurred_at", "time_too_old", detail)])
}

/// The creator of the event is not registered.
pub(super) fn unknown_creator() -> Problem {
    let detail = "no creator is registered under this id; register it with PUT /v1/creators/{creator_id}";
    Problem::invalid(vec![FieldError::new("/creator_id", "unknown_creator", detail)])
}

impl EventReceipt {
    pub(super) fn new(event_id: String, status: EventStatus) -> Self {
        Self { event_id: Some(event_id), status, problem: None, dry_run: None }
    }

    /// The receipt of a dry run.
    pub(super) fn foreseen(event_id: Option<String>, status: EventStatus, problem: Option<Problem>) -> Self {
        let problem = problem.map(|problem| problem.document(None, None));
        Self { event_id, status, problem, dry_run: Some(true) }
    }
}

impl BatchReceipt {
    /// The receipt of a batch, from what was received and what became of the valid ones, or in a dry run would.
    pub(super) fn new(received: Vec<Received>, outcomes: Vec<Outcome>, is_dry: bool) -> Self {
        let mut outcomes = outcomes.into_iter();
        let results: Vec<EventResult> = received
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let (status, problem) = match item.event {
                    Err(problem) => (EventStatus::Invalid, Some(problem)),
                    Ok(_) => told(outcomes.next()),
                };
                let within = |problem: Problem| problem.within(&format!("/events/{index}"));
                let problem = problem.map(|problem| within(problem).document(None, None));
                EventResult { index, event_id: item.event_id, status, problem }
            })
            .collect();
        let count = |status| results.iter().filter(|result| result.status == status).count();
        Self {
            dry_run: is_dry.then_some(true),
            stored: count(EventStatus::Stored),
            duplicate: count(EventStatus::Duplicate),
            conflict: count(EventStatus::Conflict),
            invalid: count(EventStatus::Invalid),
            results,
        }
    }
}
