//! SQL of the quality of data.

use super::{
    model::Counts,
    recorder::{Pending, Sighting},
};
use crate::{
    db::{Client, DbError, Pool},
    ids::{CreatorKey, TenantId},
    relationships::days::{Day, date_of, day_of},
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Days for which counts are kept.
const COUNTED_DAYS: i32 = 400;
/// Days for which the id of an unknown creator is kept after it was last seen.
const UNKNOWN_DAYS: i32 = 30;
/// Items of each list in a report, and ids of unknown creators kept per tenant.
pub const MOST_LISTED: i64 = 100;

/// Least days from first to last event of a regular feed.
const REGULAR_DAYS: i32 = 14;
/// Least events of a regular feed.
const REGULAR_EVENTS: i64 = 10;
/// Least days without a sign of life after which a feed is silent.
const SILENT_DAYS: f64 = 14.0;
/// How many times its usual gap a feed must be without a sign of life.
const SILENT_GAPS: f64 = 4.0;

/// Adds what was counted to what is stored, by one statement.
pub async fn add(pool: &Pool, pending: &Pending) -> Result<(), DbError> {
    // Sorted, as processes add to the same rows at the same time.
    let mut counters: Vec<(i32, Day, String, i64)> = Vec::new();
    for ((tenant, day), counts) in &pending.days {
        let of_day = counts.counters().into_iter();
        counters.extend(of_day.map(|(counter, amount)| (tenant.0, *day, counter, amount)));
    }
    counters.sort_unstable();
    let mut unknown: Vec<(Uuid, i32, &str, Sighting)> = Vec::new();
    for (tenant, seen) in &pending.unknown {
        let key = |id: &str| CreatorKey::derive(*tenant, id).0;
        unknown.extend(seen.iter().map(|(id, sighting)| (key(id), tenant.0, id.as_str(), *sighting)));
    }
    unknown.sort_unstable_by_key(|(key, ..)| *key);
    let client = pool.get().await?;
    client
        .execute(
            include_str!("add.sql"),
            &[
                &counters.iter().map(|row| row.0).collect::<Vec<i32>>(),
                &counters.iter().map(|row| date_of(row.1)).collect::<Vec<Date>>(),
                &counters.iter().map(|row| row.2.as_str()).collect::<Vec<&str>>(),
                &counters.iter().map(|row| row.3).collect::<Vec<i64>>(),
                &unknown.iter().map(|row| row.0).collect::<Vec<Uuid>>(),
                &unknown.iter().map(|row| row.1).collect::<Vec<i32>>(),
                &unknown.iter().map(|row| row.2).collect::<Vec<&str>>(),
                &unknown.iter().map(|row| row.3.events).collect::<Vec<i64>>(),
                &unknown.iter().map(|row| row.3.first_seen).collect::<Vec<Timestamp>>(),
                &unknown.iter().map(|row| row.3.last_seen).collect::<Vec<Timestamp>>(),
            ],
        )
        .await?;
    Ok(())
}

/// Counts of a tenant from one day to another, by day.
pub async fn counts(
    client: &Client,
    tenant: TenantId,
    (from, to): (Day, Day),
) -> Result<BTreeMap<Day, Counts>, DbError> {
    let sql = "/* quality::counts */
               select day, counter, amount from quality_counts where tenant_id = $1 and day between $2 and $3";
    let mut days: BTreeMap<Day, Counts> = BTreeMap::new();
    for row in client.query(sql, &[&tenant.0, &date_of(from), &date_of(to)]).await? {
        days.entry(day_of(row.get(0))).or_default().add(row.get(1), row.get(2));
    }
    Ok(days)
}

/// The latest ids of a tenant under which no creator was registered, and still none is, seen since this moment.
pub async fn unknown_creators(
    client: &Client,
    tenant: TenantId,
    since: Timestamp,
) -> Result<Vec<(String, Sighting)>, DbError> {
    let rows = client
        .query(
            "/* quality::unknown_creators */
             select creator_id, events, first_seen, last_seen from unknown_creators u
             where tenant_id = $1 and last_seen >= $2 and last_seen >= now() - make_interval(days => $3)
               and not exists (select from creators c where c.creator_key = u.creator_key)
             order by last_seen desc, creator_id limit $4",
            &[&tenant.0, &since, &UNKNOWN_DAYS, &MOST_LISTED],
        )
        .await?;
    let sighting = |row: &tokio_postgres::Row| Sighting {
        events: row.get(1),
        first_seen: row.get(2),
        last_seen: row.get(3),
    };
    Ok(rows.iter().map(|row| (row.get(0), sighting(row))).collect())
}

/// A feed that fell silent.
pub struct Silent {
    /// Whose it is.
    pub creator_id: String,
    /// Its last day.
    pub last_day: Date,
    /// Days between its events, on average.
    pub usual_gap: f64,
}

/// How many feeds of a tenant fell silent, and those that did last.
pub async fn silent_feeds(client: &Client, tenant: TenantId) -> Result<(i64, Vec<Silent>), DbError> {
    let sql = include_str!("silent.sql");
    let rows = client
        .query(sql, &[&tenant.0, &REGULAR_DAYS, &REGULAR_EVENTS, &SILENT_DAYS, &SILENT_GAPS, &MOST_LISTED])
        .await?;
    let silent = rows.iter().map(|row| Silent {
        creator_id: row.get("creator_id"),
        last_day: row.get("last_day"),
        usual_gap: row.get("usual_gap"),
    });
    Ok((rows.first().map_or(0, |row| row.get("creators")), silent.collect()))
}

/// Drops what is older than it is kept, and ids of unknown creators beyond the latest of each tenant.
pub async fn prune(pool: &Pool) -> Result<(), DbError> {
    let client = pool.get().await?;
    client
        .execute(
            "/* quality::prune */ delete from quality_counts where day < (now() at time zone 'utc')::date - $1::int4",
            &[&COUNTED_DAYS],
        )
        .await?;
    client
        .execute(
            "/* quality::prune */
             delete from unknown_creators where creator_key = any (array(
                 select creator_key from (
                     select creator_key, last_seen,
                            row_number() over (partition by tenant_id order by last_seen desc) as place
                     from unknown_creators) ranked
                 where place > $1 or last_seen < now() - make_interval(days => $2)))",
            &[&MOST_LISTED, &UNKNOWN_DAYS],
        )
        .await?;
    Ok(())
}
