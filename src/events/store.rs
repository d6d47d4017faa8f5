//! Storing events: one transaction writes the events, what is to be folded of them, and their retractions.
//!
//! Events are copied, as if all of them were new, because nearly all are and COPY costs half of what an insert does. When
//! one is there already the transaction is given up, and a second one inserts what is missing.

use super::{
    model::{Event, Identity, Kind, Outcome},
    order::{Ordered, Stored},
    refusals::refusals,
    registered::Registered,
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

/// The place where events are stored. Cheap to clone.
#[derive(Clone)]
pub struct EventStore {
    pool: Pool,
    partitions: Arc<Partitions>,
    registered: Arc<Registered>,
}

impl EventStore {
    /// A store that knows nothing yet of what is in the database.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, partitions: Arc::default(), registered: Arc::default() }
    }

    /// Stores events and tells for each what became of it, in order. Everything told is committed.
    pub async fn ingest(self, events: Arc<Vec<Event>>) -> Result<Vec<Outcome>, DbError> {
        let ordered = Ordered::new(&events);
        let stored = match self.store_all(&ordered).await {
            // Dropped by retention since this process made sure of it.
            Err(error) if error.is_without_partition() => {
                self.partitions.forget();
                self.store_all(&ordered).await?
            }
            stored => stored?,
        };
        Ok(ordered.outcomes(&stored))
    }

    async fn store_all(&self, ordered: &Ordered<'_>) -> Result<Stored, DbError> {
        self.partitions.ensure(&self.pool, ordered.firsts().map(Event::day)).await?;
        match self.store(ordered, false).await {
            Err(error) if error.is_unique_violation() => self.store(ordered, true).await,
            stored => stored,
        }
    }

    async fn store(&self, ordered: &Ordered<'_>, some_are_there: bool) -> Result<Stored, DbError> {
        // An erasure waits for whoever has this lock when it takes a creator away: the creators found in this transaction
        // stay until it ends.
        let tx = Tx::begin_with(&self.pool, "lock table only events in row exclusive mode").await?;
        match store_in(&tx, &self.registered, ordered, some_are_there).await {
            Ok(stored) => tx.commit().await.map(|()| stored),
            Err(error) if error.is_unique_violation() || error.is_without_partition() => {
                tx.rollback().await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }
}

/// What would become of events that were stored now, in order. PostgreSQL itself lets this transaction write nothing.
pub async fn foresee(pool: &Pool, events: &[Event]) -> Result<Vec<Outcome>, DbError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ordered = Ordered::new(events);
    let tx = Tx::begin_snapshot(pool).await?;
    let mut stored = refusals(&tx, &Registered::default(), &ordered.first_days()).await?;
    let taken = ordered.firsts().filter(|event| !stored.refuses(event));
    stored.present = stored_hashes(&tx, &taken.map(Event::identity).collect::<Vec<_>>()).await?;
    tx.rollback().await?;
    Ok(ordered.outcomes(&stored))
}

async fn store_in(
    tx: &Tx,
    registered: &Registered,
    ordered: &Ordered<'_>,
    some_are_there: bool,
) -> Result<Stored, DbError> {
    let mut stored = refusals(tx, registered, &ordered.first_days()).await?;
    let events: Vec<&Event> = ordered.firsts().filter(|event| !stored.refuses(event)).collect();
    stored.present = if events.is_empty() {
        HashMap::new()
    } else if some_are_there {
        insert(tx, &events).await?
    } else {
        tx.copy(COPY, copy_rows(&events)).await?;
        HashMap::new()
    };
    let new = || events.iter().copied().filter(|event| stored.is_new(event));
    queue::store::put(tx, &queue::model::by_lane(new())).await?;
    retract(tx, new()).await?;
    Ok(stored)
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
