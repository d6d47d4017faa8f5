//! SQL of the status of an event.

use crate::{
    creators::Platform,
    db::{Client, DbError},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey},
    relationships::{
        days::{Day, day_of},
        queue::store::waiting_days,
    },
};
use jiff::Timestamp;
use std::collections::HashSet;
use tokio_postgres::Row;

/// Most occurrences told. An id may be used again on every UTC date; more would make larger answers of no use, fewer
/// would hide some from callers who use one id for years.
pub const MAX_OCCURRENCES: i64 = 1_000;

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Stored, and not in its relationship yet.
    Queued,
    /// In its relationship.
    Folded,
    /// Taken back by a retract.
    Retracted,
}

/// An event as stored on one UTC date.
pub struct Occurrence {
    /// When it was done.
    pub occurred_at: Timestamp,
    /// When it came in.
    pub received_at: Timestamp,
    /// What was done.
    pub kind: Kind,
    /// Where.
    pub platform: Option<Platform>,
    /// Whether somebody in particular did it.
    pub has_engager: bool,
    /// Whether a purchase was sent by a caller who may verify purchases.
    pub verified: bool,
    /// Whether its text says something, if it had one.
    pub substance: Option<bool>,
    /// How far it has come.
    pub state: State,
}

/// All that is stored under the id of an event, newest date first; empty also when the creator is not registered. What is
/// in the creator's base is no longer known by itself, whether its row still exists or not.
///
/// The events are read before the queue: one that is folded in between is told as folded, while in the other order one
/// that is stored in between would be.
pub async fn occurrences(
    client: &Client,
    creator: CreatorKey,
    event: EventKey,
) -> Result<Vec<Occurrence>, DbError> {
    let rows = client
        .query(
            "/* events::occurrences */
             select occurred_on, occurred_at, received_at, kind, platform, engager_key, verified, substance,
                    exists (select from retractions r where r.creator_key = $1 and r.event_key = $2) as taken_back
             from events where creator_key = $1 and event_key = $2
               and exists (select from creators where creator_key = $1)
               and occurred_on >= coalesce((select through from creator_bases where creator_key = $1), '-infinity')
             order by occurred_on desc limit $3",
            &[&creator.0, &event.0, &MAX_OCCURRENCES],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let queued = waiting_days(client, creator, event).await?;
    rows.iter().map(|row| occurrence(row, &queued)).collect()
}

fn occurrence(row: &Row, queued: &HashSet<Day>) -> Result<Occurrence, DbError> {
    let kind = Kind::from_code(row.get("kind"))
        .ok_or_else(|| DbError::Damaged("a stored event has no known kind".to_owned()))?;
    let state = match (row.get("taken_back"), queued.contains(&day_of(row.get("occurred_on")))) {
        // A retract cannot itself be taken back.
        (true, _) if kind != Kind::Retract => State::Retracted,
        (_, true) => State::Queued,
        (_, false) => State::Folded,
    };
    Ok(Occurrence {
        occurred_at: row.get("occurred_at"),
        received_at: row.get("received_at"),
        kind,
        platform: row.get::<_, Option<i16>>("platform").and_then(Platform::from_code),
        has_engager: row.get::<_, i64>("engager_key") != EngagerKey::NOBODY.0,
        verified: row.get("verified"),
        substance: row.get::<_, Option<i16>>("substance").map(|substance| substance != 0),
        state,
    })
}
