//! Creators are scored anew when their tenant's weights change.

use super::store::enqueue_otherwise_weighted;
use crate::db::{DbError, Pool};

/// Asks for all creators to be scored whose sums are under other weights than those in force: only discounts look at
/// strengths, so these are the discounted ones. They are looked for each time: one that was being scored while weights
/// changed is found the next time.
pub async fn rescore_all(pool: &Pool) -> Result<(), DbError> {
    let creators = enqueue_otherwise_weighted(&pool.get().await?).await?;
    if creators > 0 {
        tracing::info!(creators, "edge weights have changed: creators wait to be scored with them");
    }
    Ok(())
}
