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
use std::collections::BTreeSet;
use voci::events::Kind;

/// Kinds of the events that a row becomes.
pub(crate) fn kinds(row: &Row) -> &[Kind] {
    if row.acts.is_empty() { &[Kind::View] } else { &row.acts }
}

/// Batches of events in the order of the rows, moved in time so that the newest lies within the last day before `now`.
///
/// Moved by whole days: hours and days stay what they were, and so do all counts of active days, whenever this runs.
pub(crate) fn batches(source: &Source, now: Timestamp) -> Vec<String> {
    let moved = days_to(source, now);
    let acts = source.rows.iter().flat_map(|row| kinds(row).iter().map(move |kind| act(row, *kind, moved)));
    bodies(&acts.collect::<Vec<_>>())
}

/// The likes before the first row, moved alike; those of authors who occur in rows, as only these are registered.
pub(crate) fn earlier(source: &Source, now: Timestamp) -> Vec<Sent> {
    let moved = days_to(source, now);
    let registered: BTreeSet<u32> = source.rows.iter().map(|row| row.author).collect();
    let likes = source.earlier.iter().filter_map(|like| {
        let author = source.authors.get(&like.video).filter(|author| registered.contains(author))?;
        Some(Sent {
            event_id: format!("earlier-{}-{}", like.user, like.video),
            creator_id: creator_id(*author),
            engager_id: engager_id(like.user),
            kind: Kind::Like,
            occurred_at: moved_by(moved, like.time_ms),
            post_id: post_id(like.video),
        })
    });
    likes.collect()
}

/// Days from the newest row to `now`.
fn days_to(source: &Source, now: Timestamp) -> i64 {
    let newest = source.rows.iter().map(|row| row.time_ms).max().unwrap_or_default();
    (now.as_millisecond() - newest).div_euclid(86_400_000)
}

fn moved_by(days: i64, time_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(time_ms).expect("the data is of the year 2022") + (days * 24).hours()
}

fn act(row: &Row, kind: Kind, days: i64) -> Sent {
    Sent {
        event_id: format!("{:016x}-{}", u64::from_be_bytes(row.digest), kind.name()),
        creator_id: creator_id(row.author),
        engager_id: engager_id(row.user),
        kind,
        occurred_at: moved_by(days, row.time_ms),
        post_id: post_id(row.video),
    }
}

fn engager_id(user: u32) -> String {
    format!("user-{user}")
}

fn post_id(video: u32) -> String {
    format!("video-{video}")
}
