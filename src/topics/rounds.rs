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
use tokio::task::JoinError;

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
        // Read once, but that takes longer than what other tasks of a thread should wait.
        let built_in = tokio::task::spawn_blocking(|| &*BUILT_IN).await;
        let (taxonomy, built_in) = built_in.map_err(|error| unreadable(&error))?;
        let fingerprint = format!("{built_in}.{}", reading::fingerprint(own.iter()));
        Ok(Self { tree: NicheTree::new(taxonomy.clone(), own), version, fingerprint })
    }

    fn reader(&self) -> Reader {
        Reader::new(self.tree.clone())
    }
}

/// Batches of a tenant after which others have their turn.
const TURN: usize = 200;

/// Reads the topics of all creators who wait for it. Costs what their posts cost: a walk down the index of each to its newest
/// ones, and some steps for each topic that was not read a moment ago.
pub async fn read_all(pool: &Pool) -> Result<(), DbError> {
    // How far tenants of many creators have come.
    let mut passed: BTreeMap<TenantId, CreatorKey> = BTreeMap::new();
    loop {
        compare_all_words(pool).await?;
        let mut passed_now = BTreeMap::new();
        let waiting = store::waiting(&pool.get().await?).await?;
        for tenant in waiting {
            match read_of_tenant(pool, tenant, passed.remove(&tenant)).await {
                Ok(Some(last)) => drop(passed_now.insert(tenant, last)),
                Ok(None) => {}
                // One tenant's trouble must not keep the others back.
                Err(error) => tracing::warn!(%error, tenant = tenant.0, "topics not read"),
            }
        }
        if passed_now.is_empty() {
            return Ok(());
        }
        passed = passed_now;
    }
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

/// Reads the topics of creators of a tenant who wait, after one of them; the last one, when it is the turn of others before the rest. Each
/// is passed once: who comes to wait behind has the next turn.
async fn read_of_tenant(
    pool: &Pool,
    tenant: TenantId,
    mut after: Option<CreatorKey>,
) -> Result<Option<CreatorKey>, DbError> {
    let words = with_glossary(Words::of(pool, tenant).await?).await?;
    let (mut reader, mut creators) = (words.reader(), 0);
    for _ in 0..TURN {
        let waiting = store::waiting_after(&pool.get().await?, tenant, after).await?;
        let Some(last) = waiting.last() else {
            tracing::info!(tenant = tenant.0, creators, "topics read");
            return Ok(None);
        };
        after = Some(*last);
        match read_some(pool, tenant, (&words, reader), &waiting).await {
            Ok(Some(read_with)) => reader = read_with,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, tenant = tenant.0, "topics of some creators not read together");
                read_one_by_one(pool, tenant, &words, &waiting).await?;
                reader = words.reader();
            }
        }
        creators += waiting.len();
    }
    Ok(after)
}

/// One creator's trouble must not keep the others back.
async fn read_one_by_one(
    pool: &Pool,
    tenant: TenantId,
    words: &Words,
    waiting: &[CreatorKey],
) -> Result<(), DbError> {
    for creator in waiting {
        match read_some(pool, tenant, (words, words.reader()), &[*creator]).await {
            Ok(_) => {}
            Err(error @ DbError::Unavailable(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, creator = %creator.0, "topics not read"),
        }
    }
    Ok(())
}

/// Reads the topics of these creators; the reader, which knows more by now. `None`: another process is at it, or has other words.
async fn read_some(
    pool: &Pool,
    tenant: TenantId,
    (words, reader): (&Words, Reader),
    waiting: &[CreatorKey],
) -> Result<Option<Reader>, DbError> {
    // Before anything is held: what is read again in a moment is known then.
    let seen = store::posts(&pool.get().await?, waiting).await?;
    let (reader, _) = read(reader, seen).await?;
    let in_force = (BUILT_IN.1.as_str(), words.version.as_str());
    let tx = Tx::begin_with(pool, Tx::REPEATABLE).await?;
    // One process at a time: who reads posts first must not write last.
    if !store::claim(&tx, tenant, waiting).await? || !store::are_in_force(&tx, tenant, in_force).await? {
        tx.rollback().await?;
        return Ok(None);
    }
    let (reader, topics) = read(reader, store::posts(tx.client(), waiting).await?).await?;
    store::write(&tx, &topics).await?;
    tx.commit().await?;
    Ok(Some(reader))
}

/// To make a glossary takes far longer than what other tasks of a thread should wait.
async fn with_glossary(words: Words) -> Result<Words, DbError> {
    let made = tokio::task::spawn_blocking(move || {
        let _ = words.tree.glossary();
        words
    });
    made.await.map_err(|error| unreadable(&error))
}

fn unreadable(error: &JoinError) -> DbError {
    DbError::Damaged(format!("topics cannot be read: {error}"))
}

/// Topics that nobody had before take most of a millisecond each at worst: no other task of the thread would get a turn.
async fn read(
    mut reader: Reader,
    posts: BTreeMap<CreatorKey, Vec<Vec<String>>>,
) -> Result<(Reader, BTreeMap<CreatorKey, Topics>), DbError> {
    let read = tokio::task::spawn_blocking(move || {
        let topics = posts.into_iter().map(|(creator, posts)| (creator, reader.topics_of(&posts))).collect();
        (reader, topics)
    });
    read.await.map_err(|error| unreadable(&error))
}
