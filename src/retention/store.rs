//! SQL of retention: closed days, and what is in a month.

use super::model::closed_before;
use crate::{
    db::{Client, DbError, Tx, partitions::table_of},
    ids::{CreatorKey, TenantId},
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Creators of a month that are read at once.
const PAGE: i64 = 1_000;
/// Rows deleted in one transaction. More: longer transactions; fewer: more commits.
const DELETED_AT_ONCE: i64 = 10_000;
/// A month in which nothing is left to do is looked at again after this time in any case: who kept events there may be gone.
const SETTLED_DAYS: i32 = 7;

/// The clock of the database.
pub async fn clock(client: &Client) -> Result<Timestamp, DbError> {
    Ok(client.query("/* retention::clock */ select now()", &[]).await?[0].get(0))
}

/// Closes the days that are older than the retentions of tenants. What is closed stays closed.
pub async fn close_days(tx: &Tx, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* retention::close_days */
               select tenant_id, retention_days from tenants where retention_days is not null order by tenant_id for no key update";
    let (tenants, days): (Vec<i32>, Vec<Date>) = tx
        .query(sql, &[])
        .await?
        .iter()
        .map(|row| (row.get::<_, i32>(0), closed_before(now, row.get(1))))
        .unzip();
    tx.execute(
        "/* retention::close_days */
         update tenants t set closed_before = n.day
         from unnest($1::int4[], $2::date[]) as n (tenant_id, day)
         where t.tenant_id = n.tenant_id and (t.closed_before is null or t.closed_before < n.day)",
        &[&tenants, &days],
    )
    .await?;
    Ok(())
}

/// The first day that is not closed, of tenants that have one.
pub async fn closed_days(client: &Client) -> Result<BTreeMap<TenantId, Date>, DbError> {
    let sql = "/* retention::closed_days */
               select tenant_id, closed_before from tenants where closed_before is not null";
    Ok(client.query(sql, &[]).await?.iter().map(|row| (TenantId(row.get(0)), row.get(1))).collect())
}

/// A creator with events in a month.
pub struct Present {
    /// The creator.
    pub creator: CreatorKey,
    /// True when it is registered. If not, it is being erased.
    pub registered: bool,
    /// Its events from before this day are in its base.
    pub through: Option<Date>,
    /// Its events from before this day are closed.
    pub closed_before: Option<Date>,
}

/// Creators with events in a month, in the order of their keys; no more than a page of them. One step down the index for
/// each, however many events they have.
pub async fn creators_of(
    client: &Client,
    month: Date,
    after: Option<CreatorKey>,
) -> Result<Vec<Present>, DbError> {
    let table = table_of(month);
    let sql = format!(
        "/* retention::creators_of */
         with recursive present as (
             (select creator_key from {table} where creator_key > $1 order by creator_key limit 1)
             union all
             select (select e.creator_key from {table} e where e.creator_key > present.creator_key order by e.creator_key limit 1)
             from present where present.creator_key is not null
         )
         select p.creator_key, c.creator_key is not null, b.through, t.closed_before
         from (select creator_key from present where creator_key is not null limit $2) p
         left join creators c on c.creator_key = p.creator_key
         left join tenants t on t.tenant_id = c.tenant_id
         left join creator_bases b on b.creator_key = p.creator_key
         order by p.creator_key"
    );
    Ok(client.query(&sql, &[&CreatorKey::page_start(after), &PAGE]).await?.iter().map(present).collect())
}

fn present(row: &Row) -> Present {
    Present {
        creator: CreatorKey(row.get(0)),
        registered: row.get(1),
        through: row.get(2),
        closed_before: row.get(3),
    }
}

/// Deletes some events of creators in a month; false when none are left.
pub async fn delete_some(client: &Client, month: Date, creators: &[CreatorKey]) -> Result<bool, DbError> {
    let table = table_of(month);
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = format!(
        "/* retention::delete_some */
         delete from {table} where ctid = any (array(
             select e.ctid from unnest($1::uuid[]) as gone (creator_key) join {table} e using (creator_key) limit $2))"
    );
    let deleted = client.execute(&sql, &[&keys, &DELETED_AT_ONCE]).await?;
    Ok(deleted == DELETED_AT_ONCE.unsigned_abs())
}

/// True when nothing is left to do for these tenants in a month.
pub async fn is_settled(
    client: &Client,
    month: Date,
    tenants: &[TenantId],
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* retention::is_settled */
               select 1 from settled_months
               where month = $1 and tenants @> $2::int4[] and settled_at > $3::timestamptz - make_interval(days => $4)";
    let tenants: Vec<i32> = tenants.iter().map(|tenant| tenant.0).collect();
    Ok(client.query_opt(sql, &[&month, &tenants, &now, &SETTLED_DAYS]).await?.is_some())
}

/// Notes that nothing is left to do for these tenants in a month.
pub async fn settle(
    client: &Client,
    month: Date,
    tenants: &[TenantId],
    now: Timestamp,
) -> Result<(), DbError> {
    let tenants: Vec<i32> = tenants.iter().map(|tenant| tenant.0).collect();
    client
        .execute(
            "/* retention::settle */
             insert into settled_months (month, tenants, settled_at) values ($1, $2, $3)
             on conflict (month) do update set tenants = excluded.tenants, settled_at = excluded.settled_at",
            &[&month, &tenants, &now],
        )
        .await?;
    Ok(())
}

/// Forgets a month that is gone.
pub async fn forget(client: &Client, month: Date) -> Result<(), DbError> {
    client.execute("/* retention::forget */ delete from settled_months where month = $1", &[&month]).await?;
    Ok(())
}
