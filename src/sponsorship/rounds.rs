//! Rounds: once in an hour, the creators of a tenant who have sponsored posts are looked at, as far as something may be
//! different than before.

use super::store;
use crate::{
    db::{DbError, Pool, claim_hourly},
    ids::{CreatorKey, TenantId},
};

/// Looks at the creators of all tenants whose time has come.
pub async fn renew_all(pool: &Pool) -> Result<(), DbError> {
    loop {
        let Some(tenant) = claim_hourly(&pool.get().await?, "sponsorship_rounds").await? else {
            return Ok(());
        };
        // One tenant's trouble must not keep the others back.
        match renew(pool, tenant).await {
            Ok(creators) => tracing::info!(tenant = tenant.0, creators, "sponsorship looked at"),
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "sponsorship not looked at"),
        }
    }
}

/// Looks at the creators of a tenant that are due; how many there were.
pub async fn renew(pool: &Pool, tenant: TenantId) -> Result<usize, DbError> {
    let (mut after, mut creators) = (None, 0);
    loop {
        let due = store::due(&pool.get().await?, tenant, after).await?;
        let Some(last) = due.last() else { return Ok(creators) };
        after = Some(*last);
        for creator in due {
            match renew_creator(pool, creator).await {
                Ok(()) => creators += 1,
                Err(error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_))) => return Err(error),
                // It is due again in the next round, and the others must not wait for that.
                Err(error) => {
                    tracing::warn!(%error, tenant = tenant.0, "a creator's sponsorship not looked at");
                }
            }
        }
    }
}

async fn renew_creator(pool: &Pool, creator: CreatorKey) -> Result<(), DbError> {
    match store::look(pool, creator).await? {
        Some(look) => store::write(&pool.get().await?, &look).await,
        // It is being erased.
        None => Ok(()),
    }
}
