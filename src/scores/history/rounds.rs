//! Rounds: when a day has ended, what is published of the creators of each tenant is recorded.
//!
//! Pages of creators in the order of their keys, each in a transaction with the note of how far the round is. So a round goes
//! on where any process left it, and workers that meet take turns; nothing that events wait for is locked.

use super::{
    growth,
    kept::{DAILY, kept},
    model::Published,
    store::{self, Present},
};
use crate::{
    db::{DbError, Pool, Tx},
    ids::{CreatorKey, TenantId},
    relationships::days::{Day, day_at},
    scores::{ScoringModel, store::models::in_force_in},
};
use jiff::Timestamp;

/// Records the day that ended last before a moment, for all tenants of whom that was not done yet.
pub async fn record_all(pool: &Pool, now: Timestamp) -> Result<(), DbError> {
    let day = day_at(now) - 1;
    let due = store::due(&pool.get().await?, day).await?;
    for tenant in due {
        // One tenant's trouble must not keep the history of the others back.
        match record(pool, tenant, day).await {
            Ok(rows) => tracing::info!(tenant = tenant.0, rows, "scores of a day recorded"),
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "scores of a day not recorded"),
        }
    }
    Ok(())
}

/// Records a day for the creators of a tenant whose turn it still is; in how many of them something is another than before.
pub async fn record(pool: &Pool, tenant: TenantId, day: Day) -> Result<usize, DbError> {
    store::begin(&pool.get().await?, tenant, day).await?;
    let mut rows = 0;
    while let Some(more) = record_page(pool, tenant, day).await? {
        rows += more;
    }
    Ok(rows)
}

/// Records a page of creators; `None`: there are no more, or another worker is at them.
async fn record_page(pool: &Pool, tenant: TenantId, day: Day) -> Result<Option<usize>, DbError> {
    let tx = store::open(pool).await?;
    let Some(after) = store::turn(&tx, tenant, day).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let model = in_force_in(&tx, tenant).await?.model;
    let (creators, is_last) = store::page(&tx, tenant, after, day).await?;
    let changed: Vec<_> = creators.iter().filter_map(|creator| changed(creator, &model)).collect();
    store::write(&tx, day, &changed).await?;
    let keys: Vec<CreatorKey> = creators.iter().map(|creator| creator.key).collect();
    // The day ended just now, so the end of that one is as many days ago.
    store::note_reach_before(&tx, &keys, day - growth::DAYS).await?;
    thin_out(&tx, &keys, day).await?;
    store::advance(&tx, tenant, keys.last().copied().or(after), is_last).await?;
    tx.commit().await?;
    Ok(Some(changed.len()))
}

fn changed(creator: &Present, model: &ScoringModel) -> Option<(CreatorKey, Published)> {
    let Present { key, niches, statistics, trust, sponsorship, last } = creator;
    let niches: Vec<&str> = niches.iter().map(String::as_str).collect();
    let now = Published::of(statistics.as_ref(), (trust.as_ref(), sponsorship.as_ref()), &niches, model);
    let is_new = last.as_ref().is_none_or(|last| now.differs_from(last));
    is_new.then_some((*key, now))
}

/// Drops the days of creators that are not kept any more. The week after those of which each is kept is looked at, too: a
/// row is one too many when a later one of its week is there.
async fn thin_out(tx: &Tx, creators: &[CreatorKey], day: Day) -> Result<(), DbError> {
    let mut dropped = Vec::new();
    for (creator, days) in store::days_until(tx, creators, day - DAILY + 7).await? {
        let kept = kept(&days, day);
        let superfluous = days.into_iter().filter(|day| kept.binary_search(day).is_err());
        dropped.extend(superfluous.map(|day| (creator, day)));
    }
    if !dropped.is_empty() {
        store::drop_days(tx, &dropped).await?;
    }
    Ok(())
}
