//! The tenant's clock: the last day on which anything was seen of any of its creators.
//!
//! To it, and not to the last event of each creator, reach the ages of relationships: who did not come back in all that
//! time could have been seen. While nothing at all comes from a tenant, nobody grows older, because nobody can be seen.

use super::store::models::{enqueue_behind, late_clocks, set_clock};
use crate::db::{DbError, Pool};

/// Puts clocks forward to what was seen, and asks for all creators to be scored whose statistics are behind. Those are
/// looked for each time: one that was being scored while the clock moved is found the next time.
pub async fn advance_all(pool: &Pool) -> Result<(), DbError> {
    let client = pool.get().await?;
    // Each by itself: a tenant's row is locked for a moment only.
    for (tenant, day) in late_clocks(&client).await? {
        set_clock(&client, tenant, day).await?;
    }
    let behind = enqueue_behind(&client).await?;
    if behind > 0 {
        tracing::info!(creators = behind, "a day has begun: creators wait to be scored as of it");
    }
    Ok(())
}
