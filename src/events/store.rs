//! Storing events: one autocommit statement writes the events, their queue rows and their retractions.
//!
//! One statement, because a COMMIT of its own could report success for a transaction that was rolled back, and because
//! no event can then be stored without being queued.

use super::model::{Event, Identity, Outcome};
use crate::{
    db::{Client, DbError, Pool, partitions::Partitions},
    ids::{CreatorKey, EventKey},
};
use jiff::{Timestamp, civil::Date};
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
    partitions.ensure(&pool, events.iter().map(Event::occurred_on)).await?;
    let client = pool.get().await?;
    let firsts = first_of_each_identity(&events);
    let inserted = insert(&client, &firsts).await?;
    let others =
        firsts.iter().map(|event| event.identity()).filter(|identity| !inserted.contains(identity)).collect();
    // A second read, because what a concurrent request stored is not visible to the inserting statement.
    let present = stored_hashes(&client, others).await?;
    Ok(classify(&events, &inserted, &present))
}

fn first_of_each_identity(events: &[Event]) -> Vec<&Event> {
    let mut seen = HashSet::with_capacity(events.len());
    let mut firsts: Vec<&Event> = events.iter().filter(|event| seen.insert(event.identity())).collect();
    // Sorted by key, concurrent statements take their index locks in one order and cannot deadlock.
    firsts.sort_unstable_by_key(|event| event.identity());
    firsts
}

fn classify(
    events: &[Event],
    inserted: &HashSet<Identity>,
    present: &HashMap<Identity, i64>,
) -> Vec<Outcome> {
    let mut stored_here: HashMap<Identity, i64> = HashMap::new();
    let outcome = |event: &Event| {
        let identity = event.identity();
        if let Some(hash) = stored_here.get(&identity).or_else(|| present.get(&identity)) {
            return if *hash == event.content_hash { Outcome::Duplicate } else { Outcome::Conflict };
        }
        if inserted.contains(&identity) {
            stored_here.insert(identity, event.content_hash);
            return Outcome::Stored;
        }
        Outcome::UnknownCreator
    };
    events.iter().map(outcome).collect()
}

const INSERT: &str = include_str!("insert.sql");

async fn insert(client: &Client, events: &[&Event]) -> Result<HashSet<Identity>, DbError> {
    let rows = Columns::of(events);
    let inserted = client
        .query(
            INSERT,
            &[
                &rows.creators,
                &rows.events,
                &rows.dates,
                &rows.kinds,
                &rows.platforms,
                &rows.substances,
                &rows.verified,
                &rows.currencies,
                &rows.times,
                &rows.engagers,
                &rows.posts,
                &rows.references,
                &rows.amounts,
                &rows.hashes,
                &rows.lanes,
            ],
        )
        .await?;
    Ok(inserted.iter().map(|row| (CreatorKey(row.get(0)), EventKey(row.get(1)), row.get(2))).collect())
}

/// Events as columns, which is how one statement takes many rows.
#[derive(Default)]
struct Columns<'a> {
    creators: Vec<Uuid>,
    events: Vec<Uuid>,
    dates: Vec<Date>,
    kinds: Vec<i16>,
    platforms: Vec<Option<i16>>,
    substances: Vec<Option<i16>>,
    verified: Vec<bool>,
    currencies: Vec<Option<&'a str>>,
    times: Vec<Timestamp>,
    engagers: Vec<i64>,
    posts: Vec<Option<i64>>,
    references: Vec<Option<Uuid>>,
    amounts: Vec<Option<i64>>,
    hashes: Vec<i64>,
    lanes: Vec<i16>,
}

impl<'a> Columns<'a> {
    fn of(events: &[&'a Event]) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.creators.push(event.creator.0);
            columns.events.push(event.event.0);
            columns.dates.push(event.occurred_on());
            columns.kinds.push(event.kind.code());
            columns.platforms.push(event.platform);
            columns.substances.push(event.substance.map(i16::from));
            columns.verified.push(event.verified);
            columns.currencies.push(event.currency.as_deref());
            columns.times.push(event.occurred_at);
            columns.engagers.push(event.engager.0);
            columns.posts.push(event.post.map(|post| post.0));
            columns.references.push(event.reference.map(|reference| reference.0));
            columns.amounts.push(event.amount);
            columns.hashes.push(event.content_hash);
            columns.lanes.push(event.creator.lane());
        }
        columns
    }
}

async fn stored_hashes(
    client: &Client,
    identities: Vec<Identity>,
) -> Result<HashMap<Identity, i64>, DbError> {
    if identities.is_empty() {
        return Ok(HashMap::new());
    }
    let creators: Vec<Uuid> = identities.iter().map(|identity| identity.0.0).collect();
    let events: Vec<Uuid> = identities.iter().map(|identity| identity.1.0).collect();
    let dates: Vec<Date> = identities.iter().map(|identity| identity.2).collect();
    let rows = client
        .query(
            // Events are found by their whole key first. Joined to creators in the same step, PostgreSQL may look them
            // up by creator alone, and a resend to a creator with 100,000 events takes minutes.
            "/* events::stored_hashes */
             with found as materialized (
                 select e.creator_key, e.event_key, e.occurred_on, e.content_hash
                 from unnest((select $1::uuid[]), (select $2::uuid[]), (select $3::date[]))
                     as wanted (creator_key, event_key, occurred_on)
                 join events e using (creator_key, event_key, occurred_on)
             )
             select creator_key, event_key, occurred_on, content_hash from found
             where exists (select from creators c where c.creator_key = found.creator_key)",
            &[&creators, &events, &dates],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| ((CreatorKey(row.get(0)), EventKey(row.get(1)), row.get(2)), row.get(3)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{
        Outcome::{Conflict, Duplicate, Stored, UnknownCreator},
        *,
    };
    use crate::{
        events::Kind,
        ids::{EngagerKey, TenantId},
    };

    fn event(id: &str, content_hash: i64) -> Event {
        let creator = CreatorKey::derive(TenantId(1), "ana");
        Event {
            creator,
            event: EventKey::derive(creator, id),
            engager: EngagerKey::NOBODY,
            kind: Kind::Like,
            occurred_at: Timestamp::UNIX_EPOCH,
            post: None,
            reference: None,
            platform: None,
            substance: None,
            verified: false,
            amount: None,
            currency: None,
            content_hash,
        }
    }

    #[test]
    fn repeats_within_a_batch_are_told_from_conflicts() {
        let events =
            [event("a", 1), event("a", 1), event("a", 2), event("b", 5), event("b", 6), event("c", 1)];
        let inserted = HashSet::from([events[0].identity()]);
        let present = HashMap::from([(events[3].identity(), 6)]);
        assert_eq!(
            classify(&events, &inserted, &present),
            [Stored, Duplicate, Conflict, Conflict, Duplicate, UnknownCreator]
        );
    }
}
