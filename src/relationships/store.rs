//! SQL of relationships.
//!
//! Keys to look up come as `unnest((select $1::uuid[]), ...)`. The inner select hides their number from the planner, which
//! otherwise reads and hashes a whole table of up to about half a million rows for a few thousand keys.

use super::{
    codec::{Damaged, Stored},
    days::{date_of, day_of},
    model::{Pair, Relationship},
    queue::{self, QueuedEvent},
    whole::Engagers,
};
use crate::{
    db::{Client, Columns, CopyRows, DbError, InOrder, Tx},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

/// Which of these events were taken back.
pub async fn retracted(
    tx: &Tx,
    events: &[(CreatorKey, EventKey)],
) -> Result<HashSet<(CreatorKey, EventKey)>, DbError> {
    let some = with_retractions(tx, events).await?;
    let (creators, keys): (Vec<Uuid>, Vec<Uuid>) = events
        .iter()
        .filter(|(creator, _)| some.contains(creator))
        .map(|(creator, event)| (creator.0, event.0))
        .unzip();
    if creators.is_empty() {
        return Ok(HashSet::new());
    }
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

/// Creators of whom anything was taken back: few, so that the events of the others need not be looked up.
async fn with_retractions(
    tx: &Tx,
    events: &[(CreatorKey, EventKey)],
) -> Result<HashSet<CreatorKey>, DbError> {
    let creators: BTreeSet<Uuid> = events.iter().map(|(creator, _)| creator.0).collect();
    let rows = tx
        .query(
            "/* relationships::with_retractions */
             select creator_key from unnest($1::uuid[]) as wanted (creator_key)
             where exists (select from retractions r where r.creator_key = wanted.creator_key)",
            &[&creators.into_iter().collect::<Vec<Uuid>>()],
        )
        .await?;
    Ok(rows.iter().map(|row| CreatorKey(row.get(0))).collect())
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

/// Tables of relationships: they have the same columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The whole of each relationship.
    Relationships,
    /// What is kept of it when raw events go.
    Base,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Relationships => "relationships",
            Self::Base => "relationship_base",
        }
    }
}

const COLUMNS: &str = "creator_key, engager_key, strength, first_seen, last_seen, counts, active_days, posts";

/// What is stored of these pairs.
#[derive(Default)]
pub struct Found {
    /// Relationships.
    pub relationships: BTreeMap<Pair, Relationship>,
    /// Pairs whose row cannot be read.
    pub damaged: BTreeSet<Pair>,
}

impl Found {
    /// True when there is something of this pair, be it that it cannot be read.
    #[must_use]
    pub fn has(&self, pair: &Pair) -> bool {
        self.relationships.contains_key(pair) || self.damaged.contains(pair)
    }

    /// Every pair.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.relationships.keys().chain(&self.damaged)
    }

    fn of(rows: &[Row]) -> Self {
        Self::of_those(rows, |_| true)
    }

    /// What is stored of these engagers: the rows of others are not understood at all.
    fn of_those(rows: &[Row], wanted: impl Fn(EngagerKey) -> bool) -> Self {
        let mut found = Self::default();
        for row in rows {
            let row = &InOrder::new(row);
            let pair = pair(row);
            if !wanted(pair.1) {
                continue;
            }
            match stored(row).decode() {
                Ok(relationship) => drop(found.relationships.insert(pair, relationship)),
                Err(Damaged) => drop(found.damaged.insert(pair)),
            }
        }
        found
    }
}

/// The stored relationships among these pairs.
pub async fn load(tx: &Tx, pairs: &[Pair]) -> Result<Found, DbError> {
    let (creators, engagers): (Vec<Uuid>, Vec<i64>) = pairs.iter().map(|pair| (pair.0.0, pair.1.0)).unzip();
    let sql = format!(
        "/* relationships::load */
         select {COLUMNS} from unnest((select $1::uuid[]), (select $2::int8[])) as wanted (creator_key, engager_key)
         join relationships using (creator_key, engager_key)"
    );
    Ok(Found::of(&tx.query(&sql, &[&creators, &engagers]).await?))
}

/// All stored relationships of a creator.
pub async fn load_creator(tx: &Tx, creator: CreatorKey) -> Result<Found, DbError> {
    load_some(tx, Table::Relationships, creator, Engagers::All).await
}

/// The relationships of some creators with the engagers that are wanted: all of them, or those that may have replies of the creator or
/// verified purchases, and some others: the counts of these kinds stand behind those of the most frequent ones.
pub async fn load_creators(
    tx: &Tx,
    creators: &[CreatorKey],
    answered: bool,
    wanted: impl Fn(EngagerKey) -> bool,
) -> Result<Found, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = format!(
        "/* relationships::load_creators */ select {COLUMNS} from relationships
         where creator_key = any ($1) and octet_length(counts) > $2"
    );
    let least = if answered { Kind::CreatorReply as i32 } else { 0 };
    Ok(Found::of_those(&tx.query(&sql, &[&keys, &least]).await?, wanted))
}

/// What a table has of a creator and some of its engagers.
pub async fn load_some(
    tx: &Tx,
    table: Table,
    creator: CreatorKey,
    engagers: Engagers<'_>,
) -> Result<Found, DbError> {
    let sql = format!(
        "/* relationships::load_some */ select {COLUMNS} from {} where creator_key = $1 and {}",
        table.name(),
        Engagers::CONDITION
    );
    let (keys, mask, number) = engagers.params();
    Ok(Found::of(&tx.query(&sql, &[&creator.0, &keys, &mask, &number]).await?))
}

/// How many relationships a table has of a creator.
pub async fn count(tx: &Tx, table: Table, creator: CreatorKey) -> Result<u64, DbError> {
    let sql =
        format!("/* relationships::count */ select count(*) from {} where creator_key = $1", table.name());
    Ok(tx.query(&sql, &[&creator.0]).await?[0].get::<_, i64>(0).unsigned_abs())
}

pub(super) fn pair(row: &impl Columns) -> Pair {
    (CreatorKey(row.get("creator_key")), EngagerKey(row.get("engager_key")))
}

fn stored(row: &impl Columns) -> Stored {
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
    let waiting = queue::store::waiting_of(tx.client(), creator).await?;
    let targets: Vec<_> = waiting.iter().filter_map(QueuedEvent::taken_back).collect();
    if targets.is_empty() { Ok(BTreeSet::new()) } else { pairs_of(tx, &targets).await }
}

/// Writes relationships that are not stored yet. Needs the lane: nobody else may be writing them.
pub async fn add<'a>(
    tx: &Tx,
    relationships: impl Iterator<Item = (&'a Pair, &'a Relationship)>,
) -> Result<(), DbError> {
    let mut rows = CopyRows::new(8);
    let mut count = 0;
    for (pair, relationship) in relationships {
        copy_row(&mut rows, *pair, &Stored::from(relationship));
        count += 1;
    }
    if count > 0 { tx.copy(&copy_statement(), rows).await.map(drop) } else { Ok(()) }
}

/// The statement that takes rows of [`copy_row`].
#[must_use]
pub fn copy_statement() -> String {
    format!("/* relationships::copy_statement */ copy relationships ({COLUMNS}) from stdin (format binary)")
}

/// Adds a relationship to rows of eight columns.
pub fn copy_row(rows: &mut CopyRows, (creator, engager): Pair, stored: &Stored) {
    rows.row();
    rows.value(creator.0.as_bytes());
    rows.value(&engager.0.to_be_bytes());
    rows.value(&stored.strength.to_be_bytes());
    rows.date(stored.seen.0);
    rows.date(stored.seen.1);
    rows.value(&stored.counts);
    rows.value(&stored.active_days);
    rows.value(&stored.posts);
}

/// Writes relationships into a table, replacing what is stored.
pub async fn write(
    tx: &Tx,
    table: Table,
    relationships: &BTreeMap<Pair, Relationship>,
) -> Result<(), DbError> {
    if relationships.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "/* relationships::write */
         insert into {} ({COLUMNS})
         select * from unnest($1::uuid[], $2::int8[], $3::float8[], $4::date[], $5::date[], $6::bytea[], $7::bytea[], $8::bytea[])
         on conflict (creator_key, engager_key) do update
         set strength = excluded.strength, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
             counts = excluded.counts, active_days = excluded.active_days, posts = excluded.posts",
        table.name()
    );
    tx.execute(&sql, &StoredColumns::of(relationships.iter()).params()).await?;
    Ok(())
}

/// Writes relationships that are all stored already.
pub async fn replace<'a>(
    tx: &Tx,
    relationships: impl Iterator<Item = (&'a Pair, &'a Relationship)>,
) -> Result<(), DbError> {
    let rows = StoredColumns::of(relationships);
    if rows.creators.is_empty() {
        return Ok(());
    }
    tx.execute(
        "/* relationships::replace */
         update relationships r
         set strength = n.strength, first_seen = n.first_seen, last_seen = n.last_seen, counts = n.counts,
             active_days = n.active_days, posts = n.posts
         from unnest((select $1::uuid[]), (select $2::int8[]), $3::float8[], $4::date[], $5::date[], $6::bytea[], $7::bytea[],
                     $8::bytea[])
             as n (creator_key, engager_key, strength, first_seen, last_seen, counts, active_days, posts)
         where r.creator_key = n.creator_key and r.engager_key = n.engager_key",
        &rows.params(),
    )
    .await?;
    Ok(())
}

/// Relationships as columns.
#[derive(Default)]
struct StoredColumns {
    creators: Vec<Uuid>,
    engagers: Vec<i64>,
    strengths: Vec<f64>,
    firsts: Vec<Date>,
    lasts: Vec<Date>,
    counts: Vec<Vec<u8>>,
    days: Vec<Vec<u8>>,
    posts: Vec<Vec<u8>>,
}

impl StoredColumns {
    fn of<'a>(relationships: impl Iterator<Item = (&'a Pair, &'a Relationship)>) -> Self {
        let mut columns = Self::default();
        for ((creator, engager), relationship) in relationships {
            let stored = Stored::from(relationship);
            columns.creators.push(creator.0);
            columns.engagers.push(engager.0);
            columns.strengths.push(stored.strength);
            columns.firsts.push(date_of(stored.seen.0));
            columns.lasts.push(date_of(stored.seen.1));
            columns.counts.push(stored.counts);
            columns.days.push(stored.active_days);
            columns.posts.push(stored.posts);
        }
        columns
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 8] {
        [
            &self.creators,
            &self.engagers,
            &self.strengths,
            &self.firsts,
            &self.lasts,
            &self.counts,
            &self.days,
            &self.posts,
        ]
    }
}

/// Removes relationships of which nothing is left.
pub async fn remove(tx: &Tx, pairs: &[Pair]) -> Result<(), DbError> {
    if pairs.is_empty() {
        return Ok(());
    }
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
             select creator_key from creators where creator_key > $1 order by creator_key limit $2",
            &[&CreatorKey::page_start(after), &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| CreatorKey(row.get(0))).collect())
}
