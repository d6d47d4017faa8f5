//! SQL of lanes and of what waits in them.

use super::model::{PackedFacts, QueuedEvent, unpack};
use crate::{
    db::{Client, DbError, Tx},
    ids::{CreatorKey, EventKey, LANES},
    relationships::days::Day,
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Advisory locks of lanes for folding: this number plus the lane.
const LANE_LOCKS: i64 = 0x766f_6369_0000_1000;

/// Most rows of the queue taken at once; a row has at least one event.
const MOST_ROWS: i64 = 2_000;

/// Takes those of some lanes for this transaction that no other worker has.
pub async fn try_lanes(tx: &Tx, lanes: &[i16]) -> Result<Vec<i16>, DbError> {
    let sql = "/* queue::try_lanes */
               select lane from unnest($1::int2[]) as lane where pg_try_advisory_xact_lock($2::int8 + lane)";
    Ok(tx.query(sql, &[&lanes, &LANE_LOCKS]).await?.iter().map(|row| row.get(0)).collect())
}

/// Takes a lane for this transaction, waiting for it.
pub async fn lock_lane(tx: &Tx, lane: i16) -> Result<(), DbError> {
    let sql = "/* queue::lock_lane */ select pg_advisory_xact_lock($1)";
    tx.execute(sql, &[&(LANE_LOCKS + i64::from(lane))]).await?;
    Ok(())
}

/// A lane with work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyLane {
    /// The lane.
    pub lane: i16,
    /// Events wait to be folded.
    pub folds: bool,
    /// Creators are due to be scored.
    pub scores: bool,
    /// Creators wait to be scored who are not due yet.
    pub later: bool,
}

impl BusyLane {
    /// Whether there is something to do that should not wait.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.folds || self.scores
    }
}

/// Lanes with work, by a few looks into each queue's index per lane.
///
/// The first row is asked for by its order, not whether there is any: for that, PostgreSQL reads the table from its beginning
/// when it believes that a row of any lane comes soon, and under load the table begins with thousands of deleted ones.
pub async fn busy_lanes(client: &Client) -> Result<Vec<BusyLane>, DbError> {
    let sql = "/* queue::busy_lanes */
               select lane, folds, coalesce(first <= now(), false), coalesce(last > now(), false)
               from (select lane.lane::int2,
                            (select q.received_at from fold_queue q where q.lane = lane.lane::int2
                             order by q.received_at limit 1) is not null as folds,
                            (select q.enqueued_at from score_queue q where q.lane = lane.lane::int2
                             order by q.enqueued_at limit 1) as first,
                            (select q.enqueued_at from score_queue q where q.lane = lane.lane::int2
                             order by q.enqueued_at desc limit 1) as last
                     from generate_series(0, $1::int4 - 1) as lane) lanes";
    let rows = client.query(sql, &[&i32::from(LANES)]).await?;
    let busy = rows.iter().map(|row| BusyLane {
        lane: row.get(0),
        folds: row.get(1),
        scores: row.get(2),
        later: row.get(3),
    });
    Ok(busy.filter(|busy| busy.is_due() || busy.later).collect())
}

/// Puts facts into the queue.
pub async fn put(tx: &Tx, lanes: &[(i16, PackedFacts)]) -> Result<(), DbError> {
    if lanes.is_empty() {
        return Ok(());
    }
    tx.execute(
        "/* queue::put */
         insert into fold_queue (lane, events, facts) select * from unnest($1::int2[], $2::int4[], $3::bytea[])",
        &[
            &lanes.iter().map(|(lane, _)| *lane).collect::<Vec<i16>>(),
            &lanes.iter().map(|(_, packed)| packed.events).collect::<Vec<i32>>(),
            &lanes.iter().map(|(_, packed)| packed.facts.as_slice()).collect::<Vec<&[u8]>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Takes the oldest facts of each of some lanes out of the queue: rows until there are `limit` events, and at least one row.
pub async fn claim(tx: &Tx, lanes: &[i16], limit: i64) -> Result<Vec<QueuedEvent>, DbError> {
    let rows = tx
        .query(
            "/* queue::claim */
             delete from fold_queue where ctid = any (array(
                 select ctid from unnest($1::int2[]) as taken (lane) cross join lateral (
                     select ctid, sum(events) over (order by received_at, ctid) - events as before
                     from (select ctid, received_at, events from fold_queue where lane = taken.lane
                           order by received_at limit $3) oldest) counted
                 where before < $2))
             returning facts",
            &[&lanes, &limit, &MOST_ROWS],
        )
        .await?;
    let mut claimed = Vec::new();
    for row in rows {
        claimed.extend(unpack(row.get(0)).map_err(|damaged| DbError::Damaged(damaged.to_string()))?);
    }
    Ok(claimed)
}

/// What waits to be folded of a creator.
pub async fn waiting_of(client: &Client, creator: CreatorKey) -> Result<Vec<QueuedEvent>, DbError> {
    let rows = client
        .query(
            "/* queue::waiting_of */
             select facts from fold_queue where lane = $1 and position(uuid_send($2) in facts) > 0",
            &[&creator.lane(), &creator.0],
        )
        .await?;
    let mut waiting = Vec::new();
    for row in rows {
        let events = unpack(row.get(0)).map_err(|damaged| DbError::Damaged(damaged.to_string()))?;
        waiting.extend(events.into_iter().filter(|event| event.pair.0 == creator));
    }
    Ok(waiting)
}

/// The UTC days of an event on which it waits to be folded.
pub async fn waiting_days(
    client: &Client,
    creator: CreatorKey,
    event: EventKey,
) -> Result<HashSet<Day>, DbError> {
    let rows = client
        .query(
            "/* queue::waiting_days */
             select facts from fold_queue where lane = $1 and position(uuid_send($2) in facts) > 0",
            &[&creator.lane(), &event.0],
        )
        .await?;
    let mut days = HashSet::new();
    for row in rows {
        let waiting = unpack(row.get(0)).map_err(|damaged| DbError::Damaged(damaged.to_string()))?;
        // Retracts name the event, too.
        days.extend(waiting.iter().filter(|other| other.event == event).map(QueuedEvent::day));
    }
    Ok(days)
}

/// Takes everything of a creator out of the queue; what else waits in its lane stays as it is. Needs the lane.
pub async fn forget(tx: &Tx, creator: CreatorKey) -> Result<(), DbError> {
    let rows = tx
        .query(
            "/* queue::forget */
             delete from fold_queue where lane = $1 and position(uuid_send($2) in facts) > 0
             returning received_at, facts",
            &[&creator.lane(), &creator.0],
        )
        .await?;
    for row in rows {
        let events = unpack(row.get(1)).map_err(|damaged| DbError::Damaged(damaged.to_string()))?;
        let mut others = PackedFacts::default();
        events.iter().filter(|event| event.pair.0 != creator).for_each(|event| others.push(event));
        if others.events > 0 {
            put_back(tx, creator.lane(), row.get(0), &others).await?;
        }
    }
    Ok(())
}

async fn put_back(tx: &Tx, lane: i16, received_at: Timestamp, packed: &PackedFacts) -> Result<(), DbError> {
    tx.execute(
        "/* queue::put_back */ insert into fold_queue (lane, received_at, events, facts) values ($1, $2, $3, $4)",
        &[&lane, &received_at, &packed.events, &packed.facts],
    )
    .await?;
    Ok(())
}

/// What waits to be folded.
pub struct Oldest {
    /// Age of the oldest row of each lane that has any.
    pub ages: HashMap<i16, Duration>,
    /// Rows, as counted by the server's statistics.
    pub rows: u64,
}

/// What waits in each lane, by one look into the index per lane.
pub async fn oldest(client: &Client) -> Result<Oldest, DbError> {
    let sql = "/* queue::oldest */
               select lane.lane::int2,
                      greatest(0, extract(epoch from clock_timestamp() - (
                          select received_at from fold_queue q where q.lane = lane.lane::int2
                          order by received_at limit 1)))::float8 as age
               from generate_series(0, $1::int4 - 1) as lane";
    let rows = client.query(sql, &[&i32::from(LANES)]).await?;
    let ages = rows.iter().filter_map(|row| Some((row.get(0), row.get::<_, Option<f64>>(1)?)));
    let ages = ages.map(|(lane, age)| (lane, Duration::from_secs_f64(age))).collect();
    let sql = "/* queue::oldest */
               select greatest(0, n_live_tup) from pg_stat_user_tables where relid = 'fold_queue'::regclass";
    let live: Option<i64> = client.query_opt(sql, &[]).await?.map(|row| row.get(0));
    Ok(Oldest { ages, rows: live.unwrap_or(0).unsigned_abs() })
}
