//! `/v1/events`.

use super::{
    dry_run::{self, Destination, DryRunQuery, EventStreamQuery},
    input::{EventInput, Reception},
    intake::{Intake, IntakeError},
    model::Outcome,
    receipts::{self, BatchReceipt, EventReceipt, EventStatus, Received},
    stream::{EventLines, EventStreamLine},
};
use crate::{
    db::Pools,
    http::{
        auth::{Caller, EventsWrite},
        body::{self, BATCH_LIMIT, Json, JsonBytes},
        ndjson::{NdjsonBody, NdjsonBytes},
        params::Query,
        problem::{Kind, Problem, ProblemDocument},
    },
    keys::Scope,
    quality::{Facts, Recorder, Verdict},
};
use actix_web::{HttpResponse, http::StatusCode, post, web::Data};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;
use utoipa::ToSchema;

/// Most events in a batch. More: larger answers and longer transactions; fewer: more round trips.
pub const MAX_BATCH: usize = 1_000;

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
pub struct RawBatch<'a> {
    #[serde(borrow, deserialize_with = "bounded")]
    events: Items<'a>,
}

/// Items of a batch, no more than are allowed, and how many there were.
struct Items<'a> {
    kept: Vec<&'a RawValue>,
    count: usize,
}

/// Keeps no more items than a batch may have: millions of tiny ones fit into a body, and would fill the memory.
fn bounded<'de, D: Deserializer<'de>>(value: D) -> Result<Items<'de>, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Items<'de>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items<'de>, A::Error> {
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
/// that it is committed and flushed. A dry run is answered 200 with what would become of the event.
#[utoipa::path(operation_id = "ingestEvent", tag = "events", request_body = EventInput, params(DryRunQuery),
    responses(
        (status = 201, body = EventReceipt, description = "Stored"),
        (status = 200, body = EventReceipt, description = "A duplicate: stored before; or a dry run"),
        (status = 409, body = ProblemDocument, description = "Another content has this identity", content_type = "application/problem+json"),
        (status = 429, body = ProblemDocument, description = "Folding of this creator is behind; send it again after `Retry-After`", content_type = "application/problem+json")))]
#[post("/v1/events")]
pub(crate) async fn ingest_event(
    caller: Caller<EventsWrite>,
    query: Query<DryRunQuery>,
    body: Result<Json<EventInput>, Problem>,
    pools: Data<Pools>,
    intake: Data<Intake>,
    recorder: Data<Recorder>,
) -> Result<HttpResponse, Problem> {
    let reception = reception(&caller);
    if query.0.is_dry() {
        let receipt = dry_run::event(&pools.reads, body, &reception).await?;
        return Ok(HttpResponse::Ok().json(receipt));
    }
    let record = |verdict: Option<Verdict<'_>>| recorder.record(caller.tenant().id, reception.now, verdict);
    let refuse = |problem: &Problem| record(Verdict::refused(problem));
    let input = body.inspect_err(refuse)?.0;
    let event = input.accept(&reception).map_err(Problem::invalid).inspect_err(refuse)?;
    let EventInput { event_id, creator_id, .. } = input;
    let facts = Facts::from(&event);
    let outcome = intake.one(event).await?;
    record(Some(Verdict::of(outcome, facts, &creator_id)));
    let status = match outcome {
        Outcome::Stored => StatusCode::CREATED,
        Outcome::Duplicate => StatusCode::OK,
        Outcome::Conflict => return Err(receipts::conflict()),
        Outcome::UnknownCreator => return Err(receipts::unknown_creator()),
        Outcome::TooOld => return Err(receipts::too_old()),
    };
    let told = if status == StatusCode::CREATED { EventStatus::Stored } else { EventStatus::Duplicate };
    Ok(HttpResponse::build(status).json(EventReceipt::new(event_id, told)))
}

/// Send a batch of events
///
/// 1 to 1,000 events. The answer has one result per event, in order; what is told stored or duplicate is committed. A
/// dry run is answered with what would become of each.
#[utoipa::path(operation_id = "ingestEventBatch", tag = "events", request_body = EventBatch, params(DryRunQuery),
    responses(
        (status = 207, body = BatchReceipt, description = "What became of each event"),
        (status = 429, body = ProblemDocument, description = "Folding of one of these creators is behind; nothing was stored, send them again after `Retry-After`", content_type = "application/problem+json")))]
#[post("/v1/events/batch")]
pub(crate) async fn ingest_event_batch(
    caller: Caller<EventsWrite>,
    query: Query<DryRunQuery>,
    body: JsonBytes<BATCH_LIMIT>,
    pools: Data<Pools>,
    intake: Data<Intake>,
    recorder: Data<Recorder>,
) -> Result<HttpResponse, Problem> {
    let batch: RawBatch<'_> = body::parse(&body.0)?;
    let Items { kept: items, count } = batch.events;
    if !(1..=MAX_BATCH).contains(&count) {
        return Err(Problem::field("/events", "out_of_range", "a batch has 1 to 1000 events"));
    }
    let reception = reception(&caller);
    let received: Vec<Received> =
        items.iter().map(|item| Received::read(item.get().as_bytes(), &reception)).collect();
    let accepted = received.iter().filter_map(|item| item.event.as_ref().ok().cloned()).collect();
    let is_dry = query.0.is_dry();
    let outcomes = Destination::new(is_dry, &intake, &pools).take(accepted).await?;
    if !is_dry {
        recorder.record(caller.tenant().id, reception.now, receipts::verdicts(&received, &outcomes));
    }
    Ok(HttpResponse::MultiStatus().json(BatchReceipt::new(received, outcomes, is_dry)))
}

const STREAM_EXAMPLE: &str = r#"{"event_id":"ig-like-5501","creator_id":"ana-verde","kind":"like","occurred_at":"2026-11-20T18:03:02Z"}
{"event_id":"ig-like-5502","creator_id":"ana-verde","kind":"like","occurred_at":"2026-11-20T18:03:05Z"}
"#;

/// Send a stream of events
///
/// NDJSON of any length: one event per line, of at most 64 KiB; blank lines are skipped. Events are committed as they
/// come, a few thousand at a time, and each line is answered by a line of its own as soon as it is committed. A slow
/// feed gets its results within a fraction of a second; without a byte for 60 seconds a stream is ended, and a blank
/// line now and then keeps it open.
///
/// Read the answer while you send, or ask for `results=problems`: while results are not taken, nothing more is read.
///
/// The last line is a `summary`. Without it the stream ended early, and the last line may say why in `problem`: events
/// without a result may or may not be stored. Send them again; that is harmless.
#[utoipa::path(operation_id = "ingestEventStream", tag = "events", params(EventStreamQuery),
    request_body(description = "One event per line", content(
        (EventInput = "application/x-ndjson"), (EventInput = "application/ndjson"),
        (NdjsonBytes = "application/octet-stream", example = json!(STREAM_EXAMPLE)))),
    responses((status = 200, body = EventStreamLine, content_type = "application/x-ndjson",
        description = "One result per line that was sent, in order; last a summary")))]
#[post("/v1/events/stream")]
pub(crate) async fn ingest_event_stream(
    caller: Caller<EventsWrite>,
    query: Query<EventStreamQuery>,
    body: NdjsonBody,
    pools: Data<Pools>,
    intake: Data<Intake>,
    recorder: Data<Recorder>,
) -> HttpResponse {
    let (tenant, verifies) = (caller.tenant().clone(), caller.may(Scope::PurchasesVerify));
    let destination = Destination::new(query.0.is_dry(), &intake, &pools);
    let lines = EventLines::new(destination, recorder.into_inner(), tenant, verifies);
    body.answer(caller, &query.0.results(), lines)
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
