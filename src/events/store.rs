//! Storing events: one transaction writes the events, what is to be folded of them, and their retractions.
//!
//! Events are copied, as if all of them were new, because nearly all are and COPY costs half of what an insert does. When
//! one is there already the transaction is given up, and a second one inserts what is missing.

use super::{
    model::{Event, Identity, Kind, Outcome},
    order::{Ordered, Stored},
    rows::{COPY, Columns, copy_rows},
};
use crate::{
    db::{DbError, Pool, Tx, partitions::Partitions},
    ids::{CreatorKey, EventKey},
    relationships::{
        days::{date_of, day_of},
        queue,
    },
};
use jiff::civil::Date;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// Stores events and tells for each what became of it, in order. Everything told is committed.
pub async fn ingest(
    pool: Pool,
    partitions: Arc<Partitions>,
    events: Vec<Event>,
) -> Result<Vec<Outcome>, DbError> {
    ready(&pool, &partitions, &events).await?;
    let ordered = Ordered::new(&events);
    let stored = match store(&pool, &ordered, false).await {
        Err(error) if error.is_unique_violation() => store(&pool, &ordered, true).await?,
        stored => stored?,
    };
    Ok(ordered.outcomes(&stored))
}

/// The same, and a unique violation with nothing stored when one of them is there already.
pub async fn ingest_new(
    pool: Pool,
    partitions: Arc<Partitions>,
    events: Vec<Event>,
) -> Result<Vec<Outcome>, DbError> {
    ready(&pool, &partitions, &events).await?;
    let ordered = Ordered::new(&events);
    Ok(ordered.outcomes(&store(&pool, &ordered, false).await?))
}

async fn ready(pool: &Pool, partitions: &Partitions, events: &[Event]) -> Result<(), DbError> {
    partitions.ensure(pool, events.iter().map(Event::day)).await
}

/// What would become of events that were stored now, in order. PostgreSQL itself lets this transaction write nothing.
pub async fn foresee(pool: &Pool, events: &[Event]) -> Result<Vec<Outcome>, DbError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ordered = Ordered::new(events);
    let tx = Tx::begin_snapshot(pool).await?;
    let unknown = unknown_creators(&tx, &ordered.creators()).await?;
    let known = ordered.firsts().filter(|event| !unknown.contains(&event.creator));
    let present = stored_hashes(&tx, &known.map(Event::identity).collect::<Vec<_>>()).await?;
    tx.rollback().await?;
    Ok(ordered.outcomes(&Stored { unknown, present }))
}

async fn store(pool: &Pool, ordered: &Ordered<'_>, some_are_there: bool) -> Result<Stored, DbError> {
    let tx = Tx::begin(pool).await?;
    match store_in(&tx, ordered, some_are_there).await {
        Ok(stored) => tx.commit().await.map(|()| stored),
        Err(error) if error.is_unique_violation() => {
            tx.rollback().await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn store_in(tx: &Tx, ordered: &Ordered<'_>, some_are_there: bool) -> Result<Stored, DbError> {
    // An erasure waits for whoever has this lock when it takes a creator away: the creators found below stay until this
    // transaction ends.
    tx.batch("lock table only events in row exclusive mode").await?;
    let unknown = unknown_creators(tx, &ordered.creators()).await?;
    let events: Vec<&Event> = ordered.firsts().filter(|event| !unknown.contains(&event.creator)).collect();
    let present = if events.is_empty() {
        HashMap::new()
    } else if some_are_there {
        insert(tx, &events).await?
    } else {
        tx.copy(COPY, copy_rows(&events)).await?;
        HashMap::new()
    };
    let stored = Stored { unknown, present };
    let new = || events.iter().copied().filter(|event| stored.is_new(event));
    queue::store::put(tx, &queue::model::by_lane(new())).await?;
    retract(tx, new()).await?;
    Ok(stored)
}

async fn unknown_creators(tx: &Tx, creators: &[CreatorKey]) -> Result<HashSet<CreatorKey>, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* events::unknown_creators */
               select creator_key from unnest((select $1::uuid[])) as wanted (creator_key)
               where not exists (select from creators c where c.creator_key = wanted.creator_key)";
    Ok(tx.query(sql, &[&keys]).await?.iter().map(|row| CreatorKey(row.get(0))).collect())
}

/// Inserts what is not there yet; the others with the hashes of their contents.
async fn insert(tx: &Tx, events: &[&Event]) -> Result<HashMap<Identity, i64>, DbError> {
    let rows = tx.query(include_str!("insert.sql"), &Columns::of(events).params()).await?;
    let inserted: HashSet<Identity> =
        rows.iter().map(|row| (CreatorKey(row.get(0)), EventKey(row.get(1)), day_of(row.get(2)))).collect();
    let others: Vec<Identity> =
        events.iter().map(|event| event.identity()).filter(|identity| !inserted.contains(identity)).collect();
    // A second read, because what a concurrent transaction stored is not visible to the inserting statement.
    let present = stored_hashes(tx, &others).await?;
    // Neither inserted nor there: it went away in between, and may now be inserted.
    if present.len() == others.len() { Ok(present) } else { Err(DbError::Busy) }
}

/// Notes what these events take back.
async fn retract(tx: &Tx, events: impl Iterator<Item = &Event>) -> Result<(), DbError> {
    let retracts = events.filter(|event| event.kind == Kind::Retract);
    let mut targets: Vec<(Uuid, Uuid)> =
        retracts.filter_map(|event| Some((event.creator.0, event.reference?.0))).collect();
    if targets.is_empty() {
        return Ok(());
    }
    // Sorted, as concurrent transactions may note the same.
    targets.sort_unstable();
    let (creators, keys): (Vec<Uuid>, Vec<Uuid>) = targets.into_iter().unzip();
    tx.execute(
        "/* events::retract */
         insert into retractions (creator_key, event_key) select * from unnest($1::uuid[], $2::uuid[])
         on conflict do nothing",
        &[&creators, &keys],
    )
    .await?;
    Ok(())
}

async fn stored_hashes(tx: &Tx, identities: &[Identity]) -> Result<HashMap<Identity, i64>, DbError> {
    let creators: Vec<Uuid> = identities.iter().map(|identity| identity.0.0).collect();
    let events: Vec<Uuid> = identities.iter().map(|identity| identity.1.0).collect();
    let dates: Vec<Date> = identities.iter().map(|identity| date_of(identity.2)).collect();
    let rows = tx
        .query(
            // By their whole key: looked up by creator alone, a resend to one with 100,000 events takes minutes.
            "/* events::stored_hashes */
             select creator_key, event_key, occurred_on, content_hash
             from unnest((select $1::uuid[]), (select $2::uuid[]), (select $3::date[]))
                 as wanted (creator_key, event_key, occurred_on)
             join events e using (creator_key, event_key, occurred_on)",
            &[&creators, &events, &dates],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| ((CreatorKey(row.get(0)), EventKey(row.get(1)), day_of(row.get(2))), row.get(3)))
        .collect())
}
