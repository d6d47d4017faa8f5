//! Rounds: topics are read when posts say something else than before, and when the words have changed by which they are read.

use super::{
    model::{Reader, Topics},
    store,
};
use crate::{
    db::{DbError, Pool, Tx, claim_hourly},
    ids::{CreatorKey, TenantId},
    niches::{self, NicheTree, Taxonomy, reading},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// The built-in niches and what tells their words from others, once they are needed.
static BUILT_IN: LazyLock<(Arc<Taxonomy>, String)> = LazyLock::new(|| {
    let taxonomy = Arc::new(Taxonomy::built_in());
    let words = reading::fingerprint(
        NicheTree::new(taxonomy.clone(), Vec::new()).all().into_values().map(|(niche, _)| niche),
    );
    (taxonomy, words)
});

/// What topics of a tenant are read with.
struct Words {
    tree: NicheTree,
    /// Tells versions of the tenant's own niches apart.
    version: String,
    /// Tells words apart; begins with what tells built-in ones apart.
    fingerprint: String,
}

impl Words {
    async fn of(pool: &Pool, tenant: TenantId) -> Result<Self, DbError> {
        let client = pool.get().await?;
        // First: niches that are newer than that are taken for older ones, and read again.
        let version = store::version_of_niches(&client, tenant).await?;
        let own = niches::store::list_own(&client, tenant).await?;
        let (taxonomy, built_in) = &*BUILT_IN;
        let fingerprint = format!("{built_in}.{}", reading::fingerprint(own.iter()));
        Ok(Self { tree: NicheTree::new(taxonomy.clone(), own), version, fingerprint })
    }
}

/// Reads the topics of all creators who wait for it. Costs what their posts cost: a walk down the index of each to its newest
/// ones, and some steps for each topic that was not read a moment ago.
pub async fn read_all(pool: &Pool) -> Result<(), DbError> {
    compare_all_words(pool).await?;
    let waiting = store::waiting(&pool.get().await?).await?;
    for tenant in waiting {
        // One tenant's trouble must not keep the others back.
        match read_of_tenant(pool, tenant).await {
            Ok(creators) => tracing::info!(tenant = tenant.0, creators, "topics read"),
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "topics not read"),
        }
    }
    Ok(())
}

async fn compare_all_words(pool: &Pool) -> Result<(), DbError> {
    loop {
        let Some(tenant) = claim_hourly(&pool.get().await?, "topic_rounds").await? else { return Ok(()) };
        if let Err(error) = compare_words(pool, tenant).await {
            tracing::warn!(%error, tenant = tenant.0, "words of topics not compared");
        }
    }
}

/// All creators of a tenant are to be read anew when its niches have other words than they were read with.
async fn compare_words(pool: &Pool, tenant: TenantId) -> Result<(), DbError> {
    let words = Words::of(pool, tenant).await?.fingerprint;
    let tx = Tx::begin(pool).await?;
    let creators = store::enqueue_all_unless_read_with(&tx, tenant, &words).await?;
    tx.commit().await?;
    if creators > 0 {
        tracing::info!(tenant = tenant.0, creators, "topics are to be read with other words");
    }
    Ok(())
}

/// Reads the topics of the creators of a tenant who wait, some at a time; how many there were. Each is passed once: who comes to wait
/// behind it meanwhile has the next turn, after other tenants.
async fn read_of_tenant(pool: &Pool, tenant: TenantId) -> Result<usize, DbError> {
    let words = Words::of(pool, tenant).await?;
    let (mut reader, mut after, mut count) = (Reader::new(words.tree.clone()), None, 0);
    loop {
        let waiting = store::waiting_after(&pool.get().await?, tenant, after).await?;
        let Some(last) = waiting.last() else { return Ok(count) };
        after = Some(*last);
        match read_some(pool, tenant, (&words, reader), &waiting).await {
            Ok(Some(read_with)) => (reader, count) = (read_with, count + waiting.len()),
            Ok(None) => return Ok(count),
            Err(error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_))) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, tenant = tenant.0, "topics of some creators not read");
                reader = Reader::new(words.tree.clone());
            }
        }
    }
}

/// Reads the topics of these creators; the reader, which knows more by now. `None`: another process is at it, or has other words.
async fn read_some(
    pool: &Pool,
    tenant: TenantId,
    (words, reader): (&Words, Reader),
    waiting: &[CreatorKey],
) -> Result<Option<Reader>, DbError> {
    let in_force = (BUILT_IN.1.as_str(), words.version.as_str());
    let tx = Tx::begin_with(pool, Tx::REPEATABLE).await?;
    // One process at a time: who reads posts first must not write last.
    if !store::claim(&tx, tenant, waiting).await? || !store::are_in_force(&tx, tenant, in_force).await? {
        tx.rollback().await?;
        return Ok(None);
    }
    let (reader, topics) = read(reader, store::posts(&tx, waiting).await?).await?;
    store::write(&tx, &topics).await?;
    tx.commit().await?;
    Ok(Some(reader))
}

/// Milliseconds of arithmetic as a rule, but no other task of the thread would get a turn.
async fn read(
    mut reader: Reader,
    posts: BTreeMap<CreatorKey, Vec<Vec<String>>>,
) -> Result<(Reader, BTreeMap<CreatorKey, Topics>), DbError> {
    let read = tokio::task::spawn_blocking(move || {
        let topics = posts.into_iter().map(|(creator, posts)| (creator, reader.topics_of(&posts))).collect();
        (reader, topics)
    });
    read.await.map_err(|error| DbError::Damaged(format!("topics cannot be read: {error}")))
}
