//! Which events are refused by the database's own state: those of creators that are not registered, and those older than
//! what their tenant keeps.

use super::{
    order::Stored,
    registered::{Registered, Registration},
};
use crate::{
    db::{DbError, Tx},
    ids::{CreatorKey, TenantId},
    relationships::days::{Day, day_of},
};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};
use tokio_postgres::Row;
use uuid::Uuid;

/// A tenant, as this transaction sees it.
#[derive(Clone, Copy)]
struct Standing {
    registration: Registration,
    closed_before: Option<Day>,
}

impl Standing {
    fn of(row: &Row) -> Self {
        let registration = Registration {
            tenant: TenantId(row.get("tenant_id")),
            departures: row.get("departures"),
            server_since: row.get("server_since"),
        };
        Self { registration, closed_before: row.get::<_, Option<Date>>("closed_before").map(day_of) }
    }
}

/// Creators that are not registered, and those of whom some of these events, each creator with its first day, are too old.
/// Closed days are looked up here, in the transaction that stores: a caller's own idea of a retention may be half a minute
/// old.
pub async fn refusals(
    tx: &Tx,
    registered: &Registered,
    first_days: &[(CreatorKey, Day)],
) -> Result<Stored, DbError> {
    let mut stored = Stored::default();
    let known = registered.of(first_days.iter().map(|(creator, _)| *creator));
    let tenants = tenants(tx, known.iter().flatten().map(|known| known.tenant).collect()).await?;
    let mut others = Vec::new();
    for ((creator, first), known) in first_days.iter().zip(known) {
        let standing = known.and_then(|known| Some((known, *tenants.get(&known.tenant)?)));
        match standing.filter(|(known, now)| *known == now.registration) {
            Some((_, standing)) => note_closed(&mut stored, *creator, *first, standing),
            None => others.push((*creator, *first)),
        }
    }
    let found = find(tx, others.iter().map(|(creator, _)| creator.0).collect()).await?;
    registered.remember(found.iter().map(|(creator, standing)| (*creator, standing.registration)));
    for (creator, first) in others {
        match found.get(&creator) {
            Some(standing) => note_closed(&mut stored, creator, first, *standing),
            None => drop(stored.unknown.insert(creator)),
        }
    }
    Ok(stored)
}

fn note_closed(stored: &mut Stored, creator: CreatorKey, first: Day, standing: Standing) {
    if let Some(day) = standing.closed_before.filter(|day| first < *day) {
        stored.closed.insert(creator, day);
    }
}

async fn tenants(tx: &Tx, tenants: BTreeSet<TenantId>) -> Result<HashMap<TenantId, Standing>, DbError> {
    if tenants.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<i32> = tenants.into_iter().map(|tenant| tenant.0).collect();
    let sql = "/* refusals::tenants */
               select tenant_id, departures, closed_before, pg_postmaster_start_time() as server_since
               from tenants where tenant_id = any($1)";
    let rows = tx.query(sql, &[&ids]).await?;
    Ok(rows.iter().map(Standing::of).map(|standing| (standing.registration.tenant, standing)).collect())
}

/// Those of these creators that are registered.
async fn find(tx: &Tx, creators: Vec<Uuid>) -> Result<HashMap<CreatorKey, Standing>, DbError> {
    if creators.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "/* refusals::find */
               select c.creator_key, t.tenant_id, t.departures, t.closed_before, pg_postmaster_start_time() as server_since
               from unnest((select $1::uuid[])) as wanted (creator_key)
               join creators c using (creator_key) join tenants t using (tenant_id)";
    let rows = tx.query(sql, &[&creators]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get("creator_key")), Standing::of(row))).collect())
}
