//! Bodies of batches of events, as a caller of the API writes them.

use jiff::Timestamp;
use serde::Serialize;
use voci::events::{Kind, http::MAX_BATCH};

#[derive(Serialize)]
struct Batch<'a> {
    events: &'a [Sent],
}

/// An event to be sent.
#[derive(Serialize)]
pub(crate) struct Sent {
    pub(crate) event_id: String,
    pub(crate) creator_id: String,
    pub(crate) engager_id: String,
    pub(crate) kind: Kind,
    pub(crate) occurred_at: Timestamp,
    pub(crate) post_id: String,
}

/// Full batches in order, the last one with what is left.
pub(crate) fn bodies(events: &[Sent]) -> Vec<String> {
    let body = |events| serde_json::to_string(&Batch { events }).expect("a batch is plain JSON");
    events.chunks(MAX_BATCH).map(body).collect()
}
