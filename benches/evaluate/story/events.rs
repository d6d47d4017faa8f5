//! Rows become events: one for each act of the row, or a single view for a row without any.
//!
//! So a row with a like and a follow is two events, and a row that was only shown or played is one. What a row says about
//! watching besides its acts (`is_click`, `long_view`, times) is not sent a second time.

use super::{
    super::source::{Row, Source},
    creator_id,
};
use crate::harness::batch::{Sent, bodies};
use jiff::{Timestamp, ToSpan};
use voci::events::Kind;

/// Kinds of the events that a row becomes.
pub(crate) fn kinds(row: &Row) -> &[Kind] {
    if row.acts.is_empty() { &[Kind::View] } else { &row.acts }
}

/// Batches of events in the order of the rows, moved in time so that the newest lies within the last day before `now`.
///
/// Moved by whole days: hours and days stay what they were, and so do all counts of active days, whenever this runs.
pub(crate) fn batches(source: &Source, now: Timestamp) -> Vec<String> {
    let newest = source.rows.iter().map(|row| row.time_ms).max().unwrap_or_default();
    let days = (now.as_millisecond() - newest).div_euclid(86_400_000);
    let acts = source.rows.iter().flat_map(|row| kinds(row).iter().map(move |kind| act(row, *kind, days)));
    bodies(&acts.collect::<Vec<_>>())
}

fn act(row: &Row, kind: Kind, days: i64) -> Sent {
    let time = Timestamp::from_millisecond(row.time_ms).expect("the data is of the year 2022");
    Sent {
        event_id: format!("{:016x}-{}", u64::from_be_bytes(row.digest), kind.name()),
        creator_id: creator_id(row.author),
        engager_id: format!("user-{}", row.user),
        kind,
        occurred_at: time + (days * 24).hours(),
        post_id: format!("video-{}", row.video),
    }
}
