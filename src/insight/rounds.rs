//! Rounds: once in an hour, the niches of a tenant are looked at: whose people are the same, and what their creators talk about.

use super::{
    related::relations,
    rising::rises,
    store::{self, Found},
    terms::Terms,
};
use crate::{
    db::{DbError, Pool, Tx, claim_hourly},
    ids::TenantId,
};

/// Looks at the niches of all tenants whose time has come.
pub async fn renew_all(pool: &Pool) -> Result<(), DbError> {
    loop {
        let Some(tenant) = claim_hourly(&pool.get().await?, "insight_rounds").await? else {
            return Ok(());
        };
        // One tenant's trouble must not keep the others back.
        match renew(pool, tenant).await {
            Ok(Found { relations, topics, words }) => tracing::info!(
                tenant = tenant.0,
                relations = relations.len(),
                topics = topics.len(),
                words = words.len(),
                "niches looked at"
            ),
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "niches not looked at"),
        }
    }
}

/// Looks at the niches of a tenant; what is found there now.
pub async fn renew(pool: &Pool, tenant: TenantId) -> Result<Found, DbError> {
    let seen = Tx::begin_snapshot(pool).await?;
    let found = look(&seen, tenant).await?;
    seen.rollback().await?;
    let tx = Tx::begin(pool).await?;
    store::write(&tx, tenant, &found).await?;
    tx.commit().await?;
    Ok(found)
}

async fn look(tx: &Tx, tenant: TenantId) -> Result<Found, DbError> {
    let (all, pairs) = store::related(tx, tenant).await?;
    let steps = store::compared(tx, tenant).await?;
    let topics = store::topics(tx, tenant, steps).await?;
    let [whole, words] = [Terms::whole(&topics), Terms::words(&topics)];
    Ok(Found {
        relations: relations(all, pairs),
        topics: rises(store::uses(tx, tenant, steps, &whole).await?),
        words: rises(store::uses(tx, tenant, steps, &words).await?),
    })
}
