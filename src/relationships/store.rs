//! SQL of folding: lanes, the queue, relationships.
//!
//! Keys to look up come as `unnest((select $1::uuid[]), ...)`. The inner select hides their number from the planner, which
//! otherwise reads and hashes a whole table of up to about half a million rows for a few thousand keys.

use super::{
    codec::Stored,
    days::{date_of, day_of},
    model::{Fact, Relationship},
};
use crate::{
    db::{Client, DbError, Tx},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey, LANES, PostKey},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio_postgres::Row;
use uuid::Uuid;

/// Advisory locks of lanes for folding: this number plus the lane.
const LANE_LOCKS: i64 = 0x766f_6369_0000_1000;

/// Creator and engager: what a relationship is between.
pub type Pair = (CreatorKey, EngagerKey);

/// An event as the fold sees it.
#[derive(Clone, Debug)]
pub struct QueuedEvent {
    /// Between whom.
    pub pair: Pair,
    /// Which event.
    pub event: EventKey,
    /// For a retract: the event it takes back.
    pub reference: Option<EventKey>,
    /// What it says.
    pub fact: Fact,
}

/// Takes a lane for this transaction unless another worker has it.
pub async fn try_lane(tx: &Tx, lane: i16) -> Result<bool, DbError> {
    let sql = "/* relationships::try_lane */ select pg_try_advisory_xact_lock($1)";
    Ok(tx.query(sql, &[&(LANE_LOCKS + i64::from(lane))]).await?[0].get(0))
}

/// Takes a lane for this transaction, waiting for it.
pub async fn lock_lane(tx: &Tx, lane: i16) -> Result<(), DbError> {
    let sql = "/* relationships::lock_lane */ select pg_advisory_xact_lock($1)";
    tx.execute(sql, &[&(LANE_LOCKS + i64::from(lane))]).await?;
    Ok(())
}

/// Lanes with something in this queue table (`fold_queue` or `score_queue`).
pub async fn busy_lanes(client: &Client, queue: &str) -> Result<Vec<i16>, DbError> {
    let sql = format!(
        "/* relationships::busy_lanes */
         select lane::int2 from generate_series(0, $1::int4 - 1) as lane
         where exists (select from {queue} q where q.lane = lane.lane::int2)"
    );
    Ok(client.query(&sql, &[&i32::from(LANES)]).await?.iter().map(|row| row.get(0)).collect())
}

/// Takes the oldest events of a lane out of the queue.
pub async fn claim(tx: &Tx, lane: i16, limit: i64) -> Result<Vec<QueuedEvent>, DbError> {
    let rows = tx
        .query(
            "/* relationships::claim */
             with claimed as (
                 delete from fold_queue where ctid = any (array(
                     select ctid from fold_queue where lane = $1 order by received_at limit $2))
                 returning creator_key, event_key, occurred_on
             )
             select creator_key, engager_key, event_key, reference_key, kind, occurred_at, occurred_on, post_key,
                    substance, verified
             from claimed join events using (creator_key, event_key, occurred_on)",
            &[&lane, &limit],
        )
        .await?;
    Ok(rows.iter().filter_map(queued_event).collect())
}

fn queued_event(row: &Row) -> Option<QueuedEvent> {
    Some(QueuedEvent {
        pair: (CreatorKey(row.get("creator_key")), EngagerKey(row.get("engager_key"))),
        event: EventKey(row.get("event_key")),
        reference: row.get::<_, Option<Uuid>>("reference_key").map(EventKey),
        fact: Fact {
            kind: Kind::from_code(row.get("kind"))?,
            occurred_at: row.get("occurred_at"),
            day: day_of(row.get::<_, Date>("occurred_on")),
            post: row.get::<_, Option<i64>>("post_key").map(PostKey),
            substance: row.get::<_, Option<i16>>("substance").map(|substance| substance != 0),
            verified: row.get("verified"),
        },
    })
}

/// Which of these events were taken back.
pub async fn retracted(
    tx: &Tx,
    events: &[(CreatorKey, EventKey)],
) -> Result<HashSet<(CreatorKey, EventKey)>, DbError> {
    let (creators, keys): (Vec<Uuid>, Vec<Uuid>) =
        events.iter().map(|(creator, event)| (creator.0, event.0)).unzip();
    let rows = tx
        .query(
            "/* relationships::retracted */
             select creator_key, event_key
             from unnest((select $1::uuid[]), (select $2::uuid[])) as wanted (creator_key, event_key)
             join retractions using (creator_key, event_key)",
            &[&creators, &keys],
        )
        .await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), EventKey(row.get(1)))).collect())
}

/// The relationships that these events belong to.
pub async fn pairs_of(tx: &Tx, events: &[(CreatorKey, EventKey)]) -> Result<BTreeSet<Pair>, DbError> {
    let (creators, keys): (Vec<Uuid>, Vec<Uuid>) =
        events.iter().map(|(creator, event)| (creator.0, event.0)).unzip();
    let rows = tx
        .query(
            "/* relationships::pairs_of */
             select distinct creator_key, engager_key
             from unnest((select $1::uuid[]), (select $2::uuid[])) as wanted (creator_key, event_key)
             join events using (creator_key, event_key) where kind <> 13",
            &[&creators, &keys],
        )
        .await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), EngagerKey(row.get(1)))).collect())
}

/// All folded facts of a creator (or of some of its engagers) from the raw events: neither queued nor taken back.
///
/// Reads all events of the creator, as they are not indexed by engager: ask for many engagers at once.
pub async fn raw_facts(
    tx: &Tx,
    creator: CreatorKey,
    engagers: Option<&[EngagerKey]>,
) -> Result<BTreeMap<Pair, Relationship>, DbError> {
    let engagers: Option<Vec<i64>> =
        engagers.map(|engagers| engagers.iter().map(|engager| engager.0).collect());
    let rows = tx
        .query(
            "/* relationships::raw_facts */
             select creator_key, engager_key, event_key, reference_key, kind, occurred_at, occurred_on, post_key,
                    substance, verified
             from events e
             where creator_key = $1 and kind <> 13 and ($2::int8[] is null or engager_key = any ($2))
               and not exists (select from retractions r
                               where r.creator_key = e.creator_key and r.event_key = e.event_key)
               and not exists (select from fold_queue q
                               where q.lane = $3 and q.creator_key = e.creator_key and q.event_key = e.event_key
                                 and q.occurred_on = e.occurred_on)",
            &[&creator.0, &engagers, &creator.lane()],
        )
        .await?;
    let mut folded: BTreeMap<Pair, Relationship> = BTreeMap::new();
    for event in rows.iter().filter_map(queued_event) {
        folded.entry(event.pair).or_default().absorb(&event.fact);
    }
    Ok(folded)
}

const COLUMNS: &str = "creator_key, engager_key, strength, first_seen, last_seen, counts, active_days, posts";

/// The stored relationships among these pairs.
pub async fn load(tx: &Tx, pairs: &[Pair]) -> Result<BTreeMap<Pair, Relationship>, DbError> {
    let (creators, engagers): (Vec<Uuid>, Vec<i64>) = pairs.iter().map(|pair| (pair.0.0, pair.1.0)).unzip();
    let sql = format!(
        "/* relationships::load */
         select {COLUMNS} from unnest((select $1::uuid[]), (select $2::int8[])) as wanted (creator_key, engager_key)
         join relationships using (creator_key, engager_key)"
    );
    decode(&tx.query(&sql, &[&creators, &engagers]).await?)
}

/// All stored relationships of a creator.
pub async fn load_creator(tx: &Tx, creator: CreatorKey) -> Result<BTreeMap<Pair, Relationship>, DbError> {
    decode(&creator_rows(tx, creator).await?)
}

/// All stored relationships of a creator, damaged ones as `None`.
pub async fn load_creator_as_is(
    tx: &Tx,
    creator: CreatorKey,
) -> Result<BTreeMap<Pair, Option<Relationship>>, DbError> {
    let rows = creator_rows(tx, creator).await?;
    Ok(rows.iter().map(|row| (pair(row), stored(row).decode().ok())).collect())
}

async fn creator_rows(tx: &Tx, creator: CreatorKey) -> Result<Vec<Row>, DbError> {
    let sql = format!(
        "/* relationships::load_creator */ select {COLUMNS} from relationships where creator_key = $1"
    );
    tx.query(&sql, &[&creator.0]).await
}

fn decode(rows: &[Row]) -> Result<BTreeMap<Pair, Relationship>, DbError> {
    rows.iter()
        .map(|row| {
            let decoded = stored(row).decode().map_err(|damaged| DbError::Damaged(damaged.to_string()))?;
            Ok((pair(row), decoded))
        })
        .collect()
}

fn pair(row: &Row) -> Pair {
    (CreatorKey(row.get("creator_key")), EngagerKey(row.get("engager_key")))
}

fn stored(row: &Row) -> Stored {
    Stored {
        strength: row.get("strength"),
        seen: (day_of(row.get("first_seen")), day_of(row.get("last_seen"))),
        counts: row.get("counts"),
        active_days: row.get("active_days"),
        posts: row.get("posts"),
    }
}

/// Relationships of a creator that a retract in the queue will take something from.
pub async fn awaiting_retracts(tx: &Tx, creator: CreatorKey) -> Result<BTreeSet<Pair>, DbError> {
    let rows = tx
        .query(
            "/* relationships::awaiting_retracts */
             select distinct e.creator_key, e.engager_key
             from fold_queue q join events r using (creator_key, event_key, occurred_on)
             join events e on e.creator_key = r.creator_key and e.event_key = r.reference_key
             where q.lane = $2 and q.creator_key = $1 and r.kind = 13",
            &[&creator.0, &creator.lane()],
        )
        .await?;
    Ok(rows.iter().map(pair).collect())
}

/// Writes relationships, replacing what is stored.
pub async fn write(tx: &Tx, relationships: &BTreeMap<Pair, Relationship>) -> Result<(), DbError> {
    let stored: Vec<Stored> = relationships.values().map(Stored::from).collect();
    let column =
        |seen: fn(&Stored) -> i32| -> Vec<Date> { stored.iter().map(|row| date_of(seen(row))).collect() };
    tx.execute(
        "/* relationships::write */
         insert into relationships (creator_key, engager_key, strength, first_seen, last_seen, counts, active_days, posts)
         select * from unnest($1::uuid[], $2::int8[], $3::float8[], $4::date[], $5::date[], $6::bytea[], $7::bytea[], $8::bytea[])
         on conflict (creator_key, engager_key) do update
         set strength = excluded.strength, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
             counts = excluded.counts, active_days = excluded.active_days, posts = excluded.posts",
        &[
            &relationships.keys().map(|pair| pair.0.0).collect::<Vec<Uuid>>(),
            &relationships.keys().map(|pair| pair.1.0).collect::<Vec<i64>>(),
            &stored.iter().map(|row| row.strength).collect::<Vec<f64>>(),
            &column(|row| row.seen.0),
            &column(|row| row.seen.1),
            &stored.iter().map(|row| row.counts.as_slice()).collect::<Vec<_>>(),
            &stored.iter().map(|row| row.active_days.as_slice()).collect::<Vec<_>>(),
            &stored.iter().map(|row| row.posts.as_slice()).collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Removes relationships of which nothing is left.
pub async fn remove(tx: &Tx, pairs: &[Pair]) -> Result<(), DbError> {
    let (creators, engagers): (Vec<Uuid>, Vec<i64>) = pairs.iter().map(|pair| (pair.0.0, pair.1.0)).unzip();
    tx.execute(
        "/* relationships::remove */
         delete from relationships r using unnest($1::uuid[], $2::int8[]) as gone (creator_key, engager_key)
         where r.creator_key = gone.creator_key and r.engager_key = gone.engager_key",
        &[&creators, &engagers],
    )
    .await?;
    Ok(())
}

/// Up to `limit` creators after `after`, in the order of their keys.
pub async fn creators_after(
    client: &Client,
    after: Option<CreatorKey>,
    limit: i64,
) -> Result<Vec<CreatorKey>, DbError> {
    let rows = client
        .query(
            "/* relationships::creators_after */
             select creator_key from creators where $1::uuid is null or creator_key > $1 order by creator_key limit $2",
            &[&after.map(|key| key.0), &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| CreatorKey(row.get(0))).collect())
}
