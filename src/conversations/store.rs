//! SQL of conversations.

use super::{Threads, model::Act};
use crate::{
    creators::Account,
    db::{Client, DbError},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

/// Creators that are claimed at once. More: more of them wait for the next hour when a process dies; fewer: more passes over
/// the statistics.
const CLAIMED: i64 = 10_000;
/// Days that are looked at, to the last one with a sign of life of the creator's feed, as far as raw events are kept.
const DAYS: i64 = 90;
/// Comments, replies and answers of a creator that are looked at, the newest: they are in memory together.
const MOST_ACTS: i64 = 50_000;

/// A creator whose conversations are to be counted.
pub(super) struct Due {
    pub(super) key: CreatorKey,
    own: Vec<EngagerKey>,
    claimed_at: Timestamp,
    talk_events: i64,
    through: Date,
}

/// Creators whose time has come, who are in our hands now.
pub(super) async fn claim(client: &Client) -> Result<Vec<Due>, DbError> {
    let rows = client.query(include_str!("claim.sql"), &[&CLAIMED]).await?;
    Ok(rows.iter().map(due).collect())
}

fn due(row: &Row) -> Due {
    let accounts: Json<Vec<Account>> = row.get("accounts");
    let own = accounts.0.iter().filter_map(|account| account.engager_key).map(EngagerKey).collect();
    Due {
        key: CreatorKey(row.get("creator_key")),
        own,
        claimed_at: row.get("claimed_at"),
        talk_events: row.get("talk_events"),
        through: row.get("last_day"),
    }
}

/// The newest comments, replies and answers of a creator that were not taken back. Those that its base sums up are none of
/// them: their rows may be there still, or not.
pub(super) async fn acts(client: &Client, due: &Due) -> Result<Vec<Act>, DbError> {
    let sql = "/* conversations::acts */
               select event_key, kind, occurred_at, reference_key, engager_key
               from events e
               where creator_key = $1 and occurred_on > $2 and occurred_on <= $3 and kind = any ($4)
                 and occurred_on >= coalesce((select through from creator_bases where creator_key = $1), '-infinity')
                 and not exists (select from retractions r
                                 where r.creator_key = e.creator_key and r.event_key = e.event_key)
               order by occurred_at desc limit $5";
    let kinds = [Kind::Comment, Kind::Reply, Kind::CreatorReply].map(Kind::code);
    let before = due.through.saturating_sub(DAYS.days());
    let rows = client.query(sql, &[&due.key.0, &before, &due.through, &&kinds[..], &MOST_ACTS]).await?;
    Ok(rows.iter().filter_map(|row| act(row, &due.own)).collect())
}

fn act(row: &Row, own: &[EngagerKey]) -> Option<Act> {
    Some(Act {
        event: EventKey(row.get("event_key")),
        kind: Kind::from_code(row.get("kind"))?,
        occurred_at: row.get("occurred_at"),
        answers: row.get::<_, Option<Uuid>>("reference_key").map(EventKey),
        is_own: own.contains(&EngagerKey(row.get("engager_key"))),
    })
}

/// Writes what was counted; of how many creators. Who talked meanwhile makes the statistics say something else than these, and is counted next.
pub(super) async fn write(client: &Client, counted: &[(&Due, Threads)]) -> Result<u64, DbError> {
    fn of_creator<T>(counted: &[(&Due, Threads)], pick: fn(&Due) -> T) -> Vec<T> {
        counted.iter().map(|(due, _)| pick(due)).collect()
    }
    fn of_threads<T>(counted: &[(&Due, Threads)], pick: fn(&Threads) -> T) -> Vec<T> {
        counted.iter().map(|(_, threads)| pick(threads)).collect()
    }
    client
        .execute(
            include_str!("write.sql"),
            &[
                &of_creator(counted, |due| due.key.0),
                &of_creator(counted, |due| due.claimed_at),
                &of_creator(counted, |due| due.talk_events),
                &of_creator(counted, |due| due.through),
                &of_threads(counted, |threads| threads.comments),
                &of_threads(counted, |threads| threads.comments_answered),
                &of_threads(counted, |threads| threads.median_answer_delay_s),
                &of_threads(counted, |threads| threads.mean_depth),
                &of_threads(counted, |threads| threads.max_depth),
            ],
        )
        .await
}

/// Columns of [`counted`]; every column of the table is prefixed with `v.`.
pub const CONVERSATION_COLUMNS: &str =
    "v.counted_at, v.comments, v.comments_answered, v.median_answer_delay_s, v.mean_depth, v.max_depth";

/// What was counted, and when, from [`CONVERSATION_COLUMNS`]; `None` when the outer join found none, or nothing yet.
#[must_use]
pub fn counted(row: &Row) -> Option<(Threads, Timestamp)> {
    let counted_at = row.get::<_, Option<Timestamp>>("counted_at")?;
    let threads = Threads {
        comments: row.get("comments"),
        comments_answered: row.get("comments_answered"),
        median_answer_delay_s: row.get("median_answer_delay_s"),
        mean_depth: row.get("mean_depth"),
        max_depth: row.get("max_depth"),
    };
    Some((threads, counted_at))
}
