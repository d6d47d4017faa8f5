//! SQL of creators.

mod checks;
mod put;
mod rows;

pub use put::{PutError, modify, put_all};
pub use rows::take_turns;

use super::model::{Account, Profile};
use crate::{
    db::{Client, Columns, DbError},
    ids::{CreatorKey, TenantId},
};
use jiff::Timestamp;
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
pub fn profile(row: &impl Columns) -> Profile {
    Profile {
        display_name: row.get("display_name"),
        bio: row.get("bio"),
        country: row.get("country"),
        region: row.get("region"),
        city: row.get("city"),
        languages: row.get("languages"),
        values: row.get("creator_values"),
        niches: row.get("niches"),
        accounts: row.get::<Json<Vec<Account>>>("accounts").0,
    }
}
