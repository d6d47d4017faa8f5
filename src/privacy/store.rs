//! Full erasure of a creator, in two steps.
//!
//! First the creator goes and a tombstone is committed: from then on no new event is accepted. An insert that began
//! before may still be under way, so the data is swept only when every insert of that time has ended. Inserts are known
//! by their lock on the table of events, which they have from before they look for creators until they are committed
//! (`CREATE INDEX CONCURRENTLY` waits in the same way). Writes of posts need no waiting: they hold the creator's row, so
//! they have ended when it goes. A process that dies between the steps leaves the tombstone, and any worker finishes the
//! sweep.

use crate::{
    creators::store::take_turns,
    db::{DbError, Pool, Tx, patiently},
    ids::{CreatorKey, TenantId},
    relationships::queue::store::{forget, lock_lane},
};
use std::time::{Duration, Instant};

/// How often the end of older transactions is looked for.
const POLL: Duration = Duration::from_millis(20);

/// How long inserts and lanes are waited for at a time; statements of requests end sooner.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tombstones are kept this long, so that every replica has seen them.
const TOMBSTONE_HOURS: i32 = 48;

/// Why a creator is not erased.
#[derive(Debug)]
pub enum EraseError<E> {
    /// The database.
    Database(DbError),
    /// There is nothing to erase.
    NotFound,
    /// The version that is there was refused.
    Refused(E),
}

impl<E> From<DbError> for EraseError<E> {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Removes a creator and everything known about it, if `check` lets its version go. Goes on with an erasure that was
/// begun before.
pub async fn erase_creator<E: Send>(
    pool: Pool,
    tenant: TenantId,
    creator_id: String,
    check: impl FnOnce(i64) -> Result<(), E> + Send,
) -> Result<(), EraseError<E>> {
    let key = CreatorKey::derive(tenant, &creator_id);
    let tx = Tx::begin(&pool).await?;
    match begin_erasure(&tx, tenant, key, check).await {
        Ok(()) => tx.commit().await?,
        Err(EraseError::Database(error)) => return Err(error.into()),
        Err(refused) => {
            tx.rollback().await?;
            return Err(refused);
        }
    }
    wait_for_inserts(&pool).await?;
    Ok(sweep(&pool, key).await?)
}

async fn begin_erasure<E>(
    tx: &Tx,
    tenant: TenantId,
    key: CreatorKey,
    check: impl FnOnce(i64) -> Result<(), E>,
) -> Result<(), EraseError<E>> {
    take_turns(tx, &[key]).await?;
    let present =
        "/* privacy::begin_erasure */ select version from creators where creator_key = $1 for update";
    let Some(row) = tx.query_opt(present, &[&key.0]).await? else {
        let begun =
            "/* privacy::begin_erasure */ select 1 from erasures where creator_key = $1 and swept_at is null";
        return tx.query_opt(begun, &[&key.0]).await?.map(drop).ok_or(EraseError::NotFound);
    };
    let version: i64 = row.get(0);
    check(version).map_err(EraseError::Refused)?;
    tx.execute("/* privacy::begin_erasure */ delete from creators where creator_key = $1", &[&key.0]).await?;
    tx.execute(
        "/* privacy::begin_erasure */
         insert into erasures (creator_key, tenant_id, version) values ($1, $2, $3)
         on conflict (creator_key) do update
         set version = excluded.version, requested_at = now(), swept_at = null, changed_xid = pg_current_xact_id()::text::bigint",
        &[&key.0, &tenant.0, &version],
    )
    .await?;
    Ok(())
}

/// Finishes erasures that a process began and did not end; drops tombstones that every replica has seen.
pub async fn finish_erasures(pool: &Pool) -> Result<(), DbError> {
    let pending =
        "/* privacy::finish_erasures */ select creator_key from erasures where swept_at is null limit 100";
    let rows = pool.get().await?.query(pending, &[]).await?;
    if !rows.is_empty() {
        wait_for_inserts(pool).await?;
    }
    for row in rows {
        if let Err(error) = sweep(pool, CreatorKey(row.get(0))).await {
            tracing::warn!(%error, "an erasure is not finished yet");
        }
    }
    pool.get()
        .await?
        .execute(
            "/* privacy::finish_erasures */ delete from erasures where swept_at < now() - make_interval(hours => $1)",
            &[&TOMBSTONE_HOURS],
        )
        .await?;
    Ok(())
}

/// Every table that holds something of a creator by its key.
const TABLES: [&str; 18] = [
    "retractions",
    "events",
    "posts",
    "post_metrics",
    "creator_bases",
    "relationship_base",
    "relationships",
    "creator_statistics",
    "creator_exposure",
    "creator_communities",
    "edge_discounts",
    "creator_trust",
    "creator_conversations",
    "creator_sponsorship",
    "creator_score_history",
    "creator_growth",
    "annotations",
    "unknown_creators",
];

/// Waits until every insert of events that is under way now has ended. What was committed before is seen by all later ones.
pub async fn wait_for_inserts(pool: &Pool) -> Result<(), DbError> {
    let deadline = Instant::now() + PATIENCE;
    let under_way = "/* privacy::wait_for_inserts */
        select distinct virtualtransaction from pg_locks
        where relation in ('events'::regclass, 'creator_communities'::regclass, 'edge_discounts'::regclass,
                           'creator_trust'::regclass, 'creator_conversations'::regclass, 'creator_sponsorship'::regclass,
                           'creator_score_history'::regclass, 'topic_queue'::regclass,
                           'unknown_creators'::regclass)
          and mode = 'RowExclusiveLock' and granted
          and database = (select oid from pg_database where datname = current_database())";
    let rows = pool.get().await?.query(under_way, &[]).await?;
    let inserts: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let still =
        "/* privacy::wait_for_inserts */ select 1 from pg_locks where virtualtransaction = any($1) limit 1";
    while pool.get().await?.query_opt(still, &[&inserts]).await?.is_some() {
        if Instant::now() > deadline {
            return Err(DbError::Busy);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Removes what is left of a creator to whom nothing is added any more.
async fn sweep(pool: &Pool, key: CreatorKey) -> Result<(), DbError> {
    patiently(PATIENCE, POLL, || try_sweep(pool, key)).await
}

async fn try_sweep(pool: &Pool, key: CreatorKey) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    // The lane keeps fold workers away from this creator.
    lock_lane(&tx, key.lane()).await?;
    // Another sweep may have been faster, and the id may be in use again: then there is nothing to take away.
    let pending =
        "/* privacy::sweep */ select 1 from erasures where creator_key = $1 and swept_at is null for update";
    if tx.query_opt(pending, &[&key.0]).await?.is_none() {
        return tx.rollback().await;
    }
    forget(&tx, key).await?;
    // Of the queue, only its lane has an index.
    tx.execute(
        "/* privacy::sweep */ delete from score_queue where lane = $1 and creator_key = $2",
        &[&key.lane(), &key.0],
    )
    .await?;
    // And of this one, the index begins with the tenant.
    tx.execute(
        "/* privacy::sweep */
         delete from topic_queue q using erasures e
         where e.creator_key = $1 and q.tenant_id = e.tenant_id and q.creator_key = e.creator_key",
        &[&key.0],
    )
    .await?;
    for table in TABLES {
        tx.execute(&format!("/* privacy::sweep */ delete from {table} where creator_key = $1"), &[&key.0])
            .await?;
    }
    tx.execute("/* privacy::sweep */ update erasures set swept_at = now() where creator_key = $1", &[&key.0])
        .await?;
    tx.commit().await
}
