//! `/v1/events`.

use super::{
    input::{EventInput, Reception},
    intake::{Intake, IntakeError},
    model::{Event, Outcome},
};
use crate::{
    error::{FieldError, prefixed},
    http::{
        auth::{Caller, EventsWrite},
        body::{self, BATCH_LIMIT, Json},
        problem::{Kind, Problem, ProblemDocument},
    },
    keys::Scope,
};
use actix_web::{HttpResponse, http::StatusCode, post, web::Data};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;
use utoipa::ToSchema;

/// Most events in a batch. More: larger answers and longer transactions; fewer: more round trips.
pub const MAX_BATCH: usize = 1_000;

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
    /// The event.
    #[schema(example = "ig-comment-99812", max_length = 128)]
    event_id: String,
    /// What became of it.
    status: EventStatus,
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

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchReceipt {
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

/// A batch of events.
#[derive(ToSchema)]
#[schema(example = json!({"events": [
    {"event_id": "ig-like-5501", "creator_id": "ana-verde", "engager_id": "u-1203", "kind": "like",
     "occurred_at": "2026-11-20T18:03:02Z", "post_id": "ig-post-771", "platform": "instagram"},
    {"event_id": "shop-order-88", "creator_id": "ana-verde", "engager_id": "u-1203", "kind": "purchase",
     "occurred_at": "2026-11-20T19:20:00Z", "value": 12900, "currency": "RON"}
]}))]
#[expect(
    dead_code,
    reason = "describes the shape; batches are read item by item, so that a bad one hurts no other"
)]
pub struct EventBatch {
    /// The events; a bad one does not hurt the others.
    #[schema(min_items = 1, max_items = 1000)]
    events: Vec<EventInput>,
}

/// The batch as it is read: each item by itself, so that one that is no event does not spoil the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBatch {
    #[serde(deserialize_with = "bounded")]
    events: Items,
}

/// Items of a batch, no more than are allowed, and how many there were.
struct Items {
    kept: Vec<Box<RawValue>>,
    count: usize,
}

/// Keeps no more items than a batch may have: millions of tiny ones fit into a body, and would fill the memory.
fn bounded<'de, D: Deserializer<'de>>(value: D) -> Result<Items, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Items;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
            let mut read = Items { kept: Vec::new(), count: 0 };
            while read.kept.len() < MAX_BATCH {
                let Some(item) = items.next_element()? else { break };
                read.kept.push(item);
            }
            read.count = read.kept.len();
            while items.next_element::<IgnoredAny>()?.is_some() {
                read.count += 1;
            }
            Ok(read)
        }
    }
    value.deserialize_seq(Bounded)
}

/// Send an event
///
/// 201 when it is new, 200 when it was sent before, 409 when another content has its identity. A 2xx answer means
/// that it is committed and flushed.
#[utoipa::path(operation_id = "ingestEvent", tag = "events", request_body = EventInput,
    responses(
        (status = 201, body = EventReceipt, description = "Stored"),
        (status = 200, body = EventReceipt, description = "A duplicate: stored before"),
        (status = 409, body = ProblemDocument, description = "Another content has this identity", content_type = "application/problem+json"),
        (status = 429, body = ProblemDocument, description = "Folding of this creator is behind; send it again after `Retry-After`", content_type = "application/problem+json")))]
#[post("/v1/events")]
pub(crate) async fn ingest_event(
    caller: Caller<EventsWrite>,
    body: Json<EventInput>,
    intake: Data<Intake>,
) -> Result<HttpResponse, Problem> {
    let event_id = body.0.event_id.clone();
    let event = body.0.accept(&reception(&caller)).map_err(Problem::invalid)?;
    let status = match intake.one(event).await? {
        Outcome::Stored => StatusCode::CREATED,
        Outcome::Duplicate => StatusCode::OK,
        Outcome::Conflict => return Err(conflict()),
        Outcome::UnknownCreator => return Err(unknown_creator("")),
    };
    let receipt = EventReceipt {
        event_id,
        status: if status == StatusCode::CREATED { EventStatus::Stored } else { EventStatus::Duplicate },
    };
    Ok(HttpResponse::build(status).json(receipt))
}

/// Send a batch of events
///
/// 1 to 1,000 events. The answer has one result per event, in order; what is told stored or duplicate is committed.
#[utoipa::path(operation_id = "ingestEventBatch", tag = "events", request_body = EventBatch,
    responses(
        (status = 207, body = BatchReceipt, description = "What became of each event"),
        (status = 429, body = ProblemDocument, description = "Folding of one of these creators is behind; nothing was stored, send them again after `Retry-After`", content_type = "application/problem+json")))]
#[post("/v1/events/batch")]
pub(crate) async fn ingest_event_batch(
    caller: Caller<EventsWrite>,
    body: Json<RawBatch, BATCH_LIMIT>,
    intake: Data<Intake>,
) -> Result<HttpResponse, Problem> {
    let Items { kept: items, count } = body.0.events;
    if !(1..=MAX_BATCH).contains(&count) {
        return Err(Problem::field("/events", "out_of_range", "a batch has 1 to 1000 events"));
    }
    let reception = reception(&caller);
    let read: Vec<ReadItem> =
        items.iter().enumerate().map(|(index, item)| ReadItem::new(index, item, &reception)).collect();
    let accepted = read.iter().filter_map(|item| item.event.as_ref().ok().cloned()).collect();
    let outcomes = intake.many(accepted).await?;
    Ok(HttpResponse::MultiStatus().json(receipt(read, outcomes)))
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Database(error) => Self::from(&*error),
            IntakeError::Behind(lag) => Self::new(
                Kind::FoldingBehind,
                format!(
                    "Events of these creators wait {} s to be folded; nothing was stored. Send them again after Retry-After",
                    lag.as_secs()
                ),
            ),
        }
    }
}

fn reception(caller: &Caller<EventsWrite>) -> Reception<'_> {
    Reception { tenant: caller.tenant(), now: Timestamp::now(), verifies: caller.may(Scope::PurchasesVerify) }
}

struct ReadItem {
    event_id: Option<String>,
    event: Result<Event, Problem>,
}

impl ReadItem {
    fn new(index: usize, item: &RawValue, reception: &Reception<'_>) -> Self {
        let input: EventInput = match body::parse(item.get().as_bytes()) {
            Ok(input) => input,
            Err(problem) => return Self { event_id: None, event: Err(placed(index, &problem)) },
        };
        let event_id = Some(input.event_id.clone()).filter(|id| crate::ids::is_valid_id(id));
        let event = input.accept(reception);
        Self {
            event_id,
            event: event.map_err(|errors| Problem::invalid(prefixed(&format!("/events/{index}"), errors))),
        }
    }
}

/// A problem of an item, with pointers into the batch. What is no JSON text by itself, such as half a surrogate pair,
/// breaks a rule of the item and not of the batch.
fn placed(index: usize, problem: &Problem) -> Problem {
    let prefix = format!("/events/{index}");
    let errors = problem.document(None, None).errors;
    if errors.is_empty() {
        return Problem::field(
            &prefix,
            "invalid_text",
            "holds text that is not Unicode (half a surrogate pair) or a number that is out of range",
        );
    }
    Problem::invalid(prefixed(&prefix, errors))
}

fn receipt(read: Vec<ReadItem>, outcomes: Vec<Outcome>) -> BatchReceipt {
    let mut outcomes = outcomes.into_iter();
    let results: Vec<EventResult> = read
        .into_iter()
        .enumerate()
        .map(|(index, item)| {
            let (status, problem) = match item.event {
                Err(problem) => (EventStatus::Invalid, Some(problem)),
                Ok(_) => told(index, outcomes.next()),
            };
            let problem = problem.map(|problem| problem.document(None, None));
            EventResult { index, event_id: item.event_id, status, problem }
        })
        .collect();
    let count = |status| results.iter().filter(|result| result.status == status).count();
    BatchReceipt {
        stored: count(EventStatus::Stored),
        duplicate: count(EventStatus::Duplicate),
        conflict: count(EventStatus::Conflict),
        invalid: count(EventStatus::Invalid),
        results,
    }
}

fn told(index: usize, outcome: Option<Outcome>) -> (EventStatus, Option<Problem>) {
    match outcome {
        Some(Outcome::Stored) => (EventStatus::Stored, None),
        Some(Outcome::Duplicate) => (EventStatus::Duplicate, None),
        Some(Outcome::Conflict) => (EventStatus::Conflict, Some(conflict())),
        Some(Outcome::UnknownCreator) | None => {
            (EventStatus::Invalid, Some(unknown_creator(&format!("/events/{index}"))))
        }
    }
}

fn conflict() -> Problem {
    let detail = "Another event with the same creator, event id and UTC date but other content is stored; it stays as it is";
    Problem::new(Kind::EventConflict, detail)
}

fn unknown_creator(prefix: &str) -> Problem {
    let detail = "no creator is registered under this id; register it with PUT /v1/creators/{creator_id}";
    Problem::invalid(vec![FieldError::new(format!("{prefix}/creator_id"), "unknown_creator", detail)])
}
