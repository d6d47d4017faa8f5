//! Registering and changing creators, one or many in a transaction, by the same steps.

use super::{
    StoredCreator,
    checks::{KnownNiches, Tombstones},
    rows::{lock, take_turns, write},
};
use crate::{
    creators::{
        Profile,
        sequence::{self, Put, Registration, Wanted},
    },
    db::{DbError, Pool, Tx},
    ids::{CreatorKey, TenantId},
    niches::Taxonomy,
    scores::store::enqueue,
};
use std::sync::Arc;

/// Why a creator was not stored.
#[derive(Debug)]
pub enum PutError<E> {
    /// The database.
    Database(DbError),
    /// These declared niches (by place in the list) do not exist.
    UnknownNiches(Vec<usize>),
    /// An erasure of the same id has not ended.
    BeingErased,
    /// The change itself was refused.
    Refused(E),
}

impl<E> From<DbError> for PutError<E> {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Makes or changes a creator in one transaction: `change` gets what is there and says what shall be there.
/// Returns what is there after that, and whether it is new.
pub async fn modify<E: Send>(
    pool: Pool,
    taxonomy: Arc<Taxonomy>,
    tenant: TenantId,
    creator_id: String,
    change: impl FnOnce(Option<&StoredCreator>) -> Result<Profile, E> + Send,
) -> Result<(StoredCreator, bool), PutError<E>> {
    let tx = Tx::begin(&pool).await?;
    match modify_in(&tx, &taxonomy, tenant, creator_id, change).await {
        Ok(done) => {
            tx.commit().await?;
            Ok(done)
        }
        Err(PutError::Database(error)) => Err(PutError::Database(error)),
        Err(refused) => {
            tx.rollback().await?;
            Err(refused)
        }
    }
}

async fn modify_in<E>(
    tx: &Tx,
    taxonomy: &Taxonomy,
    tenant: TenantId,
    creator_id: String,
    change: impl FnOnce(Option<&StoredCreator>) -> Result<Profile, E>,
) -> Result<(StoredCreator, bool), PutError<E>> {
    let key = CreatorKey::derive(tenant, &creator_id);
    take_turns(tx, &[key]).await?;
    let present = lock(tx, &[key]).await?.remove(&key);
    let profile = change(present.as_ref()).map_err(PutError::Refused)?;
    if let Some(present) = present.as_ref().filter(|present| present.profile == profile) {
        return Ok((present.clone(), false));
    }
    let unknown = KnownNiches::read(tx, taxonomy, tenant, [&profile]).await?.unknown_of(&profile);
    if !unknown.is_empty() {
        return Err(PutError::UnknownNiches(unknown));
    }
    let before = match &present {
        Some(present) => present.version,
        None => Tombstones::clear(tx, &[key]).await?.version_of(key).ok_or(PutError::BeingErased)?,
    };
    let version = before + 1;
    let registration = Registration { key, creator_id: &creator_id, profile: &profile, version };
    let (created_at, updated_at) = write(tx, tenant, &[registration]).await?[0];
    enqueue(tx, &[key]).await?;
    Ok((StoredCreator { creator_id, profile, version, created_at, updated_at }, present.is_none()))
}

/// Registers or replaces many creators in one transaction, as if one after another; what became of each, in order.
pub async fn put_all(
    pool: Pool,
    taxonomy: Arc<Taxonomy>,
    tenant: TenantId,
    puts: Arc<Vec<(String, Profile)>>,
) -> Result<Vec<Put>, DbError> {
    if puts.is_empty() {
        return Ok(Vec::new());
    }
    let tx = Tx::begin(&pool).await?;
    let outcomes = put_all_in(&tx, &taxonomy, tenant, &puts).await?;
    tx.commit().await?;
    Ok(outcomes)
}

async fn put_all_in(
    tx: &Tx,
    taxonomy: &Taxonomy,
    tenant: TenantId,
    puts: &[(String, Profile)],
) -> Result<Vec<Put>, DbError> {
    let niches = KnownNiches::read(tx, taxonomy, tenant, puts.iter().map(|(_, profile)| profile)).await?;
    let wanted: Vec<Wanted<'_>> = puts
        .iter()
        .map(|(creator_id, profile)| {
            let key = CreatorKey::derive(tenant, creator_id);
            Wanted { key, creator_id, profile, unknown_niches: niches.unknown_of(profile) }
        })
        .collect();
    let keys = sequence::keys(&wanted);
    take_turns(tx, &keys).await?;
    let present = lock(tx, &keys).await?;
    let tombstones = Tombstones::clear(tx, &sequence::new_keys(&wanted, &present)).await?;
    let (outcomes, registrations) = sequence::apply(&wanted, &present, |key| tombstones.version_of(key));
    if !registrations.is_empty() {
        write(tx, tenant, &registrations).await?;
        let changed: Vec<CreatorKey> = registrations.iter().map(|registration| registration.key).collect();
        enqueue(tx, &changed).await?;
    }
    Ok(outcomes)
}
