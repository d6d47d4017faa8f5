//! The communities around creators: who else their people engage with, counted in the background.

use super::{model::has_moved, people_sample::PeopleSample, store::models::engagers_by_tenant};
use crate::{
    db::{Columns, DbError, Pool, Tx},
    ids::TenantId,
};

/// Relationships a count looks at. More: finer shares for large tenants; fewer: less work. Above it, people are sampled.
const MAX_RELATIONSHIPS: i64 = 2_000_000;
/// Advisory locks of counts: this number plus the tenant's.
const COUNT_LOCKS: i64 = 0x766f_636d_0000_0000;
/// Sampling is done in this many steps.
const STEPS: i64 = 1_024;
/// A tenant is counted anew when its engaged people have become this much more, or fewer.
const GROWTH: f64 = 1.1;
/// A tenant is counted anew after this time in any case, since niches and people change without growing.
const MAX_AGE_MINUTES: i32 = 60;

/// The community of a creator, and a few of its people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Community {
    /// People who engage with this creator and with others. There may be none.
    pub people: u32,
    /// Share of those people's other engagement that goes to each niche; first the one for which they speak most, given how popular
    /// it is everywhere.
    pub shares: Vec<(String, f64)>,
    /// A few of its people who were looked at.
    pub sample: PeopleSample,
}

/// Counts the communities of all tenants whose data has changed enough.
pub async fn count_all(pool: &Pool) -> Result<(), DbError> {
    let tenants = engagers_by_tenant(&pool.get().await?).await?;
    for (tenant, engagers) in tenants {
        // One tenant's trouble must not keep the communities of the others back.
        if let Err(error) = count_if_due(pool, tenant, engagers).await {
            tracing::warn!(%error, tenant = tenant.0, "communities not counted");
        }
    }
    Ok(())
}

async fn count_if_due(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<(), DbError> {
    if is_due(pool, tenant, engagers).await? { count(pool, tenant, engagers).await } else { Ok(()) }
}

async fn is_due(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<bool, DbError> {
    let sql = "/* communities::is_due */
               select engagers, counted_at < now() - make_interval(mins => $2) from community_counts where tenant_id = $1";
    let row = pool.get().await?.query_opt(sql, &[&tenant.0, &MAX_AGE_MINUTES]).await?;
    Ok(row.is_none_or(|row| row.get(1) || has_moved(row.get(0), engagers, GROWTH)))
}

async fn count(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    // One count of a tenant at a time; another process leaves it alone meanwhile and finds it done afterwards.
    let lock = "/* communities::count */ select pg_try_advisory_xact_lock($1)";
    let locked: bool = tx.query(lock, &[&(COUNT_LOCKS + i64::from(tenant.0))]).await?[0].get(0);
    if !locked {
        return tx.rollback().await;
    }
    if is_behind(&tx, tenant, engagers).await? {
        // Seconds, as a rule; with more people than are sampled and beside everything else, minutes.
        tx.batch("set local statement_timeout = '15min'").await?;
        let changed = tx
            .execute(
                include_str!("communities.sql"),
                &[&tenant.0, &sampled_steps(engagers, MAX_RELATIONSHIPS)],
            )
            .await?;
        // Last, and so is what the statement above writes, since it sorts before: as long as a transaction that has written is open,
        // every look for changes reads all that was written since it began.
        tx.execute(
            "/* communities::count */
             insert into community_counts (tenant_id, engagers) values ($1, $2)
             on conflict (tenant_id) do update set engagers = excluded.engagers, counted_at = now()",
            &[&tenant.0, &engagers],
        )
        .await?;
        tracing::info!(tenant = tenant.0, engagers, changed, "communities counted");
    }
    tx.commit().await
}

/// Whether nobody else has counted them in the last minute, or others are there by now.
async fn is_behind(tx: &Tx, tenant: TenantId, engagers: i64) -> Result<bool, DbError> {
    let sql = "/* communities::is_behind */
               select engagers <> $2 or counted_at < now() - interval '1 minute' from community_counts where tenant_id = $1";
    Ok(tx.query_opt(sql, &[&tenant.0, &engagers]).await?.is_none_or(|row| row.get(0)))
}

/// How many of the 1,024 sampling steps are looked at, so that about so many of all are.
pub(crate) fn sampled_steps(all: i64, most: i64) -> i64 {
    (STEPS * most / all.max(1)).clamp(1, STEPS)
}

/// Columns of communities; the table is prefixed with `m.`.
pub const COMMUNITY_COLUMNS: &str =
    "m.people as community_people, m.niches as community_niches, m.shares as community_shares,
     m.people_sample as community_sample";

/// A community from the columns of [`COMMUNITY_COLUMNS`]; `None` when the outer join found nothing observed of the creator.
#[must_use]
pub fn community(row: &impl Columns) -> Option<Community> {
    let people: Option<i32> = row.get("community_people");
    let people = people?;
    let niches: Vec<String> = row.get("community_niches");
    let shares: Vec<f64> = row.get("community_shares");
    let sample: Vec<i64> = row.get("community_sample");
    Some(Community {
        people: people.unsigned_abs(),
        shares: niches.into_iter().zip(shares).collect(),
        sample: PeopleSample::of_numbers(&sample),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tenants_are_counted_whole_and_large_ones_sampled() {
        let steps = |engagers| sampled_steps(engagers, MAX_RELATIONSHIPS);
        assert_eq!((steps(0), steps(10_000), steps(2_000_000)), (1_024, 1_024, 1_024));
        assert_eq!((steps(4_000_000), steps(i64::MAX / 2)), (512, 1));
    }
}
