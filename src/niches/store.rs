//! SQL of the tenants' own niches.

use super::model::{Aliases, Names, Niche};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::TenantId,
};
use tokio_postgres::Row;

const COLUMNS: &str = "niche_id, parent_id, name_en, name_ro, aliases_en, aliases_ro";

/// All niches a tenant made.
pub async fn list_own(client: &Client, tenant: TenantId) -> Result<Vec<Niche>, DbError> {
    let sql =
        format!("/* niches::list_own */ select {COLUMNS} from niches where tenant_id = $1 order by niche_id");
    Ok(client.query(&sql, &[&tenant.0]).await?.iter().map(niche).collect())
}

/// Which of these niches the tenant made.
pub async fn existing(tx: &Tx, tenant: TenantId, ids: &[&str]) -> Result<Vec<String>, DbError> {
    let sql =
        "/* niches::existing */ select niche_id from niches where tenant_id = $1 and niche_id = any($2)";
    Ok(tx.query(sql, &[&tenant.0, &ids]).await?.iter().map(|row| row.get(0)).collect())
}

/// What storing a niche did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    Created,
    /// It replaced an older one.
    Replaced,
}

/// Makes or replaces a niche of a tenant.
pub async fn put(pool: Pool, tenant: TenantId, niche: Niche) -> Result<Stored, DbError> {
    let row = pool
        .get()
        .await?
        .query_opt(
            "/* niches::put */
             insert into niches as n (tenant_id, niche_id, parent_id, name_en, name_ro, aliases_en, aliases_ro, version)
             values ($1, $2, $3, $4, $5, $6, $7, 1)
             on conflict (tenant_id, niche_id) do update
             set parent_id = excluded.parent_id, name_en = excluded.name_en, name_ro = excluded.name_ro,
                 aliases_en = excluded.aliases_en, aliases_ro = excluded.aliases_ro, version = n.version + 1,
                 changed_xid = pg_current_xact_id()::text::bigint
             returning version",
            &[
                &tenant.0,
                &niche.id,
                &niche.parent,
                &niche.names.en,
                &niche.names.ro,
                &niche.aliases.en,
                &niche.aliases.ro,
            ],
        )
        .await?;
    let version: i64 = row.map_or(1, |row| row.get(0));
    Ok(if version == 1 { Stored::Created } else { Stored::Replaced })
}

/// A niche from the columns of [`list_own`].
#[must_use]
pub fn niche(row: &Row) -> Niche {
    Niche {
        id: row.get("niche_id"),
        parent: row.get("parent_id"),
        names: Names { en: row.get("name_en"), ro: row.get("name_ro") },
        aliases: Aliases { en: row.get("aliases_en"), ro: row.get("aliases_ro") },
    }
}
