//! SQL of creators.

use super::model::{Account, Profile};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, TenantId},
    niches::Taxonomy,
};
use jiff::Timestamp;
use std::sync::Arc;
use tokio_postgres::{Row, types::Json};

/// Columns of a profile, in the order of [`profile`].
pub const PROFILE_COLUMNS: &str =
    "display_name, bio, country, region, city, languages, creator_values, niches, accounts";

/// A registered creator.
#[derive(Clone, Debug)]
pub struct StoredCreator {
    /// The caller's id.
    pub creator_id: String,
    /// The profile.
    pub profile: Profile,
    /// Counts up with every change.
    pub version: i64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

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

/// A creator of a tenant.
pub async fn get(
    client: &Client,
    tenant: TenantId,
    creator_id: &str,
) -> Result<Option<StoredCreator>, DbError> {
    let sql = format!(
        "/* creators::get */ select {PROFILE_COLUMNS}, creator_id, version, created_at, updated_at
         from creators where creator_key = $1"
    );
    let key = CreatorKey::derive(tenant, creator_id);
    Ok(client.query_opt(&sql, &[&key.0]).await?.as_ref().map(stored))
}

/// Up to `limit` creators of a tenant with ids after `after`, in the order of their ids.
pub async fn list(
    client: &Client,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<StoredCreator>, DbError> {
    let sql = format!(
        "/* creators::list */ select {PROFILE_COLUMNS}, creator_id, version, created_at, updated_at
         from creators where tenant_id = $1 and creator_id > $2 order by creator_id limit $3"
    );
    Ok(client.query(&sql, &[&tenant.0, &after, &limit]).await?.iter().map(stored).collect())
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
    match modify_in(&tx, &taxonomy, tenant, &creator_id, change).await {
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
    creator_id: &str,
    change: impl FnOnce(Option<&StoredCreator>) -> Result<Profile, E>,
) -> Result<(StoredCreator, bool), PutError<E>> {
    let key = CreatorKey::derive(tenant, creator_id);
    take_turn(tx, key).await?;
    let present = lock(tx, key).await?;
    let profile = change(present.as_ref()).map_err(PutError::Refused)?;
    if let Some(present) = present.as_ref().filter(|present| present.profile == profile) {
        return Ok((present.clone(), false));
    }
    check_niches(tx, taxonomy, tenant, &profile.niches).await?;
    let before = match &present {
        Some(present) => present.version,
        None => clear_tombstone(tx, key).await?,
    };
    let stored = write(tx, key, tenant, creator_id, &profile, before + 1).await?;
    crate::scores::store::enqueue(tx, &[key]).await?;
    Ok((stored, present.is_none()))
}

/// Lets changes of one id take turns: a registration that is not committed yet has no row that could be locked.
pub async fn take_turn(tx: &Tx, key: CreatorKey) -> Result<(), DbError> {
    tx.execute(
        "/* creators::take_turn */ select pg_advisory_xact_lock(hashtextextended($1::text, 0))",
        &[&key.0.to_string()],
    )
    .await?;
    Ok(())
}

async fn lock(tx: &Tx, key: CreatorKey) -> Result<Option<StoredCreator>, DbError> {
    let sql = format!(
        "/* creators::lock */ select {PROFILE_COLUMNS}, creator_id, version, created_at, updated_at
         from creators where creator_key = $1 for update"
    );
    Ok(tx.query_opt(&sql, &[&key.0]).await?.as_ref().map(stored))
}

async fn check_niches<E>(
    tx: &Tx,
    taxonomy: &Taxonomy,
    tenant: TenantId,
    niches: &[String],
) -> Result<(), PutError<E>> {
    let others: Vec<&str> =
        niches.iter().map(String::as_str).filter(|id| taxonomy.get(id).is_none()).collect();
    if others.is_empty() {
        return Ok(());
    }
    let own = crate::niches::store::existing(tx, tenant, &others).await?;
    let unknown: Vec<usize> = (0..niches.len())
        .filter(|index| taxonomy.get(&niches[*index]).is_none() && !own.contains(&niches[*index]))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(PutError::UnknownNiches(unknown)) }
}

/// An id may be registered again once its erasure has ended. Its version goes on from the erased one, so that an entity
/// tag of the erased creator never fits the new one.
async fn clear_tombstone<E>(tx: &Tx, key: CreatorKey) -> Result<i64, PutError<E>> {
    let clear = "/* creators::clear_tombstone */
                 delete from erasures where creator_key = $1 and swept_at is not null returning version";
    let erased = tx.query_opt(clear, &[&key.0]).await?;
    let pending = "/* creators::clear_tombstone */ select 1 from erasures where creator_key = $1";
    match tx.query_opt(pending, &[&key.0]).await? {
        Some(_) => Err(PutError::BeingErased),
        None => Ok(erased.map_or(0, |row| row.get(0))),
    }
}

async fn write(
    tx: &Tx,
    key: CreatorKey,
    tenant: TenantId,
    creator_id: &str,
    profile: &Profile,
    version: i64,
) -> Result<StoredCreator, DbError> {
    let sql = format!(
        "/* creators::write */
         insert into creators
             (creator_key, tenant_id, creator_id, {PROFILE_COLUMNS}, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (creator_key) do update
         set display_name = excluded.display_name, bio = excluded.bio, country = excluded.country,
             region = excluded.region, city = excluded.city, languages = excluded.languages,
             creator_values = excluded.creator_values, niches = excluded.niches, accounts = excluded.accounts,
             version = excluded.version, updated_at = now(), changed_xid = pg_current_xact_id()::text::bigint
         returning {PROFILE_COLUMNS}, creator_id, version, created_at, updated_at"
    );
    let Profile { display_name, bio, country, region, city, languages, values, niches, accounts } = profile;
    let rows = tx
        .query(
            &sql,
            &[
                &key.0,
                &tenant.0,
                &creator_id,
                display_name,
                bio,
                country,
                region,
                city,
                languages,
                values,
                niches,
                &Json(accounts),
                &version,
            ],
        )
        .await?;
    Ok(stored(&rows[0]))
}

fn stored(row: &Row) -> StoredCreator {
    StoredCreator {
        creator_id: row.get("creator_id"),
        profile: profile(row),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// A profile from the columns of [`PROFILE_COLUMNS`].
#[must_use]
pub fn profile(row: &Row) -> Profile {
    Profile {
        display_name: row.get("display_name"),
        bio: row.get("bio"),
        country: row.get("country"),
        region: row.get("region"),
        city: row.get("city"),
        languages: row.get("languages"),
        values: row.get("creator_values"),
        niches: row.get("niches"),
        accounts: row.get::<_, Json<Vec<Account>>>("accounts").0,
    }
}
