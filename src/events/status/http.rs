//! `/v1/creators/{creator_id}/events/{event_id}`.

use super::store::{self, Occurrence, State};
use crate::{
    creators::Platform,
    db::Pools,
    events::Kind,
    http::{
        auth::{Caller, Read},
        params::PathIds,
        problem::{self, Problem},
    },
    ids::{CreatorKey, EventKey},
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How far an event has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Committed, and not counted in the relationship yet; it will be in a moment.
    Queued,
    /// Counted in the relationship.
    Folded,
    /// Taken back by a retract. It no longer counts once that retract is folded.
    Retracted,
}

/// An event as it is stored on one UTC date.
#[derive(Serialize, ToSchema)]
pub struct EventOccurrence {
    /// How far it has come.
    state: EventState,
    /// When it was done.
    #[schema(example = "2026-11-20T18:04:31Z")]
    occurred_at: Timestamp,
    /// When it came in.
    #[schema(example = "2026-11-20T18:04:33.120442Z")]
    received_at: Timestamp,
    /// What was done.
    kind: Kind,
    /// Where it was done; absent when that was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    platform: Option<Platform>,
    /// Whether it was sent with an engager. Who it was is never told.
    has_engager: bool,
    /// Whether it was sent by a caller who may verify purchases; only for purchases.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verified: Option<bool>,
    /// Whether the text says something; only for events that were sent with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    substance: Option<bool>,
}

impl From<Occurrence> for EventOccurrence {
    fn from(stored: Occurrence) -> Self {
        Self {
            state: match stored.state {
                State::Queued => EventState::Queued,
                State::Folded => EventState::Folded,
                State::Retracted => EventState::Retracted,
            },
            occurred_at: stored.occurred_at,
            received_at: stored.received_at,
            kind: stored.kind,
            platform: stored.platform,
            has_engager: stored.has_engager,
            verified: (stored.kind == Kind::Purchase).then_some(stored.verified),
            substance: stored.substance,
        }
    }
}

/// What is stored under the id of an event.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// The event.
    #[schema(example = "ig-comment-99812", max_length = 128)]
    event_id: String,
    /// The event on each UTC date it is stored on, newest first: the same id on another date is another event.
    #[schema(min_items = 1, max_items = 1000)]
    occurrences: Vec<EventOccurrence>,
}

/// Get the status of an event
///
/// Everything that is stored under this id, and how far it has come: `queued`, `folded` or `retracted`. An id may be
/// stored on several UTC dates; of more than 1,000 the newest are given.
#[utoipa::path(operation_id = "getEvent", tag = "events",
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        ("event_id" = String, Path, description = "The caller's id of the event", example = "ig-comment-99812", max_length = 128)),
    responses((status = 200, body = EventView, description = "What is stored")))]
#[get("/v1/creators/{creator_id}/events/{event_id}")]
pub(crate) async fn get_event(
    caller: Caller<Read>,
    ids: PathIds,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let PathIds(creator_id, event_id) = ids;
    let creator = CreatorKey::derive(caller.tenant().id, &creator_id);
    let client = pools.reads.get().await?;
    let found = store::occurrences(&client, creator, EventKey::derive(creator, &event_id)).await?;
    if found.is_empty() {
        let detail = "No event of this creator is stored under this id";
        return Err(Problem::new(problem::Kind::EventNotFound, detail));
    }
    let occurrences = found.into_iter().map(EventOccurrence::from).collect();
    Ok(HttpResponse::Ok().json(EventView { creator_id, event_id, occurrences }))
}
