//! Rows of creators, locked and written. Keys are sorted, so that nobody waits for somebody who waits for them.

use super::{PROFILE_COLUMNS, StoredCreator, stored};
use crate::{
    creators::{Account, sequence::Registration},
    db::{DbError, Tx},
    ids::{CreatorKey, TenantId},
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use tokio_postgres::types::Json;
use uuid::Uuid;

pub(super) fn uuids(keys: &[CreatorKey]) -> Vec<Uuid> {
    keys.iter().map(|key| key.0).collect()
}

/// Lets changes of an id take turns: a registration that is not committed yet has no row that could be locked.
pub async fn take_turns(tx: &Tx, keys: &[CreatorKey]) -> Result<(), DbError> {
    tx.execute(
        "/* creators::take_turns */
         select pg_advisory_xact_lock(hashtextextended(key::text, 0)) from unnest($1::uuid[]) as turns (key)",
        &[&uuids(keys)],
    )
    .await?;
    Ok(())
}

/// Those that are there, locked.
pub(super) async fn lock(
    tx: &Tx,
    keys: &[CreatorKey],
) -> Result<HashMap<CreatorKey, StoredCreator>, DbError> {
    let sql = format!(
        "/* creators::lock */
         select creator_key, {PROFILE_COLUMNS}, creator_id, version, created_at, updated_at
         from creators where creator_key = any($1) order by creator_key for update"
    );
    let rows = tx.query(&sql, &[&uuids(keys)]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get("creator_key")), stored(row))).collect())
}

/// A row as PostgreSQL reads it from JSON, which holds lists of different lengths as arrays of columns cannot.
#[derive(Debug, Serialize)]
struct Columns<'a> {
    creator_key: Uuid,
    creator_id: &'a str,
    display_name: &'a str,
    bio: &'a str,
    country: &'a str,
    region: Option<&'a str>,
    city: Option<&'a str>,
    languages: &'a [String],
    creator_values: &'a [String],
    niches: &'a [String],
    accounts: &'a [Account],
    version: i64,
}

impl<'a> From<&Registration<'a>> for Columns<'a> {
    fn from(registration: &Registration<'a>) -> Self {
        let profile = registration.profile;
        Self {
            creator_key: registration.key.0,
            creator_id: registration.creator_id,
            display_name: &profile.display_name,
            bio: &profile.bio,
            country: &profile.country,
            region: profile.region.as_deref(),
            city: profile.city.as_deref(),
            languages: &profile.languages,
            creator_values: &profile.values,
            niches: &profile.niches,
            accounts: &profile.accounts,
            version: registration.version,
        }
    }
}

/// Writes creators, no two of one key; when each was registered and when it was changed, in no certain order.
pub(super) async fn write(
    tx: &Tx,
    tenant: TenantId,
    registrations: &[Registration<'_>],
) -> Result<Vec<(Timestamp, Timestamp)>, DbError> {
    let columns: Vec<Columns<'_>> = registrations.iter().map(Columns::from).collect();
    let rows = tx.query(include_str!("write.sql"), &[&tenant.0, &Json(columns)]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
